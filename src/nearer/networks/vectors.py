"""MLP: a network over vectors that are given: features, counts of words, or what a frozen encoder made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.extras import require
from nearer.networks.base import Plan, Prepared

if TYPE_CHECKING:
    import torch

LEAST_SCALE = 1e-6  # a column that varies less counts as constant


class MLP:
    """Vectors in, vectors out: layers of `hidden` units with relu between, the last one linear.

    Items are the rows of an array, a SciPy sparse matrix, or a list of vectors of one length. Columns are
    centred and scaled by the mean and the standard deviation of the training items.

    Parameters
    ----------
    dim : dimension of the output.
    hidden : units of each hidden layer: a number, several, or none for a linear map.
    dropout : part of the units left out at random in training.
    scale : False takes the columns as they are.
    """

    def __init__(
        self, dim: int = 128, hidden: int | Sequence[int] = 256, dropout: float = 0.0, scale: bool = True
    ) -> None:
        self.dim = dim
        self.hidden = (hidden,) if isinstance(hidden, int) else tuple(hidden)
        self.dropout = dropout
        self.scale = scale
        if dim < 1 or any(units < 1 for units in self.hidden) or not 0 <= dropout < 1:
            raise ParameterError(
                f"dim={dim}, hidden={shown(hidden)}, dropout={dropout} are not allowed: sizes are from 1 up, "
                "dropout from 0 up to but not 1"
            )

    def __repr__(self) -> str:
        return f"MLP({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    @property
    def modality(self) -> str:
        """It reads vectors."""
        return "vector"

    @property
    def changes(self) -> Mapping[str, float]:
        """`drop` sets a part of the values to the mean of their column; `noise` is a standard deviation, in
        those of the columns.
        """
        return {"drop": 0.3, "noise": 0.1}

    @property
    def shares(self) -> frozenset[str]:
        """The changes that are a share or a probability, at most 1."""
        return frozenset({"drop"})

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "dim": self.dim,
            "hidden": list(self.hidden),
            "dropout": self.dropout,
            "scale": self.scale,
        }

    def plan(self, items: Any) -> Plan:
        """Mean and standard deviation of every column."""
        matrix = as_matrix(items)
        mean = matrix.mean(0, dtype=np.float64)
        deviation = matrix.std(0, dtype=np.float64)
        if not self.scale:
            mean, deviation = np.zeros_like(mean), np.ones_like(deviation)
        deviation[deviation < LEAST_SCALE] = 1.0
        return {"mean": mean.tolist(), "deviation": deviation.tolist()}

    def prepare(self, items: Any, plan: Plan) -> Prepared:
        """The vectors, centred and scaled; raises `InputError` for another number of columns."""
        matrix = as_matrix(items)
        columns = len(plan["mean"])
        if len(matrix) and matrix.shape[1] != columns:
            raise InputError(f"the vectors have {matrix.shape[1]} columns, and this network reads {columns}")
        mean, deviation = np.array(plan["mean"], np.float32), np.array(plan["deviation"], np.float32)
        return Rows((matrix.reshape(len(matrix), columns) - mean) / deviation)

    def width(self, plan: Plan) -> int:
        """Dimension of the output."""
        return self.dim

    def build(self, plan: Plan, seed: int, *, pretrained: bool = True) -> torch.nn.Module:
        """Layers with torch's own initial weights."""
        require("torch", "torch", "training a network")
        from nearer.networks.heads import layers  # noqa: PLC0415  (torch: paid for where it is needed)

        return layers(len(plan["mean"]), self.hidden, self.dim, self.dropout, seed)


class Rows:
    """Vectors in memory, a row an item."""

    def __init__(self, matrix: NDArray[np.float32]) -> None:
        self.matrix = matrix

    def __len__(self) -> int:
        return len(self.matrix)

    def batch(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """The vectors of these rows, a tensor."""
        import torch  # noqa: PLC0415  (paid for where it is needed)

        return torch.from_numpy(self.matrix[rows])

    def view(
        self, rows: NDArray[np.int64], changes: Mapping[str, float], random: torch.Generator
    ) -> torch.Tensor:
        """The same with values dropped and noise added."""
        import torch  # noqa: PLC0415

        found = self.batch(rows)
        if changes.get("noise", 0.0) > 0:
            found = found + changes["noise"] * torch.randn(found.shape, generator=random)
        if changes.get("drop", 0.0) > 0:
            kept = torch.rand(found.shape, generator=random) >= changes["drop"]
            found = found * kept
        return found


def as_matrix(items: Any) -> NDArray[np.float32]:
    """Vectors as float32 (n, columns); raises `InputError` naming the first row that is none."""
    if hasattr(items, "toarray"):
        items = items.toarray()
    try:
        matrix = np.asarray(items, dtype=np.float32)
    except (ValueError, TypeError):
        matrix = np.empty(0, np.float32)
    if matrix.ndim != 2:
        if len(items) == 0:
            return np.empty((0, 0), np.float32)
        _refuse(items)
    finite = np.isfinite(matrix).all(1)
    if not finite.all():
        raise InputError("the vector holds NaN or infinity", row=int(np.flatnonzero(~finite)[0]))
    return matrix


def _refuse(items: Any) -> None:
    """Raise `InputError` for the first item that is no vector as long as the first one."""
    length = None
    for row, item in enumerate(items):
        try:
            vector: NDArray[Any] = np.asarray(item, dtype=np.float32)
        except (ValueError, TypeError):
            vector = np.empty((0, 0))
        if vector.ndim != 1 or length not in (None, len(vector)):
            raise InputError(
                f"{shown(item)} is no vector" + (f" of {length} numbers" if length else ""),
                row=row,
                remedy="give numbers, as many for every item",
            )
        length = len(vector)
    raise InputError("these items are no vectors", remedy="give an array with an item a row")
