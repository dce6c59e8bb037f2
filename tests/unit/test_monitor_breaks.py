"""Themes through time: planted rises and falls, times in every form, what cannot be read is named."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer.errors import InputError, ModelNotFound, ParameterError, SpaceMismatch, StorageError, UnknownKey
from nearer.monitor import Breaks, breaks

YEARS = np.repeat(np.arange(1980, 2010), 30)
THEME = np.eye(8)[0]


def collection(seed: int = 0, rise: int = 1995, fall: int | None = None, share: float = 0.5) -> nearer.Space:
    """Random items of 30 years; from `rise` until `fall` a share of them is about the theme."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(len(YEARS), 8))
    there = (rise <= YEARS) & ((fall or 9999) > YEARS) & (generator.random(len(YEARS)) < share)
    vectors[there] += 8 * THEME
    keys = [f"{'theme' if about else 'item'}-{row}" for row, about in enumerate(there)]
    return nearer.Space(keys, vectors, items={"year": YEARS.tolist()})


def places(found: Breaks, name: str = "theme") -> list[tuple[str, bool]]:
    return [(one.at, one.rose) for one in found[name].breaks]


@pytest.mark.parametrize("top", [0.25, None])
def test_a_rise_and_a_fall_are_found_with_the_items_behind(top: float | None) -> None:
    found = breaks(collection(fall=2003, share=0.5), "year", {"theme": THEME}, top=top)
    assert places(found) == [("1995", True), ("2003", False)]
    for one in found["theme"].breaks:
        assert one.interval[0] <= one.at <= one.interval[1]
        assert one.p_value <= 0.05
        assert all(key.startswith("theme-") for key in one.items)
    rose, fell = found["theme"].breaks
    assert set(rose.times) <= {"1995", "1996", "1997"}
    assert set(fell.times) <= {"2000", "2001", "2002"}


def test_what_does_not_change_is_steady() -> None:
    found = breaks(collection(share=0.0), "year", {"theme": THEME, "other": np.eye(8)[1]})
    assert places(found) == places(found, "other") == []
    assert "steady" in str(found)
    assert found.page().html().count("No break beyond what chance makes.") == 2


def test_themes_are_keys_vectors_or_axes() -> None:
    space = collection()
    about = [key for key in space.keys if key.startswith("theme")][:5]

    class Axis:
        direction = THEME
        identity = space.identity

    forms: dict[str, Any] = {
        "keys": about,
        "key": about[0],
        "vectors": space.vectors[space.rows(about)],
        "axis": Axis(),
    }
    found = breaks(space, "year", forms, top=0.25)
    np.testing.assert_array_equal(found["keys"].values, found["vectors"].values)
    for name in ("keys", "vectors", "axis"):
        assert places(found, name) == [("1995", True)]
    Axis.identity = "0" * 64
    with pytest.raises(SpaceMismatch, match="the axis of theme 'axis' has identity 000000000000, expected"):
        breaks(space, "year", {"axis": Axis()})


def test_the_order_of_items_does_not_matter() -> None:
    space = collection()
    order = np.random.default_rng(3).permutation(len(space))
    first, second = (breaks(one, "year", {"theme": THEME}) for one in (space, space.take(order)))
    np.testing.assert_allclose(first["theme"].values, second["theme"].values)
    assert first["theme"].breaks == second["theme"].breaks


