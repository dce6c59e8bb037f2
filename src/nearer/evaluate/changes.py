"""Changes: did the axes turn, or did items change meaning? Two spaces with shared keys, one answer a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from nearer.chance import benjamini_hochberg, checked_alpha, checked_seed, conformal_p_values
from nearer.errors import InputError
from nearer.evaluate.changes_bulk import bulk_p_values, traits_of
from nearer.evaluate.changes_repeats import least_together, repeat_p_values, within
from nearer.evaluate.changes_residuals import FLOOR, FOLDS, Pairing, turned
from nearer.evaluate.changes_result import ChangedItem, ChangesResult, ChangesVerdict
from nearer.evaluate.changes_witness import Witness
from nearer.space import Space
from nearer.space.align import checked_plan, require_enough, require_spread
from nearer.space.align_fit import Matrix, Method, Plan, Vector
from nearer.space.checks import checked_number
from nearer.space.queries import norms

FEWEST = 25  # shared keys: with a fifth of them, chance pairs all rightly less than once in 20 times
RELATED = 0.05  # level of the test whether the spaces have anything to do with each other


def changes(
    before: Space,
    after: Space,
    *,
    repeats_before: Sequence[Space] = (),
    repeats_after: Sequence[Space] = (),
    method: Method = "orthogonal",
    ridge: float | None = None,
    fdr: float = 0.05,
    k: int = 20,
    neighbors: int = 25,
    seed: int = 0,
) -> ChangesResult:
    """Whether the axes turned between two spaces, and which of the items that both hold changed meaning.

    The best map from `before` to `after` is fitted so that items that lie far off do not bend it, and each
    key's residual is its distance from where a map without it (and a fifth of the others) carries it. What
    of the residuals is noise is decided by the null:

    * with repeats, by spaces that differ by noise alone. Between the groups of `before` and `after` a key
      must differ by more than within them; the null shares the spaces out in all other ways
      (`changes_repeats.repeat_p_values` says formula and assumptions). Repeats hold the noise that they were
      made with: trained with other seeds on the same data, they count every difference of the data as a
      change. Trained on disjoint parts of the data, drawn by lot, they count what was sampled as noise.
      Drawn again with replacement (bootstrap) they do not: all repeats then share one sample.
    * without, by the bulk of the keys: those of like vector length, density and rank
      (`changes_bulk.bulk_p_values` says formula and assumptions). A flagged key then lies further off than
      keys like it, because it changed or because it is noisier than they are: where a tenth of the keys have
      thrice the noise of the others, they are flagged though none changed.

    Benjamini & Hochberg's procedure keeps the expected share of chance among the flagged at most `fdr`, where
    the null holds. The verdict follows `ChangesResult.rule`.

    Parameters
    ----------
    repeats_before, repeats_after : other spaces of the same items as `before` and `after`; one or more each.
    method : the map, as in `nearer.align`: "orthogonal" (turned, mirrored), "linear" or "affine".
    ridge : of linear and affine maps; None: chosen by leave-one-out error.
    k : items that the result describes, the flagged first.
    neighbors : nearest keys that are compared, before and after, as a second witness.

    Raises
    ------
    InputError : no or too few shared keys (the message says how many are needed), or vectors all alike.
    ParameterError : an argument outside its range.
    """
    fdr, seed = checked_alpha(fdr, "fdr"), checked_seed(seed)
    k, neighbors = checked_number("k", k, 1), checked_number("neighbors", neighbors, 1)
    plan = checked_plan(before, after, method, None, None, ridge)
    task = _Task(plan, plan.method != "orthogonal" and ridge is None, fdr, seed)
    groups = ([before, *repeats_before], [after, *repeats_after])
    keys = _shared(groups[0] + groups[1], plan)
    pair = task.pairing(before, after, keys)
    require_spread(pair.x, "space before")
    require_spread(pair.y, "space after")
    residuals, unturned = pair.residuals(), pair.unturned()
    null = (
        _from_repeats(groups, keys, task)
        if repeats_before or repeats_after
        else _from_bulk(pair, residuals, _lengths(before, after, keys), task)
    )
    relation, explained = pair.relation(seed)
    adjusted = benjamini_hochberg(null.p_values) if relation <= RELATED else np.ones(len(keys))
    moved = turned(unturned, residuals, FLOOR * pair.size)
    outcome = ChangesResult(
        verdict=_verdict(relation <= RELATED, moved, bool((adjusted <= fdr).any())),
        method=method,
        null="repeats" if null.splits else "bulk",
        splits=null.splits,
        together=null.together,
        fdr=fdr,
        relation=relation,
        explained=explained,
        unturned=None if unturned is None else float(np.median(unturned)),
        residual=float(np.median(residuals)),
        coverage=(len(keys) / len(before), len(keys) / len(after)),
        metric=pair.metric,
        keys=tuple(keys),
        residuals=residuals,
        expected=np.hypot(null.expected, FLOOR * pair.size),
        p_values=null.p_values,
        adjusted=adjusted,
    )
    return _described(outcome, Witness.of(before, after, keys, neighbors), k, seed)


@dataclass(frozen=True)
class _Task:
    """What is the same for every pair of spaces that is compared."""

    plan: Plan
    choose: bool  # the strength of the ridge
    fdr: float
    seed: int

    def pairing(self, source: Space, target: Space, keys: list[str]) -> Pairing:
        return Pairing.of(source, target, keys, self.plan, self.choose, self.seed)


@dataclass(frozen=True, eq=False)
class _Null:
    """What the null says of each key."""

    p_values: Vector
    expected: Vector
    splits: int
    together: int


def _from_repeats(groups: tuple[list[Space], list[Space]], keys: list[str], task: _Task) -> _Null:
    """The null of spaces that differ by noise alone."""
    spaces, first = groups[0] + groups[1], len(groups[0])
    squares = {
        (i, j): _squares(spaces[i], spaces[j], keys, task) for i, j in combinations(range(len(spaces)), 2)
    }
    p_values, splits = repeat_p_values(squares, first, len(groups[1]), task.seed)
    size = task.pairing(groups[0][0], groups[1][0], keys).size
    return _Null(p_values, within(squares, first) * size, splits, least_together(len(keys), splits, task.fdr))


def _squares(a: Space, b: Space, keys: list[str], task: _Task) -> Vector:
    """Squared residual (n,) of each key, in units of the typical length; of both ways where they differ."""
    pairs = [task.pairing(a, b, keys)]
    if task.plan.method != "orthogonal" or {a.metric, b.metric} != {"cosine"}:
        pairs.append(task.pairing(b, a, keys))
    every = [(pair.residuals() / pair.size) ** 2 + FLOOR**2 for pair in pairs]
    mean: Vector = np.mean(every, axis=0)
    return mean


def _from_bulk(pair: Pairing, residuals: Vector, lengths: Matrix, task: _Task) -> _Null:
    """The null of the keys in general."""
    dim = min(pair.x.shape[1], pair.y.shape[1])
    traits = traits_of(pair.x, pair.y, lengths, task.seed)
    return _Null(*bulk_p_values(residuals, traits, FLOOR * pair.size, dim, task.fdr), 0, 1)


def _shared(spaces: list[Space], plan: Plan) -> list[str]:
    """The keys that all spaces hold, in the order of the first; raises `InputError` for too few."""
    keys = [key for key in spaces[0].keys if all(key in space for space in spaces[1:])]
    for a, b in combinations(spaces, 2):
        require_enough(len(keys), plan, a.dim, b.dim, 1 / FOLDS)
    if len(keys) < FEWEST:
        raise InputError(
            f"{len(keys):,} shared keys are too few to tell change from chance",
            remedy=f"pass spaces that share {FEWEST} keys or more",
        )
    return keys


def _lengths(before: Space, after: Space, keys: list[str]) -> Matrix:
    return np.column_stack([norms(space.vectors[space.rows(keys)]) for space in (before, after)])


def _verdict(related: bool, moved: bool, changed: bool) -> ChangesVerdict:
    """The rule that `ChangesResult.rule` states."""
    if not related:
        return "unrelated"
    if changed:
        return "turned and items changed" if moved else "items changed"
    return "turned" if moved else "same"


def _oddness(overlap: float, others: Vector) -> float:
    """Part of keys with as little overlap as one that is not among the `others`; 1 where there are none."""
    return float(conformal_p_values([-overlap], -others)[0]) if len(others) else 1.0


def _described(outcome: ChangesResult, witness: Witness, k: int, seed: int) -> ChangesResult:
    """The result with its foremost items, the flagged first, and what the second witness says of them."""
    flagged = outcome.adjusted <= outcome.fdr
    order = np.lexsort((-outcome.residuals / outcome.expected, outcome.adjusted))[:k]
    drawn, usual = witness.usual(flagged, seed)
    before, after, overlaps = witness.neighbours(order)
    items = tuple(
        ChangedItem(
            key=outcome.keys[row],
            residual=float(outcome.residuals[row]),
            expected=float(outcome.expected[row]),
            p_value=float(outcome.p_values[row]),
            adjusted=float(outcome.adjusted[row]),
            flagged=bool(flagged[row]),
            overlap=float(overlaps[place]),
            overlap_p=_oddness(float(overlaps[place]), usual[drawn != row]),
            before=tuple(outcome.keys[other] for other in before[place]),
            after=tuple(outcome.keys[other] for other in after[place]),
        )
        for place, row in enumerate(order)
    )
    return replace(
        outcome,
        items=items,
        neighbors=witness.k,
        overlap=float(np.median(usual)) if len(usual) else None,
    )
