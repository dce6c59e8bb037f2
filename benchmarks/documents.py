"""Doc2Vec against gensim, side by side: the same documents, two threads, ours around each run of the peer.

    python benchmarks/documents.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA: AG News (test) and BBC News, whose topics judge, and the first 5,000 Wikipedia articles.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nearer import Space, evaluate
from report import Row, render
from side_by_side import TEXT, Bench, compare_scores, data_folder, scores_of, time_row

WORKER = Path(__file__).with_name("documents_worker.py")
ARTICLES, QUICK_ARTICLES = 5_000, 100
NEAREST = 10  # neighbours that vote
LEAST = 10  # times gensim's speed
NEWS = {"AG News": "sentences/agnews_test.parquet", "BBC News": "sentences/bbc_news.parquet"}


class DocumentBench(Bench):
    """A corpus of documents, one a line, judged by the topics of the news among them."""

    def __init__(self, data: Path, peers_python: Path, folder: Path, articles: int) -> None:
        self.data, self.folder, self.worker, self.peers_python = data, folder, WORKER, peers_python
        self.corpus = folder / "documents.txt"
        self.topics = {name: topics(data / file) for name, file in NEWS.items()}
        lines = [" ".join(re.findall("[a-z]+", text.lower())) for text in texts(data, articles)]
        self.corpus.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self.words, self.documents = sum(line.count(" ") + 1 for line in lines), len(lines)

    def judge(self, out: Path) -> dict[str, float]:
        """k-NN accuracy of each set of news, leaving one out."""
        keys = out.with_suffix(".words").read_text(encoding="utf-8").split("\n")
        space, begin, scores = Space(keys, np.load(out.with_suffix(".npy"))), 0, {}
        for name, topics_of in self.topics.items():
            part = space[begin : begin + len(topics_of)]
            scores[f"{NEAREST}-NN, {name}"] = evaluate.knn(part, topics_of, k=NEAREST).value
            begin += len(topics_of)
        return scores


def topics(file: Path) -> list[str]:
    """Topics of a set of news, in its order."""
    import pyarrow.parquet as pq

    return [str(topic) for topic in pq.read_table(file).column("topic").to_pylist()]


def texts(data: Path, articles: int) -> Iterator[str]:
    """The news, title and text, and then the articles."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in NEWS.values():
        table = pq.read_table(data / file)
        for title, text in zip(
            table.column("title").to_pylist(), table.column("text").to_pylist(), strict=True
        ):
            yield f"{title} {text}"
    whole = pa.input_stream(str(data / TEXT), compression="zstd").read().decode("utf-8")
    yield from [article for article in whole.split("\n\n") if article.strip()][:articles]


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes few articles and epochs, to see that it works."""
    data = data_folder("documents")
    if data is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = DocumentBench(data, peers_python, Path(name), QUICK_ARTICLES if quick else ARTICLES)
        epochs = 2 if quick else 10
        setting = (
            f"{bench.documents:,} documents, {bench.words / 1e6:.1f} M words, {epochs} epochs, 2 threads"
        )
        what = "PV-DBOW d=100"
        before = bench.run("nearer", seed=1, epochs=epochs)
        peer = bench.run("gensim", seed=1, epochs=epochs)
        after = bench.run("nearer", seed=2, judge=False, epochs=epochs)
        quality = f"{scores_of(before)} v {scores_of(peer)}"
        claim = f"training, {what}, {setting}: gensim 4.4"
        return [
            time_row(claim, peer, [before, after], LEAST, quality),
            *compare_scores(what, [before], [peer], "gensim"),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter with gensim")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
