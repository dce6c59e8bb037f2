"""Tables of typed columns: what each column holds is decided once, as a plan, and read by it ever after.

plan = TablePlan.infer(rows, kinds={"zip": "category"})     JSON, saved with a model
columns = plan.read(rows)                                   arrays, one a column; missing is a value
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nearer.data.table_kinds import KINDS, Kind, inferred_kind, left_out
from nearer.data.table_read import Rows, read_rows
from nearer.data.table_values import Values, category_counts, read_values
from nearer.errors import InputError, ParameterError, shown

BOOLEANS = ("false", "true")
MOST_QUANTILES = 65  # kept of a column of numbers or dates: 64 bins of equal counts


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Attributes
    ----------
    name : of the column.
    kind : "number", "category", "text", "date" or "boolean".
    categories : of a category, the values that were seen, the most frequent first; of a boolean, "false" and
        "true". Other kinds have none.
    quantiles : of numbers, and of dates in days since 1970: distinct values that cut those seen into up to 64
        bins of equal counts, least and greatest among them.
    """

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class TableColumns:
    """A table that was read by a plan: `values` by the names of the plan's columns, all of one length."""

    values: Mapping[str, Values]
    rows: int

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, name: str) -> Values:
        return self.values[name]

    def take(self, rows: NDArray[Any] | slice) -> TableColumns:
        """The rows at these places."""
        taken = {name: values.take(rows) for name, values in self.values.items()}
        return TableColumns(taken, len(np.arange(self.rows)[rows]))


@dataclass(frozen=True)
class TablePlan:
    """The columns of a table and what they hold.

    Attributes
    ----------
    columns : those that are read, in the order of the table.
    ignored : columns that are not, and why.
    """

    columns: tuple[Column, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def infer(cls, table: Any, kinds: Mapping[str, Kind] | None = None, ignore: Sequence[str] = ()) -> Self:
        """The plan of `table`: anything that `read` takes.

        `kinds` says what columns hold whose values leave it open, `ignore` which are left out. The rules:
        numbers are numbers, whole ones too, however few are distinct; bool is boolean, and so are texts of
        true and false or of yes and no; dates, timestamps and texts that are all ISO 8601 dates are dates;
        other texts are categories where at most 1,000 are distinct and a value occurs twice on average, or
        at most 20 are distinct; ids (20 rows or more of texts all different without a blank) are left out;
        the rest is text. Null, NaN and empty text are missing. A column without any value, and one that has
        the same in every row, are left out.

        Raises `ParameterError` for a kind that is none, `InputError` naming file, row and column for a table
        without rows, a name in `kinds` or `ignore` that is no column, values that are not of their kind,
        lists, bytes and other nested values, and where no column is left.
        """
        given = _checked_kinds(kinds)
        rows = read_rows(table, [name for name, kind in given.items() if kind in ("category", "text")])
        _require_names(rows, [*given, *ignore])
        if not len(rows):
            raise InputError("the table has no rows", file=rows.where, remedy="give some")
        columns, ignored = [], dict.fromkeys(ignore, "as asked")
        for name in rows.names:
            if name in ignored:
                continue
            kind = given.get(name) or inferred_kind(name, rows)
            reason = left_out(name, rows, asked=name in given)
            if reason is not None:
                ignored[name] = reason
            else:
                columns.append(_planned(name, kind, rows))
        if not columns:
            why = "; ".join(f"{shown(name)}: {reason}" for name, reason in ignored.items())
            raise InputError("no column of the table tells rows apart", file=rows.where, remedy=why or None)
        return cls(tuple(columns), ignored)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are read."""
        return tuple(column.name for column in self.columns)

    @property
    def as_written(self) -> tuple[str, ...]:
        """Names of the columns that are read as the text they are written as, 007 is not 7."""
        return tuple(column.name for column in self.columns if column.kind in ("category", "text"))

    def read(self, table: Any) -> TableColumns:
        """The columns of `table` as arrays; others that it has are passed over.

        `table` is a .parquet, .csv or .tsv file, an Arrow, pandas or Polars table (anything with
        ``__arrow_c_stream__``), a mapping of column names to values, mappings, one a row, or an
        array of numbers (n, f), whose columns are called x0, x1 and so on.

        Raises `InputError` naming file, row and value for a column that is not there, a value that is not of
        its column's kind and a number that is not finite.
        """
        rows = read_rows(table, self.as_written)
        if not len(rows) and not rows.names:  # a list without rows says nothing of columns
            rows = rows.without_values(self.names)
        for name in self.names:
            if name not in rows.names:
                raise InputError(
                    f"there is no column {shown(name)}, which the model was fitted with",
                    file=rows.where or "the table",
                    remedy=f"it has {', '.join(rows.names)}; fill a column with nulls where it is unknown",
                )
        values = {
            column.name: read_values(rows, column.name, column.kind, column.categories)
            for column in self.columns
        }
        return TableColumns(values, len(rows))

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON takes it."""
        return {"columns": [asdict(column) for column in self.columns], "ignored": dict(self.ignored)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The plan that `to_json` gave."""
        columns = tuple(
            Column(c["name"], c["kind"], tuple(c["categories"]), tuple(c["quantiles"]))
            for c in record["columns"]
        )
        return cls(columns, dict(record["ignored"]))


def quantiles(values: NDArray[np.float64], most: int = MOST_QUANTILES) -> NDArray[np.float64]:
    """Up to `most` distinct values of `values` that cut them into bins of equal counts, rising.

    The values themselves, where no more are distinct. A value that would fill a bin alone is one of them, and
    the others are cut without it.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= most:
        return distinct
    heavy = counts * most > len(values)
    others = np.repeat(distinct[~heavy], counts[~heavy])
    cuts = np.quantile(others, np.linspace(0.0, 1.0, most - int(heavy.sum())), method="nearest")
    return np.unique(np.concatenate([distinct[heavy], cuts]))


def _planned(name: str, kind: Kind, rows: Rows) -> Column:
    if kind == "category":
        return Column(name, kind, categories=tuple(category_counts(rows, name)))
    values = read_values(rows, name, kind, BOOLEANS)
    if kind in ("number", "date"):
        return Column(name, kind, quantiles=tuple(quantiles(values.values[~values.missing]).tolist()))
    return Column(name, kind, categories=BOOLEANS if kind == "boolean" else ())


def _checked_kinds(kinds: Mapping[str, Kind] | None) -> dict[str, Kind]:
    given = dict(kinds or {})
    for name, kind in given.items():
        if kind not in KINDS:
            raise ParameterError(
                f"the kind of column {shown(name)}, {shown(kind)}, is none", remedy=f"give {', '.join(KINDS)}"
            )
    return given


def _require_names(rows: Rows, names: Sequence[str]) -> None:
    for name in names:
        if name not in rows.names:
            raise InputError(
                f"there is no column {shown(name)}",
                file=rows.where or "the table",
                remedy=f"it has {', '.join(rows.names)}",
            )
