"""Doc2Vec as an encoder: what decides the vector of a new document, and what its identity tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_models_doc2vec import DOCUMENTS, MODELS, models, small

import nearer
from nearer import Doc2Vec
from nearer.errors import IntegrityError, NotFitted, ParameterError, StorageError

TEXTS = ["t1w3 c4 t1w9", "t2w1 c7 c7"]


@pytest.mark.parametrize(
    "later",
    [
        {"encode_epochs": 3},
        {"epochs": 3},
        {"subsample": 1e-3},
        {"negative": 2},
        {"noise_exponent": 0.0},
        {"shared": 1},
        {"learning_rate": 0.5},
        {"least_learning_rate": 0.0},
        {"seed": 9},
        {"architecture": "dm"},
        {"objective": "hierarchical"},
        {"tokenizer": "whitespace"},
        {"errors": "replace"},
    ],
    ids=lambda p: next(iter(p)),
)
def test_parameters_set_after_a_fit_change_nothing(later: dict[str, Any], tmp_path: Path) -> None:
    model = small(epochs=20).fit(DOCUMENTS)
    identity, vectors = model.identity, model.encode(["T1W3 c4", *TEXTS])
    model.set_params(**later)
    assert model.identity == identity
    assert (model.encode(["T1W3 c4", *TEXTS]) == vectors).all()
    model.save(tmp_path / "model")
    again = Doc2Vec.load(tmp_path / "model")
    assert again.identity == identity
    assert (again.encode(["T1W3 c4", *TEXTS]) == vectors).all()


def test_a_fit_that_fails_leaves_the_encoder_as_it_was(tmp_path: Path) -> None:
    model = small(epochs=2).fit(DOCUMENTS)
    vectors = model.encode(TEXTS)
    model.set_params(learning_rate=1e30)
    with pytest.raises(ParameterError, match="diverged"):
        model.fit(DOCUMENTS)
    assert (model.encode(TEXTS) == vectors).all()
    with pytest.raises(NotFitted, match="the last fit diverged, and its weights are lost; call fit again"):
        model.save(tmp_path / "model")


def test_the_passes_of_encode_are_part_of_the_identity(tmp_path: Path) -> None:
    model, told, other = (small(epochs=4, encode_epochs=passes).fit(DOCUMENTS) for passes in (None, 4, 9))
    assert model.identity == told.identity != other.identity
    assert (model.encode(TEXTS) == told.encode(TEXTS)).all()
    assert not (model.encode(TEXTS) == other.encode(TEXTS)).all()
    model.save(tmp_path / "model")
    again = Doc2Vec.load(tmp_path / "model", encode_epochs=9)
    assert again.identity == other.identity == again.space_.identity
    assert (again.encode(TEXTS) == other.encode(TEXTS)).all()
    with pytest.raises(ParameterError, match=r"negative was decided when this model was trained, and is 5;"):
        Doc2Vec.load(tmp_path / "model", negative=2)


@models
def test_no_document_with_a_known_word_is_zeros(parameters: dict[str, Any]) -> None:
    model = small(**parameters, epochs=2, subsample=1e-4).fit(DOCUMENTS)
    words = sorted({word for text in DOCUMENTS.values() for word in text.split()})
    vectors = model.encode([[word] for word in words])
    assert vectors.any(axis=1).all()
    assert (vectors[::-1] == model.encode([[word] for word in words[::-1]])).all()


def test_only_a_saved_model_is_replaced(tmp_path: Path) -> None:
    model, target = small(epochs=1).fit(DOCUMENTS), tmp_path / "thesis"
    target.mkdir()
    model.save(target, overwrite=True)  # an empty folder
    model.save(target, overwrite=True)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    small(epochs=1, checkpoint=tmp_path / "run").fit(DOCUMENTS)
    (tmp_path / "stated").mkdir()
    (tmp_path / "stated" / "state.json").write_text("{}")
    model.space_.save(tmp_path / "a.space")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for place in (mine, mine / "thesis.txt", tmp_path / "run", tmp_path / "stated", tmp_path / "a.space"):
        with pytest.raises(StorageError, match=f"{place.name}: exists and is no saved model; choose another"):
            model.save(place, overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("parameters", [MODELS[0], MODELS[2]], ids=["dbow", "dm"])
def test_a_saved_model_opens_as_an_encoder(parameters: dict[str, Any], tmp_path: Path) -> None:
    model = small(**parameters, epochs=2).fit(DOCUMENTS)
    model.save(tmp_path / "m.doc2vec")
    opened = nearer.encoder(str(tmp_path / "m.doc2vec"))
    assert isinstance(opened, Doc2Vec)
    assert (opened.identity, opened.dim) == (model.identity, 16)
    np.testing.assert_array_equal(opened.encode_query(TEXTS), model.encode(TEXTS))
    (tmp_path / "m.doc2vec").rename(tmp_path / ".m.doc2vec.previous")  # as a killed save may leave it
    assert nearer.encoder(tmp_path / "m.doc2vec").identity == model.identity


def test_a_checkpoint_is_no_encoder(tmp_path: Path) -> None:
    small(epochs=1, checkpoint=tmp_path / "run").fit(DOCUMENTS)
    with pytest.raises(IntegrityError, match="this is no saved model; a checkpoint is resumed by fit"):
        nearer.encoder(tmp_path / "run")
    small(epochs=1, tokenizer=str.split).fit(DOCUMENTS).save(tmp_path / "called")
    with pytest.raises(ParameterError, match=r"pass it to Doc2Vec\.load as tokenizer="):
        nearer.encoder(tmp_path / "called")
