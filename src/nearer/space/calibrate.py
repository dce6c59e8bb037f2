"""Calibrating a space: what a score means beside random pairs, beside searches without a match, by labels."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import checked_seed
from nearer.errors import InputError, NearerError, ParameterError, shown
from nearer.space.calibrate_background import (
    BestScores,
    background_of,
    best_scores,
    require_spread,
    scores_of,
)
from nearer.space.calibrate_bands import bands_of
from nearer.space.calibrate_probability import METHODS, MatchProbability, Method, learned_from
from nearer.space.calibration import Calibration
from nearer.space.checks import checked_matrix, first_not_finite
from nearer.space.identity import require_same

if TYPE_CHECKING:
    from nearer.space.space import Space

Matrix = NDArray[np.float32]
Pairs = tuple[list[Any], list[Any], NDArray[np.intp]]


def calibrated(
    space: Space,
    pairs: Iterable[Sequence[Any]] | None,
    *,
    sample: int,
    queries: int | Space | ArrayLike,
    by_frequency: str | ArrayLike | None,
    method: Method,
    seed: int,
    show_progress: bool | None,
) -> Calibration:
    """The calibration of `space`; see `Space.calibrate`."""
    if method not in METHODS:
        raise ParameterError(f"method is {shown(method)}", remedy="use 'isotonic' or 'platt'")
    sample, seed = _count(sample, "sample"), checked_seed(seed)
    if len(space) < 2:
        raise InputError(
            f"a space of {len(space)} key(s) has no pairs to calibrate by", remedy="pass at least two keys"
        )
    labelled = None if pairs is None else _labelled(pairs)
    generator = np.random.default_rng(seed)
    background = background_of(space.vectors, space.metric, generator, sample)
    require_spread(background)
    probability = None if labelled is None else _probability(space, labelled, method, seed)
    return Calibration(
        identity=space.identity,
        content=space._content,
        metric=space.metric,
        n=len(space),
        seed=seed,
        background=background,
        best=_best(space, queries, labelled, generator, show_progress),
        bands=None if by_frequency is None else bands_of(space, by_frequency, generator, sample),
        match=probability,
    )


def _best(
    space: Space,
    queries: int | Space | ArrayLike,
    labelled: Pairs | None,
    generator: np.random.Generator,
    show_progress: bool | None,
) -> BestScores:
    """The best scores of queries that have no match: rows against all others but their known matches."""
    if not isinstance(queries, int | np.integer) or isinstance(queries, bool):
        asked = _held_out(space, queries)
        nothing = [np.empty(0, np.intp)] * len(asked)
        return BestScores(best_scores(space.vectors, space.metric, asked, nothing, show_progress), own=False)
    count = min(_count(queries, "queries"), len(space))
    rows = np.sort(generator.permutation(len(space))[:count])
    matches = _matches(space, labelled)
    left_out = [np.array(sorted({int(row), *matches.get(int(row), ())}), np.intp) for row in rows]
    alone = next((line[0] for line, row in zip(left_out, rows, strict=True) if len(line) == len(space)), None)
    if alone is not None:
        raise InputError(
            f"{shown(space.keys[alone])} is labelled a match of every other key",
            file="pairs",
            remedy="calibrate a space that holds more keys",
        )
    found = best_scores(space.vectors, space.metric, space.vectors[rows], left_out, show_progress)
    return BestScores(found, own=True)


def _held_out(space: Space, queries: Space | ArrayLike) -> Matrix:
    """Vectors of queries that were given, checked."""
    from nearer.space.space import Space as SpaceOf  # noqa: PLC0415  (a space imports its calibration)

    if isinstance(queries, SpaceOf):
        remedy = "make both with one encoder or model"
        require_same(queries.identity, space.identity, "the space of queries", remedy)
        matrix = queries.vectors
    else:
        matrix = checked_matrix(queries)
    if matrix.shape[1] != space.dim or not len(matrix):
        raise InputError(
            f"vectors of shape {matrix.shape} in a space of {space.dim} dimensions",
            file="queries",
            remedy=f"pass vectors (m, {space.dim}), one a query",
        )
    if (place := first_not_finite(matrix)) is not None:
        raise InputError(
            "the vector holds NaN or infinity", file="queries", row=place[0], remedy="remove the query"
        )
    return matrix


def _labelled(pairs: Iterable[Sequence[Any]]) -> Pairs:
    """First and second item of each pair, and its label."""
    first: list[Any] = []
    second: list[Any] = []
    labels: list[int] = []
    for row, pair in enumerate(pairs):
        if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 3:
            raise InputError(
                f"{shown(pair)} is no pair with a label", file="pairs", row=row, remedy="pass (a, b, 0 or 1)"
            )
        label: Any = pair[2]
        if not isinstance(label, bool | int | float | np.number | np.bool_) or label not in (0, 1):
            raise InputError(
                f"the label {shown(label)} is neither 0 nor 1",
                file="pairs",
                row=row,
                remedy="label matches 1 and others 0",
            )
        first.append(pair[0])
        second.append(pair[1])
        labels.append(int(label))
    return first, second, np.array(labels, np.intp)


def _probability(space: Space, labelled: Pairs, method: Method, seed: int) -> MatchProbability:
    first, second, labels = labelled
    stacked = [_vectors(space, side) for side in (first, second)]
    return learned_from(scores_of(stacked[0], stacked[1], space.metric), labels, method, seed)


def _vectors(space: Space, side: list[Any]) -> Matrix:
    """Vectors (m, dim) of keys or vectors; an error names the pair."""
    found = np.empty((len(side), space.dim), np.float32)
    for row, item in enumerate(side):
        try:
            found[row] = space._vector(item)
        except NearerError as error:
            raise type(error)(error.problem, file="pairs", row=row, remedy=error.remedy) from None
    return found


def _matches(space: Space, labelled: Pairs | None) -> dict[int, set[int]]:
    """Rows of the keys that are labelled a match of a row."""
    found: dict[int, set[int]] = {}
    for a, b, label in zip(*(labelled or ([], [], [])), strict=True):
        if label and isinstance(a, str) and isinstance(b, str):
            one, other = space.row(a), space.row(b)
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _count(value: Any, name: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ParameterError(f"{name} is {shown(value)}", remedy="pass a whole number of at least 1")
    return number
