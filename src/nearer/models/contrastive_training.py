"""Training by contrast: a unit of work is a mini-batch of pairs; after every epoch the held-out part judges.

Every mini-batch has random streams of its own, so that a run can be stopped and resumed between any two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.torch_settings import torch_threads
from nearer.kernels.training import TrainReport
from nearer.models.contrastive_judging import both_ways, mean_of
from nearer.models.contrastive_mining import hardest
from nearer.models.contrastive_reading import Loaded, PairMaterial, batches
from nearer.signal.neighbourhoods import shuffled, stream

if TYPE_CHECKING:
    import torch

    from nearer.networks.learner import Contrasts, Learner

Rows = NDArray[np.int64]
BEST, STALE, SCORES, MINED = "best.", "stale", "scores", "mined"
SHUFFLES, VIEWS, JUDGING = 1 << 63, 1 << 62, 1 << 61  # streams beside those of units
MOST_SETTLED = 2_000  # items, evenly spread, that a network settles by
WARM_UP = 0.05  # share of the steps in which the rate rises


@dataclass(frozen=True, eq=False)
class ContrastTraining:
    """A training run.

    Attributes
    ----------
    material : pairs and items.
    learner : towers, objective and optimizer.
    changes : of the left and of the right items, by which they are changed; None: they are taken as they are.
    views : whether a pair is one item twice, so that the objective alone can judge what is held out.
    masked : whether the loss is the network's own.
    hard_negatives : right items beside those of the mini-batch, for each left one.
    planned_units : mini-batches of the whole round of epochs.
    patience : epochs without a better score after which nothing more is trained; None: never.
    """

    material: PairMaterial
    learner: Learner
    changes: tuple[Mapping[str, float] | None, Mapping[str, float] | None]
    views: bool
    masked: bool
    hard_negatives: int
    planned_units: int
    patience: int | None
    learning_rate: float
    seed: int

    @property
    def items_an_epoch(self) -> int:
        """Pairs in a pass."""
        return self.material.train.anchors

    @property
    def units_an_epoch(self) -> int:
        """Mini-batches in a pass."""
        return self.material.units_an_epoch

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train mini-batches [first, last), counted over all epochs; `arrays` are those of the learner."""
        from nearer.networks.heads import seeded  # noqa: PLC0415  (torch: paid for where it is needed)

        state: MutableMapping[str, NDArray[Any]] = arrays  # type: ignore[assignment]  # it is the state's own
        loss, pairs = 0.0, 0
        with torch_threads(threads):
            self.learner.train(True)
            drawn, order = -1, np.empty(0, np.int64)
            for unit in range(first, last):
                if self._given_up(state):
                    break
                epoch, place = divmod(unit, self.units_an_epoch)
                if epoch != drawn:
                    drawn, order = (
                        epoch,
                        shuffled(np.arange(self.items_an_epoch), self._stream(SHUFFLES + epoch)),
                    )
                anchors = np.array_split(order, self.units_an_epoch)[place]  # of one size, but for one pair
                if self.hard_negatives and place == 0:
                    state[MINED] = hardest(self, self.hard_negatives)
                with seeded(self._number(VIEWS + unit)):  # for what is random within modules
                    value = self._step(state, anchors, unit)
                loss += value * len(anchors)
                pairs += len(anchors)
                if not math.isfinite(value):
                    break
                if place == self.units_an_epoch - 1:
                    self._close_epoch(state)
        return TrainReport(loss=loss, pairs=pairs, tokens=pairs)

    def _given_up(self, state: Mapping[str, NDArray[Any]]) -> bool:
        return self.patience is not None and int(state[STALE][0]) >= self.patience

    def _number(self, number: int) -> int:
        return int(self._stream(number).random_raw()) >> 2

    def _generator(self, number: int) -> torch.Generator:
        import torch  # noqa: PLC0415

        return torch.Generator().manual_seed(self._number(number))

    def _stream(self, number: int) -> np.random.Philox:
        return stream(self.seed, number)

    def _step(self, state: Mapping[str, NDArray[Any]], anchors: Rows, unit: int) -> float:
        """One step on a mini-batch; returns its loss."""
        source = np.random.Generator(self._stream(unit))
        left, right = self.material.train.draw(anchors, source)
        extra = None
        if self.hard_negatives:
            extra = np.unique(state[MINED][left])
            extra = extra[extra >= 0]
        loss = self._loss(left, right, extra, self._generator(unit + VIEWS // 2))
        return self.learner.step(loss, self._share(unit))

    def _share(self, unit: int) -> float:
        """The part of the learning rate at a unit: a rise, then half a cosine down to 0."""
        rise = max(1, round(WARM_UP * self.planned_units))
        if unit < rise:
            return (unit + 1) / rise
        done = (unit - rise) / max(1, self.planned_units - rise)
        return 0.5 * (1.0 + math.cos(math.pi * done))

    def _loss(self, left: Rows, right: Rows, extra: Rows | None, random: torch.Generator) -> Any:
        learner, material = self.learner, self.material
        if self.masked:
            module: Any = learner.left.body
            return module.masked_loss(material.left.ready.batch(left), random)
        one = learner.left.projected(self._batch(material.left, left, 0, random))
        two = learner.right.projected(self._batch(material.right, right, 1, random))
        more = None
        if extra is not None and len(extra):
            more = learner.right.projected(self._batch(material.right, extra, 1, random))
        return learner.contrast(one, two, more, self._contrasts(left, right, extra))

    def _batch(self, items: Loaded, rows: Rows, side: int, random: torch.Generator) -> Any:
        changes = self.changes[side]
        return items.ready.batch(rows) if changes is None else items.ready.view(rows, changes, random)

    def _contrasts(self, left: Rows, right: Rows, extra: Rows | None) -> Contrasts:
        from nearer.networks.learner import Contrasts  # noqa: PLC0415

        train = self.material.train
        more = np.empty(0, np.int64) if extra is None else extra
        if self.material.one_kind:
            both = np.concatenate([left, right])
            return Contrasts(train.known(both, np.concatenate([both, more])), None)
        return Contrasts(train.known(left, np.concatenate([right, more])), train.known(left, right).T.copy())

    def _close_epoch(self, state: MutableMapping[str, NDArray[Any]]) -> None:
        """Judge what is held out; keep the weights if they are the best so far."""
        if self.material.held is None:
            return
        score = self.score()
        before = state[SCORES]
        state[SCORES] = np.append(before, score)
        if not len(before) or score > before.max():
            state[STALE][0] = 0
            for name in [name for name in state if name.startswith(("left.", "right."))]:
                state[BEST + name] = state[name].copy()
        else:
            state[STALE][0] += 1

    def score(self) -> float:
        """How good the held-out part is: the mean MAP of both ways, or for views minus their loss."""
        import torch  # noqa: PLC0415

        held = self.material.held
        assert held is not None  # as its caller saw to
        if not (self.views or self.masked):
            return mean_of(both_ways(*self.held_vectors(), held.relevant, held.left_out), "MAP")
        self.learner.train(False)
        with torch.no_grad():
            losses: list[float] = []
            sizes: list[int] = []
            for part in np.array_split(held.queries, batches(len(held.queries), self.material.batch_size)):
                random = self._generator(JUDGING + len(losses))
                losses.append(float(self._loss(part, part, None, random)))
                sizes.append(len(part))
        self.learner.train(True)
        return -float(np.average(losses, weights=sizes))

    def settle(self, state: MutableMapping[str, NDArray[Any]]) -> None:
        """Let a network with a loss of its own see items as encoding does, where it has a `settle` for that.

        The learner has the weights that are kept; what changes in it is kept too.
        """
        settle = getattr(self.learner.left.body, "settle", None)
        if not self.masked or settle is None:
            return
        import torch  # noqa: PLC0415

        items = self.material.left
        rows = np.unique(np.linspace(0, len(items.ready) - 1, MOST_SETTLED).astype(np.int64))
        parts = np.array_split(rows, -(-len(rows) // self.material.batch_size))
        with torch.no_grad():
            settle(items.ready.batch(part) for part in parts)
        for name in [name for name in state if name.startswith(BEST)]:
            state[name][...] = state[name.removeprefix(BEST)]

    def held_vectors(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors of what is held out: of queries and of candidates; for views, of two views of each."""
        held, random = self.material.held, self._generator(JUDGING - 1)
        assert held is not None
        one = self.vectors(0, held.queries, random if self.views else None)
        if self.material.one_kind and not self.views and held.candidates is held.queries:
            return one, one
        return one, self.vectors(1, held.candidates, random if self.views else None)

    def vectors(self, side: int, rows: Rows, random: torch.Generator | None = None) -> NDArray[np.float32]:
        """Vectors of items, as encoding makes them; with `random`, of changed views of them."""
        from nearer.networks.tower import vectors_of  # noqa: PLC0415

        items = (self.material.left, self.material.right)[side]
        tower = (self.learner.left, self.learner.right)[side]
        dim = self.learner.objective.prefixes[-1]
        if random is None:
            return vectors_of(tower, items.ready, rows, dim)
        return vectors_of(tower, Changed(items, self.changes[side] or {}, random), rows, dim)


class Changed:
    """Prepared items whose every batch is a changed view."""

    def __init__(self, items: Loaded, changes: Mapping[str, float], random: torch.Generator) -> None:
        self.items, self.changes, self.random = items, changes, random

    def __len__(self) -> int:
        return len(self.items.ready)

    def batch(self, rows: Rows) -> Any:
        """A view of these rows."""
        return self.items.ready.view(rows, self.changes, self.random)

    def view(self, rows: Rows, changes: Mapping[str, float], random: torch.Generator) -> Any:
        """A view by other changes."""
        return self.items.ready.view(rows, changes, random)
