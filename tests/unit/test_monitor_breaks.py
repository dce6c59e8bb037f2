"""Breaks of themes in time: found where they are, at the rate that is stated, with the items behind."""

from __future__ import annotations

import datetime
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import nearer
from nearer import Space
from nearer.chance import binomial_interval
from nearer.errors import InputError, ModelNotFound, ParameterError, SpaceMismatch, UnknownKey
from nearer.monitor import breaks
from nearer.monitor.breaks_split import (
    between,
    find_splits,
    place_interval,
    smallest_p,
    split_p_value,
    variances,
)

DATA = Path(os.environ.get("NEARER_DATA", "/nonexistent")) / "drift" / "un_debates_1946_2022.parquet"
DIM = 32
YEARS = np.repeat(np.arange(1980, 2010), 12)


def planted(seed: int = 0) -> Space:
    """360 items of 30 years: theme 0 up in 1995, theme 1 up in 1990 and down in 2000, theme 2 never."""
    generator = np.random.default_rng(seed)
    rows = generator.standard_normal((360, DIM)) + generator.standard_normal((30, DIM))[YEARS - 1980] / 5
    rows[:, DIM - 1] += 8.0  # what all items share, as in most spaces of texts
    rows[:, 0] += 1.5 * (YEARS >= 1995)
    rows[:, 1] += 1.5 * ((YEARS >= 1990) & (YEARS < 2000))
    keys = [f"{year} {n}" for n, year in enumerate(YEARS)]
    return Space(keys, rows, "euclidean", {"year": YEARS})


THEMES = {"up": np.eye(DIM)[0], "both": np.eye(DIM)[1], "flat": np.eye(DIM)[2]}


@pytest.mark.parametrize("share", [None, 0.2])
def test_planted_breaks_are_found_with_the_items_behind(share: float | None) -> None:
    found = breaks(planted(), "year", THEMES, share=share, permutations=999)
    assert [(one.theme, one.rose) for one in found.breaks] == [("up", True), ("both", True), ("both", False)]
    for one, year in zip(found.breaks, (1995, 1990, 2000), strict=True):
        assert abs(int(one.at) - year) <= 1
        assert int(one.interval[0]) <= year <= int(one.interval[1])
        assert one.p_value <= 0.05
        assert len(one.items) == 5
        assert all((int(item.time) >= int(one.at)) == one.rose for item in one.items)
        scores = [item.score for item in one.items]
        assert scores == sorted(scores, reverse=True)
        assert (one.after > one.before) == one.rose == (one.effect > 0)
    assert found.p_values["flat"] > 0.05
    assert found.strongest("flat") is None
    assert len(found.series["up"]) == 30


def test_the_order_of_items_is_no_matter_and_a_seed_gives_the_same_bits() -> None:
    space = planted()
    order = np.random.default_rng(5).permutation(len(space))
    one, other = breaks(space, "year", THEMES), breaks(space.take(order), YEARS[order], THEMES)
    assert one.breaks[0].at == other.breaks[0].at
    assert one.p_values == other.p_values
    assert one.to_dict() == breaks(space, "year", THEMES).to_dict()


def test_times_may_be_dates_and_are_grouped() -> None:
    space = planted()
    dates = [datetime.date(int(year), 1 + n % 12, 3) for n, year in enumerate(YEARS)]
    by_date = breaks(space, dates, THEMES, per="year")
    assert by_date.to_dict() == breaks(space, "year", THEMES).to_dict()
    texts = [date.isoformat() for date in dates]
    assert breaks(space, texts, THEMES, per="year").to_dict() == by_date.to_dict()
    monthly = breaks(space, [f"{text[:7]}" for text in texts], {"up": THEMES["up"]}, per="month")
    assert monthly.times[0] == "1980-01"
    assert monthly.breaks[0].at.startswith(("1994", "1995"))


