"""What table models read: rows as parts, and their keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nearer.data.columns import KEY_NAMES
from nearer.data.ids import coded_ids
from nearer.data.table import TablePlan
from nearer.data.table_kinds import Kind
from nearer.data.table_read import Rows, read_rows
from nearer.encoders.table import Prepared, TableParts
from nearer.errors import InputError, ParameterError, shown
from nearer.models.parameters import Constraint, Instance, OrNone

MOST_BATCHES, LEAST_ROWS = 20, 8  # a small table is cut into so many batches of no fewer rows
READING: Mapping[str, Constraint] = {
    "kinds": OrNone(Instance((Mapping,), "a mapping of columns to kinds")),
    "ignore": OrNone(Instance((list, tuple), "a list of columns")),
    "key": OrNone(Instance((str,), "the name of a column")),
}

ASKED = ("kinds", "ignore")  # what decides the plan of a table, beside the table


@dataclass(frozen=True, eq=False)
class TableMaterial:
    """A table as one fit takes it: `rows` of `parts`, their keys, and rows a mini-batch."""

    parts: TableParts
    rows: Prepared
    keys: list[str]
    batch_size: int = 1

    @property
    def units_an_epoch(self) -> int:
        """Mini-batches in a pass over the rows."""
        return -(-len(self.rows) // self.batch_size)

    @property
    def facts(self) -> dict[str, int]:
        """What the report says of the data."""
        plan = self.parts.plan
        return {"rows": len(self.rows), "columns": len(plan.columns), "ignored": len(plan.ignored)}

    def fingerprint(self, settings: Mapping[str, object]) -> str:
        """SHA-256 of the rows, of what they were taken for and of the settings that decide a run."""
        digest = hashlib.sha256()
        for array in (*self.rows.arrays, *self.rows.missing):
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        record = {"settings": dict(settings), "parts": self.parts.to_json(), "keys": self.keys}
        digest.update(json.dumps(record, sort_keys=True).encode())
        return digest.hexdigest()


def read_rows_and_keys(
    table: Any,
    *,
    kinds: Mapping[str, Kind] | None,
    ignore: Sequence[str] | None,
    key: str | None,
    known: TableParts | None,
    bins: int,
    batch_size: int,
    seed: int,
) -> TableMaterial:
    """The rows of `table`, by parts that are `known` or else learned from them, and their keys.

    Keys are in the column `key`, else in one called key or id; without one they are the numbers of the rows.
    """
    given = dict(kinds or {})
    if known is None:
        as_written = [name for name, kind in given.items() if kind in ("category", "text")]
    else:
        as_written = list(known.plan.as_written)
    rows = read_rows(table, [*as_written, *KEY_NAMES, *([] if key is None else [key])])
    named = _key_column(rows, key, [*given, *(ignore or ())])
    keys = [str(row) for row in range(len(rows))] if named is None else _keys(rows, named)
    if known is not None:
        prepared = known.prepare(rows)
        if not len(prepared):
            raise InputError("the table has no rows", file=rows.where, remedy="give some")
    else:
        rest = [name for name in (named,) if name is not None and name not in (ignore or ())]
        plan = TablePlan.infer(rows, given, [*(ignore or ()), *rest])
        plan = replace(plan, ignored={**plan.ignored, **dict.fromkeys(rest, "the key")})
        known, prepared = TableParts.fit(plan, plan.read(rows), bins, seed)
    return TableMaterial(known, prepared, keys, _rows_a_batch(len(prepared), batch_size))


def asked(kinds: Mapping[str, Kind] | None, ignore: Sequence[str] | None) -> dict[str, object]:
    """`ASKED` as JSON takes it; None where nothing was asked."""
    return {"kinds": dict(kinds or {}) or None, "ignore": list(ignore or ()) or None}


def refuse_decided(
    parameters: Iterable[str], decided: Sequence[str], settings: Mapping[str, object], path: object
) -> None:
    """Raise `ParameterError` for one of `parameters`, given to load, that the saved fit decided."""
    for name in parameters:
        if name in decided:
            raise ParameterError(
                f"{name} was decided when this model was trained, and is {settings.get(name)!r}",
                file=path,
                remedy=f"leave {name} out, or set it after loading for a further fit",
            )


def _rows_a_batch(rows: int, batch_size: int) -> int:
    """Rows a mini-batch; fewer in a small table, so that a pass over it has some steps."""
    return min(batch_size, max(LEAST_ROWS, -(-rows // MOST_BATCHES)))


def _key_column(rows: Rows, key: str | None, spoken_of: Sequence[str]) -> str | None:
    """The column of keys, if there is one; a column whose kind is given, or that is ignored, is none."""
    if key is not None:
        if key not in rows.names:
            raise InputError(
                f"there is no column key={shown(key)}",
                file=rows.where or "the table",
                remedy=f"it has {', '.join(rows.names)}",
            )
        return key
    return next((name for name in KEY_NAMES if name in rows.names and name not in spoken_of), None)


def _keys(rows: Rows, name: str) -> list[str]:
    """The keys in a column; raises `InputError` for one that is missing or stands twice."""
    coded = coded_ids([("key", rows.columns[name])], rows.where)
    codes = coded.codes[0]
    if len(coded.keys) < len(codes):
        _, first = np.unique(codes, return_index=True)
        row = int(np.setdiff1d(np.arange(len(codes)), first)[0])
        raise InputError(
            f"the key {shown(coded.keys[codes[row]])} in column {shown(name)} stands here twice",
            file=rows.where,
            row=row,
            remedy=f"name a column of distinct keys, as key=NAME, or give {shown(name)} a kind",
        )
    return [coded.keys[code] for code in codes.tolist()]
