"""Views and Masked: an item belongs with itself, changed at random or with parts of it hidden."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nearer.errors import ParameterError
from nearer.signal.items import read_items
from nearer.signal.joined import Joined
from nearer.signal.positives import Alone

KNOWN = ("item", "text", "image", "audio")


class Views:
    """Two changed views of an item are positives (Chen et al. 2020, A Simple Framework for Contrastive
    Learning of Visual Representations): crops of a picture, a sound with noise, a row with values swapped.

    Data are a sequence of items, an array with an item a row, or a table.

    Parameters
    ----------
    item : column of a table; a list of columns makes an item of their values. None: the only one, or item,
        text, image or audio; all but `key` where items are rows.
    key : column of keys. None: the items' own texts where short and different, else numbers.
    changes : names of changes that the network knows, each with its strength; none: all of them, as strong as
        the network says.
    """

    def __init__(
        self, item: str | Sequence[str] | None = None, key: str | None = None, **changes: float
    ) -> None:
        self.item = item
        self.key = key
        self.changes = changes

    def __repr__(self) -> str:
        named = {"item": self.item, "key": self.key}
        given = {name: value for name, value in named.items() if value is not None} | self.changes
        return f"Views({', '.join(f'{name}={value!r}' for name, value in given.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Views) and self.settings() == other.settings()

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def towers(self) -> int:
        """One kind of items."""
        return 1

    def settings(self) -> dict[str, Any]:
        """Columns and changes."""
        return {"signal": "Views", "item": self.item, "key": self.key, **self.changes}

    def read(self, data: Any, whole: tuple[bool, bool]) -> Joined:
        """The items, each a positive of itself."""
        items = read_items(data, self.item, self.key, whole=whole[0], known=KNOWN)
        return Joined(items, None, Alone(np.arange(len(items))))

    def strengths(self, known: Mapping[str, float], shares: Collection[str] = ()) -> dict[str, float]:
        """The changes to make, of those that are `known` with the strength each has by itself.

        Raises `ParameterError` for a change that the network does not know, and for a strength that is no
        finite number from 0 up, or above 1 where it is one of `shares`.
        """
        return checked_changes(self.changes or dict(known), known, shares)


def checked_changes(
    changes: Mapping[str, object], known: Mapping[str, float], shares: Collection[str] = ()
) -> dict[str, float]:
    """`changes` as numbers; raises `ParameterError` for one that is not `known`, or no strength."""
    found = {}
    for name, strength in changes.items():
        if name not in known:
            raise ParameterError(
                f"{name} is no change that this network makes",
                remedy=f"it knows {', '.join(known)}" if known else "it knows none: choose another signal",
            )
        right = isinstance(strength, int | float | np.integer | np.floating) and not isinstance(
            strength, bool
        )
        most = 1.0 if name in shares else sys.float_info.max
        found[name] = float(strength) if right else float("nan")  # type: ignore[arg-type]  # a number by now
        if not 0 <= found[name] <= most:
            rule = "a number from 0 to 1: it is a share" if name in shares else "a finite number from 0 up"
            raise ParameterError(f"{name}={strength!r} is not {rule}")
    return found


@dataclass(frozen=True)
class Masked:
    """A network hides parts of each item and learns to tell them from others (Baevski et al. 2020, wav2vec
    2.0): for networks that have such a loss of their own.

    Data are a sequence of items, an array with an item a row, or a table.

    Attributes
    ----------
    item, key : columns, as `Views` has them.
    """

    item: str | Sequence[str] | None = None
    key: str | None = None

    @property
    def towers(self) -> int:
        """One kind of items."""
        return 1

    def settings(self) -> dict[str, Any]:
        """The names of the columns."""
        return {"signal": "Masked", **asdict(self)}

    def read(self, data: Any, whole: tuple[bool, bool]) -> Joined:
        """The items, each a positive of itself."""
        items = read_items(data, self.item, self.key, whole=whole[0], known=KNOWN)
        return Joined(items, None, Alone(np.arange(len(items))))
