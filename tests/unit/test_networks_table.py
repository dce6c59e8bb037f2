"""TableNetwork: codes of columns against a slow twin, corruption, learning whose answer is provable."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer import Contrastive
from nearer.data.table import TablePlan
from nearer.errors import InputError, ParameterError
from nearer.networks import Network, TableNetwork
from nearer.signal import Views

torch = pytest.importorskip("torch")


def rows(count: int = 120, seed: int = 0) -> tuple[dict[str, list[Any]], np.ndarray[Any, Any]]:
    """Rows of two kinds, which every column tells but for noise."""
    source = np.random.default_rng(seed)
    kinds = np.arange(count) % 2
    day = dt.date(2020, 1, 1)
    table = {
        "size": [None if n % 17 == 5 else float(5 * k + source.normal()) for n, k in enumerate(kinds)],
        "colour": [None if n % 13 == 4 else ["red", "blue"][k] for n, k in enumerate(kinds)],
        "big": [bool(k) for k in kinds],
        "born": [day + dt.timedelta(days=int(1000 * k + source.integers(300))) for k in kinds],
        "note": [
            f"{'good fine' if k else 'bad poor'} number {n} {source.integers(1_000)}"
            for n, k in enumerate(kinds)
        ],
    }
    return table, kinds


TABLE, KINDS = rows()
SMALL: dict[str, Any] = {"dim": 8, "hidden": (16,)}


def made(table: Any = TABLE) -> tuple[Any, Any, dict[str, Any]]:
    network = TableNetwork(**SMALL, kinds={"note": "text"})
    plan = network.plan(table)
    return network.prepare(table, plan), network.build(plan, 0).eval(), plan


def test_it_is_a_network_of_typed_columns() -> None:
    network = TableNetwork(**SMALL, kinds={"note": "text"}, ignore=["big"])
    assert isinstance(network, Network)
    assert TableNetwork(**network.settings()).settings() == network.settings()
    plan = network.plan(TABLE)
    assert {c["name"]: c["kind"] for c in plan["columns"]} == {
        "size": "number",
        "colour": "category",
        "born": "date",
        "note": "text",
    }


@torch.no_grad()
def test_numbers_are_coded_piecewise_between_quantiles() -> None:
    ready, module, plan = made()
    column = next(c for c in TablePlan.from_json(plan).columns if c.name == "size")
    low, span = module.edges[0]
    edges = np.array(column.quantiles)
    for place, value in enumerate(TABLE["size"][:30]):
        number, flag = ready.parts[0][place, 0], ready.parts[1][place, 0]
        assert flag == (value is None)
        if value is None:
            continue
        found = ((torch.tensor(number) - low) / span).clamp(0, 1).numpy()
        expected = np.clip((value - edges[:-1]) / np.diff(edges), 0, 1)
        np.testing.assert_allclose(found, expected, atol=1e-3)


@torch.no_grad()
def test_unknown_missing_and_extreme_values_have_vectors() -> None:
    _, module, plan = made()
    odd = {
        "size": [1e12, -1e12, None],
        "colour": ["green", None, "red"],
        "big": [None, True, False],
        "born": [None, dt.date(1900, 1, 1), dt.date(2500, 1, 1)],
        "note": ["", None, "x " * 1_000],
    }
    found = module(TableNetwork(**SMALL).prepare(odd, plan).batch(np.arange(3)))
    assert torch.isfinite(found).all()
    assert found.shape == (3, 8)


def test_missing_where_none_was_missing_is_unknown() -> None:
    known, count = ["red", "blue"], 24
    table = {"colour": known * count, "some": ["Ur", None, "Uruk", "Ur"] * (count // 2)}
    model = Contrastive(Views(), TableNetwork(**SMALL), epochs=3, held_out=0, threads=1).fit(table)
    missing, unknown, red = model.encode([{"colour": c, "some": "Ur"} for c in (None, "green", "red")])
    np.testing.assert_array_equal(missing, unknown)
    assert not np.allclose(missing, red)
    missing, unknown = model.encode([{"colour": "red", "some": some} for some in (None, "Kish")])
    assert not np.allclose(missing, unknown)


def test_corruption_takes_values_of_other_rows_of_the_same_column() -> None:
    ready, _, _ = made()
    chosen = np.arange(100)

    def view(share: float, seed: int = 3) -> Any:
        return ready.view(chosen, {"corrupt": share}, torch.Generator().manual_seed(seed))

    plain = ready.batch(chosen)
    for kept, same in zip(view(0.0), plain, strict=True):
        assert torch.equal(kept, same)
    codes = view(0.5)[2]
    for place in range(codes.shape[1]):
        assert set(codes[:, place].tolist()) <= set(ready.parts[2][:, place].tolist())
    numbers = view(0.5)[0]
    changed = float((numbers != plain[0]).float().mean())
    assert 0.35 < changed < 0.6
    for one, two in zip(view(0.5), view(0.5), strict=True):
        assert torch.equal(one, two)
    assert set(numbers[:, 0].tolist()) <= set(ready.parts[0][:, 0].tolist())


def test_it_learns_kinds_of_rows_and_a_saved_model_encodes_the_same(tmp_path: Path) -> None:
    network = TableNetwork(**SMALL, kinds={"note": "text"})
    fast: dict[str, Any] = {"epochs": 15, "batch_size": 40, "learning_rate": 0.01, "threads": 1}
    model = Contrastive(Views(), network, **fast).fit(TABLE)
    unseen, kinds = rows(seed=1)
    vectors = model.encode(_dicts(unseen))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    assert (kinds[cosines.argmax(1)] == kinds).mean() > 0.95
    model.save(tmp_path / "rows.model")
    encoder = nearer.encoder(tmp_path / "rows.model")
    assert encoder.modality == "table"  # type: ignore[attr-defined]
    np.testing.assert_array_equal(encoder.encode(_dicts(unseen)), vectors)
    np.testing.assert_allclose(encoder.encode(_dicts(unseen), batch_size=7), vectors, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(_dicts(unseen)[::-1])[::-1], vectors, atol=1e-5)
    assert Contrastive(Views(), network, **fast).fit(TABLE).identity == model.identity


def _dicts(table: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def test_bad_input_is_one_line() -> None:
    _, _, plan = made()
    with pytest.raises(InputError, match="there is no column 'colour', which the model was fitted with"):
        TableNetwork(**SMALL).prepare({"size": [1.0]}, plan)
    with pytest.raises(ParameterError, match=r"ignore='big' is no list of columns; use \['big'\]"):
        TableNetwork(ignore="big")
    with pytest.raises(ParameterError, match="hidden=0 is not a whole number"):
        TableNetwork(hidden=(0,))
