"""ALS and BPR as models: provable answers, new users, reasons, identity, files, going on and resuming."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from nearer import ALS, BPR
from nearer.errors import ParameterError, StorageError
from nearer.recommend.factors import cosines

SIDE = 20
MODELS: list[Any] = [
    ALS(dim=4, iterations=10, threads=1),
    ALS(dim=4, iterations=5, solver="cholesky", threads=1),
    BPR(dim=4, epochs=200, threads=1),
]
kinds = pytest.mark.parametrize("model", MODELS, ids=["cg", "cholesky", "bpr"])


def fresh(model: Any, **changes: Any) -> Any:
    return type(model)(**{**model.get_params(), **changes})


def checkerboard() -> csr_array[Any, Any]:
    """A user has the items of the same parity, but for the one of the same number."""
    board = np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 2 == 0
    np.fill_diagonal(board, False)
    return csr_array(board.astype(np.float32))


def blocks(sizes: tuple[int, ...] = (5, 8, 12)) -> csr_array[Any, Any]:
    """Users and items in blocks; two entries of each block are missing."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    matrix = (groups[:, None] == groups).astype(np.float32)
    for start in np.cumsum((0, *sizes[:-1])):
        matrix[start, start + 1] = matrix[start + 1, start] = 0.0
    return csr_array(matrix)


@kinds
def test_the_missing_square_of_a_checkerboard_comes_first(model: Any) -> None:
    found = fresh(model).fit(checkerboard()).recommend(k=1)
    assert found.items[:, 0].tolist() == list(range(SIDE))


@kinds
def test_blocks_are_completed(model: Any) -> None:
    fitted = fresh(model).fit(blocks())
    found = fitted.recommend(["0", "1", "5", "6", "13", "14"], k=1)
    assert found.items[:, 0].tolist() == [1, 0, 6, 5, 14, 13]
    assert {neighbour.key for neighbour in fitted.similar_items("20", 5)} <= {str(i) for i in range(13, 25)}


@kinds
def test_one_identity_for_both_spaces_and_another_for_other_settings(model: Any) -> None:
    one, other = fresh(model).fit(blocks()), fresh(model, seed=3).fit(blocks())
    assert one.user_space_.identity == one.item_space_.identity
    assert one.user_space_.identity != other.user_space_.identity
    assert one.space_ is one.item_space_
    assert one.item_space_.metric == "dot"
    assert one.item_space_.keys == [str(i) for i in range(25)]
    assert one.report_.interactions == blocks().nnz
    assert not one.report_.interrupted


@kinds
def test_reasons_add_up_to_the_score_of_a_new_user(model: Any) -> None:
    fitted = fresh(model).fit(checkerboard())
    past = np.array([0, 2, 6, 9])
    chosen = csr_array((np.ones(4, np.float32), past, [0, 4]), shape=(1, SIDE))
    items = np.arange(SIDE)
    scores = fitted.recommend_for(["0", "2", "6", "9"], k=SIDE, exclude_seen=False)
    by_item = dict(zip(scores.items[0].tolist(), scores.scores[0].tolist(), strict=True))
    shares = fitted._shares(past, chosen.data, items)
    assert shares.shape == (SIDE, 4)
    bias = fitted.item_space_.vectors[:, -1] if isinstance(fitted, BPR) else np.zeros(SIDE)
    np.testing.assert_allclose(shares.sum(axis=1) + bias, [by_item[i] for i in items], rtol=1e-3, atol=1e-4)
    reasons = fitted.explain("4", "4")
    assert sum(reason.share for reason in reasons) == pytest.approx(1)
    assert all(int(reason.item) % 2 == 0 for reason in reasons)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_a_new_user_is_given_the_row_of_a_known_one_with_the_same_items(solver: Any) -> None:
    random = np.random.default_rng(0)
    matrix = csr_array((random.random((60, 40)) < 0.2).astype(np.float32))
    model = ALS(dim=8, iterations=4, solver=solver, threads=1).fit(matrix)
    folded = model._equations().solve(matrix)
    np.testing.assert_allclose(folded, model.user_space_.vectors, rtol=1e-5, atol=1e-6)
    known = model.recommend(["3"], k=5)
    own = [str(i) for i in matrix.indices[matrix.indptr[3] : matrix.indptr[4]]]
    new = model.recommend_for(own, k=5)
    assert known.items.tolist() == new.items.tolist()
    np.testing.assert_allclose(known.scores, new.scores, rtol=1e-4)


def test_threads_change_no_bit_of_als() -> None:
    matrix = csr_array((np.random.default_rng(1).random((400, 300)) < 0.1).astype(np.float32))
    one, three = (ALS(dim=8, iterations=3, threads=threads).fit(matrix) for threads in (1, 3))
    assert one.item_space_.identity == three.item_space_.identity
    assert (np.diff(one.loss_curve_) < 0).all()
    assert len(one.loss_curve_) == 3


def test_weights_are_confidence() -> None:
    """A pair that weighs more comes out nearer to 1."""
    random = np.random.default_rng(2)
    matrix = csr_array(np.where(random.random((40, 30)) < 0.2, 1.0, 0.0).astype(np.float32))
    heavier = matrix.copy()
    heavier.data[:50] = 20.0
    rows, columns = (part[:50] for part in matrix.nonzero())
    light, heavy = (
        (model.user_space_.vectors @ model.item_space_.vectors.T)[rows, columns]
        for model in (ALS(dim=4, alpha=1.0, threads=1).fit(given) for given in (matrix, heavier))
    )
    assert np.abs(1 - heavy).mean() < 0.7 * np.abs(1 - light).mean()


