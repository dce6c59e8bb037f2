"""Nearest spellings of a key that a space does not hold, fast enough for an error message."""

from __future__ import annotations

import heapq
import unicodedata
from collections.abc import Mapping
from itertools import islice

SHORTLIST = 300  # keys whose edit distance is computed
POOL = 1_000_000  # rows looked through: the first are the most frequent ones
LONGEST = 40  # characters compared: an edit distance costs their square


def nearest_spellings(key: str, rows: Mapping[str, int], limit: int = 3) -> list[str]:
    """Up to `limit` keys of `rows` spelled like `key`: other cases of it first, then by edit distance.

    Keys of about the same length that share most letters are shortlisted, then ranked by optimal string
    alignment distance (Damerau, 1964) and row. At most a third of the letters may differ.
    """
    found = [variant for variant in _variants(key) if variant in rows]
    if len(found) < limit:
        taken = set(found)
        found += [other for other in _misspellings(key, rows) if other not in taken]
    return found[:limit]


def _variants(key: str) -> list[str]:
    """Other ways to write the same word, most likely first."""
    stripped = key.strip()
    forms = [key.lower(), key.casefold(), stripped, stripped.lower()]
    forms += [key.capitalize(), key.title(), key.upper()]
    forms += [unicodedata.normalize(form, key) for form in ("NFC", "NFD", "NFKC")]
    forms += [stripped.replace(" ", "_"), stripped.replace(" ", "-"), stripped.replace("_", " ")]
    return [form for form in dict.fromkeys(forms) if form != key]


def _misspellings(key: str, rows: Mapping[str, int]) -> list[str]:
    allowed = max(1, len(key) // 3)
    low, high = len(key) - allowed, len(key) + allowed
    letters = frozenset(key.lower())
    pool = [other for other in islice(rows, POOL) if low <= len(other) <= high]
    shortlist = heapq.nsmallest(SHORTLIST, pool, key=lambda other: len(letters.symmetric_difference(other)))
    start = key[:LONGEST]
    ranked = sorted((edit_distance(start, other[:LONGEST]), rows[other], other) for other in shortlist)
    return [other for distance, _, other in ranked if distance <= allowed]


def edit_distance(a: str, b: str) -> int:
    """Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours."""
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        here = [i]
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, here[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            here.append(cost)
        before, above = above, here
    return above[-1]
