"""Hierarchical softmax in Word2Vec: what it does not use, what it resumes, what it refuses."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from word_corpora import run_python, small_word2vec, zipf_lines

from nearer.errors import ParameterError
from nearer.kernels import words

CORPUS = zipf_lines(40_000)

PROGRAM = """
import hashlib, sys
from word_corpora import small_word2vec, zipf_lines
model = small_word2vec(objective="hierarchical", architecture=sys.argv[1], seed=5).fit(zipf_lines(40_000))
print(hashlib.sha256(model.space_.vectors.tobytes()).hexdigest(), model.space_.identity)
"""


class PowerCutError(Exception):
    """Ends a run in the middle."""


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_two_processes_make_the_same_bits(architecture: str) -> None:
    model = small_word2vec(objective="hierarchical", architecture=architecture, seed=5).fit(CORPUS)
    digest = hashlib.sha256(model.space_.vectors.tobytes()).hexdigest()
    assert run_python(PROGRAM, architecture) == [digest, model.space_.identity]
    other = small_word2vec(architecture=architecture, seed=5).fit(CORPUS)
    assert np.abs(other.space_.vectors - model.space_.vectors).max() > 1e-3


def test_what_it_has_no_use_for_changes_no_bit() -> None:
    one = small_word2vec(objective="hierarchical").fit(CORPUS)
    two = small_word2vec(objective="hierarchical", negative=11, shared=7, noise_exponent=0.1).fit(CORPUS)
    assert one.space_.vectors.tobytes() == two.space_.vectors.tobytes()


def test_the_loss_begins_at_one_bit_a_turn_and_falls() -> None:
    curve = small_word2vec(objective="hierarchical", subsample=0, epochs=4).fit(CORPUS).loss_curve_
    counts = small_word2vec(epochs=1).fit(CORPUS).space_.items.column("count").to_numpy()
    share = counts / counts.sum()
    entropy = -(share * np.log(share)).sum()  # Huffman's paths are at most one turn longer on average
    assert entropy - 0.1 < curve[0] < entropy + np.log(2)
    assert curve[-1] < curve[0]


def test_a_killed_run_resumes_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"objective": "hierarchical", "epochs": 8, "checkpoint_every": 0.0}
    whole = small_word2vec(**settings).fit(CORPUS)
    kernel, calls = words.train_units, list[int]()

    def cut(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 5:
            raise PowerCutError
        return kernel(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(words, "train_units", cut)
    with pytest.raises(PowerCutError):
        small_word2vec(**settings, checkpoint=tmp_path).fit(CORPUS)
    monkeypatch.undo()
    with pytest.raises(ParameterError, match="was made with objective='hierarchical'"):
        small_word2vec(epochs=8, checkpoint=tmp_path).fit(CORPUS)
    resumed = small_word2vec(**settings, checkpoint=tmp_path).fit(CORPUS)
    assert resumed.space_.identity == whole.space_.identity
    assert resumed.loss_curve_.tolist() == whole.loss_curve_.tolist()


def test_a_fitted_model_goes_on_with_its_objective_only() -> None:
    model = small_word2vec(objective="hierarchical").fit(CORPUS)
    once = model.space_.vectors
    assert model.fit(CORPUS[:100]).report_.epochs == 4
    assert np.abs(model.space_.vectors - once).max() > 1e-3
    model.set_params(objective="negative")
    with pytest.raises(
        ParameterError,
        match=r"^objective='negative', but this model is fitted with objective='hierarchical'; "
        "fit a new model, or set objective back$",
    ):
        model.fit(CORPUS)
