"""`nearer tour`: all of Nearer in a few minutes, offline.

`article.py`, the two groups of pretrained words; `training.py`, vectors of one's own from the text of
`documentation.py`; `graph.py` and `attendance.py`, a graph and a table of choices; `digits.py`, `wines.py`,
`sounds.py` and `sentences.py`, images, tables, sounds and texts by neural encoders; `meaning.py` and
`watching.py`, what vectors mean and whether they changed. `shipped.py` reads the lists beside them;
`left_out.py` says what a part lacks.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from nearer.cli.destination import (
    make_folder,
    require_file_destination,
    require_model_destination,
    require_space_destination,
)
from nearer.cli.options import AsJson, Overwrite
from nearer.cli.output import print_json, print_table, size_of, write

EXAMPLES = ("nearer tour", "nearer tour --out my-tour --corpus corpus.txt")
NOTES = {
    "animals-and-computers.png": "the picture: animals here, computers there",
    "animals-and-computers.html": "the same to pan, zoom and search, in a browser",
    "words.space": "the trained vectors: nearer info, neighbors, search, map",
    "words.png": "the trained words as a picture",
    "words.html": "the trained words to pan, zoom and search, in a browser",
    "characters.space": "vectors of the nodes of a graph",
    "characters.png": "the graph as a picture",
    "events.model": "the recommender: nearer recommend",
    "recommended.parquet": "what it recommends to everybody",
    "digits.space": "vectors of images: nearer neighbors digits.space 0",
    "digits.png": "the images as a picture, by what they show",
    "wines.space": "vectors of the rows of a table",
    "sounds.space": "vectors of sounds",
    "sentences.space": "vectors of sentences",
    "health.html": "the health of the trained vectors, each figure with what to do",
}


def tour(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files it makes.")] = Path(
        "tour-output"
    ),
    corpus: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Text to train on: a file, a folder or a quoted glob.",
            show_default="the documentation of Python's standard library",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """See what Nearer does: with words, a graph, a table of choices, images, tables, sounds and sentences;
    what vectors mean, and whether they changed.

    Needs no network. Takes a minute or two. A part that needs what is not installed says how to get it.
    """
    from nearer.cli.tour.article import article  # noqa: PLC0415  (verbs start fast)
    from nearer.cli.tour.attendance import attendance  # noqa: PLC0415
    from nearer.cli.tour.digits import digits  # noqa: PLC0415
    from nearer.cli.tour.graph import characters  # noqa: PLC0415
    from nearer.cli.tour.meaning import meaning  # noqa: PLC0415
    from nearer.cli.tour.sentences import sentences  # noqa: PLC0415
    from nearer.cli.tour.sounds import sounds  # noqa: PLC0415
    from nearer.cli.tour.training import training  # noqa: PLC0415
    from nearer.cli.tour.watching import watching  # noqa: PLC0415
    from nearer.cli.tour.wines import wines  # noqa: PLC0415
    from nearer.data import find_files  # noqa: PLC0415

    begin = time.perf_counter()
    if corpus is not None:
        find_files(corpus)
    make_folder(out)
    require_free(out, overwrite)

    def trained(folder: Path, quiet: bool) -> dict[str, Any]:
        return training(folder, corpus, quiet)

    order = {
        "article": ("Words that others trained", article),
        "training": ("Words trained here", trained),
        "graph": ("A graph", characters),
        "attendance": ("Who chose what", attendance),
        "images": ("Images", digits),
        "tables": ("Tables", wines),
        "sounds": ("Sounds", sounds),
        "sentences": ("Sentences", sentences),
        "meaning": ("What the vectors mean", meaning),
        "watching": ("Whether they changed", watching),
    }
    parts: dict[str, dict[str, Any]] = {}
    for number, (name, (title, part)) in enumerate(order.items(), start=1):
        _title(f"{number}. {title}", as_json)
        parts[name] = part(out, quiet=as_json)
    files = [file for part in parts.values() for file in part.pop("files")]
    seconds = time.perf_counter() - begin
    if as_json:
        listed = [str(file) for file in files]
        print_json({**parts, "files": listed, "seconds": seconds})
    else:
        _list(files, seconds)


def require_free(out: Path, overwrite: bool) -> None:
    """Raise `StorageError` if one of the tour's files is in `out` and not to be replaced."""
    for name in NOTES:
        kinds = {".space": require_space_destination, ".model": require_model_destination}
        kinds.get(Path(name).suffix, require_file_destination)(out / name, overwrite)


def _title(text: str, quiet: bool) -> None:
    if not quiet:
        write(f"\n{text}\n{'-' * len(text)}")


def _list(files: list[Path], seconds: float) -> None:
    write(f"\nThese files were made, in {seconds:.0f} s:\n")
    print_table(("file", "size", "what"), [_row(file) for file in files], numbers=("size",))
    pages: list[Any] = [file for file in files if file.suffix == ".html"]
    write(f"\nopen {' or '.join(map(str, pages))} in a browser")


def _row(file: Path) -> tuple[str, str, str]:
    inside = [part for part in file.rglob("*") if part.is_file()] if file.is_dir() else [file]
    return str(file), size_of(sum(part.stat().st_size for part in inside)), NOTES[file.name]
