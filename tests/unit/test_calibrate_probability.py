"""Probabilities of a match: as trusted libraries fit them, cross-fitted, judged by what is known."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

import nearer
from nearer import Space
from nearer.errors import FormatError, InputError, ModelNotFound, ParameterError
from nearer.evaluate import read_text_pairs
from nearer.space import calibrate_probability
from nearer.space.calibrate_probability import Method, learned_from

DATA = Path(os.environ.get("NEARER_DATA", "/nonexistent")) / "sentences"
METHODS: tuple[Method, ...] = ("isotonic", "platt")


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, labels, and the true probability of label 1."""
    generator = np.random.default_rng(seed)
    scores = generator.uniform(-1, 1, n)
    truth = expit(6 * scores - 1)
    return scores, (generator.random(n) < truth).astype(np.intp), truth


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate_probability, "RESAMPLES", 199)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.usefixtures("few_resamples")
def test_the_true_probability_is_found(method: Method) -> None:
    scores, labels, truth = drawn(20_000)
    made = learned_from(scores, labels, method, 0)
    assert np.abs(made.probability(scores) - truth).mean() < 0.02
    assert made.share == labels.mean()
    assert made.reliability.calibration_error.value < 0.02
    assert made.reliability.brier.value == pytest.approx(((truth - labels) ** 2).mean(), abs=0.002)
    rising = made.probability(np.linspace(-5, 5, 300))
    assert (np.diff(rising) >= 0).all()
    assert rising[0] > 0
    assert rising[-1] < 1


@pytest.mark.usefixtures("few_resamples")
def test_the_fits_are_those_of_the_library() -> None:
    scores, labels, _ = drawn(500)
    least = 1 / 502
    isotonic = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(scores, labels)
    platt = _SigmoidCalibration().fit(scores, labels)  # Platt's targets, by another optimizer
    asked = np.linspace(-2, 2, 101)
    made = learned_from(scores, labels, "isotonic", 0)
    np.testing.assert_allclose(made.probability(asked), isotonic.predict(asked), rtol=1e-12)
    made = learned_from(scores * 100 + 7, labels, "platt", 0)
    np.testing.assert_allclose(made.probability(asked * 100 + 7), platt.predict(asked), atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.usefixtures("few_resamples")
def test_the_figures_are_of_pairs_left_out(method: Method) -> None:
    scores, labels, _ = drawn(400)
    made = learned_from(scores, labels, method, 3)
    held = calibrate_probability._cross_fitted(scores, labels, method, 3)
    assert made.reliability.brier.value == pytest.approx(brier_score_loss(labels, held))
    assert made.reliability.log_loss.value == pytest.approx(log_loss(labels, held))
    for figure in (made.reliability.brier, made.reliability.log_loss, made.reliability.calibration_error):
        assert figure.interval[0] < figure.interval[1]
    error = sum(pairs * abs(predicted - share) for predicted, share, pairs in made.reliability.curve)
    assert made.reliability.calibration_error.value == pytest.approx(error / 400)
    assert sum(pairs for _, _, pairs in made.reliability.curve) == 400
    again = learned_from(scores, labels, method, 3)
    assert again.reliability == made.reliability


@pytest.mark.usefixtures("few_resamples")
def test_labels_by_lot_are_not_believed() -> None:
    """On pairs that it has seen isotonic regression finds structure in noise; on others it finds none."""
    generator = np.random.default_rng(0)
    scores, labels = generator.random(300), generator.integers(0, 2, 300)
    made = learned_from(scores, labels, "isotonic", 0)
    seen = ((made.probability(scores) - labels) ** 2).mean()
    found = made.reliability
    assert seen < found.brier_of_share < found.brier.value


@pytest.mark.usefixtures("few_resamples")
@pytest.mark.parametrize(
    ("method", "repeats"),
    [
        ("isotonic", 60),
        pytest.param("isotonic", 400, marks=pytest.mark.slow),
        pytest.param("platt", 400, marks=pytest.mark.slow),
    ],
)
def test_the_intervals_hold_the_true_figures(method: Method, repeats: int) -> None:
    """The interval told holds the risk over all pairs there could be, 95 % of the time."""
    asked = np.linspace(-1, 1, 4001)
    truth, inside = expit(6 * asked - 1), []
    for seed in range(repeats):
        scores, labels, _ = drawn(300, seed)
        made = learned_from(scores, labels, method, seed)
        given, told = made.probability(asked), made.reliability
        brier = (truth * (1 - given) ** 2 + (1 - truth) * given**2).mean()
        loss = -(truth * np.log(given) + (1 - truth) * np.log(1 - given)).mean()
        for figure, true in ((told.brier, brier), (told.log_loss, loss)):
            inside.append(figure.interval[0] <= true <= figure.interval[1])
    assert abs(np.mean(inside) - 0.95) <= 0.02 + 3 * np.sqrt(0.05 * 0.95 / repeats)


def test_the_p_value_of_the_calibration_error_keeps_its_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate_probability, "RESAMPLES", 99)
    generator = np.random.default_rng(0)
    small = []
    for seed in range(400):
        held = generator.uniform(0.05, 0.95, 80)
        labels = (generator.random(80) < held).astype(np.intp)
        small.append(calibrate_probability._reliability(held, labels, seed).calibration_p_value <= 0.05)
        if seed < 20:
            wrong = (generator.random(80) < held**4).astype(np.intp)
            assert calibrate_probability._reliability(held, wrong, seed).calibration_p_value <= 0.05
    assert np.mean(small) == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / 400))


