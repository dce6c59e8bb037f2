"""Conventions that every encoder of the house keeps, fitted models among them; it finds them by itself."""

from __future__ import annotations

import copy
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import nearer
import nearer.encoders
import nearer.models
from image_networks import small_network
from mixed_table import mixed_rows, mixed_table
from nearer import Space
from nearer.encoders import (
    Encoder,
    ImageEncoder,
    Lookup,
    Modality,
    Scaling,
    SentenceModel,
    SpeakerEncoder,
    Static,
    Subword,
    Transformer,
    Wav2Vec2,
)
from nearer.encoders.sentence_folder import read_sentence_folder
from nearer.errors import InputError
from nearer.models import FAMD, SIF, Contrastive, Doc2Vec, GraphSAGE, TableAutoencoder, TowerEncoder
from nearer.signal import Pairs
from sounds import random_speaker, tone
from text_models import TEXTS, bert_folder, static_folder
from wave_models import wave_model_somewhere

TOLERANCE = 1e-5  # that batches and order may change a vector by

ENCODERS = [  # estimators too, where they have an identity
    value
    for room in (nearer.encoders, nearer.models)
    for name in room.__all__
    if inspect.isclass(value := getattr(room, name))
    and hasattr(value, "encode")
    and hasattr(value, "identity")
    and not getattr(value, "_is_protocol", False)
]

FIVE = str(Path(__file__).parents[1] / "golden" / "five.space")
FIVE_KEYS = ["lion", "two words", "שלום", "🦁"]
FIVE_TEXTS = [["lion", "two words"], ["שלום"], ["🦁", "lion"]]
SENTENCES = ["the lion and the zebra", "a zebra and a lion", "the computer and the mouse"] * 30
# Two rings joined by an edge, and a feature of their own that each ring's nodes share.
RINGS = [(f"{r}{i}", f"{r}{(i + 1) % 8}") for r in "ab" for i in range(8)] + [("a0", "b0")]
SEEN = {f"{r}{i}": [r, f"{r}{i % 3}"] for r in "ab" for i in range(8)}
PHOTOS = np.random.default_rng(0).integers(0, 256, (3, 9, 12, 3), dtype=np.uint8)


def small_images() -> ImageEncoder:
    for library in ("onnx", "onnxruntime", "PIL"):
        pytest.importorskip(library)
    return ImageEncoder(small_network(), Scaling(size=(8, 8), mean=0.5, std=0.2), threads=1)


def made_of_folder(library: str, make: Callable[[Path], Any]) -> tuple[Any, list[str]]:
    """An encoder of texts opened from a folder of its own, where the optional library is here."""
    pytest.importorskip(library)
    return make(Path(tempfile.mkdtemp()) / "model"), TEXTS


def bert(place: Path, **settings: Any) -> Any:
    """What the folder of a tiny BERT says."""
    return read_sentence_folder(bert_folder(place, prompts={"query": "the "}, **settings))


# A new encoder brings an instance, made from a seed with one thread, and at least two items that differ.
# Where it needs an optional library or a package of weights, it skips by name.
ENCODER_MADE: dict[type, Callable[[], tuple[Any, list[Any]]]] = {
    Contrastive: lambda: (
        Contrastive(encoder=FIVE, dim=4, epochs=2, threads=1).fit(FIVE_KEYS),
        FIVE_KEYS[:3],
    ),
    Doc2Vec: lambda: (Doc2Vec(dim=4, min_count=1, epochs=3, threads=1).fit(SENTENCES), SENTENCES[:3]),
    FAMD: lambda: (FAMD(dim=4, threads=1).fit(mixed_table(30)), mixed_rows(5)),
    GraphSAGE: lambda: (
        GraphSAGE(dim=8, negative=8, epochs=2, threads=1).fit(RINGS, SEEN),
        [["a", "b1"], ["b"], ["a"]],
    ),
    ImageEncoder: lambda: (small_images(), list(PHOTOS)),
    Lookup: lambda: (Lookup(Space(["a", "b", "c"], np.eye(3, 5, dtype=np.float32))), ["c", "a"]),
    SIF: lambda: (SIF(FIVE).fit(FIVE_TEXTS), FIVE_TEXTS),
    SentenceModel: lambda: made_of_folder(
        "sentence_transformers", lambda place: SentenceModel(bert(place, max_tokens=8), threads=1)
    ),
    Static: lambda: made_of_folder("tokenizers", lambda place: nearer.encoder(static_folder(place))),
    SpeakerEncoder: lambda: (
        random_speaker(),
        [(tone(0.3), 16_000), (tone(2.9, hertz=150.0), 16_000), (tone(1.0, hertz=90.0), 16_000)],
    ),
    Subword: lambda: (
        Subword(["ab", "ba"], np.eye(9, 5, dtype=np.float32), min_n=2, max_n=3, buckets=7),
        ["ab", "bab"],
    ),
    TableAutoencoder: lambda: (
        TableAutoencoder(dim=4, hidden=8, epochs=2, threads=1).fit(mixed_table(30)),
        mixed_rows(5),
    ),
    TowerEncoder: lambda: (
        Contrastive(left=FIVE, right=FIVE, signal=Pairs(), dim=4, epochs=2, threads=1)
        .fit([(key, key) for key in FIVE_KEYS])
        .left_encoder_,
        FIVE_KEYS[:3],
    ),
    Transformer: lambda: made_of_folder("ctranslate2", lambda place: Transformer(bert(place), threads=1)),
    Wav2Vec2: lambda: (
        nearer.encoder(wave_model_somewhere(), threads=1),
        [(tone(0.3), 16_000), (tone(0.5, hertz=150.0), 16_000), (tone(0.3, hertz=90.0), 16_000)],
    ),
}