@kinds
def test_a_saved_model_suggests_as_it_did(model: Any, tmp_path: Path) -> None:
    fitted = fresh(model).fit(checkerboard())
    fitted.save(tmp_path / "model")
    loaded = type(model).load(tmp_path / "model")
    assert loaded.item_space_.identity == fitted.item_space_.identity
    assert loaded.recommend(k=3).items.tolist() == fitted.recommend(k=3).items.tolist()
    new, before = (one.recommend_for(["1", "3"], k=4) for one in (loaded, fitted))
    np.testing.assert_array_equal(new.scores, before.scores)
    assert loaded.explain("4", "4") == fitted.explain("4", "4")
    np.testing.assert_array_equal(loaded.loss_curve_, fitted.loss_curve_)


@kinds
def test_fit_again_goes_on_with_the_same_users_and_starts_anew_with_others(model: Any) -> None:
    name = "iterations" if isinstance(model, ALS) else "epochs"
    twice = fresh(model, **{name: 3}).fit(blocks()).fit(blocks())
    assert twice.report_.epochs == 6
    anew = twice.fit(checkerboard())
    assert anew.item_space_.identity == fresh(model, **{name: 3}).fit(checkerboard()).item_space_.identity


@kinds
def test_a_checkpoint_of_the_end_is_the_end(model: Any, tmp_path: Path) -> None:
    plain = fresh(model).fit(blocks())
    first = fresh(model, checkpoint=tmp_path / "run", checkpoint_every=0.0).fit(blocks())
    again = fresh(model, checkpoint=tmp_path / "run").fit(blocks())
    assert plain.item_space_.identity == first.item_space_.identity == again.item_space_.identity


def test_a_checkpoint_that_cannot_be_written_keeps_what_was_learned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*arguments: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr("nearer.models.loop.save_checkpoint", full)
    model = BPR(dim=4, epochs=3, checkpoint=tmp_path / "run", checkpoint_every=0.0, threads=1)
    with pytest.raises(StorageError):
        model.fit(blocks())
    assert model.recommend("0", k=2).items.shape == (1, 2)


def test_a_rate_may_only_fall() -> None:
    with pytest.raises(ParameterError, match="the rate may only fall"):
        BPR(learning_rate=0.1, least_learning_rate=0.2).fit(blocks())


def test_bpr_loses_with_every_item_taken_nothing() -> None:
    """A user who has everything has no negatives: the fit goes by without."""
    model = BPR(dim=2, epochs=2, threads=1).fit(csr_array(np.ones((3, 4), np.float32)))
    assert np.isfinite(model.user_space_.vectors).all()


@pytest.mark.parametrize("model", [ALS(dim=4, iterations=40, threads=1), BPR(dim=4, epochs=40, threads=1)])
def test_ctrl_c_keeps_what_was_learned_and_fit_goes_on(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fresh(model).fit(blocks())
    stopped, kind = fresh(model), type(model)._run
    calls = []

    def interrupted(self: Any, *arguments: Any) -> Any:
        run = kind(self, *arguments)

        def train(arrays: Any, first: int, *rest: Any) -> Any:
            calls.append(first)
            if first == 9:
                os.kill(os.getpid(), signal.SIGINT)
            return type(run).train(run, arrays, first, *rest)

        return SlowRun(run, train)

    monkeypatch.setattr(type(model), "_run", interrupted)
    monkeypatch.setattr("nearer.models.loop.CALL_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(blocks())
    assert stopped.report_.interrupted
    assert stopped.recommend("0", 2).items.shape == (1, 2)
    assert calls[-1] == 9
    monkeypatch.undo()
    assert stopped.fit(blocks()).item_space_.identity == whole.item_space_.identity
    np.testing.assert_array_equal(stopped.loss_curve_, whole.loss_curve_)


class SlowRun:
    """A run whose calls are watched."""

    def __init__(self, run: Any, train: Any) -> None:
        self.units_an_epoch, self.items_an_epoch = run.units_an_epoch, run.items_an_epoch
        self.learning_rate, self.train = run.learning_rate, train


def test_biases_are_no_part_of_likeness() -> None:
    model = BPR(dim=4, epochs=50, threads=1).fit(blocks())
    items, users = (space.vectors[:, :4] for space in (model.item_space_, model.user_space_))
    assert np.abs(model.item_space_.vectors[:, 4]).max() > 0.05
    for near, rows in ((model.similar_items, items), (model.similar_users, users)):
        expected = cosines(rows)[20]
        for neighbour in near("20", 5):
            assert neighbour.score == pytest.approx(expected[int(neighbour.key)], abs=1e-5)
    chosen = np.arange(6)
    np.testing.assert_allclose(model._scorer().alike(chosen), cosines(items[chosen]), atol=1e-6)
    folded = model._fold_in(csr_array(blocks().toarray()[:1]))
    np.testing.assert_allclose(folded.alike(chosen), cosines(items[chosen]), atol=1e-6)