@pytest.mark.usefixtures("few_resamples")
def test_another_share_of_matches_moves_the_odds() -> None:
    """Labels of which matches are made rare tell, by `share`, the probability among all pairs."""
    scores, labels, _ = drawn(40_000)
    generator = np.random.default_rng(1)
    kept = (labels == 1) | (generator.random(len(labels)) < 0.2)
    made = learned_from(scores[kept], labels[kept], "platt", 0)
    asked = np.linspace(-0.9, 0.9, 19)
    expected = expit(6 * asked - 1)
    assert np.abs(made.probability(asked) - expected).max() > 0.2
    assert np.abs(made.probability(asked, float(labels.mean())) - expected).max() < 0.03
    np.testing.assert_allclose(made.probability(asked, made.share), made.probability(asked), rtol=1e-12)
    with pytest.raises(ParameterError, match="share is 1; use a number between 0 and 1"):
        made.probability(asked, 1)


def test_few_pairs_are_refused() -> None:
    scores, labels, _ = drawn(40)
    labels[:] = 0
    labels[:9] = 1
    with pytest.raises(
        InputError, match=r"^pairs: 9 of 40 pairs have the label 1; a probability needs at least 10"
    ):
        learned_from(scores, labels, "platt", 0)


@pytest.mark.skipif(not DATA.is_dir(), reason="NEARER_DATA does not name the data folder")
@pytest.mark.parametrize("method", METHODS)
def test_paraphrases_never_seen_are_as_probable_as_said(method: Method) -> None:
    """Learned on the training pairs of MRPC, true of those kept for validation."""
    try:
        encoder = nearer.encoder("wordllama")
    except (ModelNotFound, ImportError):
        pytest.skip("wordllama is not installed")
    spaces: list[tuple[Space, list[Any]]] = []
    for name in ("mrpc_train", "mrpc_val"):
        read = nearer.evaluate.read_text_pairs(DATA / f"{name}.parquet")[1]
        pairs = [(pair.first, pair.second, int(pair.score)) for pair in read]
        texts = list(dict.fromkeys(text for pair in pairs for text in pair[:2]))
        spaces.append((Space(texts, encoder.encode(texts), identity=encoder.identity), pairs))
    (space, pairs), (other, kept) = spaces
    made = space.calibrate(pairs, queries=100, method=method)
    scores = np.array([other.similarity(a, b) for a, b, _ in kept])
    labels = np.array([label for *_, label in kept])
    judged = calibrate_probability._reliability(made.probability(scores), labels, 0)
    assert made.match is not None
    told = made.match.reliability
    low, high = told.brier.interval
    assert low - 0.01 < judged.brier.value < high + 0.01
    assert judged.brier.value < judged.brier_of_share
    assert judged.calibration_p_value > 0.01  # of 500 pairs
    if method == "isotonic":  # no logistic function fits all 3,576 pairs, and the figures say so
        assert told.calibration_p_value > 0.01
    else:
        assert told.calibration_p_value < 0.01


@pytest.mark.parametrize("names", ["a,b,label", "first,second,label", "key1,key2,score"])
@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_headers_of_labelled_pairs(names: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"pairs{ending}"
    text = f"{names}\nx,y,1\nx,z,0\n"
    path.write_text(text if ending == ".csv" else text.replace(",", "\t"))
    assert [(p.first, p.second, p.score) for p in read_text_pairs(path)[1]] == [("x", "y", 1), ("x", "z", 0)]
    path.write_text(path.read_text().replace(names.split(",", maxsplit=1)[0], "left", 1))
    said = "row 1: '(label|score)' is no number: the line is no pair, nor a header"
    with pytest.raises(FormatError, match=said):
        read_text_pairs(path)
