"""Colours and marks that stay apart for colour-blind readers, on light and on dark ground.

Colours after Okabe and Ito (2008), without black and with a darker yellow; after the seventh group the
colours return with another mark.
"""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8a000", "#8c6bb1")
COLOURS_ON_DARK = ("#4ba3e3", "#ff8a3c", "#2cc79a", "#e79ac6", "#8fd3ff", "#e6d34a", "#b79ae0")
MARKS = ("o", "D", "^", "s")  # matplotlib's names: disc, diamond, triangle, square


def colour(group: int, *, dark: bool = False) -> str:
    """Colour of the group of this number."""
    return (COLOURS_ON_DARK if dark else COLOURS)[group % len(COLOURS)]


def mark(group: int) -> str:
    """Mark of the group of this number, by matplotlib's name."""
    return MARKS[group // len(COLOURS) % len(MARKS)]
