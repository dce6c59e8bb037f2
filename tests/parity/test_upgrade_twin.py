"""Overlap of two stores by its definition; its changes and variance by taking candidates away one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer.evaluate.upgrade_filling import ScoreLine, filled_overlap
from nearer.evaluate.upgrade_levels import Store, levels, overlaps
from nearer.evaluate.upgrade_overlap import Figure, agreement, nearest, overlap, summed

K = 4


def lists(store: NDArray[np.float32], queries: NDArray[np.float32], k: int, own: bool) -> list[list[int]]:
    """The k nearest rows of each query by inner products in float64."""
    scores = queries.astype(np.float64) @ store.astype(np.float64).T
    if own:
        np.fill_diagonal(scores, -np.inf)
    return [list(np.argsort(-line, kind="stable")[:k]) for line in scores]


def slow_values(
    first: NDArray[np.float32], true: NDArray[np.float32], queries: NDArray[np.float32], own: bool
) -> NDArray[np.float64]:
    pairs = zip(lists(first, queries, K, own), lists(true, queries, K, own), strict=True)
    return np.array([len(set(a) & set(b)) / K for a, b in pairs])


def dense(figure: Figure, items: int) -> NDArray[np.float64]:
    changes = np.zeros((len(figure.values), items))
    np.add.at(changes, (figure.queries, figure.items), figure.changes)
    return changes


@pytest.mark.parametrize("own", [True, False])
def test_values_and_changes_are_those_of_the_definition(own: bool) -> None:
    generator = np.random.default_rng(1)
    true = generator.normal(size=(30, 5)).astype(np.float32)
    first = true + generator.normal(size=true.shape).astype(np.float32)
    queries = true if own else generator.normal(size=(12, 5)).astype(np.float32)
    found = overlap(
        nearest(first, queries, K + 1, "dot", own, 1), nearest(true, queries, K + 1, "dot", own, 1), own
    )
    np.testing.assert_allclose(found.values, slow_values(first, true, queries, own))
    changes = dense(found, 30)
    for gone in range(30):
        left = np.delete(np.arange(30), gone)
        asked = np.delete(np.arange(len(queries)), gone) if own else np.arange(len(queries))
        after = slow_values(first[left], true[left], queries[asked], own)
        np.testing.assert_allclose(found.values[asked] + changes[asked, gone], after, atol=1e-12)


def test_agreement_of_labels_is_that_of_the_definition() -> None:
    generator = np.random.default_rng(2)
    rows = generator.normal(size=(25, 4)).astype(np.float32)
    labels = generator.integers(0, 3, 25)
    found = agreement(nearest(rows, rows, K + 1, "dot", True, 1), labels, labels, True)
    changes = dense(found, 25)

    def slow(kept: NDArray[np.intp]) -> NDArray[np.float64]:
        near = lists(rows[kept], rows[kept], K, True)
        return np.array([(labels[kept][line] == labels[kept][q]).mean() for q, line in enumerate(near)])

    np.testing.assert_allclose(found.values, slow(np.arange(25)))
    for gone in range(25):
        left = np.delete(np.arange(25), gone)
        np.testing.assert_allclose(found.values[left] + changes[left, gone], slow(left), atol=1e-12)


@pytest.mark.parametrize("own", [True, False])
def test_variance_is_its_formula(own: bool) -> None:
    generator = np.random.default_rng(3)
    n, items = 15, 15 if own else 40
    changes = generator.normal(size=(n, items)) * (generator.random((n, items)) < 0.3)
    if own:
        np.fill_diagonal(changes, 0)
    queries, columns = np.nonzero(changes)
    values = generator.random(n)
    # a candidate that is in nobody's list still counts, as the last column must be seen to exist
    queries, columns = np.append(queries, 0), np.append(columns, items - 1)
    given = np.append(changes[queries[:-1], columns[:-1]], 0.0)
    figure = Figure(values, queries, columns, given, own)
    centre = changes.sum() / (n * items)
    sums = changes.sum(axis=0)
    shared = (sums**2 - (changes**2).sum(axis=0)).sum() - items * (n * centre) ** 2
    both = 2 * ((values - values.mean()) * sums[:n]).sum() if own else 0.0
    alone = values.var(ddof=1) / n
    assert figure.variance() == pytest.approx(max(alone, alone + (shared - both) / n**2))
    assert summed([figure, figure.scaled(-1)]).variance() == pytest.approx(0, abs=1e-15)
    assert figure.scaled(3).variance() == pytest.approx(9 * figure.variance())


@pytest.mark.parametrize("own", [True, False])
def test_levels_judge_the_parts(own: bool) -> None:
    generator = np.random.default_rng(4)
    true = generator.normal(size=(90, 5)).astype(np.float32)
    first = true + generator.normal(size=true.shape).astype(np.float32)
    queries = true if own else generator.normal(size=(11, 5)).astype(np.float32)
    stores = [Store(first, queries, "dot", own)]
    judge = overlaps(stores, Store(true, queries, "dot", own), K, 1)
    sizes, found = levels(judge, 90, len(queries), own, K, 0)
    assert sizes == [90 - own, 45 - own, 22 - own]
    parts = np.array_split(np.random.default_rng(0).permutation(90), 2)
    values = np.zeros(len(queries))
    for part in map(np.sort, parts):
        inside = slow_values(first[part], true[part], true[part] if own else queries, own)
        if own:
            values[part] = inside
        else:
            values += inside / 2
    np.testing.assert_allclose(found[1][0].values, values)


def test_a_half_filled_store_is_searched_as_its_definition_says() -> None:
    generator = np.random.default_rng(5)
    true = generator.normal(size=(40, 5)).astype(np.float32)
    rest = true + generator.normal(size=true.shape).astype(np.float32)
    filled = generator.random(40) < 0.5
    new, other = (Store(vectors, true, "dot", True) for vectors in (true, rest))
    line = ScoreLine(0.3, 0.7)
    scores = np.where(filled, true @ true.T, 0.3 + 0.7 * (true @ rest.T).astype(np.float64))
    np.fill_diagonal(scores, -np.inf)
    found = [set(np.argsort(-row)[:K]) for row in scores]
    wanted = lists(true, true, K, True)
    expected = np.mean([len(a & set(b)) / K for a, b in zip(found, wanted, strict=True)])
    assert filled_overlap(new, other, filled, line, K, 1) == pytest.approx(expected)
