"""ProNE: what has a vector, the same bits again, the report, and bad input."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array

from nearer import Graph, ProNE
from nearer.errors import InputError, ParameterError, UnknownKey

DATA = Path(os.environ.get("NEARER_DATA", "/nonexistent")) / "graphs"


def graph_of(sources: list[int], targets: list[int], nodes: int, **facts: bool) -> Graph:
    """An undirected graph without weights."""
    both = coo_array(
        (np.ones(2 * len(sources)), (sources + targets, targets + sources)), shape=(nodes, nodes)
    )
    matrix = both.tocsr()
    matrix.sum_duplicates()
    keys = [f"n{row}" for row in range(nodes)]
    return Graph(keys, matrix.indptr.astype(np.int64), matrix.indices.astype(np.uint32), **facts)


def two_rings(size: int = 8, isolated: int = 0) -> Graph:
    """Two rings joined by one edge, and nodes without edges after them."""
    ring = list(range(size))
    following = [*ring[1:], ring[0]]
    sources = [*ring, *[row + size for row in ring], 0]
    targets = [*following, *[row + size for row in following], size]
    return graph_of(sources, targets, 2 * size + isolated)


def test_isolated_nodes_have_no_vector_and_are_named() -> None:
    model = ProNE(dim=4, threads=1).fit(two_rings(isolated=2))
    assert model.isolated_ == ["n16", "n17"]
    assert (model.report_.isolated, model.report_.nodes, model.report_.edges) == (2, 16, 17)
    assert "n16" not in model.space_
    with pytest.raises(UnknownKey, match="n16"):
        model.encode(["n16"])
    without = ProNE(dim=4, threads=1).fit(two_rings())
    np.testing.assert_array_equal(model.space_.vectors, without.space_.vectors)


def test_vectors_have_length_one_and_neighbours_are_near() -> None:
    draw = np.random.default_rng(0)
    block = np.repeat(np.arange(3), 20)
    linked = np.triu(draw.random((60, 60)) < np.where(block[:, None] == block, 0.5, 0.02), 1)
    sources, targets = (ends.tolist() for ends in np.nonzero(linked))
    space = ProNE(dim=8, threads=1).fit(graph_of(sources, targets, 60)).space_
    np.testing.assert_allclose(np.linalg.norm(space.vectors, axis=1), 1.0, atol=1e-6)
    assert space.metric == "cosine"
    cosines = space.vectors @ space.vectors.T
    same = block[:, None] == block
    assert cosines[same].mean() > cosines[~same].mean() + 0.3


def test_the_same_seed_gives_the_same_bits_and_its_graph_is_in_the_provenance() -> None:
    one, two = (ProNE(dim=4, threads=1).fit(two_rings()).space_ for _ in range(2))
    assert one.identity == two.identity
    np.testing.assert_array_equal(one.vectors, two.vectors)
    other = ProNE(dim=4, threads=1).fit(two_rings(9)).space_
    assert other.provenance["graph"] != one.provenance["graph"]
    assert one.provenance["model"] == "ProNE"
    assert one.provenance["theta"] == 0.5


def test_every_setting_changes_the_vectors() -> None:
    before = ProNE(dim=4, threads=1).fit(two_rings()).space_.vectors
    for name, value in {
        "order": 3, "mu": 0.6, "theta": 2.0, "negative": 5.0, "noise_exponent": 0.0
    }.items():  # fmt: skip
        after = ProNE(dim=4, threads=1, **{name: value}).fit(two_rings()).space_.vectors
        assert np.abs(after - before).max() > 1e-3, name


def test_the_report_says_where_the_time_went_and_what_was_kept() -> None:
    report = ProNE(dim=4, threads=1).fit(two_rings()).report_
    assert min(report.read_seconds, report.factor_seconds, report.propagation_seconds) > 0
    assert report.items_per_second > 0
    assert 0.3 < report.explained_variance < 1.0
    assert ProNE(dim=15, threads=1).fit(two_rings()).report_.explained_variance > report.explained_variance


def test_a_graph_that_is_too_small_or_empty_is_refused() -> None:
    with pytest.raises(InputError, match="the graph has no edges, so no node has a neighbour; give edges"):
        ProNE(dim=1).fit(graph_of([], [], 3))
    with pytest.raises(
        ParameterError,
        match="dim=16 is not below the number of nodes that have edges, 16; set dim to 15 or less",
    ):
        ProNE(dim=16).fit(two_rings(isolated=5))


@pytest.mark.skipif(not DATA.is_dir(), reason="NEARER_DATA does not name the data folder")
def test_bloggers_are_told_apart_as_the_paper_says() -> None:
    """Published: micro-F1 of about 0.41 at half of the labels; 0.416 measured over five shuffles."""
    import pyarrow.parquet as pq  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    edges = pq.read_table(DATA / "blogcatalog_edges.parquet")
    sources, targets = (edges.column(name).to_pylist() for name in ("src", "dst"))
    labels = pq.read_table(DATA / "blogcatalog_nodes.parquet").column("labels").to_pylist()
    vectors = ProNE(threads=1).fit(graph_of(sources, targets, len(labels))).space_.vectors
    order = np.random.default_rng(0).permutation(len(labels))
    half = len(labels) // 2
    train, test = order[:half], order[half:]
    groups = sorted({group for of_node in labels for group in of_node})
    truth = np.array([[group in of_node for group in groups] for of_node in labels])
    odds = np.stack(
        [
            LogisticRegression(solver="liblinear")
            .fit(vectors[train], member)
            .decision_function(vectors[test])
            for member in truth[train].T
        ],
        axis=1,
    )
    right = 0
    for of_node, scores in zip(truth[test], odds, strict=True):
        right += int(of_node[np.argsort(-scores)[: of_node.sum()]].sum())
    assert right / truth[test].sum() > 0.40  # as many groups are foretold as there are: micro-F1
