"""Silhouette: do items of one label lie nearer to each other than to those of the next label?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nearer.errors import InputError, ParameterError
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.labels import Labels, labelled
from nearer.evaluate.result import Estimate, Result, table
from nearer.space import Space


@dataclass(frozen=True)
class SilhouetteResult(Result):
    """Mean silhouette, from -1 (all on the wrong side) over 0 to 1 (far apart).

    Attributes
    ----------
    estimate : the mean over items with its interval.
    labels : one `Estimate` a label, under its text.
    coverage : part of the labelled items that the space holds.
    """

    estimate: Estimate
    labels: dict[str, Estimate]
    coverage: float
    rule: ClassVar[str] = "items that the space lacks are left out"

    @property
    def value(self) -> float:
        """The mean silhouette."""
        return self.estimate.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.estimate.interval

    @property
    def n(self) -> int:
        """Items measured."""
        return self.estimate.n

    @property
    def oov_rate(self) -> float:
        """Part of the labelled items that the space lacks."""
        return 1 - self.coverage

    def __str__(self) -> str:
        rows = [(name, *estimate.cells()) for name, estimate in self.labels.items()]
        return table(
            ("silhouette", "value", "95 %", "n"),
            [*rows, ("all", *self.estimate.cells())],
            f"coverage {self.coverage:.1%} of the labelled items; those the space lacks are left out",
        )


def silhouette(
    space: Space,
    labels: Labels,
    *,
    sample: int = 10_000,
    columns: Sequence[str] | None = None,
    seed: int = 0,
) -> SilhouetteResult:
    """Mean silhouette of the labelled vectors of `space` (Rousseeuw, 1987).

    Distances are 1 - cosine or Euclidean, by the metric of the space. The interval draws the items again and
    takes their silhouettes as given.

    Parameters
    ----------
    labels : label of each row, {key: label}, the name of a payload column, or a file or table of keys and
        labels; keys that the space lacks are left out.
    sample : at most so many items, drawn at random by `seed`, since time grows with their square.
    columns : names of the columns of key and label in a file or table.

    Raises
    ------
    ParameterError : a space of metric "dot", which is no distance.
    InputError : labels that are missing, another number of them than rows, fewer than two labels, or no label
        with two items.
    """
    if space.metric == "dot":
        raise ParameterError(
            "a silhouette needs a distance and the metric is 'dot'", remedy="use another metric"
        )
    found = labelled(space, labels, columns)
    rows, codes = found.rows, found.codes
    if len(rows) > sample:
        drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[:sample])
        rows, codes = rows[drawn], codes[drawn]
    sizes = np.bincount(codes, minlength=len(found.names))
    present = np.flatnonzero(sizes)
    if len(present) < 2 or sizes.max() < 2:
        raise InputError(
            f"{len(rows)} labelled items of {len(present)} labels: needs two labels, one of two items"
        )
    from sklearn.metrics import silhouette_samples  # noqa: PLC0415  (`import nearer` must not load it)

    values = np.asarray(silhouette_samples(space.vectors[rows], codes, metric=space.metric), dtype=np.float64)
    by_label = {found.names[code]: mean(values[codes == code], seed) for code in present}
    return SilhouetteResult(mean(values, seed), by_label, found.coverage)
