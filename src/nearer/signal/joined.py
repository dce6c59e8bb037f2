"""What a signal makes of data: items of one kind or of two, and which of them belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from nearer.signal.items import Items
from nearer.signal.positives import Positives


@dataclass(frozen=True, eq=False)
class Joined:
    """Items and their positives.

    Attributes
    ----------
    left, right : items; `right` is None where both are of one kind.
    positives : rows of `left` and `right`, or twice of `left`, that belong together.
    """

    left: Items
    right: Items | None
    positives: Positives


@runtime_checkable
class Signal(Protocol):
    """Says who belongs with whom: a small value that holds names of columns and the like."""

    @property
    def towers(self) -> int:
        """Kinds of items: 1 or 2."""
        ...

    def settings(self) -> dict[str, Any]:
        """What makes this signal again, but data: JSON."""
        ...

    def read(self, data: Any, whole: tuple[bool, bool]) -> Joined:
        """The items and positives of `data`; `whole`: whether left and right items are rows of a table.

        Raises `InputError` that names file and row.
        """
        ...
