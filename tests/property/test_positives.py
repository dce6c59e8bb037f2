"""Positives against slow twins: who is known to belong together, what is drawn, what is held out."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer.signal.positives import Alone, Groups, Positives, Relation

ITEMS = 14
pairs = st.lists(
    st.tuples(st.integers(0, ITEMS - 1), st.integers(0, ITEMS - 1)), min_size=20, max_size=60, unique=True
)


def linked(rows: list[tuple[int, int]], one_kind: bool) -> set[tuple[int, int]]:
    """Every (left, right) that belongs together, from the definition."""
    if not one_kind:
        return set(rows)
    own = {(item, item) for item in range(ITEMS)}
    return own | {(b, a) for a, b in rows} | set(rows)


def check(found: Positives, together: set[tuple[int, int]]) -> None:
    every = np.arange(ITEMS)
    known = found.known(every, every)
    assert {(int(a), int(b)) for a, b in np.argwhere(known)} == together
    left, right = found.draw(np.arange(found.anchors), np.random.default_rng(0))
    assert all((int(a), int(b)) in together for a, b in zip(left, right, strict=True))


@settings(deadline=None)
@given(pairs, st.booleans(), st.integers(0, 5))
def test_pairs(rows: list[tuple[int, int]], one_kind: bool, seed: int) -> None:
    if one_kind:
        rows = list({(min(row), max(row)) for row in rows if row[0] != row[1]})
    relation = Relation(np.array(rows, np.int64).reshape(-1, 2), (ITEMS, ITEMS), one_kind)
    together = linked(rows, one_kind)
    check(relation, together)
    train, held = relation.split(0.2, seed)
    if held is None:
        assert len(rows) < 20
        return
    kept = linked([(int(a), int(b)) for a, b in train.pairs], one_kind)
    where = np.argwhere(held.relevant.toarray())
    asked = {(int(held.queries[q]), int(held.candidates[c])) for q, c in where}
    assert asked
    assert not asked & kept
    assert asked | kept == together
    out = {(int(held.queries[q]), int(held.candidates[c])) for q, c in np.argwhere(held.left_out.toarray())}
    shown = {(int(q), int(c)) for q in held.queries for c in held.candidates}
    assert out == kept & shown
    if held.unseen:
        assert not set(train.pairs[:, 0].tolist()) & set(held.queries.tolist())


@settings(deadline=None)
@given(pairs, st.integers(0, 5))
def test_groups(rows: list[tuple[int, int]], seed: int) -> None:
    items, groups = np.array(rows, np.int64).T.copy()
    found = Groups(items, groups, (ITEMS, ITEMS))
    together = {(a, b) for a, g in rows for b, h in rows if g == h} | {(i, i) for i in range(ITEMS)}
    check(found, together)
    left, right = found.draw(np.arange(found.anchors), np.random.default_rng(seed))
    assert (left != right).all()
    train, held = found.split(0.2, seed)
    if held is None:
        return
    kept = {(int(a), int(b)) for a, b in np.argwhere(train.known(np.arange(ITEMS), np.arange(ITEMS)))}
    where = np.argwhere(held.relevant.toarray())
    asked = {(int(held.queries[q]), int(held.candidates[c])) for q, c in where}
    assert asked <= together
    assert not asked & kept


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(0.01, 0.9), st.integers(0, 5))
def test_items_alone(count: int, share: float, seed: int) -> None:
    train, held = Alone(np.arange(count)).split(share, seed)
    if held is None:
        assert train.anchors == count < 20
        return
    assert sorted([*train.items.tolist(), *held.queries.tolist()]) == list(range(count))
    assert (held.relevant.toarray() == np.eye(len(held.queries), dtype=bool)).all()
