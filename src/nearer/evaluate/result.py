"""What every judgement returns: estimates with their interval, printed as a small table, plain for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Estimate:
    """A figure measured on `n` items.

    Attributes
    ----------
    value : the figure.
    interval : 95 % percentile bootstrap interval (low, high).
    n : items it was measured on.
    resamples : the figure of each bootstrap resample, where kept. Estimates of equal n and seed drew the same
        items, so that the differences of their resamples are those of a paired bootstrap.
    """

    value: float
    interval: tuple[float, float]
    n: int
    resamples: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    def cells(self) -> tuple[str, str, str]:
        """Value, interval and n as a table shows them."""
        low, high = self.interval
        return f"{self.value:.3f}", f"{low:.3f} to {high:.3f}", f"{self.n:,}"


DERIVED = ("value", "interval", "n", "coverage", "oov_rate", "rule")  # given in JSON where a result has them


class Result:
    """Base of the results, which are dataclasses: `to_dict` for JSON.

    Their `rule` says what became of the items with something that the space does not hold.
    """

    def to_dict(self) -> dict[str, Any]:
        """The whole result as plain dictionaries, lists, numbers and strings."""
        names = dict.fromkeys([*vars(self), *(name for name in DERIVED if hasattr(self, name))])
        return {name: _plain(getattr(self, name)) for name in names}


def table(header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    """Aligned columns: the first to the left, the others to the right; `note` is a line below."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = [
        "  ".join(
            cell.rjust(w) if i else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([*text, note] if note else text)


def _plain(value: Any) -> Any:
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, Estimate):
        return {"value": value.value, "interval": list(value.interval), "n": value.n}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
