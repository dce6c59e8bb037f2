"""The small word lists that come with the tour."""

from __future__ import annotations

from importlib.resources import files


def shipped_text(name: str) -> str:
    """Text of a list in this folder."""
    return files("nearer.cli.tour").joinpath(name).read_text(encoding="utf-8")


def shipped_lines(name: str) -> list[str]:
    """Lines of a list, without comments."""
    return [line for line in shipped_text(name).splitlines() if line and not line.startswith("#")]
