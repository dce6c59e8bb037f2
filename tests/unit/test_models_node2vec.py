"""Node2Vec and DeepWalk on graphs whose right answer is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nearer import DeepWalk, Graph, Node2Vec, Space
from nearer.errors import InputError, ParameterError, UnknownKey
from nearer.signal.walks import graph_walks, returns, stable_rate

SMALL: dict[str, Any] = {"dim": 8, "walks": 10, "length": 20, "window": 4, "threads": 1}


def two_cliques(size: int = 8) -> list[tuple[str, str]]:
    """Two cliques and one bridge between their first nodes."""
    edges = [(f"{side}{i}", f"{side}{j}") for side in "ab" for i in range(size) for j in range(i)]
    return [*edges, ("a0", "b0")]


def blocks(nodes: int = 40, within: float = 0.5, between: float = 0.03) -> tuple[Graph, np.ndarray]:
    """A stochastic block graph of three blocks, and the block of each node."""
    block = np.repeat(np.arange(3), nodes)
    chance = np.where(block[:, None] == block, within, between)
    rows, columns = np.nonzero(np.triu(np.random.default_rng(2).random(chance.shape) < chance, 1))
    return Graph.read(np.stack([rows, columns], 1), nodes=np.arange(3 * nodes)), block


def own_side_first(space: Any, group: dict[str, Any]) -> float:
    """Share of nodes whose nearest neighbours, as many as their group has others, are all of their group."""
    right = []
    for key in space.keys:
        others = sum(group[other] == group[key] for other in space.keys) - 1
        right.append(all(group[hit.key] == group[key] for hit in space.neighbors(key, others)))
    return float(np.mean(right))


@pytest.mark.parametrize(
    "model",
    [
        DeepWalk(**SMALL),
        DeepWalk(**SMALL, objective="hierarchical"),
        Node2Vec(**SMALL, p=0.5, q=2.0),
        Node2Vec(**SMALL, p=4.0, q=0.5, learning_rate=0.05),
        Node2Vec(**SMALL, subsample=1e-2, epochs=3),
    ],
    ids=lambda model: repr(model)[:60],
)
def test_two_cliques_lie_apart(model: Node2Vec | DeepWalk) -> None:
    model.set_params(epochs=30).fit(two_cliques())
    inner = [key for key in model.space_.keys if key not in {"a0", "b0"}]  # the bridge's ends see both
    space = Space(inner, model.encode(inner))
    assert own_side_first(space, {key: key[0] for key in inner}) == 1.0
    assert model.loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.parametrize("threads", [1, 2])
def test_stochastic_blocks_are_found_again(threads: int) -> None:
    graph, block = blocks()
    settings = {**SMALL, "dim": 16, "threads": threads, "epochs": 5, "learning_rate": 0.05}
    space = Node2Vec(**settings).fit(graph).space_
    units = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    near = units @ units.T
    np.fill_diagonal(near, -2)
    right = block[np.argsort(-near, axis=1)[:, :10]] == block[:, None]
    assert right.mean() > 0.95


def test_weights_decide_where_edges_do_not() -> None:
    """Every pair is an edge; strong ones make two groups."""
    names = [f"{side}{i}" for side in "ab" for i in range(6)]
    edges = [(x, y, 10.0 if x[0] == y[0] else 0.1) for i, x in enumerate(names) for y in names[:i]]
    for model in (DeepWalk(**SMALL), Node2Vec(**SMALL, extended=True, p=2.0, q=0.5)):
        space = model.set_params(epochs=30).fit(edges).space_
        assert own_side_first(space, {name: name[0] for name in names}) == 1.0


def test_a_metapath_reaches_only_its_types() -> None:
    nodes = pa.table({"id": ["a", "b", "p", "q", "v"], "type": ["author"] * 2 + ["paper"] * 2 + ["venue"]})
    edges = [("a", "p"), ("b", "q"), ("p", "v"), ("q", "v"), ("a", "q")]
    graph = Graph.read(edges, nodes=nodes, node_type="type")
    model = DeepWalk(**SMALL, metapath=["author", "paper"]).fit(graph)
    start = DeepWalk(**{**SMALL, "walks": 1, "length": 2}, metapath=["venue", "paper"], epochs=1).fit(graph)
    assert set(model.space_.keys) == {"a", "b", "p", "q"}
    assert model.isolated_ == ["v"]  # no walk comes there, so it has learned nothing
    assert model.report_.tokens == 2 * 10 * 20
    assert start.report_.tokens == 2


def test_a_metapath_that_leads_nowhere_is_one_line() -> None:
    nodes = pa.table({"id": ["a", "b", "p"], "type": ["author", "author", "paper"]})
    graph = Graph.read([("a", "p"), ("b", "p")], nodes=nodes, node_type="type")
    with pytest.raises(
        InputError, match="no walk has two nodes, so none has a neighbour; name types of nodes"
    ):
        DeepWalk(**SMALL, metapath=["author", "author"]).fit(graph)


def test_a_start_whose_walk_cannot_leave_it_is_not_reached() -> None:
    nodes = pa.table({"id": ["a", "b", "p", "v"], "type": ["author", "author", "paper", "venue"]})
    graph = Graph.read([("a", "p"), ("b", "v")], nodes=nodes, node_type="type")
    model = DeepWalk(**SMALL, metapath=["author", "paper"]).fit(graph)
    assert list(model.space_.keys) == ["a", "p"]
    assert model.isolated_ == ["b", "v"]  # b has a neighbour, but none that the metapath goes to


def test_isolated_nodes_get_no_vector_and_are_listed() -> None:
    graph = Graph.read([("a", "b"), ("b", "c")], nodes=["a", "x", "b", "c", "y"])
    model = Node2Vec(**SMALL).fit(graph)
    assert list(model.space_.keys) == ["a", "b", "c"]
    assert model.isolated_ == ["x", "y"]
    with pytest.raises(UnknownKey):
        model.encode(["x"])


def test_one_thread_gives_the_same_bits() -> None:
    first = Node2Vec(**SMALL, p=0.5, q=2.0).fit(two_cliques()).space_
    again = Node2Vec(**SMALL, p=0.5, q=2.0).fit(two_cliques()).space_
    np.testing.assert_array_equal(first.vectors, again.vectors)
    other = Node2Vec(**SMALL, p=0.5, q=2.0, seed=1).fit(two_cliques()).space_
    assert not np.array_equal(first.vectors, other.vectors)


def test_deepwalk_is_node2vec_without_turns() -> None:
    walk = DeepWalk(**SMALL).fit(two_cliques()).space_
    same = Node2Vec(**SMALL).fit(two_cliques()).space_
    np.testing.assert_array_equal(walk.vectors, same.vectors)


def test_a_checkpoint_resumes_to_the_same_bits(tmp_path: Path) -> None:
    graph, _ = blocks()
    settings = {**SMALL, "walks": 40, "epochs": 2}
    whole = Node2Vec(**settings).fit(graph)
    kept = Node2Vec(**settings, checkpoint=tmp_path / "run", checkpoint_every=0.0).fit(graph)
    np.testing.assert_array_equal(kept.space_.vectors, whole.space_.vectors)
    again = Node2Vec(**settings, checkpoint=tmp_path / "run").fit(graph)
    np.testing.assert_array_equal(again.space_.vectors, whole.space_.vectors)
    with pytest.raises(InputError):
        Node2Vec(**settings).fit(graph).fit(two_cliques())


@pytest.mark.parametrize(
    ("model", "edges", "error", "said"),
    [
        (Node2Vec(p=0), [("a", "b")], ParameterError, "p=0"),
        (Node2Vec(q=-1.0), [("a", "b")], ParameterError, "q=-1"),
        (Node2Vec(length=1), [("a", "b")], ParameterError, "length=1"),
        (Node2Vec(extended=True), [("a", "b")], ParameterError, "no weights"),
        (DeepWalk(metapath=["x"]), [("a", "b")], InputError, "this graph has none"),
        (DeepWalk(), [("a", "b", float("nan"))], InputError, "nan"),
        (DeepWalk(), [("a", "b", -1.0)], InputError, "-1"),
        (DeepWalk(), [(1.0, 2.0)], InputError, "float"),
        (DeepWalk(), [], InputError, "no edges"),
    ],
)
def test_bad_input_is_one_clear_line(
    model: Node2Vec | DeepWalk, edges: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        model.set_params(threads=1).fit(edges)
    assert "\n" not in str(caught.value)


SMALL_GRAPHS = {
    "an edge": [("a", "b")],
    "a path": [(f"n{i}", f"n{i + 1}") for i in range(9)],
    "a star": [("hub", f"n{i}") for i in range(30)],
    "stars apart": [(f"hub{i % 2}", f"n{i}") for i in range(60)],
    "a tree": [(f"n{(i - 1) // 2}", f"n{i}") for i in range(1, 15)],
}


@pytest.mark.parametrize("edges", SMALL_GRAPHS.values(), ids=SMALL_GRAPHS)
@pytest.mark.parametrize(
    "settings", [{}, {"negative": 5}, {"walks": 100, "epochs": 3}, {"learning_rate": 0.1}]
)
def test_small_graphs_never_explode(edges: list[tuple[str, str]], settings: dict[str, Any]) -> None:
    """Walks come back to few nodes, so that a block moves one row many times."""
    for seed in (0, 1):
        model = Node2Vec(8, seed=seed, threads=1, **settings).fit(edges)
        assert np.abs(model.space_.vectors).max() < 4
        assert model.loss_curve_[-1] < 8 * np.log(2) * 1.2


def test_returns_are_those_of_two_nodes_and_of_a_long_line() -> None:
    pair = graph_walks(Graph.read([("a", "b")]), walks=2, length=20)
    assert returns(pair, 10) == 5.0
    ring = Graph.read([(i, (i + 1) % 500) for i in range(500)], directed=True)
    assert returns(graph_walks(ring, walks=1, length=20), 10) == 1.0
    visits = np.ones(1000, np.int64)
    assert stable_rate(0.03, 1.0, visits, 7, 0.75) == 0.03
    assert stable_rate(0.03, 5.0, visits[:2], 7, 0.75) == pytest.approx(0.1 / (5 * 4.5))
