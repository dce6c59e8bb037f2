"""GraphSAGE: blocks are found, by nodes never seen too; the same bits; what is stopped, saved and resumed."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from nearer import Graph, GraphSAGE, Space, encoder
from nearer.errors import InputError, IntegrityError, NotFitted, ParameterError, SpaceMismatch
from nearer.models import sage_training
from nearer.search import nearest

BLOCKS, SIZE, NEW = 4, 24, 4


def block_graph(seed: int = 1) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Edges and words of nodes in blocks, those from SIZE on new: b2n7 is number 7 of block 2.

    Most edges run inside a block, and every node holds two of the three words of its block and a common one.
    """
    draw = np.random.default_rng(seed)
    nodes = [(block, number) for block in range(BLOCKS) for number in range(SIZE + NEW)]
    edges = []
    for place, one in enumerate(nodes):
        for two in nodes[place + 1 :]:
            if draw.random() < (0.25 if one[0] == two[0] else 0.01):
                edges.append((name(*one), name(*two)))
    words = {
        name(block, number): ["any", *(f"w{block}{i}" for i in draw.choice(3, 2, replace=False))]
        for block, number in nodes
    }
    return edges, words


def name(block: int, number: int) -> str:
    return f"b{block}n{number}"


def is_new(node: str) -> bool:
    return int(node.split("n")[1]) >= SIZE


EDGES, WORDS = block_graph()
SEEN_EDGES = [edge for edge in EDGES if not any(map(is_new, edge))]
SEEN = {node: words for node, words in WORDS.items() if not is_new(node)}
UNSEEN = {node: words for node, words in WORDS.items() if is_new(node)}


def small(**settings: Any) -> GraphSAGE:
    return GraphSAGE(**{"dim": 8, "negative": 32, "epochs": 30, "batch_size": 24, "threads": 1} | settings)


@pytest.fixture(scope="module")
def model() -> GraphSAGE:
    return small().fit(SEEN_EDGES, SEEN)


def blocks_of(keys: Any) -> Any:
    return np.array([int(key[1]) for key in keys])


def test_nodes_of_a_block_lie_together(model: GraphSAGE) -> None:
    vectors, blocks = model.space_.vectors, blocks_of(model.space_.keys)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    cosines = vectors @ vectors.T
    same = blocks[:, None] == blocks
    assert cosines[same].mean() > 0.9
    assert cosines[~same].mean() < cosines[same].mean() - 0.2
    assert model.loss_curve_[-5:].mean() < model.loss_curve_[:5].mean()
    assert model.report_.mean_cosine == pytest.approx(
        (cosines.sum() - len(blocks)) / (len(blocks) * (len(blocks) - 1)), abs=1e-5
    )


def test_nodes_never_seen_land_in_their_block(model: GraphSAGE) -> None:
    vectors = model.encode(UNSEEN, edges=EDGES)
    assert vectors.shape == (BLOCKS * NEW, 8)
    assert vectors.dtype == np.float32
    found = nearest(model.space_, vectors, k=5)
    of_neighbours = blocks_of(model.space_.keys)[found.rows]
    np.testing.assert_array_equal(of_neighbours, blocks_of(UNSEEN)[:, None].repeat(5, axis=1))


def test_edges_alone_tell_the_block_of_a_node_without_features(model: GraphSAGE) -> None:
    blank = dict.fromkeys(UNSEEN)
    linked = [edge for edge in EDGES if sum(map(is_new, edge)) == 1]
    degrees = {node: sum(node in edge for edge in linked) for node in blank}
    blank = {node: None for node in blank if degrees[node] >= 3}
    found = nearest(model.space_, model.encode(blank, edges=[e for e in linked if set(e) & set(blank)]), k=1)
    right = blocks_of(model.space_.keys)[found.rows[:, 0]] == blocks_of(blank)
    assert right.mean() > 0.9


def test_features_alone_place_a_node_without_edges(model: GraphSAGE) -> None:
    np.testing.assert_array_equal(model.encode(UNSEEN), model.encode(list(UNSEEN.values())))
    found = nearest(model.space_, model.encode(UNSEEN), k=1)
    assert (blocks_of(model.space_.keys)[found.rows[:, 0]] == blocks_of(UNSEEN)).mean() > 0.9


def test_a_node_of_the_fit_under_a_new_name_gets_its_own_vector(model: GraphSAGE) -> None:
    """Exact: states of the fit are kept, so its features and neighbours make its vector anew."""
    edges = [
        ("twin" if one == "b1n3" else one, "twin" if two == "b1n3" else two)
        for one, two in SEEN_EDGES
        if "b1n3" in (one, two)
    ]
    vector = model.encode({"twin": SEEN["b1n3"]}, edges=edges)[0]
    np.testing.assert_allclose(vector, model.space_["b1n3"], atol=1e-6)


