"""How a space shows itself: one line for a terminal, a small table for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nearer.errors import shown

if TYPE_CHECKING:
    from nearer.space.space import Space

ROWS, COLUMNS = 5, 6  # how much of a space the table shows


def line(space: Space) -> str:
    """Size, metric and the first keys, on one line."""
    first = ", ".join(shown(key, 24) for key in space.keys[:ROWS])
    more = ", …" if len(space) > ROWS else ""
    return f"<Space {len(space):,} × {space.dim} {space.metric}: {first}{more}>"


def table(space: Space) -> str:
    """HTML of the first rows and columns; every text is escaped."""
    shown_columns = min(space.dim, COLUMNS)
    items = space.items
    payload = items.column_names[:COLUMNS] if items is not None else []
    heads = ["key", *map(str, range(shown_columns)), *(["…"] if space.dim > COLUMNS else []), *payload]
    rows = []
    for row, key in enumerate(space.keys[:ROWS]):
        cells = [shown(key)[1:-1], *(f"{value:.4g}" for value in space.vectors[row, :shown_columns])]
        cells += ["…"] if space.dim > COLUMNS else []
        cells += [shown(items.column(name)[row].as_py()) for name in payload] if items is not None else []
        rows.append(_row("td", cells))
    caption = f"Space: {len(space):,} keys × {space.dim}, {space.metric}"
    return (
        f"<table><caption>{escape(caption)}</caption><thead>{_row('th', heads)}</thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(tag: str, cells: list[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
