"""What every model of graphs keeps, whichever way it learns; the suite finds them by themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from test_estimators import ESTIMATORS, RINGS, SMALL, Arguments, fitted

from nearer import Graph
from nearer.errors import InputError
from nearer.models import ProNE
from nearer.models.parameters import Estimator

GRAPH_MODELS = [
    kind
    for kind in ESTIMATORS
    if any("isolated_" in vars(base).get("__annotations__", {}) for base in kind.__mro__)
]
NODES = [f"{ring}{place}" for ring in "ab" for place in range(8)]

graph_models = pytest.mark.parametrize("kind", GRAPH_MODELS, ids=lambda kind: kind.__name__)


def fitted_to(kind: type[Estimator], edges: Any) -> Any:
    """The small example of a model, fitted to other edges between its nodes."""
    estimator, data = SMALL[kind]()
    return fitted(estimator, Arguments((edges, *data[1:])) if isinstance(data, Arguments) else edges)


def test_the_suite_finds_them() -> None:
    assert ProNE in GRAPH_MODELS


@graph_models
def test_its_space_holds_the_nodes_in_order_but_for_those_it_names(kind: type[Estimator]) -> None:
    graph = Graph.read(RINGS, nodes=[*NODES, "alone"])
    model = fitted_to(kind, graph)
    assert model.isolated_ == ["alone"]
    assert list(model.space_.keys) == [key for key in graph.keys if key != "alone"]
    assert model.space_.metric == "cosine"
    assert model.space_.vectors.any(axis=1).all()


@graph_models
def test_edges_may_come_in_any_form_that_is_read(kind: type[Estimator]) -> None:
    graph = Graph.read(RINGS)
    for edges in (RINGS, graph, [(a, b, 1.0) for a, b in RINGS]):
        vectors = fitted_to(kind, edges).space_.vectors
        np.testing.assert_allclose(vectors, fitted_to(kind, graph).space_.vectors, atol=1e-5)


@graph_models
def test_directed_and_weighted_graphs_have_vectors(kind: type[Estimator]) -> None:
    weighted = [(a, b, 0.5 + place % 3) for place, (a, b) in enumerate(RINGS)]
    for directed in (False, True):
        space = fitted_to(kind, Graph.read(weighted, directed=directed)).space_
        assert len(space) == len(NODES)
        assert np.isfinite(space.vectors).all()


@graph_models
@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([], "edges"),
        ([("a0", "a1", math.nan)], "nan"),
        ([("a0", "a1", -1.0)], "-1"),
        ([(1.5, 2.5)], "1.5"),
    ],
)
def test_bad_edges_are_one_line_that_names_them(kind: type[Estimator], edges: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        fitted_to(kind, edges)
    assert "\n" not in str(raised.value)


@graph_models
def test_a_graph_without_edges_is_refused(kind: type[Estimator]) -> None:
    empty = Graph(NODES, np.zeros(len(NODES) + 1, np.int64), np.empty(0, np.uint32))
    with pytest.raises(InputError, match="the graph has no edges"):
        fitted_to(kind, empty)