def test_themes_may_be_keys_or_an_axis() -> None:
    space = planted()
    axis = space.axis([np.eye(DIM)[0]], [-np.eye(DIM)[0]])
    assert breaks(space, "year", {"up": axis}).breaks[0].at == "1995"
    keyed = breaks(space, "year", {"up": space.neighbors(10 * np.eye(DIM)[0], 5).keys}, items=360)
    named = set(space.neighbors(10 * np.eye(DIM)[0], 5).keys)
    assert abs(int(keyed.breaks[0].at) - 1995) <= 2
    assert not named & {item.key for item in keyed.breaks[0].items}  # what names a theme is no item of it
    with pytest.raises(SpaceMismatch, match="make the axis anew"):
        breaks(planted(1), "year", {"up": axis})


def test_squares_between_the_sides_are_those_of_the_definition() -> None:
    generator = np.random.default_rng(0)
    counts = generator.integers(1, 9, (3, 11)).astype(float)
    sums = generator.standard_normal((3, 11)) * counts
    for row, found in enumerate(between(sums, counts, 2)):
        for place, value in enumerate(found, 2):
            n, m = counts[row, :place].sum(), counts[row, place:].sum()
            gap = sums[row, :place].sum() / n - sums[row, place:].sum() / m
            assert value == pytest.approx(n * m / (n + m) * gap**2)
    assert between(sums, counts, 2).shape == (3, 8)


def false_alarms(runs: int, times: int, block: int) -> int:
    """Runs in which any of three series without a change, whose years differ by chance, has a break."""
    generator = np.random.default_rng(7)
    alarms = 0
    for run in range(runs):
        counts = [generator.integers(3, 30, times).astype(float) for _ in range(3)]
        sums = [
            c * generator.standard_normal(times) * 0.3 + generator.standard_normal(times) * c**0.5
            for c in counts
        ]
        found, _ = find_splits(sums, counts, alpha=0.05, least=2, block=block, draws=199, seed=run)
        alarms += bool(found)
    return alarms


def test_themes_that_never_changed_have_a_break_no_oftener_than_alpha() -> None:
    low, high = binomial_interval(false_alarms(400, 24, 1), 400, 0.999)
    assert low <= 0.05
    assert high >= 0.02  # nor far more seldom


@pytest.mark.slow
@pytest.mark.parametrize("block", [1, 3])
def test_the_rate_of_false_breaks_is_held_in_many_runs(block: int) -> None:
    assert false_alarms(3000, 40, block) / 3000 <= 0.06


def test_one_series_is_called_as_often_as_alpha_says() -> None:
    generator = np.random.default_rng(3)
    p_values = []
    for _ in range(600):
        counts = generator.integers(3, 30, 20).astype(float)
        p_value, _ = split_p_value(generator.standard_normal(20) * counts, counts, 2, 1, 199, generator)
        p_values.append(p_value)
    for alpha in (0.05, 0.2, 0.5):
        low, high = binomial_interval(int((np.array(p_values) <= alpha).sum()), 600, 0.999)
        assert low <= alpha <= high


RISING = np.geomspace(10, 2000, 30)


def level(counts: NDArray[np.float64], tau: float, runs: int, step: float = 0.0) -> int:
    """Runs of `runs` with p <= 0.05: normal items, times that differ by `tau`, a step in the middle."""
    generator = np.random.default_rng(11)
    found = 0
    for _ in range(runs):
        means = tau * generator.standard_normal(len(counts)) + step * (np.arange(len(counts)) >= 15)
        sums = counts * means + np.sqrt(counts) * generator.standard_normal(len(counts))
        found += split_p_value(sums, counts, 2, 1, 99, generator)[0] <= 0.05
    return found


