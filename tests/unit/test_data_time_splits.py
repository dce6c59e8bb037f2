"""Where interactions are split in time, what is no place to split at, and how data shows itself."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from nearer import Graph, Interactions, ProNE
from nearer.errors import InputError, ParameterError
from nearer.signal.walks import usual_weights

DATED = [
    ("u", "a", 1.0, dt.date(2025, 1, 1)),
    ("u", "b", 1.0, dt.date(2025, 6, 1)),
    ("v", "a", 1.0, dt.date(2025, 9, 1)),
]


@pytest.mark.parametrize("at", [dt.date(2025, 6, 1), dt.datetime(2025, 3, 1), "2025-06-01"])
def test_dates_split_what_was_read_with_dates(at: object) -> None:
    split = Interactions.read(DATED).split_by_time(at)
    assert (len(split.train), len(split.test)) == (1, 2)


@pytest.mark.parametrize("at", ["soon", object()])
def test_what_is_no_time_is_one_line(at: object) -> None:
    with pytest.raises((ParameterError, InputError)) as raised:
        Interactions.read(DATED).split_by_time(at)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("n", [1.5, "2", 0, True])
def test_a_number_of_entries_is_a_whole_one(n: object) -> None:
    with pytest.raises(ParameterError, match="n="):
        Interactions.read(DATED).split_last(n)  # type: ignore[arg-type]


def test_a_graph_is_split_by_a_fraction_and_a_seed() -> None:
    graph = Graph.read([(0, 1), (1, 2), (2, 0), (2, 3)])
    with pytest.raises(ParameterError, match="fraction='x'"):
        graph.split("x")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="seed=-1"):
        graph.split(0.25, seed=-1)


def test_data_shows_its_size() -> None:
    assert repr(Interactions.read(DATED)) == "Interactions(2 users, 2 items, 3 entries, weights, times)"
    assert repr(Graph.read([(0, 1, 2.0), (1, 2, 1.0)])) == "Graph(3 nodes, 2 edges, undirected, weighted)"


def test_two_columns_of_one_name_are_refused() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_arrays(
        [pa.array(["u"]), pa.array(["a"]), pa.array(["v"])], names=["user", "item", "user"]
    )
    with pytest.raises(InputError, match="two columns are called 'user'; rename one"):
        Interactions.read(table)


def test_columns_are_not_named_of_a_graph_in_memory() -> None:
    with pytest.raises(InputError, match="the column source='bogus' is named, and a graph in memory has no"):
        Graph.read({"a": ["b"]}, source="bogus")
    networkx = pytest.importorskip("networkx")
    mixed = networkx.Graph([("a", "b"), ("b", "c", {"weight": 2.0})])
    assert Graph.read(mixed, weighted=False).weights is None
    with pytest.raises(InputError, match="no attribute 'weight'"):
        Graph.read(networkx.path_graph(3), weighted=True)


def test_a_share_is_a_number_between_0_and_1() -> None:
    data = Interactions.read(DATED)
    with pytest.raises(ParameterError, match="fraction='x' is not between 0 and 1"):
        data.split_random("x")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="fraction='x'"):
        data.split_by_time(fraction="x")  # type: ignore[arg-type]


def test_columns_are_not_named_of_a_matrix() -> None:
    matrix = pytest.importorskip("scipy.sparse").csr_array([[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(
        InputError, match="the column time='bogus' is named, and a matrix has no such columns"
    ):
        Interactions.read(matrix, time="bogus")


def test_small_weights_count_beside_large_ones() -> None:
    edges = [("a", "b", 3e18), ("a", "c", 1e18), ("d", "e", 1.0), ("d", "f", 3.0)]
    graph = Graph.read(edges, directed=True)
    means = dict(zip(graph.keys, usual_weights(graph).tolist(), strict=True))
    assert means["d"] == 2.0
    assert means["a"] == pytest.approx(2e18)
    extreme = Graph.read([("a", "b", 1e38), ("a", "c", 1e-38), ("b", "c", 1.0)])
    assert np.isfinite(ProNE(dim=2, threads=1).fit(extreme).space_.vectors).all()
