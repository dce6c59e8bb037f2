"""What verbs print: a table or facts for people, one JSON document for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from nearer.errors import one_line

WIDE = 10_000  # columns where there is no terminal: nothing is cut or wrapped


def print_json(document: dict[str, Any]) -> None:
    """One JSON document in ASCII on standard output."""
    write(json.dumps(document, indent=2, allow_nan=False))


def write(text: str = "") -> None:
    """`text` and a line end on standard output."""
    sys.stdout.write(f"{text}\n")


def print_table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[str] = (), title: str = ""
) -> None:
    """Aligned columns without frames; those named in `numbers` are set to the right."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  (Rich loads when there is something to show)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))
    _print(table)


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Names and values, a line each."""
    from rich.table import Table  # noqa: PLC0415  (as above)
    from rich.text import Text  # noqa: PLC0415

    grid = Table.grid(padding=(0, 2))
    for name, value in facts:
        grid.add_row(Text(name, style="bold"), Text(cell(value), overflow="fold"))
    _print(grid)


def print_next(*commands: str) -> None:
    """What one may want to do next."""
    write()
    for place, command in enumerate(commands):
        write(f"{'next:' if place == 0 else '     '} {command}")


def cell(value: object) -> str:
    """A value as a table shows it: numbers with separators or some digits, control characters escaped."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if 0 < abs(value) < 1e-3 else f"{value:.4f}"
    return one_line(str(value))


def size_of(count: float) -> str:
    """Bytes as people write them."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _print(renderable: Any) -> None:
    from rich.console import Console  # noqa: PLC0415  (as above)

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    if console.is_terminal:
        console.print(renderable)
        return
    with console.capture() as captured:
        console.print(renderable)
    for line in captured.get().rstrip("\n").split("\n"):
        write(line.rstrip())
