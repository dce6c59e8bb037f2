"""An axis as a page: what it proves, its examples, its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nearer.pages import Page, bars, histogram
from nearer.space.axes_files import facts
from nearer.space.axes_verdict import RULE

if TYPE_CHECKING:
    from nearer.space.axes import Axis

BINS = 60


def page(axis: Axis, k: int) -> Page:
    """The page of `axis`, with `k` keys of either end."""
    made = Page(f"Axis: {axis.name}").facts(facts(axis))
    if axis.held_out:
        names, scores = zip(*axis.held_out, strict=True)
        negative = [place >= len(axis.positive) for place in range(len(names))]
        made.heading("Examples, each on an axis of the others").figure(
            bars(names, scores, marked=negative),
            "Score in standard deviations of the space from the middle of the sides; negative examples in "
            "the second colour. One that points the other way lies on the wrong side.",
        )
    best, worst = axis.best(k), axis.worst(k)
    made.heading("The ends").figure(
        bars([key for key, _ in best], [score for _, score in best]),
        "Highest scores in the space, examples left out.",
    )
    made.figure(
        bars([key for key, _ in worst], [score for _, score in worst], marked=[True] * len(worst)),
        "Lowest scores in the space, examples left out.",
    )
    counts, edges = np.histogram(axis.project(), BINS)
    made.heading("All keys").figure(
        histogram(counts, edges, marks={"middle": 0.0}, x_label="score"),
        "Where the keys of the space lie along the axis.",
    )
    return made.paragraph(f"Rule. {RULE[0].upper()}{RULE[1:]}.")
