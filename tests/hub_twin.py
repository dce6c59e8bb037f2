"""Scores that correct for hubs, written out slowly from the papers: what the fast ones must agree with."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from nearer import Space


def similarities(space: Space, query: np.ndarray) -> np.ndarray:
    """The cosine, the dot product, or the negative squared distance of a query with every row."""
    rows, query = space.vectors.astype(np.float64), query.astype(np.float64)
    if space.metric == "euclidean":
        return -((rows - query) ** 2).sum(axis=1)
    products = rows @ query
    if space.metric == "dot":
        return products
    return products / (np.linalg.norm(rows, axis=1) * np.linalg.norm(query))


def of_others(space: Space, query: np.ndarray) -> np.ndarray:
    """The same without the first row that equals the query."""
    equal = np.flatnonzero((space.vectors == query).all(axis=1))
    return np.delete(similarities(space, query), equal[:1])


def csls(space: Space, query: np.ndarray, neighbours: int = 10) -> np.ndarray:
    """2 s(q, x) - r(q) - r(x) of every row x (Conneau et al., 2018)."""
    own = np.sort(of_others(space, query))[-neighbours:].mean()
    theirs = [
        np.sort(np.delete(similarities(space, row), place))[-neighbours:].mean()
        for place, row in enumerate(space.vectors)
    ]
    return 2 * similarities(space, query) - own - np.array(theirs)


def mutual_proximity(space: Space, query: np.ndarray) -> np.ndarray:
    """Logarithm of P(S_q < s) P(S_x < s) of every row x, both normal (Schnitzer et al., 2012)."""
    found, own = similarities(space, query), of_others(space, query)
    scores = norm.logcdf(found, own.mean(), own.std())
    for place, row in enumerate(space.vectors):
        theirs = np.delete(similarities(space, row), place)
        scores[place] += norm.logcdf(found[place], theirs.mean(), theirs.std())
    return scores
