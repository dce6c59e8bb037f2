"""Encoders of texts beside the libraries whose models they read, tiny ones and those of packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer.encoders import Transformer, known_encoders
from nearer.encoders.ctranslate2_model import ARCHITECTURES
from text_models import PIECES, SPECIAL, TEXTS, bert_folder, sentence_files, static_folder, tokenizer

CLOSE = 1e-5
ARCHIVES = {entry.name: entry for entry in known_encoders()}


@pytest.fixture(scope="module")
def sentence_transformers() -> Any:
    pytest.importorskip("ctranslate2", reason="needs the extra text")
    return pytest.importorskip("sentence_transformers", reason="needs the extra torch")


def theirs(library: Any, folder: Path) -> Any:
    return library.SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.parametrize("pooling", ["cls", "max", "mean", "mean_sqrt_len", "weightedmean", "lasttoken"])
@pytest.mark.parametrize("normalize", [True, False])
def test_a_bert_folder_gives_what_sentence_transformers_gives(
    pooling: str, normalize: bool, tmp_path: Path, sentence_transformers: Any
) -> None:
    folder = bert_folder(tmp_path / "bert", pooling=pooling, normalize=normalize)
    encoder = nearer.encoder(folder)
    assert isinstance(encoder, Transformer)
    expected = theirs(sentence_transformers, folder).encode(TEXTS)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, rtol=1e-5, atol=CLOSE)


def test_prompts_go_where_sentence_transformers_puts_them(tmp_path: Path, sentence_transformers: Any) -> None:
    folder = bert_folder(tmp_path / "bert", prompts={"query": "the lion ", "document": "a zebra "})
    ours, peer = nearer.encoder(folder), theirs(sentence_transformers, folder)
    for name in ("encode", "encode_query", "encode_document"):
        np.testing.assert_allclose(getattr(ours, name)(TEXTS), getattr(peer, name)(TEXTS), rtol=0, atol=CLOSE)
    named = nearer.encoder(folder, prompt="document")
    np.testing.assert_allclose(
        named.encode(TEXTS), peer.encode(TEXTS, prompt_name="document"), rtol=0, atol=CLOSE
    )


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_every_family_gives_what_transformers_gives(
    kind: str, tmp_path: Path, sentence_transformers: Any
) -> None:
    import torch  # noqa: PLC0415
    from transformers import AutoConfig, AutoModel  # noqa: PLC0415

    sizes = {"vocab_size": len(SPECIAL) + len(PIECES), "pad_token_id": 0}
    sizes |= {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    if kind == "distilbert":
        sizes = {
            "vocab_size": len(SPECIAL) + len(PIECES),
            "dim": 16,
            "n_layers": 2,
            "n_heads": 2,
            "hidden_dim": 24,
        }
    if kind == "electra":
        sizes["embedding_size"] = 16
    config = AutoConfig.for_model(kind, max_position_embeddings=32, initializer_range=0.3, **sizes)
    torch.manual_seed(1)
    folder = tmp_path / kind
    AutoModel.from_config(config).save_pretrained(folder)
    tokenizer().save(str(folder / "tokenizer.json"))
    specials = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", **specials}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    sentence_files(folder, "mean", False, 16, {})
    encoder = nearer.encoder(folder)
    assert isinstance(encoder, Transformer)
    expected = theirs(sentence_transformers, folder).encode(TEXTS)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, rtol=1e-5, atol=2e-5)


def test_a_plain_transformer_is_pooled_by_the_mean(tmp_path: Path, sentence_transformers: Any) -> None:
    folder = bert_folder(tmp_path / "bert", pooling=None)
    expected = theirs(sentence_transformers, folder).encode(TEXTS)
    np.testing.assert_allclose(nearer.encoder(folder).encode(TEXTS), expected, rtol=1e-5, atol=CLOSE)


def test_minilm_gives_what_sentence_transformers_gives(sentence_transformers: Any) -> None:
    entry = ARCHIVES["all-MiniLM-L6-v2"]
    if not entry.here:
        pytest.skip(f"needs {entry.install}")
    texts = ["A girl is styling her hair.", "", "Prices rose " * 400, "naïve café – 北京", "two\nlines"]
    paths = entry.shipped.paths()
    assert paths is not None
    expected = theirs(sentence_transformers, paths[0].parent).encode(texts)
    np.testing.assert_allclose(nearer.encoder("all-MiniLM-L6-v2").encode(texts), expected, rtol=0, atol=1e-5)
    rough = nearer.encoder("all-MiniLM-L6-v2", compute="int8").encode(texts)
    assert ((rough * expected).sum(axis=1) > 0.98).all()


@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("normalize", [True, False])
def test_a_model2vec_folder_gives_what_model2vec_gives(
    weights: bool, normalize: bool, tmp_path: Path
) -> None:
    model2vec = pytest.importorskip("model2vec", reason="needs model2vec")
    folder = static_folder(tmp_path / "m", weights=weights, normalize=normalize)
    expected = model2vec.StaticModel.from_pretrained(folder).encode(TEXTS)
    np.testing.assert_allclose(nearer.encoder(folder).encode(TEXTS), expected, rtol=0, atol=CLOSE)


def test_a_static_embedding_of_sentence_transformers_opens(
    tmp_path: Path, sentence_transformers: Any
) -> None:
    from sentence_transformers.models import StaticEmbedding  # noqa: PLC0415

    table = np.random.default_rng(5).normal(size=(len(SPECIAL) + len(PIECES), 5)).astype(np.float32)
    part = StaticEmbedding(tokenizer(specials=False), embedding_weights=table)
    model = sentence_transformers.SentenceTransformer(modules=[part], device="cpu")
    model.save(str(tmp_path / "m"))
    texts = [text for text in TEXTS if text]
    np.testing.assert_allclose(
        nearer.encoder(tmp_path / "m").encode(texts), model.encode(texts), rtol=0, atol=CLOSE
    )


# Made by the package's own code (wordllama 0.4.0, MIT), WordLlamaInference.embed: the first four values.
WORDLLAMA_TEXTS = ["A girl is styling her hair.", "naïve café – 北京", "two\nlines", "a" * 50]
WORDLLAMA_SAID = [
    [-0.1290474, 0.2478738, -0.2486115, -0.1646194],
    [-0.5071682, 0.2510478, 0.2663303, -0.4027642],
    [-0.5404155, -0.3754476, -0.2325033, 0.5629476],
    [0.2559575, 0.0769839, -0.1831621, -0.2192906],
]


def test_wordllama_gives_what_its_package_gives() -> None:
    entry = ARCHIVES["wordllama"]
    if not entry.here:
        pytest.skip(f"needs {entry.install}")
    vectors = nearer.encoder("wordllama").encode(WORDLLAMA_TEXTS)
    np.testing.assert_allclose(vectors[:, :4], WORDLLAMA_SAID, rtol=0, atol=CLOSE)
    for dim in (64, 128):
        np.testing.assert_array_equal(
            nearer.encoder("wordllama", dim=dim).encode(WORDLLAMA_TEXTS), vectors[:, :dim]
        )
