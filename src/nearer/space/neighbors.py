"""What a query answers with: a list of (key, score) that prints as a small table."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from nearer.errors import shown


class Neighbor(NamedTuple):
    """A key and how near it is; a higher score is nearer, whatever the metric."""

    key: str
    score: float


class Neighbors(list[Neighbor]):
    """Neighbours, nearest first: a list of `Neighbor`."""

    @property
    def keys(self) -> list[str]:
        """The keys alone, nearest first."""
        return [key for key, _ in self]

    @property
    def scores(self) -> list[float]:
        """The scores alone, highest first."""
        return [score for _, score in self]

    def __repr__(self) -> str:
        if not self:
            return "no neighbours"
        names = [shown(key)[1:-1] for key in self.keys]
        width = max(map(len, names))
        return "\n".join(
            f"{name:<{width}}  {item.score:8.4f}" for name, item in zip(names, self, strict=True)
        )

    def _repr_html_(self) -> str:
        """A table for notebooks; every key is escaped."""
        rows = "".join(
            f"<tr><td>{escape(shown(key)[1:-1])}</td><td>{score:.4f}</td></tr>" for key, score in self
        )
        return f"<table><thead><tr><th>key</th><th>score</th></tr></thead><tbody>{rows}</tbody></table>"