@pytest.mark.parametrize("tau", [0.0, 1.0])
def test_counts_that_rise_give_no_breaks_by_themselves(tau: float) -> None:
    """Neither of independent items, nor of effects of whole times; a step is found all the same."""
    low, high = binomial_interval(level(RISING, tau, 500), 500, 0.95)
    assert low <= 0.05
    assert high >= 0.02
    assert level(RISING, tau, 40, step=2.5) >= 36


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.1, 1.0])
@pytest.mark.parametrize(
    "counts",
    [
        RISING,
        RISING[::-1],
        np.random.default_rng(1).permutation(RISING),
        np.full(30, 50.0),
        np.geomspace(5, 5000, 60),
        np.geomspace(30, 300, 40),
    ],
    ids=["rising", "falling", "shuffled", "equal", "steep", "gentle"],
)
def test_the_rate_is_held_however_counts_run(counts: NDArray[np.float64], tau: float) -> None:
    assert level(counts, tau, 1000) / 1000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)


def test_variances_follow_the_counts_only_where_items_make_them() -> None:
    generator = np.random.default_rng(0)
    counts = np.geomspace(1, 1000, 400)
    noise = generator.standard_normal(400)
    by_items = variances(noise / np.sqrt(counts), counts)
    assert 0.5 < by_items[0] / by_items[-1] / 1000 <= 1.001
    by_times = variances(noise, counts)
    assert by_times[0] / by_times[-1] < 1.5
    stepped = noise / np.sqrt(counts) + (np.arange(400) >= 200)
    told = variances(stepped, counts, 200)
    assert 0.5 < told[0] / told[-1] / 1000 <= 1.001
    assert np.ptp(variances(noise, np.full(400, 7.0))) == 0


def test_a_large_space_is_scored_by_block() -> None:
    """Without a copy of the space in float64, which would be twice its size."""
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((20_000, 250), np.float32)
    space = Space([str(n) for n in range(20_000)], rows)
    times = np.arange(20_000) // 1000
    breaks(planted(), "year", THEMES, permutations=99)  # what is imported late is not counted
    tracemalloc.start()
    breaks(space, times, {"x": rows[3], "y": rows[4]}, permutations=99)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * rows.nbytes


@pytest.mark.parametrize("step", [0.6, 1.0])
def test_the_interval_holds_the_place_of_the_break(step: float) -> None:
    generator = np.random.default_rng(1)
    held, widths = 0, []
    for run in range(200):
        counts = generator.integers(10, 40, 40).astype(float)
        means = step * (np.arange(40) >= 24) + 0.4 * generator.standard_normal(40)
        sums = counts * means + np.sqrt(counts) * generator.standard_normal(40)
        at = int(between(sums[None], counts[None], 2)[0].argmax()) + 2
        low, high = place_interval(sums, counts, at, 2, run, 199)
        held += low <= 24 <= high
        widths.append(high - low)
    assert held / 200 >= 0.9
    assert np.mean(widths) < 20


