"""Properties of typed columns: whatever a column holds, it is read as it is, and alike in every form."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from nearer.data.table import TablePlan, quantiles

NUMBERS = st.one_of(st.none(), st.floats(allow_infinity=False), st.integers(-(2**53), 2**53))
TEXTS = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=8))


def trimmed(text: str) -> str:
    """Without blanks around it, as Arrow knows them."""
    return str(pc.utf8_trim_whitespace(pa.scalar(text)).as_py())


@given(st.lists(st.tuples(NUMBERS, TEXTS, st.booleans()), min_size=1, max_size=30))
def test_what_a_plan_reads_is_what_was_there(rows: list[tuple[float | None, str | None, bool]]) -> None:
    numbers, texts, truths = map(list, zip(*rows, strict=True))
    table = {"n": [None if n is None else float(n) for n in numbers], "t": texts, "b": truths}
    table["row"] = list(map(float, range(len(rows))))  # so that something always tells rows apart
    plan = TablePlan.infer(table, kinds={"t": "category"})
    plan = TablePlan.from_json(json.loads(json.dumps(plan.to_json())))
    read = plan.read([dict(zip("ntb", row, strict=True)) | {"row": i} for i, row in enumerate(rows)])
    for name, values in ((c.name, read[c.name]) for c in plan.columns):
        column = next(c for c in plan.columns if c.name == name)
        for place, wanted in enumerate(table[name]):
            gone = wanted is None or (isinstance(wanted, float) and math.isnan(wanted))
            text = trimmed(wanted) if isinstance(wanted, str) else None
            gone = gone or text == ""
            assert values.missing[place] == gone
            if gone:
                continue
            if column.kind == "number":
                assert values.values[place] == wanted
                assert column.quantiles[0] <= wanted <= column.quantiles[-1]
            elif column.kind == "category":
                assert column.categories[values.values[place]] == text
            else:
                assert bool(values.values[place]) == wanted


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(3, 20))
def test_quantiles_rise_and_hold_the_ends(values: list[float], most: int) -> None:
    found = quantiles(np.array(values), most)
    assert len(found) <= most
    assert (np.diff(found) > 0).all()
    assert found[0] == min(values)
    assert found[-1] == max(values)
    assert set(found.tolist()) <= {value + 0.0 for value in values}
