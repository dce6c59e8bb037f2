"""A bridge between two kinds of data: Cora's papers as lists of words and as nodes of the citation graph.

    python benchmarks/bridge.py [--quick]

Needs NEARER_DATA. Heads are trained over frozen vectors: words by principal components, nodes by ProNE. A
tenth of the papers take no part in `fit`, not even in choosing the weights that are kept: their words are to
find their nodes among each other's, and their nodes their words. Beside it: ridge regression from the one to
the other, its penalty chosen on a tenth of the training papers.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from nearer import Contrastive, ProNE, Space
from nearer.signal import Pairs
from report import Row, render

CORA, PAPERS = "graphs/cora_edges.parquet", "graphs/cora_nodes.parquet"
TEST = 0.1  # of the papers
TARGET = 8.0  # times chance
DEPTH, DIM = 10, 128
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)


def word_space(data: Path) -> Space:
    """Papers by the principal components of their words, rows scaled to length 1 before."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / PAPERS)
    lists = table["words"].to_pylist()
    matrix = np.zeros((len(lists), 1 + max(max(words, default=0) for words in lists)), np.float32)
    for row, words in enumerate(lists):
        matrix[row, words] = 1.0 / np.sqrt(max(len(words), 1))
    return Space([str(node) for node in table["node"].to_pylist()], matrix).reduce(DIM)


def recall(queries: np.ndarray, candidates: np.ndarray) -> float:
    """Part of the queries whose own row is among the DEPTH nearest candidates by cosine."""
    one, other = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (queries, candidates))
    scores = one @ other.T
    return float(((scores >= scores.diagonal()[:, None]).sum(1) <= DEPTH).mean())


def ridge(source: np.ndarray, goal: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """recall of linear regression, its penalty chosen on a tenth of the training papers."""
    from sklearn.linear_model import Ridge

    cut = len(train) // 10
    judge, learn = train[:cut], train[cut:]

    def found(penalty: float, rows: np.ndarray, asked: np.ndarray) -> float:
        model = Ridge(alpha=penalty).fit(source[rows], goal[rows])
        return recall(model.predict(source[asked]), goal[asked])

    best = max(PENALTIES, key=lambda penalty: found(penalty, learn, judge))
    return found(best, train, test)


def split(words: Space, nodes: Space, seed: int) -> dict[str, Any]:
    """recall@10 both ways on papers that `fit` has not seen, beside ridge regression and chance."""
    order = np.random.default_rng(seed).permutation(len(nodes))
    test, train = np.split(order, [round(TEST * len(order))])
    keys = [nodes.keys[row] for row in train.tolist()]
    begin = time.process_time()
    model = Contrastive(
        Pairs(),
        left=words,
        right=nodes,
        dim=64,
        temperature=0.2,
        augment=True,
        epochs=150,
        patience=None,
        learning_rate=0.003,
        seed=seed,
        threads=1,
    ).fit((keys, keys))
    seconds = time.process_time() - begin
    asked = [nodes.keys[row] for row in test.tolist()]
    left, right = model.encode_query(asked), model.encode_document(asked)
    texts = words.vectors[words.rows(nodes.keys)]
    return {
        "words to nodes": recall(left, right),
        "nodes to words": recall(right, left),
        "ridge there": ridge(texts, nodes.vectors, train, test),
        "ridge back": ridge(nodes.vectors, texts, train, test),
        "chance": DEPTH / len(test),
        "seconds": seconds,
    }


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """A row each way; `quick` takes one split of the papers."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / CORA).exists():
        print(f"bridge: skipped, NEARER_DATA does not name the folder with {CORA}")
        return []
    words, nodes = word_space(data), ProNE(dim=DIM, threads=1).fit(data / CORA).space_
    splits = [split(words, nodes, seed) for seed in range(1 if quick else 5)]
    mean = {name: statistics.mean(found[name] for found in splits) for name in splits[0]}
    rows = []
    for way, peer in (("words to nodes", "ridge there"), ("nodes to words", "ridge back")):
        claim = f"recall@{DEPTH} of unseen papers, Cora, {way}, mean of {len(splits)} splits"
        ours, least, times = mean[way], TARGET * mean["chance"], mean[way] / mean["chance"]
        note = f"{times:.1f} x chance; {mean['seconds']:.1f} s CPU a fit"
        rows.append(
            Row(f"{claim}: {TARGET:g} x chance", f"{ours:.3f}", f"{least:.3f}", ours / least, 1.0, note)
        )
        beside = mean[peer]
        rows.append(
            Row(
                f"{claim}: ridge regression",
                f"{ours:.3f}",
                f"{beside:.3f}",
                ours / beside,
                1.0,
                "same papers",
            )
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
