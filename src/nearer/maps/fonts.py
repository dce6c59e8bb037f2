"""Text that the fonts of this machine can draw: families to try, and escapes where no font has a glyph."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FIRST = "DejaVu Sans"  # ships with matplotlib, so it is always there
LONGEST = 40  # characters of a label; longer keys are cut


def drawable(text: str, longest: int = LONGEST) -> tuple[str, list[str]]:
    """`text` as a label shows it, and the font families that hold all its glyphs, in order of preference.

    Control characters, lone surrogates and characters of no installed font become ``\\u`` escapes; longer
    text is cut to `longest` characters and ends in "…".
    """
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    families = [FIRST]
    pieces = []
    for character in text:
        family = family_with(character)
        if family is None:
            pieces.append(character.encode("unicode_escape").decode("ascii"))
            continue
        if family not in families:
            families.append(family)
        pieces.append(character)
    return "".join(pieces), families


@lru_cache(maxsize=65_536)
def family_with(character: str) -> str | None:
    """The first family with a glyph for `character`, or None."""
    if not character.isprintable():
        return None
    for family, path in installed():
        if ord(character) in glyphs(path):
            return family
    return None


@lru_cache(maxsize=1)
def installed() -> tuple[tuple[str, Path], ...]:
    """Family and file of every regular upright font, matplotlib's own first."""
    from matplotlib.font_manager import fontManager  # noqa: PLC0415  (heavy)

    regular = {
        (entry.name, Path(entry.fname))
        for entry in fontManager.ttflist
        if entry.style == "normal" and entry.weight in (400, "normal", "regular")
    }
    return tuple(sorted(regular, key=lambda font: (font[0] != FIRST, font)))


@lru_cache(maxsize=256)
def glyphs(path: Path) -> frozenset[int]:
    """Code points that the font file holds; none for a font that matplotlib cannot draw."""
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415  (heavy)

    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (RuntimeError, OSError, ValueError):  # colour bitmap fonts, and files gone since the font list
        return frozenset()
