"""What an upgrade costs in what people asked for: labels of neighbours, and documents judged relevant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nearer.errors import InputError
from nearer.evaluate.bootstrap import LEVELS
from nearer.evaluate.labels import Labels, labelled, require_two
from nearer.evaluate.result import Estimate, Result
from nearer.evaluate.retrieval import retrieval
from nearer.evaluate.upgrade_levels import Store
from nearer.evaluate.upgrade_overlap import agreement, difference, estimate
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
    loss : the measure in the new store less that in the aligned one, same queries.
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
    is. The interval is that of a bootstrap over queries, the same in all stores; the candidates are given.
    """

    def recall(store: Store, queries: Space) -> Estimate:
        found = retrieval(
            Space(held.keys, store.vectors, store.metric),
            dict(zip(queries.keys, queries.vectors, strict=True)),
            qrels,
            k,
            recall_at=(k,),
            unknown="skip",
            columns=columns,
            seed=seed,
            threads=threads,
        )
        return found.metrics[f"recall@{k}"]

    assert asked.new is not None  # judgements are of queries
    new, aligned = recall(stores.new, asked.new), recall(stores.aligned, asked.new)
    old = None if stores.old is None or asked.old is None else recall(stores.old, asked.old)
    assert new.resamples is not None  # a mean keeps them
    assert aligned.resamples is not None
    low, high = np.percentile(new.resamples - aligned.resamples, LEVELS)
    loss = Estimate(new.value - aligned.value, (float(low), float(high)), new.n)
    return Judged(f"recall@{k}", new, aligned, old, loss)
