"""Choosing the dimension: what is measured, how sure it is, what is recommended, how it is drawn."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.stats import spearmanr

from nearer import Space, Word2Vec
from nearer.errors import FormatError, InputError, ParameterError, StorageError
from nearer.evaluate import DimensionResult, Estimate, choose_dimension, similarity
from nearer.evaluate.dimension.quality import Judgement, mean_interval, paired_interval
from nearer.evaluate.dimension.result import Reduction
from nearer.evaluate.result import Result
from nearer.space import Metric

KEYS = [f"k{row}" for row in range(60)]
DIM = 12


def complete_at(d: int) -> Space:
    """A space of 12 columns of which only the first `d` hold anything."""
    vectors = np.random.default_rng(0).standard_normal((60, DIM))
    vectors[:, d:] = 0
    return Space(KEYS, vectors)


def pairs_of(space: Space, noise: float = 0.0) -> list[tuple[str, str, float]]:
    """Pairs rated by the space itself."""
    rng = np.random.default_rng(1)
    pairs = [(a, b) for a, b in rng.choice(KEYS, (80, 2)).tolist() if a != b]
    return [(a, b, space.similarity(a, b) + rng.normal(0, noise)) for a, b in pairs]


def judge(pairs: list[tuple[str, str, float]]) -> Callable[[Space], Any]:
    return lambda space: similarity(space, pairs)


def of_qualities(*values: float) -> Callable[[Space], float]:
    """An evaluator that gives the n-th value at dimension n."""
    return lambda space: values[space.dim - 1]


class Learner:
    """A model whose space depends on dimension and seed; counts its fits."""

    fits: list[tuple[int, int]] = []  # noqa: RUF012  (shared by all clones on purpose)

    def __init__(self, dim: int = 3, seed: int = 0, width: float = 1.0) -> None:
        self.dim, self.seed, self.width = dim, seed, width

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"dim": self.dim, "seed": self.seed, "width": self.width}

    def set_params(self, **parameters: Any) -> Self:
        vars(self).update(parameters)
        return self

    def fit(self, corpus: Sequence[str]) -> Self:
        Learner.fits.append((self.dim, self.seed))
        vectors = np.full((len(corpus), self.dim), self.width + self.seed)
        self.space_ = Space(corpus, vectors)
        return self


@dataclass(frozen=True)
class Judged(Result):
    """A result with an estimate, as the judgements return."""

    estimate: Estimate
    coverage: float = 0.5

    @property
    def value(self) -> float:
        return self.estimate.value

    @property
    def interval(self) -> tuple[float, float]:
        return self.estimate.interval

    @property
    def n(self) -> int:
        return self.estimate.n


@pytest.mark.parametrize("reduction", ["prefix", "pca", "svd"])
@pytest.mark.parametrize("d", [3, 6])
def test_a_space_complete_at_a_dimension_is_told_so(reduction: str, d: int) -> None:
    space = complete_at(d)
    result = choose_dimension(space, judge(pairs_of(space)), range(1, DIM + 1), reduction=reduction)
    by_dim = {row.dim: row for row in result.rows}
    if reduction == "pca":  # which looks on from the mean, at the whole dimension too
        assert by_dim[d].quality == pytest.approx(by_dim[DIM].quality)
    else:
        assert result.recommended == d
        assert by_dim[d].quality == pytest.approx(1)
        assert by_dim[d - 1].quality < 0.99
        assert by_dim[DIM].quality == pytest.approx(1)
    assert result.reduction == reduction
    assert (result.n, result.coverage) == (len(pairs_of(space)), 1)


def test_pca_is_complete_for_distances() -> None:
    space = Space(KEYS, complete_at(4).vectors + 3, "euclidean")
    result = choose_dimension(space, judge(pairs_of(space)), [2, 3, 4, 5, 12], reduction="pca")
    assert result.recommended == 4
    assert result.rows[2].quality == pytest.approx(1)


def far_from_the_origin(d: int, metric: Metric = "cosine") -> Space:
    """A space of 12 columns, of which `d` hold anything, with a mean much longer than its spread."""
    vectors = complete_at(d).vectors.copy()
    vectors[:, 0] += 10
    return Space(KEYS, vectors, metric)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("reduction", [None, "pca", "svd"])
def test_the_curve_does_not_jump_at_the_whole_dimension(metric: Metric, reduction: Reduction | None) -> None:
    space = far_from_the_origin(5, metric)
    result = choose_dimension(space, judge(pairs_of(space)), [2, 5, 8, 11, DIM], reduction=reduction)
    quality = [row.quality for row in result.rows]
    assert quality[1:] == pytest.approx([quality[1]] * 4, abs=1e-3)
    centred = metric != "euclidean" and reduction == "pca"  # is another space, with other cosines
    assert (quality[-1] < 0.9) if centred else (quality[-1] > 0.999)
    assert result.reduction == (reduction or ("pca" if metric == "euclidean" else "svd"))
    if reduction is None and metric != "dot":  # whose products the mean decides: one axis tells nearly all
        assert (result.recommended, quality[0] < 0.9) == (5, True)


def test_the_whole_dimension_is_the_space_as_it_is_or_centred() -> None:
    space = complete_at(DIM)
    seen: list[Space] = []
    choose_dimension(space, lambda s: seen.append(s) or 1.0, [2, DIM])
    assert seen[1] is space
    np.testing.assert_array_equal(seen[0].vectors, space.reduce(2, "svd").vectors)
    choose_dimension(space, lambda s: seen.append(s) or 1.0)
    assert [one.dim for one in seen[2:]] == [8, DIM]
    choose_dimension(space, lambda s: seen.append(s) or 1.0, [DIM], reduction="pca")
    assert seen[4].identity == space.reduce(DIM, "pca").identity


@pytest.mark.parametrize(
    ("values", "tolerance", "relative", "recommended", "best"),
    [
        ((0.5, 0.6, 0.7, 0.8), 0.0, False, 4, 4),
        ((0.5, 0.6, 0.7, 0.8), 0.1, False, 3, 4),
        ((0.5, 0.6, 0.7, 0.8), 0.3, False, 1, 4),
        ((0.5, 0.6, 0.7, 0.8), 0.25, True, 2, 4),
        ((0.8, 0.6, 0.8, 0.7), 0.0, False, 1, 1),
        ((0.5, 0.79, 0.7, 0.8), 0.01, False, 2, 4),
        ((-0.5, -0.6, -0.55, -0.4), 0.1, False, 1, 4),
        ((-0.5, -0.6, -0.55, -0.4), 0.1, True, 4, 4),
        ((0.0, 0.0, 0.0, 0.0), 0.1, True, 1, 1),
        ((1e9, 2e9, 3e9, 4e9), 1e9, False, 3, 4),
    ],
)
def test_the_smallest_within_the_tolerance_is_recommended(
    values: tuple[float, ...], tolerance: float, relative: bool, recommended: int, best: int
) -> None:
    result = choose_dimension(
        complete_at(DIM), of_qualities(*values), [1, 2, 3, 4], tolerance=tolerance, relative=relative
    )
    assert (result.recommended, result.best) == (recommended, best)
    assert result.value == values[recommended - 1]
    assert [row.within for row in result.rows][recommended - 1]
    assert result.margin == pytest.approx(tolerance * (abs(values[best - 1]) if relative else 1))
    assert (result.interval, result.sure, result.n, result.coverage) == (None, None, None, None)
    allowed = f"{100 * tolerance:g} %" if relative else f"{tolerance:g}"
    assert f"within {allowed}" in str(result)


def test_memory_is_that_of_the_codes_and_time_is_measured() -> None:
    space = complete_at(DIM)
    result = choose_dimension(space, of_qualities(*range(12)), [1, 9], search_items=40)
    assert result.rows[1].bytes_per_million == {
        "f32": 36_000_000,
        "f16": 18_000_000,
        "int8": 13_000_000,
        "binary": 6_000_000,
    }
    assert result.search_items == 40
    assert all(0 < row.search_ms < 1000 for row in result.rows)
    assert all(row.train_seconds is None for row in result.rows)


def test_a_larger_search_takes_longer() -> None:
    space = Space(map(str, range(30_000)), np.random.default_rng(0).standard_normal((30_000, 64)))
    few = choose_dimension(space, lambda _: 1.0, [64], search_items=300).rows[0].search_ms
    many = choose_dimension(space, lambda _: 1.0, [64]).rows[0].search_ms
    assert many > 3 * few


def test_a_model_is_trained_at_each_dimension_for_each_seed() -> None:
    Learner.fits.clear()
    model = Learner(width=2.0)
    result = choose_dimension(
        model, lambda s: float(s.dim + s.vectors[0, 0]), [2, 5], corpus=KEYS, seeds=[4, 7, 9]
    )
    assert Learner.fits == [(dim, seed) for dim in (2, 5) for seed in (4, 7, 9)]
    assert result.rows[0].values == [8, 11, 13]
    assert result.rows[0].quality == pytest.approx(32 / 3)
    assert (result.seeds, result.reduction) == ([4, 7, 9], "training")
    assert all(row.train_seconds is not None for row in result.rows)
    assert not hasattr(model, "space_")
    assert (model.dim, model.seed) == (3, 0)
    Learner.fits.clear()
    choose_dimension(model, lambda _: 1.0, [2], corpus=KEYS)
    assert Learner.fits == [(2, 0), (2, 1), (2, 2)]


def test_word_vectors_are_trained_the_same_again() -> None:
    rng = np.random.default_rng(0)
    corpus = [" ".join(rng.choice(KEYS[:30], 40)) for _ in range(60)]
    pairs = [(a, b, float(i)) for i, (a, b) in enumerate(zip(KEYS[:20], KEYS[10:30], strict=True))]
    model = Word2Vec(epochs=1, threads=1, min_count=1)
    one, other = (
        choose_dimension(model, judge(pairs), [4, 8], corpus=corpus, seeds=2, name="similarity")
        for _ in range(2)
    )
    assert [row.values for row in one.rows] == [row.values for row in other.rows]
    assert [row.interval for row in one.rows] == [row.interval for row in other.rows]
    assert len(set(one.rows[0].values)) == 2
    assert "train s" in str(one)
    assert "2 seeds" in str(one)


def judgement(value: float, resamples: np.ndarray | None = None, width: float | None = None) -> Judgement:
    interval = None if width is None else (value - width / 2, value + width / 2)
    return Judgement(value, interval, 10, 1.0, resamples)


def test_intervals_over_seeds_are_the_normal_ones_for_many_seeds() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 40)
    low, high = mean_interval([judgement(value) for value in values], 0)
    width = 1.96 * values.std(ddof=1) / np.sqrt(40)
    np.testing.assert_allclose((low, high), (values.mean() - width, values.mean() + width), atol=0.005)


def test_intervals_of_few_seeds_are_widened_by_what_they_understate() -> None:
    values = [0.1, 0.2]
    low, high = mean_interval([judgement(value) for value in values], 0)
    assert (low, high) == pytest.approx((0.15 - 0.05 * np.sqrt(2), 0.15 + 0.05 * np.sqrt(2)))


def test_intervals_hold_seeds_and_items_together() -> None:
    items = np.random.default_rng(0).normal(0, 0.1, 2000)
    seeds = np.random.default_rng(1).normal(0, 0.1, 30)
    runs = [judgement(seed, seed + items) for seed in seeds]
    by_width = [judgement(seed, None, 2 * 1.96 * 0.1) for seed in seeds]
    expected = 2 * 1.96 * np.hypot(0.1, seeds.std(ddof=1) / np.sqrt(30))
    for judged in (runs, by_width):
        low, high = mean_interval(judged, 0)
        assert high - low == pytest.approx(expected, rel=0.06)


def test_differences_are_paired_by_seeds_and_items() -> None:
    items = np.random.default_rng(0).normal(0, 1, 2000)
    seeds = np.random.default_rng(1).normal(0, 1, 5)
    best = [judgement(seed, seed + items) for seed in seeds]
    runs = [judgement(seed - 0.1, seed + items - 0.1) for seed in seeds]
    assert paired_interval(runs, best, 0) == pytest.approx((-0.1, -0.1))  # whatever seeds and items
    bare = [[judgement(run.value) for run in side] for side in (runs, best)]
    assert paired_interval(*bare, 0) == pytest.approx((-0.1, -0.1))
    assert paired_interval(runs[:1], best[:1], 0) == pytest.approx((-0.1, -0.1))
    assert paired_interval(bare[0][:1], bare[1][:1], 0) is None
    other_items = [Judgement(1.0, None, 11, 1.0, items)]
    assert paired_interval(runs[:1], other_items, 0) is None


def test_a_difference_of_similarities_is_that_of_a_paired_bootstrap() -> None:
    space = complete_at(DIM)
    pairs = pairs_of(space, noise=0.3)
    result = choose_dimension(space, judge(pairs), [6, DIM], reduction="prefix")
    (low, high), row = result.rows[0].difference_interval, result.rows[0]
    assert low < row.difference < high
    alone = row.interval[1] - row.interval[0]
    assert high - low < 1.3 * alone  # unpaired it would be wider by about the square root of two
    ratings = np.array([rating for _, _, rating in pairs])
    scores = np.array([[s.similarity(a, b) for a, b, _ in pairs] for s in (space.truncate(6), space)])
    twin = []
    for drawn in np.random.default_rng(7).integers(0, len(pairs), (500, len(pairs))):
        few, all_ = (spearmanr(ratings[drawn], side[drawn]).statistic for side in scores)
        twin.append(few - all_)
    np.testing.assert_allclose((low, high), np.percentile(twin, (2.5, 97.5)), atol=0.03)


@pytest.mark.parametrize(("spread", "sure"), [(0.001, True), (0.05, False)])
def test_intervals_say_how_sure_the_recommendation_is(spread: float, sure: bool) -> None:
    draws = np.random.default_rng(0).normal(0, spread, 2000)

    def evaluator(space: Space) -> Judged:
        value = 0.795 if space.dim == 2 else 0.8
        figures = value + (draws if space.dim == 2 else 0 * draws)
        return Judged(Estimate(value, tuple(np.percentile(figures, (2.5, 97.5))), 50, figures))

    result = choose_dimension(complete_at(DIM), evaluator, [2, 4])
    assert (result.recommended, result.sure) == (2, sure)
    assert (result.n, result.coverage) == (50, 0.5)
    assert ("is within that too" in str(result)) is sure


def result_of() -> DimensionResult:
    space = complete_at(6)
    return choose_dimension(space, judge(pairs_of(space)), [2, 4, 6, 12], reduction="prefix", name="<b>&ρ")


def test_it_prints_as_a_table_and_turns_into_json() -> None:
    result = result_of()
    lines = str(result).splitlines()
    assert lines[0].split() == ["dim", "<b>&ρ", "95", "%", "to", "best", "95", "%"] + [
        word for kind in ("f32", "f16", "int8", "binary") for word in (kind, "MB")
    ] + ["search", "ms"]
    assert len({len(line) for line in lines[:5]}) == 1
    assert lines[5].startswith("recommended 6: the best, and no smaller one is within 0.01")
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["recommended"] == 6
    assert [row["dim"] for row in plain["rows"]] == [2, 4, 6, 12]
    assert plain["rows"][0]["bytes_per_million"]["f32"] == 8_000_000
    assert plain["value"] == pytest.approx(1)
    assert "resamples" not in json.dumps(plain)


class Page(HTMLParser):
    """What an HTML page holds, by element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "img", "input", "br", "link"}:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.setdefault(self.inside[-1], []).append(data)


