"""TableAutoencoder and FAMD: rows to vectors, of tables of every kind, saved and gone on with."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone

import nearer
from mixed_table import TOWNS, mixed_rows, mixed_table
from nearer import FAMD, TableAutoencoder
from nearer.errors import InputError, IntegrityError, NotFitted, ParameterError
from nearer.models import table_training

TABLE = mixed_table(60)


def small(**parameters: Any) -> TableAutoencoder:
    settings = {"dim": 4, "hidden": 8, "epochs": 3, "threads": 1}
    return TableAutoencoder(**{**settings, **parameters})


def linear(**parameters: Any) -> FAMD:
    return FAMD(**{"dim": 4, "threads": 1, **parameters})


both = pytest.mark.parametrize("make", [small, linear], ids=["autoencoder", "famd"])


@both
def test_rows_are_called_by_their_keys_or_by_number(make: Any) -> None:
    model = make().fit(TABLE)
    assert list(model.space_.keys) == TABLE["id"]
    assert list(make(ignore=["id"]).fit(TABLE).space_.keys) == [str(row) for row in range(60)]
    named = {"code": [f"c{row}" for row in range(60)], **{n: TABLE[n] for n in ("town", "heat", "note")}}
    by_code = make(key="code", dim=3).fit(named)
    assert list(by_code.space_.keys) == named["code"]
    assert "code" in by_code.plan_.ignored
    whole = {"id": list(range(60, 0, -1)), **{n: TABLE[n] for n in ("town", "heat", "note")}}
    assert make(dim=3).fit(whole).space_.keys[0] == "60"


@both
@pytest.mark.parametrize(
    ("table", "parameters", "message"),
    [
        ({**TABLE, "id": ["a", *TABLE["id"][1:59], "a"]}, {}, "row 59: the key 'a' in column 'id' stands"),
        ({**TABLE, "id": [None, *TABLE["id"][1:]]}, {}, "row 0: there is no key; fill it in"),
        (TABLE, {"key": "name"}, "the table: there is no column key='name'; it has id, town"),
        ({"a": [None, None], "b": [1, 1]}, {}, "no column of the table tells rows apart; 'a': every value"),
        (
            {**TABLE, "heat": [1.0, float("inf"), *[2.0] * 58]},
            {},
            "row 1: column 'heat': inf is no finite number",
        ),
        (TABLE, {"kinds": {"town": "date"}}, "row 1: column 'town': 'Oslo' is no date"),
        (TABLE, {"ignore": ["nothing"]}, "the table: there is no column 'nothing'; it has id, town"),
        ([], {}, "the table has no rows"),
        ("rows.xml", {}, "rows.xml: there is no such file"),
    ],
)
def test_what_cannot_be_read_is_one_line(make: Any, table: Any, parameters: Any, message: str) -> None:
    with pytest.raises(InputError) as raised:
        make(**parameters).fit(table)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@both
def test_an_unknown_kind_is_named(make: Any) -> None:
    with pytest.raises(ParameterError, match="the kind of column 'town', 'word', is none; give number"):
        make(kinds={"town": "word"}).fit(TABLE)


@both
def test_encode_gives_the_rows_of_the_fit_their_vectors(make: Any) -> None:
    model = make().fit(TABLE)
    vectors = model.space_.vectors
    np.testing.assert_array_equal(model.encode(TABLE), vectors)
    np.testing.assert_array_equal(model.encode(mixed_rows(7)), vectors[:7])
    np.testing.assert_array_equal(model.encode(pa.table(TABLE).slice(3, 2), batch_size=1), vectors[3:5])
    extra = {**TABLE, "more": list(range(60))}
    del extra["id"]
    np.testing.assert_array_equal(model.encode(extra), vectors)
    assert model.encode([]).shape == (0, 4)


@both
def test_what_was_not_seen_in_the_fit_has_a_vector_all_the_same(make: Any) -> None:
    model = make().fit(TABLE)
    row = dict(mixed_rows(2)[1])
    unseen = model.encode([{**row, "town": "Lagos"}, {**row, "town": "Quito"}, row])
    np.testing.assert_array_equal(unseen[0], unseen[1])
    assert not np.array_equal(unseen[0], unseen[2])
    nothing = model.encode([dict.fromkeys(row)])
    assert np.isfinite(nothing).all()
    far = model.encode([{**row, "heat": 1e9, "visits": -1e300}])
    assert np.isfinite(far).all()


@both
def test_missing_where_none_was_missing_is_unknown(make: Any) -> None:
    table = {"town": ["Rome", "Oslo", "Lima", "Rome"] * 8, "heat": [1.0, 2.0, 3.0, 4.5] * 8}
    model = make(dim=2).fit(table)
    found = model.encode([{"town": None, "heat": 2.0}, {"town": "Lagos", "heat": 2.0}])
    np.testing.assert_array_equal(found[0], found[1])
    assert np.isfinite(model.encode([{"town": "Rome", "heat": None}])).all()


@both
def test_a_column_that_is_not_there_or_of_another_kind_is_named(make: Any) -> None:
    model = make().fit(TABLE)
    rows = mixed_rows(3)
    with pytest.raises(InputError, match="there is no column 'town', which the model was fitted with"):
        model.encode([{"heat": 1.0}])
    with pytest.raises(InputError, match="row 2: column 'heat': 'hot' is of another type"):
        model.encode([*rows[:2], {**rows[2], "heat": "hot"}])
    with pytest.raises(InputError, match="row 0: column 'since': 'May' is no date"):
        model.encode([{**rows[0], "since": "May"}])


@both
def test_an_all_missing_column_is_left_out_and_named(make: Any) -> None:
    model = make().fit({**TABLE, "void": [None] * 60})
    assert model.plan_.ignored["void"] == "every value is missing"
    assert model.report_.ignored == 2
    assert model.identity == make().fit({**TABLE, "void": [None] * 60}).identity


@both
def test_an_array_of_numbers_is_a_table(make: Any) -> None:
    numbers = np.random.default_rng(0).normal(size=(40, 5))
    model = make(dim=3).fit(numbers)
    assert model.space_.vectors.shape == (40, 3)
    np.testing.assert_array_equal(model.encode(numbers[4:6]), model.space_.vectors[4:6])


@both
def test_rows_of_one_town_lie_near_each_other(make: Any) -> None:
    table = mixed_table(200)
    model = make(dim=8).fit(table) if make is linear else small(dim=8, hidden=32, epochs=12).fit(table)
    towns = np.array([town or "" for town in table["town"]])
    same = other = 0.0
    vectors = model.space_.vectors / np.linalg.norm(model.space_.vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    alike = towns[:, None] == towns[None, :]
    np.fill_diagonal(cosines, np.nan)
    same, other = np.nanmean(cosines[alike]), np.nanmean(cosines[~alike])
    assert same > other + 0.2


@both
def test_categories_have_a_space(make: Any) -> None:
    model = make().fit(TABLE)
    assert sorted(model.category_space("town").keys) == sorted(TOWNS)
    assert list(model.category_space("coast").keys) == ["false", "true"]
    assert len(model.category_space("since.month")) == 12
    assert model.category_space("town").identity == model.identity
    in_rome = [row for row, town in enumerate(TABLE["town"]) if town == "Rome"]
    centre = model.space_.vectors[in_rome].mean(axis=0)
    np.testing.assert_allclose(model.category_space("town")["Rome"], centre, atol=1e-5)
    assert model.category_space("since.weekday").keys[0] == "Monday"
    with pytest.raises(ParameterError, match="column 'heat' holds no categories that the model knows; those"):
        model.category_space("heat")
    with pytest.raises(NotFitted):
        make().category_space("town")


def test_categories_that_go_with_the_same_values_lie_near_each_other() -> None:
    draw = np.random.default_rng(3)
    kind = draw.integers(0, 6, 1500)
    group = kind // 2
    table = {
        "name": [f"n{k}" for k in kind],  # n0 and n1 are names of one kind of thing, and so on
        "size": (10.0 * group + draw.normal(size=1500)).tolist(),
        "shape": [f"s{g}" for g in group],
        "weight": (5.0 * (group == 1) + draw.normal(size=1500)).tolist(),
    }
    names = small(dim=8, hidden=32, epochs=12, seed=1).fit(table).category_space("name")
    for one in range(6):
        assert names.neighbors(f"n{one}", 1)[0].key == f"n{one ^ 1}"


@both
def test_a_saved_model_encodes_as_before(make: Any, tmp_path: Path) -> None:
    model = make().fit(TABLE)
    model.save(tmp_path / "rows")
    modes = {path.stat().st_mode for path in (tmp_path / "rows").iterdir()}
    assert len(modes) == 1
    again = type(model).load(tmp_path / "rows")
    opened = nearer.encoder(tmp_path / "rows")
    for other in (again, opened):
        assert other.identity == model.identity
        assert other.dim == 4
        np.testing.assert_array_equal(other.encode(mixed_rows(9)), model.encode(mixed_rows(9)))
    assert again.space_.keys == model.space_.keys
    assert again.plan_ == model.plan_
    np.testing.assert_array_equal(again.category_space("town").vectors, model.category_space("town").vectors)
    with pytest.raises(NotFitted):
        make().save(tmp_path / "other")
    for file in (tmp_path / "rows").glob("arrays-*"):
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
    with pytest.raises(IntegrityError, match="cut short or edited"):
        nearer.encoder(tmp_path / "rows")


@both
def test_the_identity_follows_what_decides_a_vector(make: Any) -> None:
    first = make().fit(TABLE).identity
    assert make().fit(TABLE).identity == first
    assert make(dim=3).fit(TABLE).identity != first
    assert make(ignore=["note"]).fit(TABLE).identity != first
    assert make(kinds={"visits": "category"}).fit(TABLE).identity != first


def test_a_loaded_model_goes_on_and_takes_other_rows(tmp_path: Path) -> None:
    whole = small().fit(TABLE).fit(TABLE)
    small().fit(TABLE).save(tmp_path / "rows")
    again = TableAutoencoder.load(tmp_path / "rows", threads=1).fit(TABLE)
    assert again.identity == whole.identity
    assert again.report_.epochs == 6
    more = again.fit(mixed_table(30, seed=5))
    assert len(more.space_) == 30
    with pytest.raises(ParameterError, match="dim was decided when this model was trained, and is 4"):
        TableAutoencoder.load(tmp_path / "rows", dim=5)
    with pytest.raises(ParameterError, match="hidden=9, but this model is fitted with hidden=8"):
        again.set_params(hidden=9).fit(TABLE)


@both
def test_what_the_fit_decided_is_kept_and_cannot_be_given_to_load(make: Any, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"kinds": {"visits": "category"}, "ignore": ["note"]}
    make(**asked).fit(TABLE).save(tmp_path / "rows")
    again = nearer.encoder(tmp_path / "rows")
    assert isinstance(again, FAMD | TableAutoencoder)
    assert {name: again.get_params()[name] for name in asked} == asked
    for name, value, was in (
        ("dim", 2, "4"),
        ("seed", 2, "0"),
        ("kinds", {}, "{'visits': 'category'}"),
        ("ignore", None, "['note']"),
    ):
        with pytest.raises(
            ParameterError, match=re.escape(f"{name} was decided when this model was trained, and is {was};")
        ):
            type(again).load(tmp_path / "rows", **{name: value})


def test_a_further_fit_refuses_other_kinds_and_columns(tmp_path: Path) -> None:
    model = small(ignore=["note"]).fit(TABLE)
    model.save(tmp_path / "rows")
    for fitted in (model, TableAutoencoder.load(tmp_path / "rows")):
        with pytest.raises(
            ParameterError, match=r"kinds={'visits': 'category'}, but .* fitted with kinds=None; "
        ):
            fitted.set_params(kinds={"visits": "category"}).fit(TABLE)
        with pytest.raises(ParameterError, match=r"ignore=None, but .* fitted with ignore=\['note'\]; "):
            fitted.set_params(kinds={}, ignore=()).fit(TABLE)
        assert fitted.set_params(ignore=("note",)).fit(TABLE).report_.epochs == 6


def test_the_dimension_of_a_fitted_famd_is_that_of_its_vectors() -> None:
    model = linear(dim=2).fit(TABLE).set_params(dim=3)
    assert (model.dim, model.get_params()["dim"], clone(model).dim) == (2, 3, 3)
    assert nearer.embed(model, pa.table(TABLE)).space.vectors.shape == (60, 2)
    with pytest.raises(ParameterError, match="dim=0 is not allowed"):
        model.set_params(dim=0).fit(TABLE)
    assert model.set_params(dim=3).fit(TABLE).dim == 3
    assert model.space_.dim == 3


def test_a_checkpoint_is_resumed_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = small().fit(TABLE)
    train = table_training.TableTraining.train
    calls: list[int] = []

    def stopped(self: Any, arrays: Any, first: int, last: int, threads: int, variant: str) -> Any:
        calls.append(first)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return train(self, arrays, first, last, threads, variant)

    monkeypatch.setattr("nearer.models.loop.CALL_SECONDS", 0.0)
    monkeypatch.setattr(table_training.TableTraining, "train", stopped)
    model = small(checkpoint=tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        model.fit(TABLE)
    assert model.report_.interrupted
    assert len(model.space_) == 60
    resumed = small(checkpoint=tmp_path / "run").fit(TABLE)
    assert len(calls) > 3
    assert resumed.identity == whole.identity
    with pytest.raises(ParameterError, match="the checkpoint was made with another corpus"):
        small(checkpoint=tmp_path / "run").fit(mixed_table(61))


def test_training_that_diverges_is_named() -> None:
    model = small(learning_rate=1e30)
    with pytest.raises(ParameterError, match=r"training diverged: the loss is .* lower learning_rate"):
        model.fit(TABLE)


def test_the_report_says_what_was_read() -> None:
    report = small().fit(TABLE).report_
    assert (report.rows, report.columns, report.ignored, report.epochs) == (60, 6, 1, 3)
    assert not report.interrupted


def test_one_row_alone_has_a_vector() -> None:
    model = small(dim=2).fit([{"a": 1.0, "b": "x"}])
    assert model.space_.vectors.shape == (1, 2)
    assert np.isfinite(model.encode([{"a": 2.0, "b": "y"}])).all()


def test_the_famd_of_a_table_that_is_too_narrow_says_so() -> None:
    with pytest.raises(ParameterError, match="dim=32 is above the number of dimensions"):
        FAMD().fit({"a": [1.0, 2.0, 3.0], "b": [1.0, 5.0, 2.0]})
