"""A small table of every kind of column, with values missing in each."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

TOWNS = ["Rome", "Oslo", "Lima"]


def mixed_table(rows: int = 60, seed: int = 0) -> dict[str, list[Any]]:
    """Columns by name: a town decides much of the others, a key is a row's own."""
    draw = np.random.default_rng(seed)
    town = draw.integers(0, 3, rows)
    day = datetime.date(2020, 1, 1)
    table: dict[str, list[Any]] = {
        "id": [f"row {i}" for i in range(rows)],
        "town": [TOWNS[t] for t in town],
        "heat": (30.0 - 9.0 * town + draw.normal(size=rows)).tolist(),
        "visits": draw.integers(0, 4, rows).tolist(),
        "coast": [bool(t == 2) for t in town],
        "since": [day + datetime.timedelta(days=int(n)) for n in draw.integers(0, 900, rows)],
        "note": [f"seen in {TOWNS[t]} by {draw.integers(0, 9)} people of {i}" for i, t in enumerate(town)],
    }
    for place, name in enumerate(list(table)[1:]):
        table[name][3 * place] = None
    return table


def mixed_rows(rows: int, seed: int = 0) -> list[dict[str, Any]]:
    """The first rows of such a table as mappings."""
    table = mixed_table(60, seed)
    return [{name: values[row] for name, values in table.items()} for row in range(rows)]
