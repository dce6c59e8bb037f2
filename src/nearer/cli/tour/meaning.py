"""The ninth part: what vectors mean; a score beside chance, a direction from examples, health."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nearer
from nearer.cli.output import print_facts, print_table, write
from nearer.cli.tour.article import BOTH, MODEL
from nearer.cli.tour.left_out import left_out
from nearer.cli.tour.shipped import shipped_lines
from nearer.errors import ModelNotFound
from nearer.space import load

FREQUENT = 20_000  # words whose scores are calibrated
PAIRS = (("lion", "tiger"), ("lion", "keyboard"))
ASKED = ("mouse", "horse", "printer", "river")  # words that are laid on the axis
PAGE = "health.html"
UNUSUAL = 0.05  # p-value of a pair up to which the tour calls its score far above chance
SELDOM = 0.05  # part of the queries without a match that may be answered
SMALL = (
    "expected: a small corpus tells little of its rare words, so that small trained spaces look like this."
)


def meaning(folder: Path, quiet: bool) -> dict[str, Any]:
    """Calibrate, make an axis and examine; returns what was found, and the files in `folder`."""
    found: dict[str, Any] = {}
    try:
        space = nearer.load(MODEL)
    except ModelNotFound as missing:
        found |= left_out(str(missing), quiet)
    else:
        found["scores"] = scores(space[:FREQUENT], quiet)
        found["axis"] = direction(space, quiet)
    trained = folder / "words.space"
    report = nearer.evaluate.health(load(trained), counts="rank")
    report.save(folder / PAGE, overwrite=True)
    if not quiet:
        write(f"\nand is {trained} well? the page {PAGE} says what each figure means and what to do:\n")
        rows = [(one.name, one.value, one.verdict) for one in report.measures if one.wanting]
        if rows:
            print_table(("measure", "value", "verdict"), rows, numbers=("value",))
            write(f"\n{SMALL}")
        write(f"\n{len(report.measures) - len(rows)} of {len(report.measures)} measures ask for nothing")
    found["health"] = {one.name: one.verdict for one in report.measures}
    return {**found, "files": [folder / PAGE]}


def scores(space: nearer.Space, quiet: bool) -> dict[str, Any]:
    """What the cosines of two pairs mean, beside pairs of words drawn at random."""
    calibration = space.calibrate(sample=20_000, queries=500)
    told = {pair: space.similarity(*pair) for pair in PAIRS}
    if not quiet:
        write("what does a cosine mean?\n")
        print_facts((f"{a} - {b}", calibration.meaning(score)) for (a, b), score in told.items())
        write(f"\n{_advice(calibration, told)}")
    return {f"{a} - {b}": calibration.p_value(score) for (a, b), score in told.items()}


def _advice(calibration: nearer.space.Calibration, told: dict[tuple[str, str], float]) -> str:
    """Which of the scores are high for two given words, and what a search must ask for instead."""
    high = " and ".join(
        f"{a} - {b}" for (a, b), score in told.items() if calibration.p_value(score) <= UNUSUAL
    )
    first = f"for two given words, {high or 'none of these'} is far above chance."
    bar = calibration.threshold(SELDOM)
    return (
        f"{first} a search looks at all {calibration.n:,} words, and of so many some score that high "
        f"even where nothing matches: it must ask for more, here {bar:.2f}, "
        f"to be wrong for {SELDOM:.0%} of the queries without a match."
    )


def direction(space: nearer.Space, quiet: bool) -> dict[str, Any]:
    """The axis from computers to animals, by the words of the first part; and where some words lie on it."""
    groups = [tuple(line.split()) for line in shipped_lines("groups.tsv")]
    words = {
        kind: [word for word, group in groups if group == kind and word in space and word not in ASKED]
        for kind in dict.fromkeys(group for _, group in groups if group != BOTH)
    }
    (up, positive), (down, negative) = words.items()
    axis = space.axis(positive, negative)
    places = dict(zip(ASKED, axis.project(list(ASKED)).tolist(), strict=True))
    if not quiet:
        write(f"\na direction from examples: {down} below 0, {up} above\n\n{axis}\n")
        print_table(("word", "place"), places.items(), numbers=("place",))
    return {"p_value": axis.p_value, "places": places}
