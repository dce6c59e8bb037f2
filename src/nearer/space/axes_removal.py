"""Taking a direction out of a space, and what that costs and leaves, measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.chance import binomial_interval, checked_seed
from nearer.errors import InputError, ParameterError, shown
from nearer.space.axes_separation import Floats
from nearer.space.neighbor_loss import NeighborLoss, neighbor_loss
from nearer.space.queries import as_compared

if TYPE_CHECKING:
    from nearer.space.axes import Axis
    from nearer.space.space import Space

PAIRS = 10_000  # of random keys, whose similarity is compared before and after
EACH = 500  # keys of each end that a classifier is trained and judged on, at most
LEAST = 10  # and without which none is trained
BLOCK = 65_536  # rows widened to double precision at a time


@dataclass(frozen=True)
class RemovalCost:
    """What projecting out an axis costs, and what of it is left.

    Attributes
    ----------
    neighbors : recall@10 of the neighbours that keys had before.
    similarity_change : mean absolute change of the similarity of two random keys, by the metric.
    variance : share of the variance of the space that lay along the axis.
    told_apart : accuracy with which a linear classifier still tells keys of one end of the axis from those of
        the other, once it is projected out; trained on half of up to 500 keys an end and judged on the other
        half. 0.5 is chance. What a direction meant can be left in others (Gonen & Goldberg, 2019, "Lipstick
        on a pig"). None in a space of fewer than 80 keys.
    told_interval : its exact 95 % interval.
    """

    neighbors: NeighborLoss
    similarity_change: float
    variance: float
    told_apart: float | None
    told_interval: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """The figures for JSON."""
        return {**asdict(self), "neighbors": self.neighbors.to_dict()}

    def facts(self) -> list[tuple[str, str]]:
        """Names and values, a line each, each with its meaning."""
        (low, high), asked = self.neighbors.interval, self.neighbors.queries
        kept = f"{self.neighbors.recall:.3f} ({low:.3f} to {high:.3f}) recall@10, {asked:,} keys"
        told = "too few keys for a classifier"
        if self.told_apart is not None and self.told_interval is not None:
            least, most = self.told_interval
            left = "much is left in other directions" if least > 0.6 else "little is left"
            told = (
                f"{self.told_apart:.3f} ({least:.3f} to {most:.3f}) of held-out keys; 0.5 is chance: {left}"
            )
        return [
            ("neighbours kept", kept),
            ("similarity", f"changes by {self.similarity_change:.4f} on average"),
            ("variance", f"{100 * self.variance:.2f} % lay along the axis"),
            ("ends still told apart", told),
        ]


def removed(space: Space, axis: Axis) -> Space:
    """`space` without the direction of `axis`: v - (v . d) d for every vector v."""
    axis.require(space)
    told = {"axis": axis.name, "positive": list(axis.positive), "negative": list(axis.negative)}
    parameters: dict[str, object] = {"direction": [float(value).hex() for value in axis.direction]}
    return space._changed(_projected_out(space.vectors, axis.direction), "without_axis", parameters, told)


def removal_cost(axis: Axis, sample: int, seed: int) -> RemovalCost:
    """Measure on `sample` keys and 10,000 pairs of keys drawn by `seed`."""
    space, seed = axis.space, checked_seed(seed)
    if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
        raise ParameterError(f"sample is {shown(sample)}", remedy="use a whole number of at least 1")
    if len(space) < 2:
        raise InputError("one key has no neighbours", remedy="pass a space of at least two keys")
    after = _projected_out(space.vectors, axis.direction)
    neighbors = neighbor_loss(space.vectors, after, space.metric, sample, seed, False)
    pairs = np.random.default_rng([seed, 3]).integers(0, len(space), (2, PAIRS))
    pairs = pairs[:, pairs[0] != pairs[1]]
    change = np.abs(
        _similarities(space.vectors, pairs, space.metric) - _similarities(after, pairs, space.metric)
    )
    told = _told_apart(axis, after, seed)
    return RemovalCost(
        neighbors,
        float(change.mean()),
        axis.scale**2 / _variance(space),
        None if told is None else told[0],
        None if told is None else told[1],
    )


def _projected_out(vectors: NDArray[np.float32], direction: Floats) -> NDArray[np.float32]:
    out = np.empty_like(vectors)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK].astype(np.float64)
        along = np.einsum("ij,j->i", block, direction)
        out[start : start + BLOCK] = block - np.outer(along, direction)
    return out


def _similarities(vectors: NDArray[np.float32], pairs: NDArray[np.intp], metric: Any) -> Floats:
    left, right = as_compared(vectors[pairs[0]], metric), as_compared(vectors[pairs[1]], metric)
    if metric == "euclidean":
        return np.asarray(-np.linalg.norm(left - right, axis=1))
    return np.asarray(np.einsum("ij,ij->i", left, right))


def _variance(space: Space) -> float:
    """Total variance of the rows as the metric compares them."""
    total, squares = np.zeros(space.dim), 0.0
    for start in range(0, len(space), BLOCK):
        rows = as_compared(space.vectors[start : start + BLOCK], space.metric)
        total += rows.sum(axis=0)
        squares += float(np.einsum("ij,ij->", rows, rows))
    mean = total / len(space)
    return squares / len(space) - float(mean @ mean)


def _told_apart(
    axis: Axis, after: NDArray[np.float32], seed: int
) -> tuple[float, tuple[float, float]] | None:
    """Share of held-out keys whose end of the axis a logistic regression on `after` names, and its interval.

    The examples are left out: they made the axis, so that without it their sides differ less than chance.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (`import nearer` stays light)

    space = axis.space
    each = min(EACH, len(space) // 8) // 2 * 2
    if each < LEAST:
        return None
    scores = axis.project()
    scores[[space.row(name) for name in (*axis.positive, *axis.negative) if name in space]] = np.nan
    order = np.argsort(scores, kind="stable")[: int(np.isfinite(scores).sum())]
    generator = np.random.default_rng([seed, 4])
    ends = [generator.permutation(order[:each]), generator.permutation(order[-each:])]
    trained, judged = (
        np.concatenate([end[part] for end in ends])
        for part in (slice(None, each // 2), slice(each // 2, None))
    )
    sides = np.repeat([0, 1], each // 2)
    rows = as_compared(after, space.metric)
    size = float(rows[trained].std()) or 1.0
    model = LogisticRegression(max_iter=2000).fit(rows[trained] / size, sides)
    right = int((model.predict(rows[judged] / size) == sides).sum())
    return right / each, binomial_interval(right, each)
