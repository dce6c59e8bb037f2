"""The test sets of the field, where NEARER_DATA says they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pyarrow import parquet
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from nearer import Space
from nearer.evaluate import probe, retrieval, sts
from nearer.evaluate.pairs import read_pairs
from nearer.evaluate.qrels import read_qrels
from nearer.evaluate.questions import read_questions
from nearer.evaluate.text_pairs import read_text_pairs

DATA = os.environ.get("NEARER_DATA")

pytestmark = pytest.mark.skipif(DATA is None, reason="NEARER_DATA does not name the folder of test sets")


@pytest.mark.parametrize(
    ("name", "count"), [("wordsim353_all", 353), ("simlex999", 999), ("rg65", 65), ("wordsim353_rel", 252)]
)
def test_every_pair_is_read(name: str, count: int) -> None:
    assert len(read_pairs(Path(DATA or "") / "words" / f"{name}.parquet")) == count


def test_every_analogy_is_read() -> None:
    questions = read_questions(Path(DATA or "") / "words" / "google_analogies.parquet")
    assert len(questions) == 19_544
    assert len({question.section for question in questions}) == 14
    assert sum(question.syntactic for question in questions) == 10_675


def columns(name: str) -> dict[str, list[Any]]:
    return parquet.read_table(Path(DATA or "") / f"{name}.parquet").to_pydict()


class TfIdf:
    """Counts of words weighted by their rarity (scikit-learn)."""

    def __init__(self, texts: list[str], **options: Any) -> None:
        self.vectorizer = TfidfVectorizer(**options).fit(texts)

    def encode(self, items: list[str]) -> NDArray[np.float32]:
        return np.asarray(self.vectorizer.transform(items).toarray(), dtype=np.float32)


def test_cranfield_scores_what_tf_idf_is_known_to() -> None:
    documents, queries = columns("ir/cranfield_docs"), columns("ir/cranfield_queries")
    texts = [f"{title} {text}" for title, text in zip(documents["title"], documents["text"], strict=True)]
    encoder = TfIdf(texts, sublinear_tf=True, stop_words="english")
    space = Space(documents["id"], encoder.encode(texts))
    asked = dict(zip(map(str, queries["query_no"]), encoder.encode(queries["text"]), strict=True))
    qrels, names = Path(DATA or "") / "ir" / "cranfield_qrels.parquet", ("query_no", "doc_id", "trec_rel")
    assert len(read_qrels(qrels, names)[1]) == 1837
    result = retrieval(space, asked, qrels, columns=names)  # the query's own paper counts, with gain 5
    assert (result.n, result.judgements, result.unknown) == (225, 1837, 0)
    assert result.value == pytest.approx(0.507, abs=0.003)
    assert result.metrics["MAP"].value == pytest.approx(0.404, abs=0.003)


def test_sts_benchmark_scores_what_tf_idf_is_known_to() -> None:
    file = Path(DATA or "") / "sentences" / "stsb_test.parquet"
    _, pairs = read_text_pairs(file)
    assert len(pairs) == 1379
    encoder = TfIdf([text for pair in pairs for text in (pair.first, pair.second)])
    assert sts(encoder, file).value == pytest.approx(0.691, abs=0.003)


@pytest.mark.slow
def test_news_topics_are_read_off_their_words() -> None:
    news = columns("sentences/bbc_news")
    encoder = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2)
    vectors = TruncatedSVD(100, random_state=0).fit_transform(encoder.fit_transform(news["text"]))
    space = Space([f"n{row}" for row in range(len(vectors))], vectors, items={"topic": news["topic"]})
    assert probe(space, "topic").value == pytest.approx(0.973, abs=0.01)  # that of a linear SVM on all words
