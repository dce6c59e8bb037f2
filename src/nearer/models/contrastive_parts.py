"""The sides of a contrastive model: what may encode one, and how it is named where a model is saved.

A side is a network that is trained whole, or a frozen encoder whose vectors a network of its own goes on
from: a head.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearer.networks
from nearer.encoders import Encoder, Lookup, encoder
from nearer.errors import InputError, ParameterError, shown
from nearer.models.parameters import Estimator
from nearer.networks import MLP, Network, Plan
from nearer.space import Space
from nearer.space.identity import require_same


@dataclass(frozen=True)
class Part:
    """The rule of a parameter that names a side."""

    def allows(self, value: object) -> bool:
        """Whether `value` is something that encodes, or names it."""
        if isinstance(value, str | os.PathLike):
            return os.fspath(value) != ""
        return isinstance(value, Space | Network | Encoder) or isinstance(
            getattr(value, "space_", None), Space
        )

    def rule(self) -> str:
        """The rule in words."""
        return "a network, an encoder or its name, a Space or a fitted model"


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a contrastive model.

    Attributes
    ----------
    network : what is trained.
    frozen : what makes the vectors that `network` reads; None: it reads the items themselves.
    reference : name or path of `frozen`; None where it was given as an object.
    """

    network: Network
    frozen: Encoder | None = None
    reference: str | None = None

    @property
    def reads_tables(self) -> bool:
        """Whether an item is a row of a table."""
        part = self.network if self.frozen is None else self.frozen
        return getattr(part, "modality", None) == "table"

    @property
    def copied(self) -> Space | None:
        """The space that is saved with the model, where `frozen` is one that was given as an object."""
        return self.frozen.space if self.reference is None and isinstance(self.frozen, Lookup) else None

    def inputs(self, items: Any, method: str, show_progress: bool | None) -> Any:
        """What the network reads of raw items: the items, or vectors that `method` of `frozen` makes, in
        batches of its own size.
        """
        if self.frozen is None:
            return items
        found: NDArray[np.float32] = getattr(self.frozen, method)(items, show_progress=show_progress)
        finite = np.isfinite(found).all(1)
        if not finite.all():
            raise InputError(
                "the frozen encoder's vector holds NaN or infinity", row=int(np.flatnonzero(~finite)[0])
            )
        return found

    def described(self) -> dict[str, Any]:
        """What makes this side again, as JSON."""
        if self.frozen is None:
            return self.deciding()
        return {**self.deciding(), "frozen": self.reference, "copied": self.copied is not None}

    def deciding(self) -> dict[str, Any]:
        """What decides its vectors beside plan and weights, as JSON: however the frozen encoder was named."""
        network = {"kind": type(self.network).__name__, **self.network.settings()}
        return {"network": network} | ({} if self.frozen is None else {"identity": self.frozen.identity})


def side_of(value: Any, dim: int | None, hidden: int | None, least_dim: int | None) -> Side:
    """The side that a parameter names: a network itself, or a head over a frozen encoder.

    dim, hidden : of the head; without `dim` it has `least_dim`, or the encoder's own dimension.
    """
    if isinstance(value, Network):
        return Side(value)
    reference = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if reference is not None and Path(reference).exists():
        reference = os.path.realpath(reference)
    frozen = frozen_encoder(value)
    width = dim or least_dim or frozen.dim
    return Side(MLP(width, hidden=() if hidden is None else hidden), frozen, reference)


def frozen_encoder(value: Any) -> Encoder:
    """An encoder itself, the one that a name or path opens, or a space of keys and vectors looked up."""
    if isinstance(value, str | os.PathLike):
        return encoder(value)
    if isinstance(value, Space):
        return Lookup(value)
    if isinstance(value, Encoder):
        return value
    space: Space = value.space_
    return Lookup(space)


def network_again(record: dict[str, Any], given: Any, file: object) -> Network:
    """The network that `record` describes, or the one that is `given` for it.

    Raises `ParameterError` for a kind that is not of `nearer.networks` and was not given.
    """
    settings = dict(record)
    kind = settings.pop("kind")
    if isinstance(given, Network):
        return given
    make = getattr(nearer.networks, kind, None)
    if make is None:
        raise ParameterError(
            f"this model's network {kind} is none of Nearer's, and is not saved with it",
            file=file,
            remedy="pass it to load, as encoder=, left= or right=",
        )
    network: Network = make(**settings)
    return network


def side_again(record: dict[str, Any], plan: Plan, copied: Space | None, given: Any, file: object) -> Side:
    """The side that `described` told of; its frozen encoder is looked up, or the one that is `given`.

    Raises `ParameterError` where it was given as an object and is not given now, `SpaceMismatch` if it makes
    other vectors now.
    """
    network = network_again(record["network"], None if "identity" in record else given, file)
    if "identity" not in record:
        return Side(network)
    if copied is not None:
        return Side(network, Lookup(copied))
    reference = record["frozen"]
    if given is None and reference is None:
        raise ParameterError(
            "this model's frozen encoder was given as an object, which is not saved with it",
            file=file,
            remedy="pass it to load, as encoder=, left= or right=",
        )
    frozen = frozen_encoder(reference if given is None else given)
    what = f"the frozen encoder {shown(reference)}" if given is None else "the encoder that is given"
    require_same(frozen.identity, record["identity"], f"{file}: {what}", "restore it, or fit again")
    return Side(network, frozen, reference)


def named(value: Any) -> object:
    """A parameter that names a side, as settings record it: JSON."""
    if value is None or isinstance(value, str | os.PathLike):
        return None if value is None else os.fspath(value)
    if isinstance(value, Network):
        return {"kind": type(value).__name__, **value.settings()}
    if isinstance(value, Estimator):
        return {"model": type(value).__name__, "identity": value.space_.identity}  # type: ignore[attr-defined]
    return {"encoder": type(value).__name__, "identity": value.identity}


def require_sides(towers: int, encoder: Any, left: Any, right: Any, signal: Sequence[object]) -> None:
    """Raise `ParameterError` unless there is one encoder, or a left and a right one for two kinds."""
    if encoder is not None and (left is not None or right is not None):
        raise ParameterError(
            "encoder and left or right are given", remedy="give encoder=, or left= and right="
        )
    if encoder is None and (left is None or right is None):
        if left is None and right is None:
            raise ParameterError(
                "no encoder is given", remedy="give encoder=, or left= and right= for two kinds of items"
            )
        raise ParameterError(
            f"{'left' if right is None else 'right'} is given alone", remedy="give left= and right="
        )
    if encoder is None and towers == 1:
        raise ParameterError(
            f"{signal[0]} joins items of one kind, and left and right encode two", remedy="give encoder="
        )
