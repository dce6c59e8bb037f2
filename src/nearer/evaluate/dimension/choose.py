"""`choose_dimension`: measure quality and costs at each dimension, and recommend one."""

from __future__ import annotations

import math
import numbers
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.dimension.quality import Judgement, judged, mean_interval, paired_interval
from nearer.evaluate.dimension.result import KINDS, DimensionResult, DimensionRow, Reduction
from nearer.evaluate.dimension.sources import GivenSpace, Trainable, Training, whole_number
from nearer.evaluate.dimension.timing import search_milliseconds
from nearer.progress import Progress
from nearer.space import Space
from nearer.space.codes import bytes_per_item

Evaluator = Callable[[Space], Any]
MILLION = 1_000_000
ROUNDING = 1e-12  # of differences between qualities


def choose_dimension(
    source: Space | Trainable,
    evaluator: Evaluator,
    dimensions: Sequence[int] | None = None,
    *,
    corpus: Any = None,
    reduction: Reduction | None = None,
    seeds: int | Sequence[int] | None = None,
    tolerance: float = 0.01,
    relative: bool = False,
    name: str = "quality",
    search_items: int = 100_000,
    seed: int = 0,
    show_progress: bool | None = None,
) -> DimensionResult:
    """Measure quality against dimension, beside memory and time, and recommend the smallest that will do.

    Recommended is the smallest dimension whose quality is at least the best measured less the tolerance.
    Intervals do not decide, they say how sure that is: see `DimensionResult.sure`.

    Parameters
    ----------
    source : a space, which is reduced to each dimension; or an unfitted model with parameter `dim`, which is
        trained on `corpus` at each dimension, once a seed.
    evaluator : a function of a space that returns a number or a result with `value` and `interval`, such as
        ``lambda space: evaluate.similarity(space, "pairs.tsv")``. Higher is better.
    dimensions : rising whole numbers, none above the dimension of a given space. None: powers of two from 8,
        and the whole of a given space; 32, 64, 128 and 256 for a model.
    corpus : what the model is fitted to; read once a run.
    reduction : of a given space. "svd" takes the first axes through the origin, which keep dot products and
        cosines best, and at the whole dimension as they are; "pca" the first principal axes, which keep
        Euclidean distances best, but take the mean away, at the whole dimension too (see `Space.reduce`);
        "prefix" the first columns, for nested spaces. None: "pca" if the metric is "euclidean", else "svd".
    seeds : runs of a model at each dimension, or their seeds; None is 3. A model without parameter `seed`
        runs once.
    tolerance : how far below the best quality is near enough, in units of quality; with `relative`, as a
        part of the best.
    name : what the quality is, as table and picture call it.
    search_items : keys that the search is timed on: the first so many of the space.
    seed : of the bootstrap and of the queries that are timed.

    At each dimension the quality is the mean over the seeds. Its interval, and that of its difference to the
    best, are 95 % percentile bootstrap intervals (Efron, 1979) over the seeds and over the items that the
    evaluator judged; differences are paired by both. An evaluator that returns a bare number tells nothing of
    its items, and then only the seeds count. Three seeds tell little; five or more are better.

    Raises
    ------
    ParameterError : an argument outside its range, or one that the source does not take.
    InputError : an evaluator that gives no finite number, an empty space; what evaluator and model raise.
    """
    plan = _plan(source, dimensions, corpus, reduction, seeds)
    _require_sane(evaluator, tolerance, search_items)
    found = {dim: _Found([], [], []) for dim in plan.dimensions}
    with Progress(
        "choosing the dimension", len(plan.dimensions) * len(plan.seeds), "runs", show_progress
    ) as progress:
        for dim, measured in plan.spaces():
            at = found[dim]
            at.judgements.append(judged(evaluator(measured.space), dim))
            if measured.seconds is not None:
                at.seconds.append(measured.seconds)
            if not at.search:
                at.search.append(search_milliseconds(measured.space, search_items, seed))
                searched = min(len(measured.space), search_items)
            progress.advance(1, f"dim {dim}: {at.judgements[-1].value:.3f}")
    best, margin = _best(found, tolerance, relative)
    rows = [_row(dim, at, found[best], margin, seed) for dim, at in found.items()]
    recommended = next(row for row in rows if row.within)
    unsure = recommended.difference_interval
    first = found[best].judgements[0]
    return DimensionResult(
        recommended=recommended.dim,
        best=best,
        sure=None if unsure is None else unsure[0] >= -margin - ROUNDING,
        rows=rows,
        name=name,
        reduction=plan.how,
        seeds=[run for run in plan.seeds if run is not None],
        tolerance=float(tolerance),
        relative=relative,
        margin=margin,
        search_items=searched,
        n=first.n,
        coverage=first.coverage,
    )


@dataclass(frozen=True)
class _Found:
    """What the runs of one dimension gave: figures, seconds of training, milliseconds of a search."""

    judgements: list[Judgement]
    seconds: list[float]
    search: list[float]

    @property
    def quality(self) -> float:
        return statistics.fmean(self.values)

    @property
    def values(self) -> list[float]:
        return [judgement.value for judgement in self.judgements]


def _plan(
    source: Space | Trainable, dimensions: Any, corpus: Any, reduction: Any, seeds: Any
) -> GivenSpace | Training:
    """What is measured; raises `ParameterError` for an argument that the source does not take."""
    if isinstance(source, Space):
        for what, value in (("corpus", corpus), ("seeds", seeds)):
            if value is not None:
                raise ParameterError(f"{what} is given with a space", remedy="it goes with a model to train")
        if len(source) == 0:
            raise InputError("the space is empty: there is nothing to measure")
        return GivenSpace(source, dimensions, reduction)
    if isinstance(source, type) or not isinstance(source, Trainable):
        raise ParameterError(f"source is {shown(source)}", remedy="pass a space or an unfitted model")
    if reduction is not None:
        raise ParameterError(
            f"reduction={shown(reduction)} is given with a model", remedy="it goes with a space"
        )
    return Training(source, corpus, dimensions, seeds)


def _require_sane(evaluator: Any, tolerance: Any, search_items: Any) -> None:
    if not callable(evaluator):
        raise ParameterError(f"evaluator is {shown(evaluator)}", remedy="pass a function of a space")
    real = isinstance(tolerance, numbers.Real) and not isinstance(tolerance, bool)
    if not real or not 0 <= float(tolerance) < math.inf:
        raise ParameterError(f"tolerance is {shown(tolerance)}", remedy="pass a finite number from 0")
    items = whole_number(search_items)
    if items is None or items < 1:
        raise ParameterError(f"search_items is {shown(search_items)}", remedy="pass a whole number from 1")


def _best(found: dict[int, _Found], tolerance: float, relative: bool) -> tuple[int, float]:
    """The dimension of the highest quality, and how far below it still counts."""
    best = max(found, key=lambda dim: found[dim].quality)  # the first of equal ones: the smallest
    return best, float(tolerance) * (abs(found[best].quality) if relative else 1.0)


def _row(dim: int, at: _Found, best: _Found, margin: float, seed: int) -> DimensionRow:
    difference = at.quality - best.quality
    return DimensionRow(
        dim=dim,
        quality=at.quality,
        interval=mean_interval(at.judgements, seed),
        difference=difference,
        difference_interval=paired_interval(at.judgements, best.judgements, seed),
        values=at.values,
        within=difference >= -margin - ROUNDING,
        bytes_per_million={kind: bytes_per_item(dim, kind) * MILLION for kind in KINDS},
        search_ms=at.search[0],
        train_seconds=statistics.fmean(at.seconds) if at.seconds else None,
    )