encoders = pytest.mark.parametrize("kind", ENCODERS, ids=lambda kind: kind.__name__)


def identities() -> dict[str, str | None]:
    """The identity of every encoder that can be made here."""
    found: dict[str, str | None] = {}
    for kind, make in ENCODER_MADE.items():
        try:
            found[kind.__name__] = make()[0].identity
        except pytest.skip.Exception:
            found[kind.__name__] = None
    return found


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, str | None]:
    """What `identities` gives in another process, where strings hash otherwise."""
    code = "import json, sys; sys.path[:0] = sys.argv[1:]; import test_encoders as suite\n"
    code += "print(json.dumps(suite.identities()))"
    places = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-c", code, *places],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_suite_finds_what_there_is() -> None:
    assert Lookup in ENCODERS
    assert set(ENCODERS) == set(ENCODER_MADE)


@encoders
def test_an_encoder_follows_the_protocol(kind: type) -> None:
    encoder, items = ENCODER_MADE[kind]()
    assert isinstance(encoder, Encoder)
    protocol, found = inspect.signature(Encoder.encode), inspect.signature(kind.encode)  # type: ignore[attr-defined]
    own = list(found.parameters)[len(protocol.parameters) :]
    assert list(found.parameters) == [*protocol.parameters, *own]
    assert all(found.parameters[name].default is None for name in own)  # what else it takes may be left out
    assert encoder.modality in get_args(Modality)
    vectors = encoder.encode(items)
    assert vectors.shape == (len(items), encoder.dim)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    assert np.isfinite(vectors).all()


@encoders
def test_no_items_give_no_vectors(kind: type) -> None:
    encoder, items = ENCODER_MADE[kind]()
    for method in (encoder.encode, encoder.encode_query, encoder.encode_document):
        vectors = method(items[:0])
        assert (vectors.shape, vectors.dtype) == ((0, encoder.dim), np.float32)


@encoders
def test_batches_change_nothing_and_callers_own_the_result(kind: type) -> None:
    encoder, items = ENCODER_MADE[kind]()
    for method in (encoder.encode, encoder.encode_query, encoder.encode_document):
        expected = method(items).copy()
        for size in (1, 2, 1000):
            vectors = method(items, batch_size=size, show_progress=False)
            np.testing.assert_allclose(vectors, expected, rtol=0, atol=TOLERANCE)
            vectors[:] = 7  # must not reach the encoder's own memory
        np.testing.assert_array_equal(method(items), expected)


@encoders
def test_a_vector_depends_on_its_item_alone(kind: type) -> None:
    encoder, items = ENCODER_MADE[kind]()
    expected = encoder.encode(items)
    np.testing.assert_allclose(encoder.encode(items[::-1]), expected[::-1], rtol=0, atol=TOLERANCE)
    for place in range(len(items)):
        alone = encoder.encode(items[place : place + 1])
        np.testing.assert_allclose(alone, expected[place : place + 1], rtol=0, atol=TOLERANCE)


@encoders
def test_encoding_changes_no_item(kind: type) -> None:
    encoder, items = ENCODER_MADE[kind]()
    before = copy.deepcopy(items)
    encoder.encode(items)
    assert repr(items) == repr(before)
    for item, as_it_was in zip(items, before, strict=True):
        if isinstance(item, np.ndarray):
            np.testing.assert_array_equal(item, as_it_was)


@encoders
def test_one_string_is_no_list_of_items(kind: type) -> None:
    encoder, _ = ENCODER_MADE[kind]()
    with pytest.raises(InputError):
        encoder.encode("a")


@encoders
def test_an_identity_is_the_same_in_every_process(kind: type, elsewhere: dict[str, str | None]) -> None:
    encoder, _ = ENCODER_MADE[kind]()
    assert re.fullmatch("[0-9a-f]{64}", encoder.identity)
    assert elsewhere[kind.__name__] == encoder.identity
