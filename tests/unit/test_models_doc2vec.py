"""Doc2Vec: documents of a topic lie together; the same bits again; new documents; saved models; bad input."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from word_corpora import run_python

from nearer import Doc2Vec
from nearer.errors import InputError, IntegrityError, ModelNotFound, NotFitted, ParameterError
from nearer.kernels.documents import DocumentTraining
from nearer.search import nearest

TOPICS = 4
MODELS: list[dict[str, Any]] = [
    {},
    {"train_words": True},
    {"architecture": "dm"},
    {"architecture": "dm", "combine": "concat"},
    {"objective": "hierarchical"},
    {"objective": "hierarchical", "train_words": True},
    {"objective": "hierarchical", "architecture": "dm"},
    {"objective": "hierarchical", "architecture": "dm", "combine": "concat"},
]
models = pytest.mark.parametrize("parameters", MODELS, ids=lambda p: "-".join(map(str, p.values())) or "dbow")


def topic_documents(documents: int = 120, length: int = 40, seed: int = 0) -> dict[str, str]:
    """Documents by key; the key begins with the topic that half of the words are of."""
    source = random.Random(seed)
    return {
        f"{n % TOPICS}-{n}": " ".join(
            f"t{n % TOPICS}w{source.randrange(15)}" if source.random() < 0.5 else f"c{source.randrange(40)}"
            for _ in range(length)
        )
        for n in range(documents)
    }


DOCUMENTS = topic_documents()


def small(**parameters: Any) -> Doc2Vec:
    return Doc2Vec(
        **{"dim": 16, "min_count": 2, "epochs": 30, "threads": 1, "window": 3, "subsample": 0.0, **parameters}
    )


@pytest.fixture(scope="module")
def fitted() -> Doc2Vec:
    return small(epochs=40).fit(DOCUMENTS)


def purity(model: Doc2Vec) -> float:
    """Share of the 5 nearest documents that are of a document's own topic."""
    hits = nearest(model.space_, model.space_, 6)
    return float(
        np.mean(
            [
                [key[0] == own[0] for key in keys[1:]]
                for own, keys in zip(model.space_.keys, hits.keys, strict=True)
            ]
        )
    )


@pytest.mark.parametrize(
    ("parameters", "least"),
    [
        ({}, 0.95),
        ({"train_words": True}, 0.95),
        ({"objective": "hierarchical"}, 0.95),
        ({"architecture": "dm"}, 0.6),
    ],
)
def test_documents_of_one_topic_lie_together(parameters: dict[str, Any], least: float) -> None:
    model = small(**{"epochs": 60, "learning_rate": 0.05, **parameters}).fit(DOCUMENTS)
    assert purity(model) > least
    assert model.loss_curve_[-1] < model.loss_curve_[0]


