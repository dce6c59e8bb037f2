"""The payload of a space as text: what colours points and what the page shows beside a key."""

from __future__ import annotations

from nearer.space import Space

LONGEST = 200  # characters of a payload value that are shown


def columns_of(space: Space) -> dict[str, list[str]]:
    """Columns of `space.items` by name, each with n texts; a missing value is an empty text."""
    items = space.items
    if items is None:
        return {}
    return {name: [text_of(value) for value in items.column(name).to_pylist()] for name in items.column_names}


def text_of(value: object) -> str:
    """`value` in at most 200 characters; floats with four digits."""
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
