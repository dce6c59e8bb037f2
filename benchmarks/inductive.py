"""Node vectors without training (ProNE on BlogCatalog), and of nodes never seen (GraphSAGE on Cora).

    python benchmarks/inductive.py [--quick]

Needs NEARER_DATA. GraphSAGE never sees a fifth of Cora's nodes nor their edges, and is judged beside the raw
words of the same nodes by the same logistic regression.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np

from nearer import Graph, GraphSAGE, ProNE, evaluate
from report import Row, render

BLOG, GROUPS, CORA, PAPERS = (
    f"graphs/{name}.parquet"
    for name in ("blogcatalog_edges", "blogcatalog_nodes", "cora_edges", "cora_nodes")
)
PUBLISHED, SLACK = 0.415, 0.01  # DeepWalk's micro-F1 at half of the labels, as its authors' program prints it
HELD_OUT = 0.2  # of Cora's nodes


def prone(data: Path, shuffles: int) -> Row:
    """F1 of ProNE beside DeepWalk's published one, and its seconds."""
    graph = Graph.read(data / BLOG)
    begin = time.perf_counter()
    model = ProNE(threads=2).fit(graph)
    seconds = time.perf_counter() - begin
    found = evaluate.nodes(model.space_, data / GROUPS, fractions=(0.5,), shuffles=shuffles)
    claim = "micro-F1 at 50 % labels, ProNE d=128, BlogCatalog: DeepWalk as published minus 0.01"
    note = f"macro-F1 {found.macro_f1[0.5].value:.3f}; {seconds:.1f} s"
    return Row(claim, f"{found.value:.3f}", f"{PUBLISHED:.3f}", found.value / (PUBLISHED - SLACK), 1.0, note)


def unseen(data: Path, seed: int) -> tuple[float, float, float]:
    """Accuracy on Cora's unseen papers by GraphSAGE's vectors and by raw words, and seconds of training."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / PAPERS)
    names, topics = table["node"].to_numpy(), table["label"].to_numpy()
    lists = zip(names, table["words"].to_pylist(), strict=True)
    words = {str(key): [f"w{word}" for word in given] for key, given in lists}
    held_out = np.zeros(len(names), np.bool_)
    held_out[np.random.default_rng(seed).permutation(len(names))[: int(HELD_OUT * len(names))]] = True
    new = dict(zip(map(str, names), held_out.tolist(), strict=True))
    edges = np.stack([column.to_numpy() for column in pq.read_table(data / CORA).columns[:2]], axis=1)
    hidden = np.array([new[str(a)] or new[str(b)] for a, b in edges])
    begin = time.perf_counter()
    model = GraphSAGE(seed=seed, threads=2).fit(
        edges[~hidden], {k: v for k, v in words.items() if not new[k]}
    )
    seconds = time.perf_counter() - begin
    asked = {key: given for key, given in words.items() if new[key]}
    vectors = model.encode(asked, edges=edges[hidden])
    topic = dict(zip(map(str, names), topics.tolist(), strict=True))
    known = model.space_.keys
    right = accuracy(model.space_.vectors, [topic[k] for k in known], vectors, [topic[k] for k in asked])
    raw = bag_of_words(words)
    rows = {key: place for place, key in enumerate(words)}
    seen, there = ([rows[key] for key in keys] for keys in (known, asked))
    plain = accuracy(raw[seen], [topic[k] for k in known], raw[there], [topic[k] for k in asked])
    return right, plain, seconds


def bag_of_words(words: dict[str, list[str]]) -> np.ndarray:
    """A row a paper, a column a word."""
    number = {
        word: place for place, word in enumerate(dict.fromkeys(w for given in words.values() for w in given))
    }
    matrix = np.zeros((len(words), len(number)), np.float32)
    for row, given in enumerate(words.values()):
        matrix[row, [number[word] for word in given]] = 1.0
    return matrix


def accuracy(vectors: np.ndarray, labels: list[int], asked: np.ndarray, truth: list[int]) -> float:
    """Of a logistic regression that learns from `vectors`."""
    from sklearn.linear_model import LogisticRegression

    return float(LogisticRegression(max_iter=2000, C=10).fit(vectors, labels).score(asked, truth))


def graphsage(data: Path, seeds: int) -> Row:
    """Accuracy on nodes never seen, mean of some splits."""
    found = [unseen(data, seed) for seed in range(seeds)]
    ours, raw, seconds = (statistics.mean(figures) for figures in zip(*found, strict=True))
    claim = f"accuracy on Cora's unseen nodes, GraphSAGE d=128, mean of {seeds} splits: their raw words"
    return Row(
        claim, f"{ours:.3f}", f"{raw:.3f}", ours / raw, 1.0, f"labels from known nodes; {seconds:.1f} s a fit"
    )


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes fewer shuffles and splits."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / BLOG).exists():
        print(f"inductive: skipped, NEARER_DATA does not name the folder with {BLOG}")
        return []
    return [prone(data, 2 if quick else 10), graphsage(data, 1 if quick else 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
