"""`DimensionResult`: what was measured at each dimension, and which one is recommended."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from nearer.evaluate.dimension.quality import Interval
from nearer.evaluate.result import Result, table

Reduction = Literal["prefix", "pca", "svd"]
KINDS: tuple[Literal["f32", "f16", "int8", "binary"], ...] = ("f32", "f16", "int8", "binary")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class DimensionRow(Result):
    """What was measured at one dimension.

    Attributes
    ----------
    dim : the dimension.
    quality : mean of `values`.
    interval : 95 % interval of `quality`, None where nothing tells it (one run, judged by a bare number).
    difference : `quality` less the best quality, at most 0.
    difference_interval : its 95 % interval, paired by seeds and by items judged; None where nothing tells it.
    values : the figure of each run.
    within : whether the difference is within the tolerance.
    bytes_per_million : bytes of a million vectors by kind: "f32", "f16", "int8", "binary", scales included.
    search_ms : median milliseconds of one exact search for 10 neighbours on one thread.
    train_seconds : mean time of a training, None for a given space.
    """

    dim: int
    quality: float
    interval: Interval | None
    difference: float
    difference_interval: Interval | None
    values: list[float]
    within: bool
    bytes_per_million: dict[str, int]
    search_ms: float
    train_seconds: float | None


@dataclass(frozen=True)
class DimensionResult(Result):
    """Quality against dimension, beside its costs.

    Attributes
    ----------
    recommended : the smallest dimension whose quality is within the tolerance of the best.
    best : the dimension of the highest quality, the smallest such.
    sure : whether the interval of the recommended dimension's difference to the best lies within the
        tolerance too; None where there is no interval.
    rows : one `DimensionRow` a dimension, rising.
    name : what the quality is.
    reduction : of a given space, "prefix" or "svd", whose whole dimension is the space as it is, or "pca",
        which is centred at its whole dimension too; or "training".
    seeds : of the runs; empty where nothing was random.
    tolerance, relative : as asked for.
    margin : how far below the best quality still counts, in units of quality.
    search_items : keys that were searched.
    n : items the evaluator judged, None where it told none. coverage : part of the test it could judge.
    """

    recommended: int
    best: int
    sure: bool | None
    rows: list[DimensionRow]
    name: str
    reduction: str
    seeds: list[int]
    tolerance: float
    relative: bool
    margin: float
    search_items: int
    n: int | None
    coverage: float | None
    rule: ClassVar[str] = (
        "recommended is the smallest dimension whose quality is within the tolerance of the best; "
        "intervals say how sure that is and do not decide"
    )

    @property
    def chosen(self) -> DimensionRow:
        """The row of the recommended dimension."""
        return next(row for row in self.rows if row.dim == self.recommended)

    @property
    def value(self) -> float:
        """Quality at the recommended dimension."""
        return self.chosen.quality

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of `value`."""
        return self.chosen.interval

    def __str__(self) -> str:
        trained = self.reduction == "training"
        heads = ("dim", self.name, "95 %", "to best", "95 %", *(f"{kind} MB" for kind in KINDS), "search ms")
        rows = [[*cells(row), *([f"{row.train_seconds:.1f}"] if trained else [])] for row in self.rows]
        return table((*heads, *(["train s"] if trained else [])), rows, self.verdict())

    def verdict(self) -> str:
        """The recommendation and how it came about, in two lines."""
        allowed = f"{100 * self.tolerance:g} %" if self.relative else f"{self.tolerance:g}"
        count = len(self.seeds)
        runs = f"{count} seed{'s' * (count > 1)}" if count else self.reduction
        sure = {
            True: "; the interval of its difference is within that too",
            False: "; the interval of its difference reaches below that",
            None: "",
        }[self.sure]
        smaller = f"the smallest within {allowed} of the best, {self.best}{sure}"
        if self.recommended == self.best:
            smaller = f"the best, and no smaller one is within {allowed}"
        return (
            f"recommended {self.recommended}: {smaller}\n"
            f"{runs}; MB a million vectors; search of {self.search_items:,} keys on one thread"
        )

    def plot(self, path: str | os.PathLike[str]) -> Path:
        """Draw quality, memory and time against dimension: .png, .svg, or .html, a page that works offline.

        Returns the path; a file that stands there is replaced. Raises `FormatError` for another ending and
        `StorageError` for a place that cannot be written.
        """
        from nearer.evaluate.dimension.drawing import draw  # noqa: PLC0415  (drawing is heavy)

        return draw(self, path)


def cells(row: DimensionRow) -> list[str]:
    """A row as the table shows it."""
    return [
        str(row.dim),
        f"{row.quality:.3f}",
        spread(row.interval),
        f"{row.difference:+.3f}",
        spread(row.difference_interval),
        *(f"{row.bytes_per_million[kind] / MEGABYTE:,.0f}" for kind in KINDS),
        f"{row.search_ms:.3f}",
    ]


def spread(interval: Interval | None) -> str:
    """An interval as the table shows it."""
    return "-" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
