"""Against the fasttext package, where it is installed; elsewhere golden/fasttext_models stands for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from topics import topic_sentences

import nearer
from nearer import FastText
from nearer.kernels.subwords import cut_ngrams

fasttext = pytest.importorskip("fasttext")

WORDS = ["lion", "t1w2", "t1w2x", "straße", "日本語", "a", "naïve", "e\u0301te", "😀", "x" * 40]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> FastText:
    return FastText(dim=16, buckets=5_000, min_n=2, max_n=5, threads=1).fit(topic_sentences(1_000))


def test_fasttext_reads_what_we_write_to_the_same_bits(model: FastText, tmp_path: Path) -> None:
    model.save_bin(tmp_path / "a.bin")
    theirs = fasttext.load_model(str(tmp_path / "a.bin"))
    assert theirs.get_words() == model.space_.keys
    words = [*model.space_.keys, "t1w2x", "t9w99", "c5é", "日t1"]
    assert np.array_equal(model.encode(words), np.stack([theirs.get_word_vector(word) for word in words]))
    for word in WORDS:
        _, ids = theirs.get_subwords(word)
        _, buckets = cut_ngrams([word], 2, 5, 5_000)
        assert (np.array(ids)[-len(buckets) :] - len(model.space_)).tolist() == buckets.tolist()


def test_texts_are_fasttexts_sentence_vectors(model: FastText, tmp_path: Path) -> None:
    model.save_bin(tmp_path / "a.bin")
    theirs = fasttext.load_model(str(tmp_path / "a.bin"))
    texts = [" ".join(model.space_.keys[:40]), "t1w2x  t9w99\tc5é ", "日t1\u00a0x t1w2\r\v\fy", " t1w2"]
    expected = np.stack([theirs.get_sentence_vector(text) for text in texts])
    np.testing.assert_allclose(model.encode(texts), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["skipgram", "cbow", "supervised"])
def test_we_read_what_fasttext_writes_to_the_same_bits(tmp_path: Path, kind: str) -> None:
    text = tmp_path / "text"
    label = "__label__a " if kind == "supervised" else ""
    text.write_text("".join(f"{label}{line}\n" for line in topic_sentences(3_000)), encoding="utf-8")
    settings = {"dim": 10, "minn": 2, "maxn": 5, "verbose": 0, "thread": 10}
    theirs = (
        fasttext.train_supervised(str(text), **settings)
        if kind == "supervised"
        else fasttext.train_unsupervised(str(text), model=kind, **settings)
    )
    theirs.save_model(str(tmp_path / "a.bin"))
    words = [*theirs.get_words(), *WORDS]
    expected = np.stack([theirs.get_word_vector(word) for word in words])
    assert np.array_equal(nearer.encoder(tmp_path / "a.bin").encode(words), expected)
