"""Short texts of items: what a space keeps of them beside their keys."""

from __future__ import annotations

from collections.abc import Iterable

from nearer.space import Space

USUAL = ("text", "title", "name", "body", "sentence", "description")  # columns that are taken first
LONGEST = 60  # characters that are shown


def texts_of(space: Space, keys: Iterable[str], but: str | None = None) -> dict[str, str]:
    """Key -> the beginning of its text, for those of `keys` that the space holds with one.

    The text is that of a column called "text", "title" or the like, otherwise of the first column of texts,
    never of column `but` (the times).
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    if space.items is None:
        return {}
    kinds = {field.name: field.type for field in space.items.schema if field.name != but}
    named = [
        name
        for name, kind in kinds.items()
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    ]
    if not named:
        return {}
    column = space.items.column(next((name for name in USUAL if name in named), named[0]))
    found = {}
    for key in sorted(set(keys)):
        if key in space and (value := column[space.row(key)].as_py()):
            text = " ".join(str(value).split())
            found[key] = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return found


def with_text(key: str, texts: dict[str, str]) -> str:
    """A key as people are shown it: with its text where there is one."""
    text = texts.get(key)
    return key if not text or text == key else f"{key} ({text})"
