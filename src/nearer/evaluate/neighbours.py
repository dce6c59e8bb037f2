"""Neighbour overlap: how many of one searcher's neighbours another finds too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.result import Estimate, Result, table
from nearer.space import Space


class Found(Protocol):
    """What a search returns: the keys of each query, nearest first."""

    @property
    def keys(self) -> list[list[str]]:
        """One list of keys a query."""
        ...


class Searcher(Protocol):
    """What is compared: anything that finds the nearest keys of a space, such as those of `nearer.search`."""

    @property
    def space(self) -> Space:
        """The space that is searched."""
        ...

    def search(self, queries: Any, k: int = 10) -> Found:
        """The `k` nearest keys to each query."""
        ...


@dataclass(frozen=True)
class OverlapResult(Result):
    """Mean part of the reference's neighbours that the other searcher finds too: its recall@k.

    Attributes
    ----------
    estimate : the mean over queries with its interval.
    k : neighbours a query.
    coverage : part of the queries that both spaces hold; the others are left out.
    """

    estimate: Estimate
    k: int
    coverage: float
    rule: ClassVar[str] = "queries that one of the spaces lacks are left out"

    @property
    def value(self) -> float:
        """Recall@k."""
        return self.estimate.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.estimate.interval

    @property
    def n(self) -> int:
        """Queries measured."""
        return self.estimate.n

    @property
    def oov_rate(self) -> float:
        """Part of the queries that one of the spaces lacks."""
        return 1 - self.coverage

    def __str__(self) -> str:
        return table(
            ("neighbours", "value", "95 %", "n"),
            [(f"recall@{self.k}", *self.estimate.cells())],
            f"coverage {self.coverage:.1%} of the queries; a key is not its own neighbour",
        )


def neighbor_overlap(
    searcher: Searcher,
    reference: Searcher,
    *,
    k: int = 10,
    keys: Sequence[str] | None = None,
    sample: int = 1000,
    seed: int = 0,
) -> OverlapResult:
    """What part of the `k` nearest keys that `reference` finds `searcher` finds too: recall@k.

    Each searcher looks for the key's own vector in its own space, so that two indexes of one space can be
    compared, and two spaces with common keys. The key itself is left out of its neighbours.

    Parameters
    ----------
    keys : queries; None takes `sample` keys of the reference at random, by `seed`.

    Raises `ParameterError` for k below 1 and `InputError` where both spaces hold none of the queries.
    """
    if k < 1:
        raise ParameterError(f"k={shown(k)} is below 1")
    if keys is None:
        order = np.random.default_rng(seed).permutation(len(reference.space))[:sample]
        keys = [reference.space.keys[row] for row in np.sort(order)]
    asked = [key for key in keys if key in reference.space and key in searcher.space]
    if not asked or len(reference.space) < 2:
        raise InputError(f"both spaces hold none of the {len(keys)} keys asked for, or only one key")
    expected, found = (_neighbours(one, asked, k) for one in (reference, searcher))
    shares = [len(a & b) / len(a) for a, b in zip(expected, found, strict=True)]
    return OverlapResult(mean(np.array(shares), seed), k, len(asked) / len(keys))


def _neighbours(searcher: Searcher, keys: list[str], k: int) -> list[set[str]]:
    vectors = np.stack([searcher.space[key] for key in keys])
    found = searcher.search(vectors, k + 1).keys
    return [set([other for other in line if other != key][:k]) for key, line in zip(keys, found, strict=True)]
