"""GraphSAGE on the papers of the field, where NEARER_DATA says they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

from nearer import GraphSAGE
from nearer.data.features import read_features

DATA = Path(os.environ.get("NEARER_DATA", "/nonexistent")) / "graphs"


@pytest.mark.skipif(not DATA.is_dir(), reason="NEARER_DATA does not name the data folder")
def test_papers_never_seen_are_told_apart_better_than_by_their_words() -> None:
    """A fifth of Cora's nodes and all their edges are unseen; 0.861 against 0.728 measured."""
    papers = pq.read_table(DATA / "cora_nodes.parquet").to_pydict()
    keys, topics = list(map(str, papers["node"])), np.array(papers["label"])
    words = dict(zip(keys, ([f"w{word}" for word in given] for given in papers["words"]), strict=True))
    unseen = np.zeros(len(keys), np.bool_)
    unseen[np.random.default_rng(0).permutation(len(keys))[: len(keys) // 5]] = True
    new = {key for key, hidden in zip(keys, unseen, strict=True) if hidden}
    columns = pq.read_table(DATA / "cora_edges.parquet").columns[:2]
    edges = [tuple(map(str, edge)) for edge in zip(*(column.to_pylist() for column in columns), strict=True)]
    seen_edges = [edge for edge in edges if not new.intersection(edge)]
    model = GraphSAGE(threads=1).fit(seen_edges, {key: words[key] for key in keys if key not in new})
    asked = {key: words[key] for key in keys if key in new}
    vectors = model.encode(asked, edges=[edge for edge in edges if new.intersection(edge)])
    topic = dict(zip(keys, topics, strict=True))
    known = [topic[key] for key in model.space_.keys]
    found = accuracy(model.space_.vectors, known, vectors, topics[unseen])
    raw = read_features(words).matrix
    by_words = accuracy(
        raw[np.flatnonzero(~unseen)], topics[~unseen], raw[np.flatnonzero(unseen)], topics[unseen]
    )
    assert found > by_words + 0.05
    assert found > 0.8


def accuracy(vectors: Any, labels: Any, asked: Any, truth: Any) -> float:
    """Of a logistic regression that learns from `vectors`."""
    return float(LogisticRegression(max_iter=2000, C=10).fit(vectors, labels).score(asked, truth))
