"""Walks as arrays: streams, early ends, metapaths, and what is refused."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from nearer import Graph
from nearer.errors import InputError, ParameterError
from nearer.kernels.training import padded_rows
from nearer.kernels.words import LINE_START, WordTraining, train_units
from nearer.models.state import seeded_rows
from nearer.signal.negatives import noise_table
from nearer.signal.walks import graph_walks
from nearer.signal.windows import keep_thresholds

TYPED = pa.table({"id": list("abpq"), "type": ["author", "author", "paper", "paper"]})
WRITTEN = [("a", "p"), ("b", "p"), ("b", "q")]


def scattered(nodes: int = 3_000, edges: int = 12_000, weighted: bool = False) -> Graph:
    drawn = np.random.default_rng(4).integers(0, nodes, (edges, 2))
    drawn = drawn[drawn[:, 0] != drawn[:, 1]]
    if not weighted:
        return Graph.read(drawn)
    weights = np.random.default_rng(5).uniform(0.1, 9, len(drawn))
    return Graph.read(pa.table({"source": drawn[:, 0], "target": drawn[:, 1], "weight": weights}))


@pytest.mark.parametrize("turns", [{}, {"p": 0.5, "q": 2.0}, {"p": 3.0, "q": 0.1, "extended": True}])
def test_walks_do_not_depend_on_threads_or_on_how_they_are_asked_for(turns: dict[str, float]) -> None:
    graph = scattered(weighted=bool(turns))
    walks = graph_walks(graph, walks=2, length=12, seed=3, threads=1, **turns)  # type: ignore[arg-type]
    found, lengths = walks.nodes(0, walks.count, threads=1)
    for threads in (2, 3):
        again = graph_walks(graph, walks=2, length=12, seed=3, threads=threads, **turns)  # type: ignore[arg-type]
        nodes, ends = again.nodes(0, again.count, threads=threads)
        np.testing.assert_array_equal(nodes, found)
        np.testing.assert_array_equal(ends, lengths)
        np.testing.assert_array_equal(again.visits(0, 999, threads), walks.visits(0, 999, 1))
    part, _ = walks.nodes(1_100, 1_107, threads=1)
    np.testing.assert_array_equal(part, found[1_100:1_107])


def test_seed_and_round_decide_a_walk() -> None:
    graph = scattered()
    walks = graph_walks(graph, walks=2, length=12, seed=3)
    found, _ = walks.nodes(0, walks.count)
    starts = len(walks.order)
    np.testing.assert_array_equal(found[:starts, 0], found[starts:, 0])
    assert not (found[:starts] == found[starts:]).all(axis=1).any()
    other = graph_walks(graph, walks=2, length=12, seed=4)
    assert not np.array_equal(other.order, walks.order)
    assert not np.array_equal(other.nodes(0, other.count)[0], found)


def test_a_walk_ends_where_no_arc_leads_on() -> None:
    graph = Graph.read([("a", "b"), ("b", "c")], directed=True)
    walks = graph_walks(graph, walks=1, length=5)
    found, lengths = walks.nodes(0, walks.count)
    assert {tuple(w[:n].tolist()) for w, n in zip(found, lengths, strict=True)} == {(0, 1, 2), (1, 2)}
    assert walks.visits(0, 2).tolist() == [1, 2, 2]


def test_a_metapath_ends_where_no_neighbour_has_the_type() -> None:
    graph = Graph.read([*WRITTEN, ("a", "b")], nodes=TYPED, node_type="type")
    walks = graph_walks(graph, walks=3, length=6, metapath=["author", "author", "paper", "paper"])
    found, lengths = walks.nodes(0, walks.count)
    assert (lengths == 3).all()  # no paper is a neighbour of a paper
    assert set(map(tuple, found[:, :2].tolist())) == {(0, 1), (1, 0)}


@pytest.mark.parametrize(
    ("edges", "turns", "error", "said"),
    [
        (WRITTEN, {"extended": True}, ParameterError, "extended=True is node2vec+, and this graph has no w"),
        (WRITTEN, {"metapath": ["author"], "p": 2.0}, ParameterError, "p=2 and q=1 go with no metapath"),
        (WRITTEN, {"metapath": ["author"]}, InputError, "this graph has none"),
    ],
)
def test_what_a_graph_cannot_give_is_said(
    edges: list[tuple[str, str]], turns: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said.replace("+", "\\+")):
        graph_walks(Graph.read(edges), walks=1, length=2, **turns)  # type: ignore[arg-type]


def test_a_metapath_of_unknown_types_is_refused() -> None:
    graph = Graph.read(WRITTEN, nodes=TYPED, node_type="type")
    with pytest.raises(InputError, match="no node has the type 'venue'; there are author, paper"):
        graph_walks(graph, walks=1, length=2, metapath=["author", "venue"])


def test_training_from_walks_is_training_on_their_tokens() -> None:
    graph = scattered(300, 900).linked()[0]
    walks = graph_walks(graph, walks=3, length=40, p=0.5, q=2.0, seed=7)
    assert walks.units > 1
    found, lengths = walks.nodes(0, walks.count)
    assert (lengths == 40).all()
    found[:, 0] |= LINE_START
    counts = walks.visits(0, walks.count)
    trained = []
    for source in (walks, None):
        words, outputs = seeded_rows(len(graph), 8, 1), padded_rows(len(graph), 8)
        run = WordTraining(
            architecture="skipgram",
            tokens=np.empty(0, np.uint32) if source else found.ravel(),
            keep=keep_thresholds(counts, 1e-3),
            noise=noise_table(counts, 0.75),
            window=5,
            negative=5,
            shared=3,
            learning_rate=0.05,
            least_learning_rate=1e-4,
            planned_units=2 * walks.units,
            seed=9,
            unit_tokens=walks.walks_a_unit * 40,
            source=source,
        )
        report = train_units(run, words, outputs, 0, 2 * walks.units, 1, "x86_64")
        trained.append((words, outputs, report))
    np.testing.assert_array_equal(trained[0][0], trained[1][0])
    np.testing.assert_array_equal(trained[0][1], trained[1][1])
    assert trained[0][2] == trained[1][2]
    assert np.abs(trained[0][1]).max() > 0
