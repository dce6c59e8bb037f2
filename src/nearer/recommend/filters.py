"""Which items may be suggested: some keys, a truth value an item, or a condition on their payload columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, UnknownKey, shown
from nearer.space.spelling import nearest_spellings


def allowed_items(where: Any, keys: Sequence[str], payload: Any) -> NDArray[np.bool_] | None:
    """The items that `where` allows, bool (items,); None where it is None: all.

    `where` is a mapping of columns to the value, or a list of values, that an item must have (None: a null),
    in all of the columns; an expression of pyarrow.compute that is true (not null); keys of items; or a truth
    value for each item. `payload` is the pyarrow Table of the
    items, in the order of `keys`, or None.

    Raises `InputError` for a column that is not there or a condition that cannot be met, `UnknownKey` for an
    item that is none, `ParameterError` for anything else.
    """
    import pyarrow.compute as pc  # noqa: PLC0415  (heavy: paid for where it is needed)

    if where is None:
        return None
    if isinstance(where, pc.Expression):
        return _by_expression(where, keys, payload)
    if isinstance(where, Mapping):
        return _by_columns(where, keys, payload)
    if isinstance(where, str) or not isinstance(where, Iterable):
        raise ParameterError(
            f"where={shown(where)} is no condition",
            remedy='give {"column": value}, keys of items, a truth value an item, or a pyarrow expression',
        )
    values = list(where)
    if getattr(where, "dtype", None) != np.bool_ and not (values and _are_truths(values)):
        return _by_keys(values, keys)
    truths: NDArray[np.bool_] = np.asarray(where if hasattr(where, "dtype") else values, np.bool_)
    if truths.shape != (len(keys),):
        raise ParameterError(f"where has the shape {truths.shape}, and there are {len(keys):,} items")
    return truths


def _are_truths(values: Sequence[object]) -> bool:
    return all(isinstance(value, bool | np.bool_) for value in values)


def _by_keys(wanted: Sequence[object], keys: Sequence[str]) -> NDArray[np.bool_]:
    place = {key: i for i, key in enumerate(keys)}
    mask = np.zeros(len(keys), np.bool_)
    for key in map(str, wanted):
        if key not in place:
            near = nearest_spellings(key, place)
            raise UnknownKey(
                f"where: no item is called {shown(key)}",
                remedy=f"did you mean {' or '.join(map(repr, near))}?" if near else None,
            )
        mask[place[key]] = True
    return mask


def _by_columns(conditions: Mapping[str, Any], keys: Sequence[str], payload: Any) -> NDArray[np.bool_]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    mask = np.ones(len(keys), np.bool_)
    for column, wanted in conditions.items():
        values = _column(column, payload)
        options = (
            list(wanted) if isinstance(wanted, list | tuple | set | frozenset | np.ndarray) else [wanted]
        )
        try:
            fits = pc.is_in(values, value_set=pa.array(options).cast(values.type))
        except (pa.ArrowException, TypeError) as error:
            raise InputError(
                f"the column {shown(column)} holds {values.type} and cannot be compared with "
                f"{shown(wanted)} ({error})"
            ) from None
        mask &= np.asarray(fits, dtype=np.bool_)
    return mask


def _column(column: str, payload: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    names = [] if payload is None else payload.column_names
    if column not in names:
        raise InputError(
            f"items have no column {shown(column)}",
            remedy=f"they have {', '.join(names)}"
            if names
            else "give a table of items first: describe_items",
        )
    values = payload.column(column)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return values


def _by_expression(expression: Any, keys: Sequence[str], payload: Any) -> NDArray[np.bool_]:
    import pyarrow as pa  # noqa: PLC0415

    if payload is None:
        raise InputError("items have no columns", remedy="give a table of items first: describe_items")
    number = "item number"
    while number in payload.column_names:
        number += "'"
    table = payload.append_column(number, pa.array(np.arange(len(keys))))
    try:
        kept = table.filter(expression).column(number).to_numpy()
    except (pa.ArrowException, TypeError) as error:
        raise InputError(
            f"the condition cannot be met ({error})", remedy="compare a column with its type"
        ) from None
    mask = np.zeros(len(keys), np.bool_)
    mask[kept] = True
    return mask
