"""Model upgrade: what a store keeps if its old vectors are mapped to a new model instead of re-embedded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nearer.chance import checked_seed
from nearer.errors import ParameterError, shown
from nearer.evaluate.labels import Labels
from nearer.evaluate.result import Estimate
from nearer.evaluate.upgrade_decision import Size, checked_rule, decided
from nearer.evaluate.upgrade_filling import SHARES, phases, score_line
from nearer.evaluate.upgrade_judged import Judged, by_labels, by_qrels
from nearer.evaluate.upgrade_levels import Store, levels, overlaps
from nearer.evaluate.upgrade_overlap import Figure, difference, estimate, projected
from nearer.evaluate.upgrade_result import Filling, Trend, UpgradeResult
from nearer.evaluate.upgrade_split import Split, checked_share, require_usable, split
from nearer.evaluate.upgrade_stores import Asked, Stores, require_upgrade
from nearer.space import Alignment, Space, align
from nearer.space.align_fit import Method
from nearer.space.checks import checked_number

METHODS: tuple[Method, ...] = ("orthogonal", "affine")
SAMPLE, HELD_OUT = 5000, 0.3
ACCEPT, REJECT, MOST_LOSS = 0.8, 0.5, 0.05


def upgrade(
    old: Space,
    new: Space,
    *,
    sample: int = SAMPLE,
    k: int = 10,
    queries: Space | None = None,
    old_queries: Space | None = None,
    methods: Method | Sequence[Method] = METHODS,
    held_out: float = HELD_OUT,
    labels: Labels | None = None,
    qrels: Any = None,
    columns: Sequence[str] | None = None,
    accept: float = ACCEPT,
    reject: float = REJECT,
    most_loss: float = MOST_LOSS,
    n_store: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> UpgradeResult:
    """Fit a map from `old` to `new` on a sample of their shared keys, measure it on the rest, and decide.

    The sample is parted at random: 1 - `held_out` - 0.1 fits a map of each kind, a tenth chooses the kind by
    its overlap@k, `held_out` measures the one chosen. So no figure is of items that decided the map.

    overlap@k : mean over queries of |nearest k among aligned vectors & nearest k among new vectors| / k, the
    query being a vector of the new model, the candidates the held-out items. What is estimated is that mean
    for this map over queries and candidate sets of this size drawn at random from the items that it was not
    fitted on. Assumes that held-out items and queries are such draws: a sample of the store's keys is, a
    sample of the newest ones is not. The interval allows for candidates that queries share
    (`upgrade_overlap`: Hoeffding, 1948; Efron & Stein, 1981; Wilson, 1927); its coverage is approximate, and
    a benchmark measures it.

    A larger store has a smaller overlap at the same k. Where `n_store` is more than the candidates, the
    decision is on the overlap expected there: log overlap is drawn on in a straight line from the halves and
    quarters of the candidates.

    Parameters
    ----------
    old, new : spaces with shared keys; `new` may hold no more than the sample. Dimensions may differ.
    sample : shared keys to draw; all where there are fewer.
    k : neighbours a query.
    queries : queries of the new model's identity; None: each held-out item asks for the others.
    old_queries : the same queries by the old model, under the same keys; without them `queries` are not
        asked of the old store.
    methods : kinds of map, as `nearer.align` takes.
    held_out : part of the sample that measures, 0.1 to 0.8.
    labels : of the items: a payload column of `old`, {key: label}, or a file or table of keys and labels.
    qrels : relevance judgements of `queries`, as `evaluate.retrieval` takes; `columns` names their columns.
    accept, reject, most_loss : the limits of the decision. align: the lower end of the overlap's interval is
        at least `accept`, and no loss by labels or judgements is surely (by its lower end) over `most_loss`.
        re-embed: the upper end of the overlap is below `reject`. dual-read: between. Losses are measured
        among the held-out candidates and may be larger in a larger store, so they can only veto; where
        `n_store` is no more than the candidates, an upper end of every loss of at most `most_loss` is also
        enough to align. That takes log(0.025) / log(1 - most_loss) queries at least: 72 for 0.05.
    n_store : items that will be searched; None: as many as `old` holds.
    seed : of the sample and its parts. The same seed gives the same result whatever the threads.

    Raises
    ------
    InputError : no shared key, a sample too small (with the size needed), NaN, vectors that are all equal,
        or both spaces of one identity, which need no map.
    SpaceMismatch : queries of another identity.
    ParameterError : a parameter out of its range.
    """
    rule, seed = checked_rule(accept, reject, most_loss), checked_seed(seed)
    sample, k = checked_number("sample", sample, 1), checked_number("k", k, 1)
    held_out = checked_share("held_out", held_out, 0.1, 0.8)
    n_store = len(old) if n_store is None else checked_number("n_store", n_store, 1)
    asked = Asked(queries, old_queries)
    require_upgrade(old, new, asked, qrels is not None)
    parts = split(old, new, sample, held_out, k, seed)
    measure = _Measure(old, new, k, seed, threads)
    alignment, chosen = measure.fitted(parts, _checked_methods(methods))
    stores = Stores.of(old, new, alignment, parts.held_out, asked)
    sizes, found = measure.levels(stores)
    store = _at_store([one[0] for one in found], sizes, n_store)
    judged = measure.judged(stores, asked, labels, qrels, columns)
    size = Size(sizes[0], n_store, whole=store is None)
    gain = difference(*found[0]) if stores.old else None
    decision, reasons = decided(rule, store or estimate(found[0][0]), size, judged, gain)
    few = Stores.of(old, new, alignment, parts.choose, Asked(None, None))
    filling, lines = measure.filling(stores, few)
    return UpgradeResult(
        decision=decision,
        reasons=reasons,
        rule=str(rule),
        aligned=estimate(found[0][0]),
        old=estimate(found[0][1]) if stores.old else None,
        gain=gain,
        store=store,
        trend=[Trend(size, *map(estimate, figures)) for size, figures in zip(sizes, found, strict=True)],
        filling=filling,
        judged=judged,
        k=k,
        candidates=sizes[0],
        n_store=n_store,
        method=max(chosen, key=lambda name: chosen[name]),
        methods=chosen,
        fit=len(parts.fit),
        choose=len(parts.choose),
        held_out=len(parts.held_out),
        shared=parts.shared,
        asked=sample,
        old_identity=old.identity,
        new_identity=new.identity,
        aligned_identity=alignment.identity,
        scores=lines,
        seed=seed,
        alignment=alignment,
    )


@dataclass(frozen=True, eq=False)
class _Measure:
    """What is measured between two spaces, at `k`."""

    old: Space
    new: Space
    k: int
    seed: int
    threads: int | None

    def fitted(self, parts: Split, methods: tuple[Method, ...]) -> tuple[Alignment, dict[str, float]]:
        """The map that overlaps most on the items set apart to choose it, and the overlap of each kind."""
        require_usable(self.old[parts.keys], "the old space")
        require_usable(self.new[parts.keys], "the new space")
        source, target = self.old[parts.fit], self.new[parts.fit]
        made: dict[str, Alignment] = {}
        overlapping: dict[str, float] = {}
        for method in methods:
            made[method] = align(source, target, method=method, holdout=0, seed=self.seed)
            few = Stores.of(self.old, self.new, made[method], parts.choose, Asked(None, None))
            judge = overlaps([few.aligned], few.new, self.k, self.threads)
            overlapping[method] = judge(np.arange(len(parts.choose)))[0].value
        return made[max(overlapping, key=lambda name: overlapping[name])], overlapping

    def levels(self, stores: Stores) -> tuple[list[int], list[list[Figure]]]:
        """Numbers of candidates, and the overlap of the other stores with the new among so many."""
        judge = overlaps(stores.others, stores.new, self.k, self.threads)
        new = stores.new
        return levels(judge, len(new.vectors), len(new.queries), new.own, self.k, self.seed)

    def filling(self, stores: Stores, few: Stores) -> tuple[list[Filling], dict[str, dict[str, float]]]:
        """Overlaps along a back-fill; lines of scores are fitted on the `few` that chose the map."""
        assert few.old is not None  # items that ask for each other have old vectors
        line, old_line = (
            score_line(store, few.new, self.k, self.seed, self.threads) for store in (few.aligned, few.old)
        )
        aligned = phases(stores.new, stores.aligned, line, self.k, self.seed, self.threads)
        before: list[float | None] = [None] * len(SHARES)
        if stores.old is not None:
            before = [*phases(stores.new, stores.old, old_line, self.k, self.seed, self.threads)]
        filling = [Filling(*row) for row in zip(SHARES, aligned, before, strict=True)]
        return filling, {"aligned": asdict(line), "old": asdict(old_line)}

    def judged(
        self, stores: Stores, asked: Asked, labels: Labels | None, qrels: Any, columns: Sequence[str] | None
    ) -> list[Judged]:
        """What labels and judgements say of the stores."""
        found = []
        if labels is not None:
            vectors, before = stores.new.vectors, self.old[stores.keys]
            three = (
                Store(vectors, vectors, self.new.metric, True),
                Store(stores.aligned.vectors, vectors, self.new.metric, True),
                Store(before.vectors, before.vectors, self.old.metric, True),
            )
            found.append(by_labels(before, labels, three, self.k, self.threads))
        if qrels is not None:
            found.append(
                by_qrels(
                    self.new[stores.keys], stores, asked, qrels, self.k,
                    columns=columns, seed=self.seed, threads=self.threads,
                )
            )  # fmt: skip
        return found


def _at_store(figures: list[Figure], sizes: list[int], n_store: int) -> Estimate | None:
    """The overlap expected in the whole store, or None where the candidates are as many."""
    size = n_store - figures[0].own
    return projected(figures, sizes, size) if size > sizes[0] else None


def _checked_methods(methods: Method | Sequence[Method]) -> tuple[Method, ...]:
    names: tuple[Any, ...] = (methods,) if isinstance(methods, str) else tuple(methods)
    if not names:
        raise ParameterError(f"methods is {shown(methods)}", remedy="name at least one kind of map")
    return names
