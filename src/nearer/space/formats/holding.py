"""Which keys a format can hold: asked before a byte is written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nearer.errors import FormatError, shown
from nearer.space.store import require_unicode

NAMES = {" ": "a space", "\t": "a tab", "\n": "a line break", "\r": "a carriage return"}
REMEDY = "write .space, .parquet or .npz, which hold every key, or rename it"


def require_holdable(keys: Iterable[str], format_name: str, forbidden: str, *, empty: bool = False) -> None:
    """Raise `FormatError` naming the first key that the format cannot hold.

    `forbidden` are the characters that end a key in the format; `empty` says whether an empty key is one.
    """
    names = list(keys)
    require_unicode(names)
    pattern = re.compile(f"[{re.escape(forbidden)}]")
    for row, key in enumerate(names):
        if not key and not empty:
            raise FormatError(f"{format_name} cannot hold an empty key", row=row, remedy=REMEDY)
        if found := pattern.search(key):
            what = NAMES.get(found[0], repr(found[0]))
            raise FormatError(
                f"{format_name} cannot hold the key {shown(key)}: it holds {what}", row=row, remedy=REMEDY
            )
