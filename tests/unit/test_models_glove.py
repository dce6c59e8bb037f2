"""GloVe as an estimator: same bits, killed and resumed runs, little memory, Ctrl-C, refusals."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from word_corpora import importing, run_python, zipf_lines

from nearer import GloVe
from nearer.errors import InputError, ParameterError
from nearer.kernels import glove

CORPUS = zipf_lines(40_000)

TRAIN = """
import sys
from test_models_glove import small_glove, CORPUS
small_glove(checkpoint_every=0.0, checkpoint=sys.argv[1]).fit(CORPUS)
"""

INTERRUPT = """
import os, signal
from test_models_glove import small_glove, CORPUS, digest
from nearer.kernels import glove

kernel, calls = glove.train_tiles, []
def interrupting(*arguments):
    calls.append(1)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGINT)
    return kernel(*arguments)
glove.train_tiles = interrupting

model = small_glove()
try:
    model.fit(CORPUS)
    print("finished")
except KeyboardInterrupt:
    print("interrupted", len(model.space_), 0 < model.report_.epochs < 12)
model.fit(CORPUS)
print(model.report_.epochs, digest(model))
"""


def small_glove(**parameters: Any) -> GloVe:
    """A model that trains in no time, on one thread, in several tiles."""
    return GloVe(**{"dim": 40, "min_count": 2, "window": 5, "epochs": 12, "threads": 1, **parameters})


def digest(model: GloVe) -> str:
    return hashlib.sha256(model.space_.vectors.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def fitted() -> GloVe:
    return small_glove().fit(CORPUS)


def test_the_space_is_the_sum_of_word_and_context_vectors(fitted: GloVe) -> None:
    arrays = fitted._state.arrays
    expected = arrays["words"][:, 0, :40] + arrays["contexts"][:, 0, :40]
    assert (fitted.space_.vectors == expected).all()
    assert fitted.space_.items["count"].to_pylist() == arrays["counts"].tolist()


def test_words_that_stand_in_the_same_contexts_are_near() -> None:
    """Two themes, a word in eight from the other: all pairs occur, and biases cannot tell themes apart."""
    random = np.random.default_rng(0)
    themes = np.array([["lion", "zebra", "savanna", "grass"], ["mouse", "keyboard", "screen", "cable"]])
    theme = np.arange(2_000)[:, np.newaxis] % 2 ^ (random.random((2_000, 12)) < 0.125)
    lines = [" ".join(line) for line in themes[theme, random.integers(4, size=theme.shape)]]
    space = GloVe(dim=8, window=4, epochs=60, threads=1).fit(lines).space_
    assert space.similarity("lion", "zebra") > space.similarity("lion", "keyboard") + 0.5
    assert space.similarity("mouse", "screen") > space.similarity("mouse", "grass") + 0.5


def test_the_loss_falls_and_has_a_value_a_twentieth(fitted: GloVe) -> None:
    assert 0 < fitted.loss_curve_[-1] < fitted.loss_curve_[0] / 2
    assert fitted.report_.epochs == 12
    assert fitted.report_.items_per_second > 0


def test_memory_changes_no_bit(fitted: GloVe) -> None:
    assert digest(small_glove(memory="200kB").fit(CORPUS)) == digest(fitted)
    assert digest(small_glove(memory="1GB").fit(CORPUS)) == digest(fitted)


def test_two_threads_reach_the_same_loss(fitted: GloVe) -> None:
    other = small_glove(threads=2).fit(CORPUS)
    assert other.loss_curve_[-1] == pytest.approx(fitted.loss_curve_[-1], rel=0.2)


def test_another_seed_gives_other_vectors(fitted: GloVe) -> None:
    assert digest(small_glove(seed=1).fit(CORPUS)) != digest(fitted)


def test_killed_and_resumed_ends_in_the_same_bits(tmp_path: Path, fitted: GloVe) -> None:
    environment = importing(Path(__file__).parent)
    child = subprocess.Popen([sys.executable, "-c", TRAIN, tmp_path], env=environment)
    give_up = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < give_up and not (tmp_path / "state.json").exists():
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    model = small_glove(checkpoint=tmp_path).fit(CORPUS)
    assert model.report_.epochs == 12
    assert model.space_.vectors.tobytes() == fitted.space_.vectors.tobytes()
    assert model.loss_curve_.tolist() == fitted.loss_curve_.tolist()


def test_ctrl_c_keeps_what_was_learned_and_fit_goes_on(fitted: GloVe) -> None:
    interrupted = ["interrupted", str(len(fitted.space_)), "True"]
    assert run_python(INTERRUPT) == [*interrupted, "12.0", digest(fitted)]


def test_fit_again_trains_more_from_where_it_was(fitted: GloVe) -> None:
    model = small_glove(epochs=2).fit(CORPUS)
    first = model.loss_curve_[-1]
    model.fit(CORPUS)
    assert model.report_.epochs == 4
    assert model.loss_curve_[-1] < first


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dim": 0}, r"^dim=0 is not allowed: dim must be .* from 1 to"),
        ({"window": 0}, r"^window=0 is not allowed: window must be .* from 1 to"),
        ({"x_max": 0.0}, r"^x_max=0.0 is not allowed: x_max must be .* above 0"),
        ({"alpha": -1.0}, r"^alpha=-1.0 is not allowed"),
        ({"weighting": "cubic"}, r"^weighting='cubic' is not allowed: .*'harmonic'"),
        ({"symmetric": 1}, r"^symmetric=1 is not allowed: symmetric must be True or False"),
        ({"memory": "9kB"}, r"^memory=9,000 bytes cannot hold rows of \d+ words .*; raise memory"),
        ({"learning_rate": 1e30}, r"^training diverged: .*; lower learning_rate"),
    ],
)
def test_bad_parameters_get_one_line(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        small_glove(**parameters).fit(CORPUS)


def test_text_of_one_word_is_refused() -> None:
    with pytest.raises(InputError, match="leaves 1 of 1 different words, and at least 2 are needed; lower"):
        small_glove().fit(["lion lion lion"])


def test_the_kernel_refuses_rows_that_do_not_fit(fitted: GloVe) -> None:
    words = fitted._state.arrays["words"]
    tiles = glove.Tiles(np.zeros((1, 4), dtype=np.int64), np.zeros(1, dtype=np.uint64))
    run = glove.GloveTraining(tiles, 100.0, 0.75, 0.05, planned_units=1, seed=0)
    with pytest.raises(ParameterError, match="rows of both matrices are aligned"):
        glove.train_tiles(run, words, words[:-1], 0, 1, 1, "")
    with pytest.raises(ParameterError, match="neither below 0"):
        glove.train_tiles(run, words, words, 1, 0, 1, "")


def test_biases_follow_the_counts_from_the_first_step() -> None:
    """A bias whose sum starts at the squared rate moves by the weighted error, whatever the rate."""
    for rate in (1e-3, 0.05):
        model = small_glove(epochs=1, learning_rate=rate).fit(CORPUS)
        biases = model._state.arrays["words"][:, 0, 40]
        assert np.corrcoef(biases, np.log(model._state.arrays["counts"]))[0, 1] > 0.9


@pytest.mark.parametrize("learning_rate", [1e-300, 1e-20])
def test_the_least_learning_rates_are_no_division_by_zero(learning_rate: float) -> None:
    assert np.isfinite(small_glove(learning_rate=learning_rate, epochs=1).fit(CORPUS).loss_curve_).all()