def test_the_page_is_whole_and_fetches_nothing(tmp_path: Path) -> None:
    result = result_of()
    assert result.plot(tmp_path / "dims.html") == tmp_path / "dims.html"
    text = (tmp_path / "dims.html").read_text(encoding="utf-8")
    assert "@@" not in text
    assert not re.search(r"https?:|//cdn|@import|url\(", text)
    page = Page(text)
    assert page.inside == []
    assert page.texts["title"] == ["<b>&ρ against dimension"]
    assert page.texts["td"][:2] == ["2", f"{result.rows[0].quality:.3f}"]
    sources = [value for name, value in page.attributes if name in ("src", "href")]
    assert [source[:26] for source in sources] == ["data:image/svg+xml;base64,"]
    ElementTree.fromstring(base64.b64decode(sources[0][26:]))
    assert json.loads(page.texts["script"][0])["dims"] == [2, 4, 6, 12]


def test_pictures_are_pictures_and_the_same_again(tmp_path: Path) -> None:
    result = result_of()
    for name in ("a.png", "b.png", "a.svg", "b.svg", "a.html", "b.html"):
        result.plot(tmp_path / name)
    for ending in ("png", "svg", "html"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_curves_of_a_model_and_of_one_dimension_are_drawn(tmp_path: Path) -> None:
    trained = choose_dimension(Learner(), lambda s: float(s.vectors[0, 0]), [2, 5], corpus=KEYS)
    one = choose_dimension(complete_at(DIM), lambda _: 0.0, [DIM])
    for result in (trained, one):
        assert result.plot(tmp_path / "x.png").stat().st_size > 10_000
    trained.plot(tmp_path / "x.html")
    assert "training s" in (tmp_path / "x.html").read_text(encoding="utf-8")
    with pytest.raises(FormatError, match=r"no curve is written as '.pdf'; end in .png, .svg or .html"):
        one.plot(tmp_path / "x.pdf")
    with pytest.raises(StorageError, match="the folder does not exist"):
        one.plot(tmp_path / "no" / "x.png")


RULE = "use whole numbers from 1 to 12, each larger than the last"


@pytest.mark.parametrize(
    ("dimensions", "message"),
    [
        ([], f"dimensions is empty; {RULE}"),
        ([4, 13], f"dimensions holds 13 and the space has 12; {RULE}"),
        ([4, 4], f"dimensions holds 4 twice; {RULE}"),
        ([4, 8, 2], f"dimensions holds 2 after 8; {RULE}"),
        ([0, 4], f"dimensions holds 0; {RULE}"),
        ([-3], f"dimensions holds -3; {RULE}"),
        ([2.5], f"dimensions holds 2.5; {RULE}"),
        ([True], f"dimensions holds True; {RULE}"),
        (["8"], f"dimensions holds '8'; {RULE}"),
        ([None, 4], f"dimensions holds None; {RULE}"),
    ],
)
def test_a_list_of_dimensions_that_breaks_the_rule_is_one_line(dimensions: list[Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        choose_dimension(complete_at(DIM), lambda _: 1.0, dimensions)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tolerance": -0.1}, "tolerance is -0.1; pass a finite number from 0"),
        ({"tolerance": float("nan")}, "tolerance is nan"),
        ({"tolerance": "1"}, "tolerance is '1'"),
        ({"search_items": 0}, "search_items is 0"),
        ({"reduction": "tsne"}, "reduction is 'tsne'; use one of prefix, pca, svd"),
        ({"seeds": 2}, "seeds is given with a space"),
        ({"corpus": "text"}, "corpus is given with a space"),
        ({"evaluator": 3}, "evaluator is 3; pass a function of a space"),
        ({"source": "words.space"}, "source is 'words.space'; pass a space or an unfitted model"),
        ({"source": Learner}, "source is <class"),
        ({"source": Learner()}, "no corpus is given to train on"),
        ({"source": Learner(), "corpus": iter(KEYS)}, "the corpus can be read only once"),
        ({"source": Learner(), "corpus": KEYS, "reduction": "pca"}, "reduction='pca' is given with a model"),
        ({"source": Learner(), "corpus": KEYS, "seeds": 0}, "seeds is 0"),
        ({"source": Learner(), "corpus": KEYS, "seeds": [1, 1]}, r"seeds is \[1, 1\]"),
        ({"source": Learner(), "corpus": KEYS, "seeds": []}, r"seeds is \[\]"),
        ({"source": Learner(), "corpus": KEYS, "seeds": [-1]}, r"seeds is \[-1\]"),
        ({"source": Word2Vec(checkpoint="run"), "corpus": KEYS}, "the model has checkpoint='run'"),
        (
            {"source": Word2Vec(50), "corpus": KEYS},
            "the model has dim=50: it is trained at each of dimensions",
        ),
        (
            {"source": Word2Vec(seed=7), "corpus": KEYS},
            "the model has seed=7: its runs take their seeds from",
        ),
        ({"source": Word2Vec(window=0), "corpus": KEYS}, "window=0 is not allowed"),
        ({"source": Word2Vec(), "corpus": KEYS, "dimensions": [2, 99_999]}, "dim=99999 is not allowed"),
    ],
)
def test_arguments_outside_their_range_are_one_line(arguments: dict[str, Any], message: str) -> None:
    Learner.fits.clear()
    given = {"source": complete_at(DIM), "evaluator": lambda _: 1.0, "dimensions": [2, 4], **arguments}
    with pytest.raises(ParameterError, match=message):
        choose_dimension(given.pop("source"), given.pop("evaluator"), given.pop("dimensions"), **given)
    assert not Learner.fits


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), None, "0.5", [1]])
def test_an_evaluator_that_gives_no_number_is_named(answer: object) -> None:
    with pytest.raises(InputError, match=r"the evaluator gave .* at dimension 2; return a finite number"):
        choose_dimension(complete_at(DIM), lambda _: answer, [2])


def test_an_empty_space_is_refused() -> None:
    with pytest.raises(InputError, match="the space is empty"):
        choose_dimension(complete_at(DIM)[:0], lambda _: 1.0, [2])


class Fixed(Learner):
    """A model without a seed."""

    def __init__(self, dim: int = 3) -> None:
        super().__init__(dim)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"dim": self.dim}


class Shapeless(Fixed):
    """A model without a dimension."""

    def __init__(self) -> None:
        super().__init__()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}


def test_models_without_seed_run_once_and_without_dimension_not_at_all() -> None:
    result = choose_dimension(Fixed(), lambda s: float(s.dim), [2, 4], corpus=KEYS)
    assert [row.values for row in result.rows] == [[2], [4]]
    assert result.seeds == []
    with pytest.raises(ParameterError, match="Fixed has no parameter seed"):
        choose_dimension(Fixed(), lambda _: 1.0, [2], corpus=KEYS, seeds=3)
    with pytest.raises(ParameterError, match="Shapeless has no parameter dim"):
        choose_dimension(Shapeless(), lambda _: 1.0, [2], corpus=KEYS)