def test_the_least_p_value_is_that_of_a_perfect_step() -> None:
    generator = np.random.default_rng(0)
    sums, counts = np.repeat([0.0, 1.0], 4), np.ones(8)
    p_value, at = split_p_value(sums, counts, 2, 1, 20_000, generator)
    assert at == [4]
    assert smallest_p(8, 1, 20_000) - 0.005 <= p_value <= 0.06
    assert smallest_p(8, 1, 10**6) == pytest.approx(2 / 70)
    assert smallest_p(16, 2, 10**6) == pytest.approx(2 / 70)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"times": "date"}, InputError, "there is no column 'date'; it has year"),
        ({"times": [1990] * 7}, InputError, "7 times for 360 items"),
        ({"times": [*range(1, 360), float("nan")]}, InputError, "times, row 359: there is no time"),
        ({"times": [*["1990-02-01"] * 300, "soon", *["1991"] * 59]}, InputError, "300: 'soon' is no time;"),
        ({"times": [*["1990-02-01"] * 359, 3]}, InputError, "row 359: 3 is no time of the kind of"),
        ({"times": [None] * 360}, InputError, "row 0: there is no time"),
        ({"times": np.arange(360) % 4}, ParameterError, "4 times reach p = 0.333 at best"),
        ({"times": np.arange(360) % 4}, ParameterError, "give at least 9 times"),
        ({"permutations": 19}, ParameterError, "use 59 permutations or more"),
        ({"themes": {}}, ParameterError, "there are no themes"),
        ({"themes": {"x": "nope"}}, UnknownKey, "'nope' is not in this space"),
        ({"themes": {"x": [1.0, 2.0]}}, ParameterError, "theme 'x' is [1.0, 2.0]"),
        ({"themes": {"x": [np.nan] * DIM}}, ParameterError, "finite vectors of 32 columns"),
        ({"themes": {"x": [0.0] * DIM}}, InputError, "theme 'x' scores all items the same"),
        ({"per": "week"}, ParameterError, "per is 'week'"),
        ({"per": "year"}, ParameterError, "times are numbers"),
        ({"share": 2}, ParameterError, "share is 2"),
        ({"block": 0}, ParameterError, "block is 0; pass a whole number of at least 1"),
        ({"items": 1.5}, ParameterError, "items is 1.5; pass a whole number of at least 0"),
        ({"seed": -1}, ParameterError, "seed is -1; use a whole number of at least 0"),
        ({"seed": "a"}, ParameterError, "seed is 'a'; use a whole number"),
        ({"alpha": 1.5}, ParameterError, "alpha is 1.5"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(call: dict[str, object], error: type[Exception], message: str) -> None:
    arguments = {"times": "year", "themes": THEMES, **call}
    with pytest.raises(error) as raised:
        breaks(planted(), arguments.pop("times"), arguments.pop("themes"), **arguments)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_constant_vectors_are_named() -> None:
    space = Space([str(n) for n in range(40)], np.ones((40, 3)))
    with pytest.raises(InputError, match="scores all items the same"):
        breaks(space, np.arange(40), {"x": [1.0, 0.0, 0.0]})


def test_the_page_and_the_table_show_every_theme(tmp_path: Path) -> None:
    found = breaks(planted(), "year", {**THEMES, "<b>": np.eye(DIM)[3]}, permutations=999)
    found.save(tmp_path / "breaks.html")
    text = (tmp_path / "breaks.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    assert "<b>" not in text
    assert found.breaks[0].items[0].key in text
    for word in ("up", "1995", "none", "at most 0.05"):
        assert word in str(found)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_file(), reason="NEARER_DATA does not name the data folder")
def test_the_turns_of_the_general_debate_are_found() -> None:
    """Themes of speeches in the United Nations (Baturo, Dasandi & Mikhaylov, 2017), by static vectors."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        encoder = nearer.encoder("wordllama")
    except ModelNotFound:
        pytest.skip("the package wordllama is not installed")
    table = pq.read_table(DATA)
    rows = encoder.encode(table["text"].to_pylist(), show_progress=False)
    keys = [f"{y} {c}" for y, c in zip(table["year"].to_pylist(), table["country"].to_pylist(), strict=True)]
    texts = {
        "apartheid": "apartheid in South Africa",
        "cold war": "the cold war between East and West",
        "terrorism": "terrorism and terrorist attacks",
        "climate": "climate change and global warming",
        "pandemic": "the COVID-19 pandemic and vaccines",
    }
    vectors = encoder.encode(list(texts.values()), show_progress=False)
    themes = {name: vectors[place][None] for place, name in enumerate(texts)}
    found = breaks(Space(keys, rows), table["year"].to_numpy(), themes, share=0.05)
    for theme, year, rose in (
        ("apartheid", 1992, False),
        ("cold war", 1991, False),
        ("terrorism", 2001, True),
        ("climate", 2007, True),
        ("pandemic", 2020, True),
    ):
        assert any(abs(int(one.at) - year) <= 3 and one.rose == rose for one in found.of(theme)), theme