@models
def test_two_processes_and_any_split_make_the_same_bits(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (small(**parameters, epochs=2).fit(DOCUMENTS) for _ in range(2))
    assert one.identity == two.identity
    assert (one.space_.vectors == two.space_.vectors).all()
    assert (one.words_ is None) == (parameters in ({}, {"objective": "hierarchical"}))
    texts = list(DOCUMENTS.values())[:9]
    assert (one.encode(texts) == two.encode(texts)).all()


def test_two_processes_make_the_same_bits(fitted: Doc2Vec) -> None:
    program = """
import hashlib
from test_models_doc2vec import DOCUMENTS, small
model = small(epochs=40).fit(DOCUMENTS)
new = model.encode(["t1w3 c4 t1w9", ["t2w1", "c7"]])
print(hashlib.sha256(model.space_.vectors.tobytes() + new.tobytes()).hexdigest(), model.identity)
"""
    new = fitted.encode(["t1w3 c4 t1w9", ["t2w1", "c7"]])
    digest = hashlib.sha256(fitted.space_.vectors.tobytes() + new.tobytes()).hexdigest()
    assert run_python(program) == [digest, fitted.identity]


@models
def test_a_new_document_lies_with_its_topic_whatever_the_batches(parameters: dict[str, Any]) -> None:
    model = small(**{"learning_rate": 0.05, "encode_epochs": 60, **parameters}).fit(DOCUMENTS)
    new = topic_documents(24, seed=9)
    texts = list(new.values())
    vectors = model.encode(texts)
    assert vectors.dtype == np.float32
    for batch_size, threads in ((1, 1), (5, 2), (100, 2)):
        model.set_params(threads=threads)
        assert (model.encode(texts, batch_size=batch_size) == vectors).all()
    assert (model.encode(texts[::-1])[::-1] == vectors).all()
    assert (model.encode_query([text.split() for text in texts]) == model.encode_document(texts)).all()
    if parameters.get("architecture") != "dm":
        mean = np.array([vectors[[key[0] == str(t) for key in new]].mean(axis=0) for t in range(TOPICS)])
        own = [(vectors[i] / np.linalg.norm(vectors[i])) @ mean[int(key[0])] for i, key in enumerate(new)]
        other = [
            (vectors[i] / np.linalg.norm(vectors[i])) @ mean[(int(key[0]) + 1) % TOPICS]
            for i, key in enumerate(new)
        ]
        assert np.mean(own) > np.mean(other)


def test_new_documents_are_searched_for_among_the_old(fitted: Doc2Vec) -> None:
    new = topic_documents(24, seed=5)
    vectors = fitted.encode(list(new.values()))
    best = nearest(fitted.space_, vectors, 1)
    assert np.mean([keys[0][0] == key[0] for key, keys in zip(new, best.keys, strict=True)]) > 0.8
    assert fitted.identity == fitted.space_.identity
    assert fitted.identity != small(epochs=40, seed=1).fit(DOCUMENTS).identity


def test_a_tag_gathers_its_documents() -> None:
    tagged = [(key, [key, f"topic {key[0]}"], text) for key, text in DOCUMENTS.items()]
    model = small(epochs=60, learning_rate=0.05).fit(tagged)
    assert len(model.space_) == len(DOCUMENTS) + TOPICS
    for topic in range(TOPICS):
        near = [n.key for n in model.space_.neighbors(f"topic {topic}", 5)]
        assert all(key[0] == str(topic) for key in near)


def test_units_split_documents_and_many_threads_learn_too(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = DocumentTraining.__init__

    def small_units(self: DocumentTraining, **given: Any) -> None:
        plain(self, **{**given, "unit_tokens": 64})

    monkeypatch.setattr("nearer.models.document_reading.UNIT_TOKENS", 64)
    monkeypatch.setattr("nearer.models.document_reading.DocumentMaterial.unit_tokens", 64, raising=False)
    long = {"long": " ".join(DOCUMENTS.values()), **DOCUMENTS, "one": "c1"}
    model = small(threads=2, epochs=40, learning_rate=0.05).fit(long)
    assert len(model.space_) == len(DOCUMENTS) + 2
    assert np.abs(model.space_.vectors).max(axis=1).min() > 0


def test_fit_goes_on_with_the_words_and_tags_it_has(fitted: Doc2Vec) -> None:
    model = small(epochs=2).fit(DOCUMENTS)
    once = model.space_.vectors.copy()
    model.fit(DOCUMENTS)
    assert model.report_.epochs == 4
    assert not (model.space_.vectors == once).all()
    with pytest.raises(InputError, match=r"^row 0: this model has no vector for the tag 'new'; use encode"):
        model.fit({"new": "c1 c2"})
    for name, value in (("architecture", "dm"), ("objective", "hierarchical"), ("window", 4)):
        with pytest.raises(ParameterError, match=f"^{name}=.*, but this model is fitted with {name}="):
            small(epochs=1).fit(DOCUMENTS).set_params(**{name: value}).fit(DOCUMENTS)


class PowerCutError(Exception):
    pass


@pytest.mark.parametrize("parameters", MODELS[:3], ids=["dbow", "words", "dm"])
def test_a_killed_run_resumes_to_the_same_bits(
    parameters: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = small(**parameters, epochs=6).fit(DOCUMENTS)
    train, calls = DocumentTraining.train, list[int]()

    def cut(self: DocumentTraining, *arguments: Any) -> Any:
        if len(calls) == 3:
            raise PowerCutError
        calls.append(1)
        return train(self, *arguments)

    monkeypatch.setattr(DocumentTraining, "train", cut)
    halfway = small(**parameters, epochs=6, checkpoint=tmp_path, checkpoint_every=0.0)
    with pytest.raises(PowerCutError):
        halfway.fit(DOCUMENTS)
    monkeypatch.setattr(DocumentTraining, "train", train)
    resumed = small(**parameters, epochs=6, checkpoint=tmp_path).fit(DOCUMENTS)
    assert resumed.identity == whole.identity
    assert (resumed.space_.vectors == whole.space_.vectors).all()
    assert (resumed.loss_curve_ == whole.loss_curve_).all()


@models
def test_a_saved_model_encodes_and_goes_on_as_before(parameters: dict[str, Any], tmp_path: Path) -> None:
    model = small(**parameters, epochs=3).fit(DOCUMENTS)
    model.save(tmp_path / "model")
    again = Doc2Vec.load(tmp_path / "model", threads=1)
    assert again.identity == model.identity
    assert again.space_.keys == model.space_.keys
    assert (again.space_.vectors == model.space_.vectors).all()
    assert (again.encode(["t1w1 c3 c9"]) == model.encode(["t1w1 c3 c9"])).all()
    assert again.fit(DOCUMENTS).identity == model.fit(DOCUMENTS).identity


def test_a_saved_model_that_is_wrong_is_refused(fitted: Doc2Vec, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="is no saved model; give the folder that save wrote"):
        Doc2Vec.load(tmp_path / "nothing")
    fitted.save(tmp_path / "model")
    with pytest.raises(OSError, match="already exists"):
        fitted.save(tmp_path / "model")
    arrays = next((tmp_path / "model").glob("arrays-*"))
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"\x55")
    with pytest.raises(
        IntegrityError, match=r"the saved model's file is cut short or edited: .*; restore it"
    ):
        Doc2Vec.load(tmp_path / "model")
    arrays.unlink()
    with pytest.raises(
        IntegrityError, match="the saved model's file is missing; restore it from a copy, or fit"
    ):
        Doc2Vec.load(tmp_path / "model")
    (tmp_path / "model" / "state.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"not a saved model of format .*; restore it from a copy"):
        Doc2Vec.load(tmp_path / "model")
    small(epochs=1, checkpoint=tmp_path / "run").fit(DOCUMENTS)
    with pytest.raises(IntegrityError, match="this is no saved Doc2Vec"):
        Doc2Vec.load(tmp_path / "run")
    small(epochs=1, tokenizer=str.split).fit(DOCUMENTS).save(tmp_path / "called")
    with pytest.raises(
        ParameterError, match=r"tokenizer is the callable .*split, which is not saved with it; pass"
    ):
        Doc2Vec.load(tmp_path / "called")
    assert Doc2Vec.load(tmp_path / "called", tokenizer=str.split).encode(["c1 c2"]).shape == (1, 16)


def test_documents_without_a_known_word(caplog: pytest.LogCaptureFixture) -> None:
    documents = {"a": "c1 c2 c1 c2", "blank": " ", "b": "c2 c1", "rare": "once"}
    with pytest.raises(InputError, match=r"^row 1: document 'blank' is empty; leave it out, or pass empty="):
        small().fit(documents)
    with pytest.raises(
        InputError,
        match=r"^row 0: document 'rare' holds no word that occurs min_count=2 times; leave it out, lower",
    ):
        small().fit({"rare": "once", **documents})
    model = small(empty="skip", epochs=1).fit(documents)
    assert model.space_.keys == ["a", "b"]
    assert model.skipped_ == ["blank", "rare"]
    assert (
        "2 of the documents hold no word that is kept and were left out, first 'blank' in row 1"
        in caplog.text
    )
    assert not model.encode(["unknown", "c1"])[0].any()
    assert model.encode(["unknown", "c1"])[1].any()
    model.set_params(empty="error")
    with pytest.raises(InputError) as caught:
        model.encode(["c1", "unknown"])
    assert str(caught.value) == (
        "row 1: the document holds no word that this model knows; leave it out, "
        'or call set_params(empty="skip") for a vector of zeros'
    )
    small(empty="skip", epochs=1).fit({"a": "c1 c2 c1 c2", "rare": "once"})
    assert "1 of the documents holds no word that is kept and was left out, first 'rare'" in caplog.text


@pytest.mark.parametrize(("place", "form"), [("lines.txt", "line"), ("files", "file")])
def test_an_empty_line_or_file_is_called_one(tmp_path: Path, place: str, form: str) -> None:
    (tmp_path / "files").mkdir()
    for name, text in (("lines.txt", "c1 c2\n \nc2 c1\n"), ("files/1", "c1 c2 c2 c1"), ("files/2", " \n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(
        InputError, match=rf"the {form} is empty; leave it out, or pass empty=\"skip\""
    ) as caught:
        small().fit(tmp_path / place)
    assert str(caught.value).startswith(
        str(tmp_path / ("lines.txt, row 2:" if form == "line" else "files/2"))
    )


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "documents.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    assert names["model"].space_.keys == ["a1", "a2"]
    assert Doc2Vec.load("news.doc2vec").identity == names["model"].identity


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"combine": "concat"}, 'combine="concat" is for architecture="dm"'),
        ({"architecture": "dm", "train_words": True}, 'train_words=True is for architecture="dbow"'),
        ({"least_learning_rate": 0.5}, "the rate may only fall"),
        ({"min_count": 10_000}, "min_count=10000 leaves 0 of 100 different words"),
    ],
)
def test_bad_parameters_end_in_one_line(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises((ParameterError, InputError), match=message):
        small(**parameters).fit(DOCUMENTS)


def test_bad_calls_of_encode(fitted: Doc2Vec) -> None:
    with pytest.raises(ParameterError, match="batch_size=0 is not a whole number from 1 up"):
        fitted.encode(["c1"], batch_size=0)
    with pytest.raises(InputError, match=r"^row 1: 7 is neither a text nor a list of tokens"):
        fitted.encode(["c1", 7])  # type: ignore[list-item]
    with pytest.raises(InputError, match="not one string"):
        fitted.encode("c1")
    with pytest.raises(NotFitted):
        Doc2Vec().identity  # noqa: B018  (looking it up is the test)
    assert fitted.encode([]).shape == (0, 16)
