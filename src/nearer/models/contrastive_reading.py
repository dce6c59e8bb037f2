"""What a contrastive model is fitted to: items, prepared, who belongs together, and who is held out."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.items import cell_error
from nearer.encoders import Lookup
from nearer.errors import InputError, UnknownKey
from nearer.models.contrastive_parts import Side
from nearer.networks import Plan, Prepared
from nearer.signal import Signal
from nearer.signal.items import Items, taken
from nearer.signal.positives import Held, Positives

LEAST_PAIRS = 2


@dataclass(frozen=True, eq=False)
class Loaded:
    """Items of one kind, ready for their network.

    Attributes
    ----------
    ready : what the network prepared of them.
    plan : how.
    keys : what they are called.
    """

    ready: Prepared
    plan: Plan
    keys: list[str]


@dataclass(frozen=True, eq=False)
class PairMaterial:
    """The input of one fit.

    Attributes
    ----------
    left, right : items; the same where there is one kind of them.
    train : pairs to learn from.
    held : pairs held out, or None.
    digest : SHA-256 of items and pairs.
    batch_size : pairs a mini-batch.
    """

    left: Loaded
    right: Loaded
    train: Positives
    held: Held | None
    digest: str
    batch_size: int

    @property
    def one_kind(self) -> bool:
        """Whether left and right are the same items."""
        return self.left is self.right

    @property
    def units_an_epoch(self) -> int:
        """Mini-batches in a pass."""
        return batches(self.train.anchors, self.batch_size)

    @property
    def facts(self) -> dict[str, int]:
        """What the report says of the data."""
        return {
            "pairs": self.train.anchors,
            "left_items": len(self.left.keys),
            "right_items": len(self.right.keys),
            "held_out": 0 if self.held is None else len(self.held.queries),
        }

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the data and of the settings that decide a run."""
        text = json.dumps(
            [self.digest, self.left.plan, self.right.plan, settings], sort_keys=True, default=str
        )
        return hashlib.sha256(text.encode()).hexdigest()


def batches(pairs: int, batch_size: int) -> int:
    """How many mini-batches of about `batch_size` pairs, two at least: one alone contrasts with nothing."""
    return min(-(-pairs // batch_size), max(1, pairs // 2))


def read_pairs(
    signal: Signal,
    data: Any,
    sides: Sequence[Side],
    plans: Sequence[Plan] | None,
    *,
    held_out: float,
    batch_size: int,
    seed: int,
    show_progress: bool | None,
) -> PairMaterial:
    """The material of `data`: one side for all items, or one each; by the `plans` of an earlier fit if there.

    Plans are learned from what training sees alone. Raises `InputError` for data that cannot be read, and for
    fewer than two pairs.
    """
    first, last = sides[0], sides[-1]
    joined = signal.read(data, (first.reads_tables, last.reads_tables))
    train, held = joined.positives.split(held_out, seed)
    if train.anchors < LEAST_PAIRS:
        raise InputError(
            f"there are {train.anchors} pairs that belong together, and training needs two at least",
            remedy="give more data",
        )
    rows, plan = train.rows(), plans[0] if plans else None
    methods = ("encode", "encode") if len(sides) == 1 else ("encode_query", "encode_document")
    where = os.fspath(data) if isinstance(data, str | os.PathLike) else None
    left = _loaded(first, joined.left, rows[0], plan, methods[0], show_progress, where)
    right = left
    if joined.right is not None:
        plan = plans[-1] if plans else (left.plan if len(sides) == 1 else None)
        right = _loaded(last, joined.right, rows[1], plan, methods[1], show_progress, where)
    digest = hashlib.sha256()
    for items in (joined.left, joined.right):
        if items is not None:
            _update(digest, items.values)
    for anchors in train.draw(np.arange(train.anchors), np.random.default_rng(0)):
        digest.update(np.ascontiguousarray(anchors).data)
    return PairMaterial(left, right, train, held, digest.hexdigest(), batch_size)


def _loaded(
    side: Side,
    items: Items,
    rows: NDArray[np.int64],
    plan: Plan | None,
    method: str,
    show_progress: bool | None,
    where: str | None,
) -> Loaded:
    try:
        inputs = side.inputs(items.values, method, show_progress)
        if plan is None:
            whole = len(rows) == len(items)
            plan = side.network.plan(inputs if whole else taken(inputs, rows))
        return Loaded(side.network.prepare(inputs, plan), plan, items.keys)
    except (InputError, UnknownKey) as error:
        raise _placed(error, side, items, where) from None


def _placed(
    error: InputError | UnknownKey, side: Side, items: Items, where: str | None
) -> InputError | UnknownKey:
    """`error` with the row of the item whose file it names, or which a space does not hold."""
    values = items.values if isinstance(items.values, list) else []
    names = [os.fspath(value) if isinstance(value, os.PathLike) else value for value in values]
    number = names.index(error.file) if error.file is not None and error.file in names else None
    if isinstance(error, UnknownKey) and isinstance(side.frozen, Lookup):
        number = next((place for place, name in enumerate(names) if name not in side.frozen.space), None)
    if number is None:
        return error
    row = f"row {number if items.rows is None else items.rows[number]:,}"
    if error.file is not None:
        return cell_error(error, names[number], file=where, row=row)
    return InputError(error.problem, file=where, row=row, remedy=error.remedy)


def _update(digest: Any, value: Any) -> None:
    """Add the content of items to a SHA-256."""
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        if value.dtype.hasobject:  # whose bytes are addresses
            _update(digest, value.tolist())
        else:
            digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, str | bytes | os.PathLike):
        data = value if isinstance(value, bytes) else os.fspath(value).encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    elif isinstance(value, list | tuple):
        digest.update(f"{len(value)}:".encode())
        for item in value:
            _update(digest, item)
    elif hasattr(value, "to_pylist"):
        _update(digest, json.dumps(value.to_pylist(), default=str, sort_keys=True))
    elif hasattr(value, "tobytes"):  # a picture
        _update(digest, value.tobytes())
    else:
        _update(digest, repr(value))
