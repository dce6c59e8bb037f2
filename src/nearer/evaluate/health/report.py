"""`HealthReport`: all measures of a space, as a table, plain data, or one HTML page."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike

from nearer.errors import ParameterError, shown
from nearer.evaluate.health.measure import WORST, Grade, Measure, Skipped
from nearer.evaluate.result import Result, table
from nearer.pages import Page


@dataclass(frozen=True)
class Histogram(Result):
    """`counts` (b,) of values between `edges` (b + 1,)."""

    counts: list[int]
    edges: list[float]


@dataclass(frozen=True)
class Charts(Result):
    """What the page draws.

    Attributes
    ----------
    spectrum : share of variance along each principal axis, falling; empty where the vectors do not differ.
    similarities : of random pairs, by the metric of the space.
    occurrences : in how many neighbour lists items are.
    """

    spectrum: list[float]
    similarities: Histogram | None
    occurrences: Histogram | None


@dataclass(frozen=True)
class HealthReport(Result):
    """The health of a space.

    Attributes
    ----------
    n, dim, metric, identity : of the space.
    distinct : items that are no copy of another one and, with metric "cosine", not zero.
    sample : how many of them were drawn for what needs neighbours or axes.
    k : neighbours of an item.
    seed : of everything random.
    measures : one `Measure` a figure.
    skipped : one `Skipped` a figure that could not be measured, with why.
    charts : what the page draws.
    """

    n: int
    dim: int
    metric: str
    identity: str
    distinct: int
    sample: int
    k: int
    seed: int
    measures: list[Measure]
    skipped: list[Skipped]
    charts: Charts = field(repr=False)

    @property
    def verdict(self) -> Grade:
        """The worst verdict of any measure."""
        given = {measure.verdict for measure in self.measures}
        return next(verdict for verdict in WORST if verdict in given)

    def __getitem__(self, name: str) -> Measure:
        """The measure of that name; `ParameterError` where there is none, with why."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        why = next((one.why for one in self.skipped if name in one.name), None)
        known = ", ".join(measure.name for measure in self.measures)
        raise ParameterError(f"no measure {shown(name)}", remedy=why or f"there are {known}")

    def __str__(self) -> str:
        rows = [(*measure.figures(), measure.verdict) for measure in self.measures]
        lines = [table(("measure", "value", "95 %", "reference", "verdict"), rows, self.about())]
        lines += [
            f"{measure.verdict}: {measure.name}: {measure.meaning} {measure.advice}"
            for measure in self.measures
            if measure.wanting
        ]
        return "\n".join([*lines, *(f"not measured: {one.name}: {one.why}" for one in self.skipped)])

    def about(self) -> str:
        """What was looked at, in one line."""
        seen = f"{self.n:,} items x {self.dim}, {self.metric}, {self.distinct:,} distinct"
        return f"{seen}; neighbours (k={self.k}) and axes of {self.sample:,} of them"

    def page(self) -> Page:
        """The report as one page."""
        from nearer.evaluate.health.page import page  # noqa: PLC0415  (it reads this module's values)

        return page(self)

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the page to `path`, one .html file that works offline.

        Raises `FormatError` for another ending, `StorageError` where `path` exists and `overwrite` is false.
        """
        self.page().save(path, overwrite)