def test_new_nodes_do_not_change_each_other_but_along_edges(model: GraphSAGE) -> None:
    together = model.encode(UNSEEN, edges=EDGES, batch_size=3)
    np.testing.assert_array_equal(together, model.encode(UNSEEN, edges=EDGES))
    outward = [edge for edge in EDGES if sum(map(is_new, edge)) == 1]
    alone = [
        model.encode({node: words}, edges=[edge for edge in outward if node in edge])[0]
        for node, words in UNSEEN.items()
        if any(node in edge for edge in outward)
    ]
    kept = [node for node in UNSEEN if any(node in edge for edge in outward)]
    all_outward = model.encode({node: UNSEEN[node] for node in kept}, edges=outward)
    np.testing.assert_allclose(all_outward, alone, atol=1e-6)
    assert np.abs(together - model.encode(UNSEEN, edges=outward)).max() > 1e-3


def test_the_same_seed_gives_the_same_bits() -> None:
    one, two = (small(epochs=3).fit(SEEN_EDGES, SEEN) for _ in range(2))
    np.testing.assert_array_equal(one.space_.vectors, two.space_.vectors)
    assert one.identity == two.identity
    assert small(epochs=3, seed=1).fit(SEEN_EDGES, SEEN).identity != one.identity


def test_every_setting_changes_the_result() -> None:
    before = small(epochs=2).fit(SEEN_EDGES, SEEN).space_
    for setting, value in {
        "layers": 1, "fanout": 2, "walk_length": 1, "negative": 8, "noise_exponent": 0.0,
        "temperature": 0.5, "batch_size": 48, "learning_rate": 0.02,
    }.items():  # fmt: skip
        after = small(**{"epochs": 2, setting: value}).fit(SEEN_EDGES, SEEN).space_
        assert np.abs(after.vectors - before.vectors).max() > 1e-4, setting
        assert after.identity != before.identity


@pytest.mark.parametrize("dense", [True, False])
def test_features_in_any_form_give_the_same_vectors(dense: bool) -> None:
    graph = Graph.read(SEEN_EDGES)
    names = sorted({word for words in SEEN.values() for word in words})
    matrix = np.array([[word in SEEN[node] for word in names] for node in graph.keys], np.float32)
    if dense:
        forms = [
            matrix,
            dict(zip(graph.keys, matrix, strict=True)),
            Space(list(graph.keys)[::-1], matrix[::-1].copy()),
        ]
    else:
        forms = [csr_array(matrix), SEEN, {**SEEN, "elsewhere": ["any"]}]
    first, *others = (small(epochs=2).fit(graph, form).space_.vectors for form in forms)
    for other in others:
        np.testing.assert_array_equal(first, other)


def test_dense_and_sparse_features_agree() -> None:
    graph = Graph.read(SEEN_EDGES)
    matrix = np.random.default_rng(0).random((len(graph), 6)).astype(np.float32)
    one, two = (small(epochs=2, fanout=None).fit(graph, form) for form in (matrix, csr_array(matrix)))
    np.testing.assert_allclose(one.space_.vectors, two.space_.vectors, atol=1e-3)


def test_a_saved_model_encodes_alike_and_goes_on(model: GraphSAGE, tmp_path: Path) -> None:
    model.save(tmp_path / "sage")
    opened = encoder(tmp_path / "sage")
    assert isinstance(opened, GraphSAGE)
    assert opened.identity == model.identity == model.space_.identity
    np.testing.assert_array_equal(opened.encode(UNSEEN, edges=EDGES), model.encode(UNSEEN, edges=EDGES))
    np.testing.assert_array_equal(opened.space_.vectors, model.space_.vectors)
    assert opened.isolated_ == model.isolated_
    opened.set_params(epochs=1).fit(EDGES, WORDS)
    assert opened.report_.epochs == 31
    assert "b0n24" in opened.space_
    with pytest.raises(SpaceMismatch):
        opened.space_.similarity_to(model.space_) if hasattr(Space, "similarity_to") else _mixed(
            opened, model
        )
    with pytest.raises(ParameterError, match="temperature was decided when this model was trained"):
        GraphSAGE.load(tmp_path / "sage", temperature=1.0)
    state = tmp_path / "sage" / "state.json"
    state.write_bytes(state.read_bytes().replace(b'"dim": 8', b'"dim": 9'))
    with pytest.raises(IntegrityError, match="the record was edited"):
        GraphSAGE.load(tmp_path / "sage")


def _mixed(one: GraphSAGE, two: GraphSAGE) -> None:
    from nearer.space.identity import require_same  # noqa: PLC0415

    require_same(one.identity, two.identity, "the model", "encode anew")


def test_saving_needs_a_fit() -> None:
    with pytest.raises(NotFitted):
        small().save("nowhere")


