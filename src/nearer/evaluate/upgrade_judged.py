"""What an upgrade costs in what people asked for: labels of neighbours, and documents judged relevant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nearer.errors import InputError
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.labels import Labels, labelled, require_two
from nearer.evaluate.qrels import read_qrels
from nearer.evaluate.result import Estimate, Result
from nearer.evaluate.upgrade_bounds import widened
from nearer.evaluate.upgrade_levels import Store
from nearer.evaluate.upgrade_overlap import Floats, Rows, agreement, difference, estimate
from nearer.evaluate.upgrade_stores import Asked, Stores
from nearer.space import Space


@dataclass(frozen=True)
class Judged(Result):
    """One measure, among the held-out candidates, in three stores.

    Attributes
    ----------
    name : what is measured: "label precision@k" or "recall@k".
    new, aligned : searched by queries of the new model.
    old : searched by queries of the old one; None where those are not there.
    loss : the measure in the new store less that in the aligned one, same queries. Among more candidates it
        may be larger.
    """

    name: str
    new: Estimate
    aligned: Estimate
    old: Estimate | None
    loss: Estimate


def by_labels(
    held: Space, labels: Labels, stores: tuple[Store, Store, Store], k: int, threads: int | None
) -> Judged:
    """The part of an item's `k` nearest that have its label; `stores`: new, aligned, old, of rows of `held`.

    Items without a label are neither asked nor found. Raises `InputError` for labels of one kind, or of too
    few items.
    """
    found = labelled(held, labels)
    require_two(found)
    if len(found.rows) < 2 * k + 2:
        raise InputError(
            f"{len(found.rows):,} of {len(held):,} held-out items are labelled: too few for {k} neighbours",
            remedy="label more, or lower k",
        )
    new, aligned, old = (
        agreement(store.part(found.rows).nearest(k + 1, threads), found.codes, found.codes, True)
        for store in stores
    )
    return Judged(
        f"label precision@{k}", estimate(new), estimate(aligned), estimate(old), difference(new, aligned)
    )


def by_qrels(
    held: Space,
    stores: Stores,
    asked: Asked,
    qrels: Any,
    k: int,
    *,
    columns: Sequence[str] | None,
    seed: int,
    threads: int | None,
) -> Judged:
    """Recall at `k` of the relevant documents among those `held` out, by queries of the new model.

    Documents that are not held out are left out of the judgements, and queries without a relevant one that
    is. The interval is that of a bootstrap over queries, the same in all stores; that of the loss is widened
    to what so few queries can tell (`upgrade_bounds`). The candidates are given.

    Raises `InputError` where no held-out document was judged relevant, and what `read_qrels` raises.
    """
    assert asked.new is not None  # judgements are of queries
    relevant = _relevant(held, asked.new, qrels, columns)
    rows = asked.new.rows(list(relevant))

    def recalls(store: Store) -> Floats:
        found = Store(store.vectors, store.queries[rows], store.metric, False).nearest(k, threads)
        return np.array(
            [np.isin(wanted, best).mean() for wanted, best in zip(relevant.values(), found, strict=True)]
        )

    new, aligned = recalls(stores.new), recalls(stores.aligned)
    return Judged(
        f"recall@{k}",
        mean(new, seed),
        mean(aligned, seed),
        None if stores.old is None or asked.old is None else mean(recalls(stores.old), seed),
        widened(mean(new - aligned, seed), new - aligned),
    )


def _relevant(held: Space, queries: Space, qrels: Any, columns: Sequence[str] | None) -> dict[str, Rows]:
    """Query -> rows of the `held` documents judged relevant to it; others are left out."""
    name, judged = read_qrels(qrels, columns)
    relevant: dict[str, list[str]] = {}
    for one in judged:
        if one.relevance > 0 and one.query in queries and one.document in held:
            relevant.setdefault(one.query, []).append(one.document)
    if not relevant:
        raise InputError(
            f"none of {len(judged):,} judgements is of a query given and of a relevant held-out document",
            file=name,
            remedy="judge more documents, or raise sample or held_out",
        )
    return {query: held.rows(documents).astype(np.int64) for query, documents in relevant.items()}
