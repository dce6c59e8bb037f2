"""docs/benchmarks.md: a section a benchmark, with machine and date; a run replaces only what it measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`, which runs Nearer and the peer side by side on the same machine: the peers in an
environment of their own, ours before and after each of theirs. A ratio is how many times less time Nearer
takes (for scores: the score over the least it may be); *target* is the least ratio that keeps the claim.
Timings vary from machine to machine; run it on yours. `make bench ONLY=words,search` measures those anew and
leaves the other sections as they are.
"""


def sections(text: str) -> dict[str, str]:
    """The sections of a page by title."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return {title: body.strip("\n") for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def updated(text: str, measured: Mapping[str, str], order: Sequence[str]) -> str:
    """The page with the sections in `measured` replaced, all in `order`; other titles are left out."""
    known = sections(text) | {title: body.strip("\n") for title, body in measured.items()}
    return HEAD + "".join(f"\n## {title}\n\n{known[title]}\n" for title in order if title in known)


def write(measured: Mapping[str, str], order: Sequence[str]) -> None:
    """Put `measured` (title -> text) into docs/benchmarks.md."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(updated(before, measured, order), encoding="utf-8")
