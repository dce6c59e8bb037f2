"""Which method for documents: ours on the same documents, judged on tasks that none was trained for.

    python benchmarks/document_methods.py [--quick]

No peers here: the table says when which of our own methods is the one to use. All but the last three are
trained on AG News, BBC News and Wikipedia articles; those take pretrained GloVe vectors. Needs NEARER_DATA.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nearer
from nearer import Space, evaluate
from report import Grid, render
from side_by_side import TEXT, data_folder

THREADS = 2
DIM = 100
ARTICLES = 5_000
HEADS = ("method", "CPU seconds", "AG News", "BBC News", "STS-B", "Cranfield nDCG@10")
NEWS = {"AG News": "sentences/agnews_test.parquet", "BBC News": "sentences/bbc_news.parquet"}
Texts = dict[str, str]


class Tasks:
    """The documents of each task, and how an encoder does on it."""

    def __init__(self, data: Path, articles: int) -> None:
        self.data = data
        self.news = {name: self._news(name) for name in NEWS}
        self.documents: Texts = {}
        for texts, _ in self.news.values():
            self.documents |= texts
        self.documents |= self._articles(articles)

    def scores(self, encode: Callable[[list[str]], Any], fitted: Space) -> tuple[float, ...]:
        """k-NN accuracy on both sets of news (documents as they were fitted), STS-B, retrieval."""
        news = [
            evaluate.knn(fitted[list(texts)], labels, k=10, threads=THREADS).value
            for texts, labels in self.news.values()
        ]
        return (*news, self._similarity(encode), self._retrieval(encode))

    def _similarity(self, encode: Callable[[list[str]], Any]) -> float:
        class Encoder:
            def encode(self, items: list[str]) -> Any:
                return encode(items)

        return evaluate.sts(Encoder(), self.data / "sentences" / "stsb_test.parquet").value

    def _retrieval(self, encode: Callable[[list[str]], Any]) -> float:
        """Cranfield with all 1,837 judgements as relevant, gain trec_rel; empty documents are left out."""
        documents, queries = (
            self._table("ir/cranfield_docs.parquet"),
            self._table("ir/cranfield_queries.parquet"),
        )
        texts = {
            str(key): f"{title} {text}"
            for key, title, text in zip(documents["id"], documents["title"], documents["text"], strict=True)
            if f"{title} {text}".strip()
        }
        asked = {str(key): text for key, text in zip(queries["query_no"], queries["text"], strict=True)}
        judged = self._table("ir/cranfield_qrels.parquet")
        qrels: dict[str, dict[str, float]] = {}
        for query, document, gain in zip(
            judged["query_no"], judged["doc_id"], judged["trec_rel"], strict=True
        ):
            qrels.setdefault(str(query), {})[str(document)] = gain
        identity = "0" * 64  # of one encoder, whichever it is
        found = Space(list(texts), encode(list(texts.values())), identity=identity)
        questions = Space(list(asked), encode(list(asked.values())), identity=identity)
        return evaluate.retrieval(found, questions, qrels, unknown="skip").value

    def _news(self, name: str) -> tuple[Texts, list[str]]:
        table = self._table(NEWS[name])
        lines = [f"{title}\n{text}" for title, text in zip(table["title"], table["text"], strict=True)]
        return {f"{name} {row}": line for row, line in enumerate(lines)}, table["topic"]

    def _articles(self, count: int) -> Texts:
        import pyarrow as pa

        text = pa.input_stream(str(self.data / TEXT), compression="zstd").read().decode("utf-8")
        return {f"article {row}": article for row, article in enumerate(text.split("\n\n")[:count])}

    def _table(self, name: str) -> dict[str, list[Any]]:
        import pyarrow.parquet as pq

        return pq.read_table(self.data / name).to_pydict()


def rows(tasks: Tasks) -> list[tuple[str, ...]]:
    """A row a method."""
    documents, texts = tasks.documents, list(tasks.documents.values())
    common: dict[str, Any] = {"dim": DIM, "threads": THREADS, "seed": 1}
    begin = time.process_time()
    words = nearer.Word2Vec(epochs=10, **common).fit(texts).space_
    training = time.process_time() - begin
    news = {key: text for labelled, _ in tasks.news.values() for key, text in labelled.items()}
    found = []
    for name, model, data, before in (
        ("mean of Word2Vec", nearer.SIF(words, method="mean"), documents, training),
        ("SIF of Word2Vec", nearer.SIF(words), documents, training),
        ("uSIF of Word2Vec", nearer.SIF(words, method="usif"), documents, training),
        ("Doc2Vec, PV-DBOW", nearer.Doc2Vec(epochs=10, **common), documents, 0.0),
        ("Doc2Vec, PV-DBOW and words", nearer.Doc2Vec(epochs=10, train_words=True, **common), documents, 0.0),
        ("Doc2Vec, PV-DM mean", nearer.Doc2Vec(architecture="dm", epochs=10, **common), documents, 0.0),
        (
            "Doc2Vec, PV-DM concatenated",
            nearer.Doc2Vec(architecture="dm", combine="concat", epochs=10, **common),
            documents,
            0.0,
        ),
        ("mean of GloVe 6B, 50-d", nearer.SIF("glove-6b-50d", method="mean"), news, 0.0),
        ("SIF of GloVe 6B, 50-d", nearer.SIF("glove-6b-50d"), news, 0.0),
        ("uSIF of GloVe 6B, 50-d", nearer.SIF("glove-6b-50d", method="usif"), news, 0.0),
    ):
        begin = time.process_time()
        model.fit(data)
        seconds = before + time.process_time() - begin
        scores = [f"{score:.3f}" for score in tasks.scores(model.encode, model.space_)]
        row = (name, f"{seconds:.1f}", *scores)
        print("  " + ", ".join(row), flush=True)
        found.append(row)
    return found


def run(peers_python: Path | None = None, quick: bool = False) -> Grid | list[Any]:
    """The grid of all methods; `quick` takes fewer articles."""
    data = data_folder("document_methods")
    return [] if data is None else Grid(HEADS, rows(Tasks(data, 100 if quick else ARTICLES)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(quick=parser.parse_args().quick)))


if __name__ == "__main__":
    main()
