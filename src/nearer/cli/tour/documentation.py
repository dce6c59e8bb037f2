"""Running text that is on every machine: what the Python interpreter's own library says about itself.

Docstrings of the standard library, and the topics of `help()`. Source files are parsed, never imported, so
nothing of theirs runs.
"""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from nearer.progress import Progress

LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idle_test", "__pycache__"}
TOPICS = Path("pydoc_data") / "topics.py"
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def gather(show_progress: bool | None = None) -> list[str]:
    """The texts, topics of `help()` first; a few hundred thousand words."""
    library = Path(sysconfig.get_path("stdlib"))
    sources = sorted(
        path for path in library.rglob("*.py") if not LEFT_OUT.intersection(path.relative_to(library).parts)
    )
    texts = topics(library / TOPICS)
    with Progress("reading documentation", len(sources), "files", show_progress) as progress:
        for source in sources:
            texts.extend(docstrings(source))
            progress.advance(1)
    return [text.replace("\0", " ") for text in texts]


def docstrings(source: Path) -> Iterator[str]:
    """Docstrings of the module in `source`, its classes and functions; none where it cannot be parsed."""
    tree = parsed(source)
    if tree is None:
        return
    for node in ast.walk(tree):
        if isinstance(node, Documented):
            text = ast.get_docstring(node)
            if text:
                yield text


def topics(source: Path) -> list[str]:
    """The texts of a file that assigns a dictionary of texts, such as the topics of `help()`."""
    tree = parsed(source)
    dictionaries = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)] if tree is not None else []
    values = [value for node in dictionaries for value in node.values]
    return [
        value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)
    ]


def parsed(source: Path) -> ast.Module | None:
    """The syntax tree of a source file, or None where it cannot be read as Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old escapes in others' strings are no news
            return ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
