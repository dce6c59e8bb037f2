"""A fitted side of a contrastive model as an encoder: raw items in, vectors of the joint space out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import checked_batch_size
from nearer.encoders.torch_settings import torch_threads
from nearer.errors import InputError
from nearer.extras import require
from nearer.kernels.threads import thread_count
from nearer.models.contrastive_parts import Side
from nearer.networks import Plan
from nearer.progress import Progress
from nearer.signal.items import is_table, listed, named_columns, taken


class TowerEncoder:
    """One side of a fitted `Contrastive`; made by it, and not by hand.

    Vectors have length 1, unless a projector stood above them in training.
    """

    def __init__(
        self,
        side: Side,
        plan: Plan,
        weights: Mapping[str, NDArray[Any]],
        *,
        dim: int,
        unit: bool,
        identity: str,
        method: str,
        threads: int | None,
    ) -> None:
        self.side = side
        self._plan = plan
        self._weights = weights
        self._dim = dim
        self._unit = unit
        self._identity = identity
        self._method = method
        self._threads = threads
        self._tower: Any = None

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return self._dim

    @property
    def identity(self) -> str:
        """SHA-256 of all that decides a vector; both sides of a model share it."""
        return self._identity

    @property
    def modality(self) -> str:
        """What its items are."""
        part = self.side.network if self.side.frozen is None else self.side.frozen
        return str(getattr(part, "modality", "vector"))

    def encode(
        self, items: Any, batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of raw items, as the network or the frozen encoder takes them: float32 (n, dim).

        Raises `InputError` for a single text, and for an item that cannot be read.
        """
        size = checked_batch_size(batch_size)
        if isinstance(items, str | bytes):
            raise InputError(
                f"encode takes a list of items, not one {type(items).__name__}", remedy="use [...]"
            )
        items = _indexed(items)
        if len(items) == 0:
            return np.empty((0, self.dim), np.float32)
        require("torch", "torch", "encoding with a trained network")
        from nearer.networks.tower import vectors_of  # noqa: PLC0415  (torch: paid for where it is needed)

        values = self.side.inputs(items, self._method, show_progress)
        tower, total, parts = self._built(), len(values), []
        with (
            torch_threads(thread_count(self._threads)),
            Progress("encoding", total, "items", show_progress) as progress,
        ):
            for start in range(0, total, size):
                rows = np.arange(start, min(start + size, total))
                with _counted_from(start):
                    ready = self.side.network.prepare(taken(values, rows), self._plan)
                parts.append(vectors_of(tower, ready, np.arange(len(rows)), self.dim))
                progress.advance(len(rows))
        return np.concatenate(parts)

    encode_query = encode
    encode_document = encode

    def _built(self) -> Any:
        """The tower with its weights; built when it is first asked for."""
        if self._tower is None:
            import torch  # noqa: PLC0415

            from nearer.networks.tower import Tower  # noqa: PLC0415

            network, width = self.side.network, self.side.network.width(self._plan)
            body = network.build(self._plan, 0, pretrained=False)
            tower = Tower(body, width, self.dim, unit=self._unit, project=None, seed=0)
            state = {name: torch.from_numpy(np.array(array)) for name, array in self._weights.items()}
            tower.load_state_dict(state)
            self._tower = tower.eval()
        return self._tower


def _indexed(items: Any) -> Any:
    """Items whose rows can be taken: a list, an array, or a table as Arrow holds it."""
    if hasattr(items, "tocsr"):
        return items.tocsr().toarray()
    return named_columns(items, [])[0] if is_table(items) else listed(items)


@contextmanager
def _counted_from(start: int) -> Iterator[None]:
    """Number the items that errors name from the first of all, not of the batch."""
    try:
        yield
    except InputError as error:
        row: int | str | None = error.row
        if isinstance(row, int):
            row += start
        elif isinstance(row, str) and (found := re.fullmatch(r"(\w+) (\d+)", row)):
            row = f"{found[1]} {int(found[2]) + start}"
        raise type(error)(error.problem, file=error.file, row=row, remedy=error.remedy) from None
