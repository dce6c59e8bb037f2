"""When themes turned in the General Debate of the United Nations, beside what is published.

    python benchmarks/breaks.py [--quick]

Needs NEARER_DATA (speeches of 1946 to 2022) and the encoder wordllama. What is expected: apartheid, the
Soviet Union and the Cold War down after 1991, terrorism up 2001, climate up 2007, the pandemic up 2020
(Baturo, Dasandi & Mikhaylov, 2017, and history). Both ways to measure a theme's level are shown,
means of scores and shares of speeches; the claim is made for shares, which were chosen on these speeches.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow.parquet as pq

import nearer
from nearer.monitor import Break, Breaks, breaks
from report import Grid, Measured, render
from side_by_side import data_folder

FILE = "drift/un_debates_1946_2022.parquet"
SHARE = 0.05
NEAR = 3  # years that a break may lie from the year that is expected
THEMES = {  # name: (text, year, whether it rose)
    "apartheid": ("apartheid in South Africa", 1991, False),
    "Soviet Union": ("the Soviet Union", 1991, False),
    "Cold War": ("the cold war between East and West", 1991, False),
    "terrorism": ("terrorism and terrorist attacks", 2001, True),
    "climate": ("climate change and global warming", 2007, True),
    "pandemic": ("the COVID-19 pandemic and vaccines", 2020, True),
}
HEADS = ("theme", "level", "expected", "found", "95 %", "step", "p", "all breaks", "speeches behind")


def nearest(found: Breaks, theme: str) -> Break | None:
    """The break in the direction that is expected that lies nearest to the year."""
    _, year, rose = THEMES[theme]
    fitting = [one for one in found.of(theme) if one.rose == rose]
    return min(fitting, key=lambda one: abs(int(one.at) - year), default=None)


def row_of(found: Breaks, theme: str, level: str) -> list[str]:
    """A line of the grid."""
    _, year, rose = THEMES[theme]
    one = nearest(found, theme)
    every = " ".join(f"{'+' if other.rose else '-'}{other.at}" for other in found.of(theme)) or "none"
    start = [theme, level, f"{'up' if rose else 'down'} {year}"]
    if one is None:
        return [*start, "none", "-", "-", f"{found.p_values[theme]:.4f}", every, "-"]
    interval = f"{one.interval[0]} to {one.interval[1]}"
    behind = ", ".join(item.key for item in one.items[:3])
    return [*start, one.at, interval, f"{one.effect:+.2f}", f"{one.p_value:.4f}", every, behind]


def is_near(found: Breaks, theme: str) -> bool:
    """Whether a theme turned within `NEAR` years of what is expected."""
    one = nearest(found, theme)
    return one is not None and abs(int(one.at) - THEMES[theme][1]) <= NEAR


def run(peers_python: Path, quick: bool = False) -> Measured:
    """Both levels; `quick` draws fewer permutations. No peer is asked."""
    del peers_python
    data = data_folder("breaks")
    if data is None:
        return []
    table = pq.read_table(data / FILE)
    encoder = nearer.encoder("wordllama")
    rows = encoder.encode(table["text"].to_pylist(), show_progress=False)
    years, countries = table["year"].to_pylist(), table["country"].to_pylist()
    keys = [f"{year} {country}" for year, country in zip(years, countries, strict=True)]
    space = nearer.Space(keys, rows, items={"year": years}, identity=encoder.identity)
    vectors = encoder.encode([text for text, _, _ in THEMES.values()], show_progress=False)
    themes = {theme: vectors[place][None] for place, theme in enumerate(THEMES)}
    lines, good = [], True
    for level, share in ((f"share {SHARE:g}", SHARE), ("mean", None)):
        found = breaks(space, "year", themes, share=share, permutations=399 if quick else 9999)
        lines += [row_of(found, theme, level) for theme in THEMES]
        good = good and (share is None or all(is_near(found, theme) for theme in THEMES))
    return Grid(HEADS, lines, good)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer permutations")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
