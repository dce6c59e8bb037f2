"""Whether two samples come from one distribution: several tests under one set of exchanges of their
rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nearer.chance import checked_alpha, checked_seed
from nearer.errors import InputError
from nearer.monitor.baseline import Baseline
from nearer.monitor.classifier import held_out_auc
from nearer.monitor.combining import joint, p_values
from nearer.monitor.comparing import TESTS, checked_permutations, checked_tests, checked_window, some_of
from nearer.monitor.energy import energies
from nearer.monitor.exchange import (
    Exchange,
    Floats,
    checked_block,
    checked_sizes,
    permutations_for,
    require_held,
)
from nearer.monitor.mmd import mmd
from nearer.monitor.parts import Parts, adjusted_for_all, axes, clusters
from nearer.monitor.quadratic import squared_distances
from nearer.monitor.verdict import TestName, TestOutcome


@dataclass(frozen=True, eq=False)
class Comparison:
    """A window against a baseline.

    Attributes
    ----------
    p_value : of all tests together, valid in finite samples; of the test itself where it is the only one.
    effect : the energy coefficient of inhomogeneity, 0 to 1 (Székely & Rizzo, 2013).
    outcomes : each test alone, in the order of `TESTS`; their p-values are not adjusted for there being
        several.
    axes_p : (axes,) of `baseline.axes`, adjusted for all axes; None where "axes" was not among the
        tests.
    axes_before, axes_after : (axes,) the mean of the rows on each axis, in the baseline and the window.
    clusters_p : (clusters,) of `baseline.centroids`, adjusted for all clusters; None without "clusters".
    clusters_before, clusters_after : (clusters,) shares of the rows.
    permutations : arrangements drawn beside the observed one.
    block : rows that were exchanged together.
    """

    p_value: float
    effect: float
    outcomes: tuple[TestOutcome, ...]
    axes_p: Floats | None
    axes_before: Floats | None
    axes_after: Floats | None
    clusters_p: Floats | None
    clusters_before: Floats | None
    clusters_after: Floats | None
    permutations: int
    block: int


def compare(
    baseline: Baseline,
    window: ArrayLike,
    *,
    tests: Iterable[str] = TESTS,
    alpha: float = 0.05,
    permutations: int | None = None,
    block: int = 1,
    seed: int = 0,
) -> Comparison:
    """Compare rows `window` (m, dim), prepared as the baseline's are, with its rows (n, dim).

    Parameters
    ----------
    tests : of `TESTS`: "mmd", "energy", "classifier", "axes", "clusters".
    alpha : the rate at which p-values will be judged: it decides how many permutations are drawn.
    permutations : how many instead; P(p <= alpha) is alpha where (permutations + 1) * alpha is whole.
    block : exchange runs of so many consecutive rows whole, for rows that depend on those just before;
        rows that fill no whole block at the end of baseline and window are left out.
        Of more than 4,000 rows of a window so many are compared, in whole blocks drawn by lot.
    seed : of the permutations; the same seed gives the same bits, whatever the threads.

    Assumes that, where nothing changed, rows of baseline and window are exchangeable: as good as drawn
    one by one from one distribution. Then P(p_value <= a) <= a for every a, however few the rows and
    however many the dimensions, for all tests together and for each (Fisher, 1935; Phipson &
    Smyth, 2010). With blocks it assumes that of blocks, which holds the nearer, the longer they are than
    the dependence lasts (Künsch, 1989).

    p-values of axes and clusters are those of the largest statistic of its kind under the same
    exchanges (Westfall & Young, 1993): calling all that are <= alpha moved errs anywhere with chance at
    most alpha.

    Raises `InputError` for a window too small for `alpha` (the size needed is said), NaN, another
    dimension, and rows that are all equal; `ParameterError` for an unknown test, an alpha outside (0,
    1), a bad block or seed, too few permutations, and more of them than are held at once: rows of both
    times arrangements are at most 100 million.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    names, seed = checked_tests(tests), checked_seed(seed)
    matrix = some_of(checked_window(window, baseline.rows.shape[1]), checked_block(block), seed)
    n, m = checked_sizes(len(baseline.rows), len(matrix), checked_alpha(alpha), block)
    drawn = permutations_for(alpha) if permutations is None else checked_permutations(permutations, alpha)
    require_held(n + m, drawn)
    exchange = Exchange.drawn(n, m, drawn, block=block, seed=seed)
    rows = np.concatenate([baseline.rows[:n], matrix[:m]])[exchange.order]
    if not np.ptp(rows, axis=0).any():
        raise InputError(
            f"all {n + m} vectors of baseline and window are equal: nothing to compare",
            remedy="check how they were made",
        )
    with threadpool_limits(1):  # sums of several threads differ in their last bits
        return _compared(baseline, rows, exchange, names, seed)


def _compared(
    baseline: Baseline, rows: Floats, exchange: Exchange, names: tuple[TestName, ...], seed: int
) -> Comparison:
    """All of `names` on pooled rows in the exchange's order."""
    found: dict[TestName, Floats] = {}
    parts: dict[str, Parts] = {}
    distances = squared_distances(rows)
    energy, effect = energies(distances, exchange)
    if "mmd" in names:
        found["mmd"] = mmd(distances, exchange)
    if "energy" in names:
        found["energy"] = energy
    if "classifier" in names:
        found["classifier"] = held_out_auc(rows, exchange, seed)
    if "axes" in names:
        parts["axes"] = axes(rows, baseline.axes, exchange)
        found["axes"] = parts["axes"].each.max(axis=0)
    if "clusters" in names:
        found["clusters"], parts["clusters"] = clusters(rows, baseline.centroids, exchange)
    single = p_values(np.stack([found[name] for name in names], axis=1))
    outcomes = tuple(
        TestOutcome(name, float(found[name][0]), float(p)) for name, p in zip(names, single, strict=True)
    )
    whole = float(single[0]) if len(names) == 1 else float(p_values(joint(found)))
    adjusted = {kind: adjusted_for_all(each.each) for kind, each in parts.items()}
    by_axis, by_cluster = parts.get("axes"), parts.get("clusters")
    return Comparison(
        p_value=whole,
        effect=effect,
        outcomes=outcomes,
        axes_p=adjusted.get("axes"),
        axes_before=by_axis.before if by_axis else None,
        axes_after=by_axis.after if by_axis else None,
        clusters_p=adjusted.get("clusters"),
        clusters_before=by_cluster.before if by_cluster else None,
        clusters_after=by_cluster.after if by_cluster else None,
        permutations=exchange.chosen.shape[1] - 1,
        block=exchange.block,
    )
