"""`Axis`: a direction of a space, made from examples, with what tells whether it is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from nearer.errors import ParameterError
from nearer.space import queries
from nearer.space.axes_chance import Chance
from nearer.space.axes_examples import Side, read_side
from nearer.space.axes_separation import Floats, HeldOut
from nearer.space.identity import require_same
from nearer.space.neighbors import Neighbor, Neighbors
from nearer.space.queries import as_compared
from nearer.space.reduction import one_thread

if TYPE_CHECKING:
    from nearer.pages import Page
    from nearer.space.axes_removal import RemovalCost
    from nearer.space.axes_verdict import AxisVerdict
    from nearer.space.space import Query, Space

BLOCK = 65_536  # rows widened to double precision at a time


@dataclass(frozen=True)
class Evidence:
    """Whether the examples of an axis differ by more than chance.

    Attributes
    ----------
    separation : sensitivity index d' of examples on axes that they are no part of; None with one example.
    auc : chance that of a positive and a negative example that are left out the former scores higher.
    p_value : under `null`; valid in finite samples.
    null : what was exchanged: labels among the examples, within pairs, or keys of the space (one-sided).
    arrangements, exact : how many arrangements were compared, and whether those are all there are.
    smallest_p : the least p-value that so many examples can give, however far apart they lie.
    p_random : how often as many random keys of the space are separated as well; None where it cannot be told.
    """

    separation: float | None
    auc: float | None
    p_value: float
    null: str
    arrangements: int
    exact: bool
    smallest_p: float
    p_random: float | None

    @classmethod
    def of(cls, chance: Chance, null: str, found: HeldOut | None, random: Chance | None) -> Evidence:
        """From the parts that were found."""
        return cls(
            None if found is None else float(found.separation),
            None if found is None else float(found.auc),
            chance.p_value,
            null,
            chance.arrangements,
            chance.exact,
            chance.smallest,
            None if random is None else random.p_value,
        )


@dataclass(frozen=True)
class Stability:
    """How much an axis owes to single examples.

    Attributes
    ----------
    least, mean : cosine of the axis with those made without one example (or pair) each.
    spread : how far, in standard deviations of the space, the score of an item varies over those axes (mean
        over up to 1,000 keys).
    """

    least: float
    mean: float
    spread: float


@dataclass(frozen=True, eq=False, repr=False)
class Axis:
    """A direction from negative to positive examples; made by `Space.axis`.

    Scores are in standard deviations of the space along the axis; 0 is midway between the sides (the mean
    of the space where there is no negative side).

    Attributes
    ----------
    direction : unit vector float64 (dim,).
    offset : float64 (dim,), the step from the negative to the positive side among unit vectors.
    middle, scale : where 0 lies along `direction`, and how long one standard deviation is.
    method : "means" or "pairs".
    positive, negative : names of the examples.
    held_out : (name, score) of every example on axes that it is no part of, positive ones first.
    evidence : `Evidence`. stability : `Stability`, or None where no example can be left out.
    """

    space: Space
    direction: Floats
    offset: Floats
    middle: float
    scale: float
    method: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    held_out: tuple[tuple[str, float], ...]
    evidence: Evidence
    stability: Stability | None
    _identity: str | None = field(default=None)

    @property
    def identity(self) -> str:
        """Identity of the space that the axis belongs to."""
        return self._identity or self.space.identity

    @property
    def separation(self) -> float | None:
        """`evidence.separation`: d' of examples that were left out."""
        return self.evidence.separation

    @property
    def auc(self) -> float | None:
        """`evidence.auc`: of examples that were left out."""
        return self.evidence.auc

    @property
    def p_value(self) -> float:
        """`evidence.p_value`."""
        return self.evidence.p_value

    @property
    def verdict(self) -> AxisVerdict:
        """ "a direction", "not shown" or "too few examples", by `axes_verdict.RULE`."""
        from nearer.space.axes_verdict import verdict  # noqa: PLC0415  (it judges axes)

        return verdict(self)

    @property
    def meaning(self) -> str:
        """The verdict in a sentence, with what to do."""
        from nearer.space.axes_verdict import meaning  # noqa: PLC0415  (as above)

        return meaning(self)

    @property
    def name(self) -> str:
        """What the axis is called: its first examples, "cheap, poor … - expensive, rich …"."""
        return f"{_few(self.positive)} - {_few(self.negative) if self.negative else 'the space'}"

    @property
    def wrong_side(self) -> list[tuple[str, float]]:
        """Examples that lie on the other side of 0 when they are left out, the worst first."""
        count = len(self.positive)
        signed = [
            (score if place < count else -score, name, score)
            for place, (name, score) in enumerate(self.held_out)
        ]
        return [(name, score) for sign, name, score in sorted(signed) if sign < 0]

    def project(self, items: Space | str | Sequence[Query] | ArrayLike | None = None) -> Floats:
        """Scores float64 (m,) of keys, of vectors (m, dim), of a space of this identity, or of all keys.

        An example's own score is on an axis that it is part of: see `held_out`. Raises `UnknownKey`,
        `ParameterError` for vectors of another dimension or with NaN, `SpaceMismatch`.
        """
        if items is None or hasattr(items, "identity"):
            space = self.space if items is None else items
            self.require(space)  # type: ignore[arg-type]  # what has an identity is a space
            return (scores_along(space, self.direction) - self.middle) / self.scale  # type: ignore[arg-type]
        rows = self._side(items).rows
        return np.asarray((rows @ self.direction - self.middle) / self.scale)

    def best(self, k: int = 10, *, examples: bool = False) -> Neighbors:
        """The `k` keys that score highest, as (key, score); those of `examples` only where asked for."""
        return self._end(k, 1.0, examples)

    def worst(self, k: int = 10, *, examples: bool = False) -> Neighbors:
        """The `k` keys that score lowest, lowest first."""
        return self._end(k, -1.0, examples)

    def analogy(self, query: Query, k: int = 10) -> Neighbors:
        """The `k` keys nearest to a key (or vector) moved by `offset`, as (key, cosine).

        An axis of one example a side is the analogy: `axis(["queen"], ["king"]).analogy("man")` gives what
        `space.analogy(["man", "queen"], ["king"])` gives (3CosAdd, Mikolov et al., 2013). Of more examples
        it takes their mean step. The query and the examples are left out of the answer.
        """
        vector = self._side([query]).vectors
        target = queries.unit(vector)[0] + self.offset
        asked = {query} if isinstance(query, str) else set[str]()
        left_out = asked | self._examples()
        hits = self.space.analogy([target], [], k + len(left_out))
        return Neighbors([hit for hit in hits if hit.key not in left_out][:k])

    def removal_cost(self, *, sample: int = 500, seed: int = 0) -> RemovalCost:
        """What `space.without(axis)` costs and leaves; see `RemovalCost`."""
        from nearer.space.axes_removal import removal_cost  # noqa: PLC0415  (it measures: seldom needed)

        return removal_cost(self, sample, seed)

    def require(self, space: Space) -> None:
        """Raise `SpaceMismatch` unless `space` has the identity of this axis."""
        if space is not self.space:
            require_same(space.identity, self.identity, "the space", "make the axis anew in that space")

    def to_dict(self) -> dict[str, Any]:
        """All but the vectors, plain for JSON."""
        from nearer.space.axes_files import plain  # noqa: PLC0415  (files make axes: they import this module)

        return plain(self)

    def facts(self) -> list[tuple[str, str]]:
        """What the axis is and how sure it is: names, and values with their meaning."""
        from nearer.space.axes_files import facts  # noqa: PLC0415  (files make axes: they import this module)

        return facts(self)

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the axis as JSON, bound to the identity of its space; `load` reads it.

        Raises `StorageError` where `path` exists and `overwrite` is false.
        """
        from nearer.space.axes_files import write  # noqa: PLC0415  (as above)

        write(self, path, overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str], space: Space) -> Axis:
        """Read a saved axis of `space`.

        Raises `SpaceMismatch` for a space of another identity, `IntegrityError` for a file that is no axis.
        """
        from nearer.space.axes_files import read  # noqa: PLC0415  (as above)

        return read(path, space)

    def page(self, k: int = 20) -> Page:
        """The ends of the axis, its examples and what they prove, as one HTML page."""
        from nearer.space.axes_page import page  # noqa: PLC0415  (drawn when asked for)

        return page(self, k)

    def __str__(self) -> str:
        from nearer.space.axes_files import summary  # noqa: PLC0415  (as above)

        return summary(self)

    def __repr__(self) -> str:
        return f"Axis({self.name!r}, dim={len(self.direction)}, p_value={self.p_value:.4g})"

    def _end(self, k: int, sign: float, examples: bool) -> Neighbors:
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ParameterError(f"k is {k!r}", remedy="pass a whole number of at least 1")
        scores = self.project()
        excluded = set[int]() if examples else {self.space.row(key) for key in self._examples()}
        rows = queries.best_rows(sign * scores, k, excluded)
        return Neighbors(Neighbor(self.space.keys[row], float(scores[row])) for row in rows)

    def _examples(self) -> set[str]:
        return {key for key in (*self.positive, *self.negative) if key in self.space}

    def _side(self, items: Any) -> Side:
        if not hasattr(items, "__iter__"):
            return read_side(self.space, items, "item")  # which refuses it
        array = np.asarray(items) if not isinstance(items, str) and not _has_text(items) else None
        given = items if array is None else np.atleast_2d(array)
        return read_side(self.space, given, "item")


def scores_along(space: Space, direction: Floats) -> Floats:
    """Products float64 (n,) of all rows, as the metric compares them, with a unit vector (dim,)."""
    out = np.empty(len(space))
    with one_thread():
        for start in range(0, len(space), BLOCK):
            block = space.vectors[start : start + BLOCK]
            out[start : start + BLOCK] = as_compared(block, space.metric) @ direction
    return out


def _has_text(items: Any) -> bool:
    return any(isinstance(item, str) for item in items)


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
