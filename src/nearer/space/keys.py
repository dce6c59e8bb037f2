"""`Keys`: the list of a space's keys, which nobody can change."""

from __future__ import annotations

from typing import Any, NoReturn


class Keys(list[str]):
    """A list that refuses to be changed, because rows are found by key; copy it with `list(space.keys)`."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the keys of a space cannot be changed; copy them with list(space.keys)")

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> tuple[type[Keys], tuple[list[str]]]:
        return Keys, (list(self),)
