"""`QuantizedSpace`: a space that holds its vectors in codes, and knows what that loses."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.space.checks import Metric
from nearer.space.codes import KINDS, Codes, Kind, bytes_per_item, encoded
from nearer.space.identity import derived_identity
from nearer.space.neighbor_loss import NeighborLoss, neighbor_loss
from nearer.space.space import Space

if TYPE_CHECKING:
    import pyarrow as pa

STEP = "quantized"
MILLION = 1_000_000


class QuantizedSpace(Space):
    """A space in codes. Made by `Space.quantize`, or by loading what one saved.

    It is a `Space` in every use. Codes are what it holds and saves; the float32 vectors are decoded when they
    are first asked for, by `vectors` or a query, and kept from then on. `space[key]` decodes one vector;
    slices and `take` stay in codes.

    Attributes
    ----------
    codes : `Codes`, read-only.
    kind : "f16", "int8" or "binary".
    loss : what the codes lose in recall@10, as it was measured when they were made.
    """

    codes: Codes

    @classmethod
    def _of_codes(
        cls,
        keys: list[str],
        codes: Codes,
        metric: Metric,
        *,
        items: pa.Table | Callable[[], pa.Table | None] | None,
        identity: str | Callable[[], str] | None,
        provenance: str,
    ) -> QuantizedSpace:
        """A space of values that are known to be right."""
        space = object.__new__(cls)
        space._describe(keys, metric, items=items, identity=identity, provenance=provenance)
        for array in (codes.values, codes.scale):
            array.flags.writeable = False
        space.codes = codes
        return space

    @property
    def kind(self) -> Kind:
        """How the vectors are coded."""
        return self.codes.kind

    @property
    def dim(self) -> int:
        """Number of values in a vector."""
        return self.codes.dim

    @property
    def loss(self) -> NeighborLoss:
        """Recall@10 of the codes, measured by `quantize`."""
        told = self.provenance[STEP]["loss"]
        return NeighborLoss(told["recall"], tuple(told["interval"]), told["rescored"], told["queries"])

    @property
    def nbytes(self) -> int:
        """Bytes of codes and scales."""
        return self.codes.nbytes

    def report(self) -> dict[str, Any]:
        """Kind, bytes and loss as plain data."""
        exact, now = bytes_per_item(self.dim, "f32"), bytes_per_item(self.dim, self.kind)
        return {
            "kind": self.kind,
            "bytes_per_item": now,
            "bytes_per_million": now * MILLION,
            "times_smaller": exact / now,
            "loss": self.loss.to_dict(),
        }

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str) and "_vectors" not in self.__dict__:
            row = self.row(key)
            return self.codes.take(slice(row, row + 1)).decoded()[0]
        return super().__getitem__(key)

    def __repr__(self) -> str:
        (low, high), recall = self.loss.interval, self.loss.recall
        measured = f"{self.kind}, recall@10 {recall:.3f} ({low:.3f} to {high:.3f})"
        return f"{super().__repr__()[:-1]}; {measured}>"

    def __getstate__(self) -> dict[str, Any]:
        return {
            "keys": list(self._keys),
            "codes": self.codes,
            "metric": self._metric,
            "items": self.items,
            "identity": self.identity,
            "provenance": self._provenance,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(QuantizedSpace._of_codes(**state).__dict__)

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:  # type: ignore[override]  # decoded when first read
        vectors = self.codes.decoded()
        vectors.flags.writeable = False
        return vectors

    def _part(self, keys: list[str], rows: NDArray[np.intp] | slice, items: pa.Table | None) -> Space:
        return QuantizedSpace._of_codes(
            keys,
            self.codes.take(rows),
            self._metric,
            items=items,
            identity=self._same_identity(),
            provenance=self._provenance,
        )


def quantized(space: Space, kind: Kind, sample: int, seed: int, show_progress: bool | None) -> QuantizedSpace:
    """`space` in codes of `kind`, its loss measured; see `Space.quantize`."""
    if kind not in KINDS:
        raise ParameterError(f"kind is {shown(kind)}", remedy="use 'f16', 'int8' or 'binary'")
    if len(space) < 2:
        raise InputError(
            f"the space has {len(space)} keys: recall@10 is measured among at least 2",
            remedy="quantize a larger space",
        )
    if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
        raise ParameterError(f"sample is {shown(sample)}", remedy="pass a whole number of at least 1")
    codes = encoded(space.vectors, kind)
    loss = neighbor_loss(space.vectors, codes.decoded(), space.metric, sample, seed, show_progress)
    step = {"kind": kind, **({"scale": float(codes.scale[0])} if kind == "f16" else {})}
    return QuantizedSpace._of_codes(
        space.keys,
        codes,
        space.metric,
        items=space._items,
        identity=lambda: derived_identity(space.identity, STEP, **step),
        provenance=json.dumps({**space.provenance, STEP: {**step, "loss": loss.to_dict()}}),
    )