def test_a_checkpoint_is_resumed_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = small(epochs=4).fit(SEEN_EDGES, SEEN)
    train = sage_training.SageTraining.train
    calls: list[int] = []

    def stopped(self: Any, arrays: Any, first: int, last: int, threads: int, variant: str) -> Any:
        calls.append(first)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return train(self, arrays, first, min(first + 1, last), threads, variant)

    def one_unit(self: Any, arrays: Any, first: int, last: int, threads: int, variant: str) -> Any:
        return train(self, arrays, first, last, threads, variant)

    monkeypatch.setattr("nearer.models.loop.CALL_SECONDS", 0.0)
    monkeypatch.setattr(sage_training.SageTraining, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        small(epochs=4, checkpoint=tmp_path / "run").fit(SEEN_EDGES, SEEN)
    monkeypatch.setattr(sage_training.SageTraining, "train", one_unit)
    resumed = small(epochs=4, checkpoint=tmp_path / "run").fit(SEEN_EDGES, SEEN)
    np.testing.assert_array_equal(resumed.space_.vectors, whole.space_.vectors)
    assert len(calls) == 3


def test_going_on_trains_further(model: GraphSAGE) -> None:
    once = small(epochs=2).fit(SEEN_EDGES, SEEN)
    first = once.space_.vectors.copy()
    once.fit(SEEN_EDGES, SEEN)
    assert once.report_.epochs == 4
    assert np.abs(once.space_.vectors - first).max() > 1e-3
    with pytest.raises(ParameterError, match="layers=3, but this model is fitted with layers=2; fit a new"):
        once.set_params(layers=3).fit(SEEN_EDGES, SEEN)


def test_nodes_with_nothing_to_go_by_are_named_and_isolated_ones_with_features_are_not() -> None:
    graph = Graph.read([*SEEN_EDGES, ("x", "y")], nodes=[*SEEN, "x", "y", "lone", "known"])
    model = small(epochs=1).fit(graph, {**SEEN, "known": ["any"]})
    assert model.isolated_ == ["x", "y", "lone"]
    assert "known" in model.space_
    assert model.report_.without_features == 3
    assert model.report_.without_neighbours == 2


def test_a_collapse_is_named_and_costs_no_earlier_space() -> None:
    model = small(epochs=1).fit(SEEN_EDGES, SEEN)
    kept = model.space_
    with pytest.raises(
        ParameterError,
        match=r"training collapsed: vectors are all alike, with a mean cosine of 1\.000; give features that",
    ):
        model.fit(SEEN_EDGES, {key: ["any"] for key in SEEN})
    assert model.space_ is kept
    model.encode(UNSEEN, edges=EDGES)
    with pytest.raises(NotFitted, match="the last fit failed, and its weights are lost; call fit again"):
        model.save("nowhere")
    model.fit(SEEN_EDGES, SEEN)
    assert model.report_.epochs == 1


def test_a_rate_that_is_too_high_is_named() -> None:
    with pytest.raises(ParameterError, match="training"):
        small(learning_rate=1e30, epochs=3).fit(SEEN_EDGES, SEEN)


def test_what_cannot_be_encoded_is_one_line(model: GraphSAGE) -> None:
    for items, edges, message in (
        ({"b0n1": ["any"]}, None, "the node 'b0n1' was in the fit; its vector is in space_; encode takes"),
        ({"n": ["any"]}, [("n", "m")], "an edge names 'm', which is neither a node of the fit nor has feat"),
        ([["any"]], [("n", "b0n1")], "edges name nodes by key, and the features came without keys; give"),
        ({"n": None}, None, "node 'n': the node has neither features that the model knows nor neighbours"),
        ([["any"], ["of", "others"]], None, "row 1: the node has neither features that the model knows"),
        (np.zeros((1, 3)), None, "features are vectors of numbers, and the model was fitted to names of f"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message) as raised:
            model.encode(items, edges=edges)
        assert "\n" not in str(raised.value)


def test_features_that_do_not_match_are_one_line() -> None:
    for features, message in (
        (np.zeros((3, 2)), "3 rows of features, and the graph has 96 nodes; give a row a node in the order"),
        ({"z": ["any"]}, "no key of the features is a node: they begin with 'z', the nodes with 'b0n0'"),
        ({**SEEN, "b0n2": [1.0, float("nan")]}, "key 'b0n2': 1.0 is no name of a feature, where others are"),
    ):
        with pytest.raises(InputError, match=message):
            small().fit(SEEN_EDGES, features)
    dense = {node: np.ones(3) for node in SEEN}
    with pytest.raises(
        InputError, match="key 'b0n2': 2 features, where others have 3; give each row as many"
    ):
        small().fit(SEEN_EDGES, {**dense, "b0n2": np.ones(2)})
    with pytest.raises(InputError, match="key 'b0n2': feature 1 is nan; features must be finite"):
        small().fit(SEEN_EDGES, {**dense, "b0n2": np.array([1, np.nan, 1])})
    fitted = small(epochs=1).fit(SEEN_EDGES, {node: np.arange(3.0) + len(node) for node in SEEN} | {
        "b0n1": np.array([3.0, -1.0, 0.0]), "b1n1": np.array([-3.0, 2.0, 0.0])})  # fmt: skip
    with pytest.raises(InputError, match="4 features, and the model was fitted to 3; give the same features"):
        fitted.encode(np.ones((1, 4)))