def test_times_in_every_form() -> None:
    space = collection()
    whole = breaks(space, "year", {"theme": THEME}, top=0.25)
    days = [date(year, 1 + row % 12, 1 + row % 28) for row, year in enumerate(YEARS.tolist())]
    forms: list[tuple[Any, str | None]] = [
        (YEARS, None),
        ([str(year) for year in YEARS], None),
        ([float(year) for year in YEARS], None),
        (days, "year"),
        ([day.isoformat() for day in days], "year"),
        ([f"{day.isoformat()}T12:30:00+00:00" for day in days], "year"),
        ([datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days], "year"),
        (np.array(days, dtype="datetime64[ns]"), "year"),
    ]
    for times, period in forms:
        found = breaks(space, times, {"theme": THEME}, period=period, top=0.25)
        assert found.periods == whole.periods
        assert found.themes == whole.themes
    by_month = breaks(space, days, {"theme": THEME}, period="month", top=0.25, permutations=199)
    assert by_month.periods[0] == "1980-01"
    assert places(by_month)[0][0][:4] in ("1994", "1995", "1996")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": "month"}, r"there is no column 'month'; it has year"),
        ({"times": [1, 2]}, r"2 times for 900 items; pass one time an item"),
        ({"times": ["soon", *YEARS[1:]]}, r"times, row 1: .*1980.* is no time of the kind of 'soon'"),
        ({"times": [*YEARS[1:], float("nan")]}, r"times, row 899: there is no time; fill it in"),
        ({"times": [*YEARS[1:], None]}, r"times, row 899: there is no time; fill it in"),
        ({"times": [*YEARS[1:], "2001-01-01"]}, r"times, row 899: '2001-01-01' is no time of the kind of"),
        ({"period": "year"}, r"times, row 0: 1980 is a number, no date; leave the period out"),
        ({"period": "week"}, r"period is 'week'; use one of day, month, year"),
        ({"times": np.arange(900) % 5}, r"5 periods, and a step is told from chance by 6 at least"),
        ({"themes": {}}, r"there are no themes"),
        ({"themes": {"t": np.zeros(8)}}, r"theme 't' has no direction"),
        ({"themes": {"t": [np.nan] * 8}}, r"theme 't' has no direction"),
        ({"themes": {"t": np.ones(3)}}, r"theme 't' is array.*pass a key, keys, or vectors of 8 numbers"),
        ({"themes": {"t": []}}, r"theme 't' is \[\]"),
        ({"top": 1.0}, r"top is 1.0"),
        ({"alpha": 0}, r"alpha is 0"),
        ({"least": 0}, r"least is 0; use a whole number of at least 1"),
        ({"permutations": 10}, r"permutations=10 cannot reach alpha for so many themes; draw at least 19"),
    ],
)
def test_bad_input_is_one_line(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"times": "year", "themes": {"theme": THEME}, **change}
    with pytest.raises((InputError, ParameterError), match=message):
        breaks(collection(), **arguments)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(UnknownKey, match="'nobody' is not in this space"):
        breaks(collection(), "year", {"theme": ["nobody"]})


def test_a_space_without_columns_says_how_to_keep_them() -> None:
    space = collection()
    with pytest.raises(InputError, match="there is no column 'year'; it has no payload columns"):
        breaks(nearer.Space(space.keys, space.vectors), "year", {"theme": THEME})


def test_the_page_shows_every_theme(tmp_path: Path) -> None:
    found = breaks(collection(), "year", {"<theme>": THEME, "other": np.eye(8)[1]}, top=0.25)
    found.save(tmp_path / "themes.html")
    text = (tmp_path / "themes.html").read_text(encoding="utf-8")
    assert "&lt;theme&gt;" in text
    assert "<theme>" not in text
    assert ": rose from" in text
    assert text.count("<svg") == 2
    with pytest.raises(StorageError, match="already exists"):
        found.save(tmp_path / "themes.html")


@pytest.mark.slow
@pytest.mark.skipif("NEARER_DATA" not in os.environ, reason="NEARER_DATA names no folder of data")
def test_speeches_tell_when_themes_came_and_went() -> None:
    try:
        encoder = nearer.encoder("wordllama")
    except ModelNotFound as error:
        pytest.skip(str(error))
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(Path(os.environ["NEARER_DATA"]) / "drift/un_debates_1946_2022.parquet")
    sentences = {}
    for row, speech in enumerate(table.to_pylist()):
        for number, sentence in enumerate(re.split(r"(?<=[.!?])\s+", speech["text"].replace("\n", " "))):
            if len(sentence) > 40:
                sentences[f"{row}.{number}"] = (sentence, speech["year"])
    texts, years = zip(*sentences.values(), strict=True)
    space = nearer.Space(list(sentences), encoder.encode(list(texts)), identity=encoder.identity)
    words = ["apartheid", "the Soviet Union", "climate change", "the COVID-19 pandemic"]
    themes = dict(zip(words, encoder.encode_query(words), strict=True))
    found = breaks(space, years, themes)
    expected = {"apartheid": (1992, False), "the Soviet Union": (1992, False), "climate change": (2007, True)}
    for name, (year, rose) in {**expected, "the COVID-19 pandemic": (2020, True)}.items():
        near = [one for one in found[name].breaks if abs(int(one.at) - year) <= 1 and one.rose == rose]
        assert near, found[name].breaks
