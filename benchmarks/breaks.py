"""Break years of themes in the speeches of the UN General Debate, beside what is known of them.

    python benchmarks/breaks.py [--quick]

Needs NEARER_DATA and the package of wordllama. Sentences of the middle parts of 6,220 speeches, 1946 to 2022.
Expected years: Baturo, Dasandi and Mikhaylov (2017), "Understanding state preferences with text as data", and
the events themselves. Settings are the defaults; the words of a theme are its usual name.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import nearer
from nearer.monitor import Break, Breaks
from report import Grid, render
from side_by_side import data_folder

SPEECHES = "drift/un_debates_1946_2022.parquet"
SHORTEST = 40  # characters of a sentence
EXPECTED = {  # theme -> year, and whether it came up
    "apartheid": (1991, False),
    "the Soviet Union": (1991, False),
    "the Cold War": (1991, False),
    "terrorism": (2001, True),
    "climate change": (2007, True),
    "the COVID-19 pandemic": (2020, True),
}
NEAR = 3  # years between a break and what is expected


def sentences(path: Path, every: int) -> tuple[list[str], list[str], list[int]]:
    """Keys (country, year, place), sentences and years."""
    import pyarrow.parquet as pq

    keys, texts, years = [], [], []
    for speech in pq.read_table(path).to_pylist()[::every]:
        parts = re.split(r"(?<=[.!?])\s+", speech["text"].replace("\n", " "))
        for number, text in enumerate(parts):
            if len(text) > SHORTEST:
                keys.append(f"{speech['country']} {speech['year']} {number}: {text}")
                texts.append(text)
                years.append(speech["year"])
    return keys, texts, years


def nearest(found: Breaks, theme: str) -> Break | None:
    """The break of the expected kind that is nearest to the expected year."""
    year, rose = EXPECTED[theme]
    kind = [one for one in found[theme].breaks if one.rose == rose]
    return min(kind, key=lambda one: abs(int(one.at) - year), default=None)


def run(peers_python: Path, quick: bool) -> Grid | list[object]:
    """All themes in one call; the claim is kept where each has a break of its kind near the expected year."""
    data = data_folder("breaks")
    if data is None:
        return []
    keys, texts, years = sentences(data / SPEECHES, 4 if quick else 1)
    encoder = nearer.encoder("wordllama")
    space = nearer.Space(keys, encoder.encode(texts), identity=encoder.identity)
    themes = dict(zip(EXPECTED, encoder.encode_query(list(EXPECTED)), strict=True))
    begin = time.perf_counter()
    found = nearer.monitor.breaks(space, years, themes)
    seconds = time.perf_counter() - begin
    rows, kept = [], True
    for theme, (year, rose) in EXPECTED.items():
        one = nearest(found, theme)
        kept = kept and one is not None and abs(int(one.at) - year) <= NEAR
        wanted = f"{'up' if rose else 'down'} {year}"
        if one is None:
            rows.append((theme, wanted, "none", "", "", "", ""))
            continue
        others = [f"{'up' if b.rose else 'down'} {b.at}" for b in found[theme].breaks if b is not one]
        who, text = one.items[0].split(": ", 1)
        rows.append(
            (
                theme,
                wanted,
                one.at,
                "-".join(one.interval),
                f"{one.before:.1%} to {one.after:.1%}",
                f"{one.p_value:.4f}",
                f"{who}: {text[:90]}",
                ", ".join(others),
            )
        )
    heads = ("theme", "expected", "found", "95 %", "share of sentences", "p", "an item behind it", "others")
    print(f"  {len(texts):,} sentences, {len(themes)} themes, {seconds:.1f} s", flush=True)
    return Grid(heads, rows, kept)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    print(render(run(Path(), parser.parse_args().quick)))
