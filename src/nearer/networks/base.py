"""The protocol of a trainable network: parse the items once into a plan, prepare them by it, build a module.

    plan = network.plan(items)              what preparing must know (colour means, columns): JSON, saved
    ready = network.prepare(items, plan)    items as compact arrays, read once
    module = network.build(plan, seed)      a torch module: module(ready.batch(rows)) is float32 (b, width)

A network is a small value that holds settings; it loads torch only in `build` and in what `prepare` gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Plan = dict[str, Any]  # JSON: numbers, strings, lists and objects of them


class Prepared(Protocol):
    """Items that were read once, ready to be cut into batches."""

    def __len__(self) -> int:
        """How many items there are."""
        ...

    def batch(self, rows: NDArray[np.int64]) -> Any:
        """The module's input for the items of these rows: a tensor, or a tuple of tensors."""
        ...

    def view(self, rows: NDArray[np.int64], changes: Mapping[str, float], random: torch.Generator) -> Any:
        """The same, each item changed at random as `changes` says (name of a change -> its strength)."""
        ...


@runtime_checkable
class Network(Protocol):
    """How raw items of one modality become vectors that training can change."""

    @property
    def modality(self) -> str:
        """What it reads: "image", "audio", "text", "table" or "vector"."""
        ...

    @property
    def changes(self) -> Mapping[str, float]:
        """The changes that `Prepared.view` knows, with the strength each has where none is given."""
        ...

    @property
    def shares(self) -> frozenset[str]:
        """Those of the changes whose strength is a share or a probability, and so at most 1."""
        ...

    def settings(self) -> dict[str, Any]:
        """The arguments that make this network again: JSON, saved with the weights."""
        ...

    def plan(self, items: Sequence[Any]) -> Plan:
        """What preparing items must know, learned from the training items."""
        ...

    def prepare(self, items: Sequence[Any], plan: Plan) -> Prepared:
        """Items as arrays; raises `InputError` that names the first item that cannot be read."""
        ...

    def width(self, plan: Plan) -> int:
        """Dimension of the module's output."""
        ...

    def build(self, plan: Plan, seed: int, *, pretrained: bool = True) -> torch.nn.Module:
        """A new module whose weights `seed` decides; `pretrained`: with those it starts from, if any.

        A fitted model is built without: its own weights are put in, and nothing else is read.
        """
        ...
