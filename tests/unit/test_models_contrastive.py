"""Contrastive: what it learns, on data whose right answer is provable; resuming, saving, collapse."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import nearer
from nearer import Contrastive, Space
from nearer.errors import InputError, NotFitted, ParameterError, SpaceMismatch
from nearer.networks import MLP
from nearer.signal import Masked, Neighbors, Pairs, SameLabel, Together, Views

pytest.importorskip("torch")
COUNT, DIM = 400, 8


def turned(seed: int = 0, noise: float = 0.0) -> tuple[Space, Space]:
    """Two kinds of vectors linked by a secret rotation: the one tells the other."""
    source = np.random.default_rng(seed)
    left = source.standard_normal((COUNT, DIM))
    secret, _ = np.linalg.qr(source.standard_normal((DIM, DIM)))
    right = left @ secret + noise * source.standard_normal((COUNT, DIM))
    return (
        Space([f"l{row}" for row in range(COUNT)], left.astype(np.float32)),
        Space([f"r{row}" for row in range(COUNT)], right.astype(np.float32)),
    )


LEFT, RIGHT = turned()
PAIRS = list(zip(LEFT.keys, RIGHT.keys, strict=True))
FAST: dict[str, Any] = {"epochs": 30, "batch_size": 64, "learning_rate": 0.01, "threads": 1}


def bridge(**changed: Any) -> Contrastive:
    return Contrastive(Pairs(), left=LEFT, right=RIGHT, dim=16, **{**FAST, **changed})


@pytest.mark.parametrize("objective", ["infonce", "triplet", "vicreg"])
def test_a_secret_rotation_is_found_both_ways(objective: Any) -> None:
    model = bridge(objective=objective).fit(PAIRS)
    report = model.report_
    assert report.held_out == 40
    assert report.unseen
    for way in (report.left_to_right, report.right_to_left):
        assert way["chance@1"] == pytest.approx(1 / 40)
        assert way["chance@10"] == pytest.approx(10 / 40)
        assert way["recall@1"] > 0.8
    near = model.space_.neighbors(model.encode_query(["l3"])[0], 1)
    assert near.keys == ["r3"]


def test_both_sides_share_a_space() -> None:
    model = bridge(epochs=2).fit(PAIRS)
    assert model.left_encoder_.identity == model.right_encoder_.identity == model.identity
    assert model.left_space_.identity == model.space_.identity == model.identity
    assert model.left_space_.keys == LEFT.keys
    assert model.space_.keys == RIGHT.keys
    np.testing.assert_allclose(model.encode_document(RIGHT.keys), model.space_.vectors, atol=1e-5)
    np.testing.assert_allclose(model.encode_query(LEFT.keys), model.left_space_.vectors, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(model.space_.vectors, axis=1), 1, atol=1e-5)


def test_encoding_heeds_neither_batches_nor_order() -> None:
    model = bridge(epochs=2, hidden=16).fit(PAIRS)
    whole = model.encode(RIGHT.keys)
    np.testing.assert_allclose(model.encode(RIGHT.keys, batch_size=7), whole, atol=1e-5)
    np.testing.assert_allclose(model.encode(RIGHT.keys[::-1])[::-1], whole, atol=1e-5)


def test_hard_negatives_and_prefixes_learn_too() -> None:
    model = bridge(hard_negatives=4, matryoshka=[4, 8]).fit(PAIRS)
    assert model.report_.left_to_right["recall@1"] > 0.8
    assert sorted(model.report_.nested) == [4, 8]
    plain = bridge().fit(PAIRS)
    short = plain.space_.truncate(4), plain.left_space_.truncate(4)
    nested = model.space_.truncate(4), model.left_space_.truncate(4)
    found = [
        np.mean([right.neighbors(left[f"l{row}"], 1).keys == [f"r{row}"] for row in range(COUNT)])
        for right, left in (short, nested)
    ]
    assert found[1] > found[0]


def test_items_that_cannot_be_read_are_counted_over_all_batches() -> None:
    model = Contrastive(encoder=MLP(4), **{**FAST, "epochs": 1}).fit(LEFT.vectors)
    items = [*LEFT.vectors[:5], [1.0]]
    with pytest.raises(InputError, match=r"^row 5: \[1.0\] is no vector"):
        model.encode(items, batch_size=2)
    with pytest.raises(InputError, match="encode takes a list of items, not one str"):
        model.encode("l1")
    with pytest.raises(InputError, match=r"the vectors have 3 columns, and this network reads 8"):
        model.encode(np.ones((2, 3)))


def test_tables_of_every_kind_give_pairs() -> None:
    import pandas as pd  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    columns = {"text": LEFT.keys, "photo": RIGHT.keys, "id": [f"p{row}" for row in range(COUNT)]}
    identities = set()
    for table in (columns, pa.table(columns), pd.DataFrame(columns)):
        signal = Pairs(right="photo", right_key="id")
        model = Contrastive(signal, left=LEFT, right=RIGHT, dim=4, epochs=1, threads=1).fit(table)
        assert model.space_.keys == columns["id"]
        identities.add(model.identity)
    assert len(identities) == 1


def test_an_item_of_many_pairs_is_one_item() -> None:
    labels = [f"club {row % 4}" for row in range(COUNT)]
    clubs = Space([f"club {n}" for n in range(4)], np.eye(4, dtype=np.float32))
    vectors = np.array(LEFT.vectors)
    vectors[np.arange(COUNT), np.arange(COUNT) % 4] += 4
    members = Space(LEFT.keys, vectors)
    model = Contrastive(Pairs(), left=clubs, right=members, dim=4, **FAST).fit((labels, LEFT.keys))
    assert len(model.left_space_) == 4
    assert not model.report_.unseen
    assert model.report_.right_to_left["recall@1"] > 0.8
    assert model.report_.right_to_left["chance@1"] == pytest.approx(0.25)


def test_a_network_is_trained_whole() -> None:
    model = Contrastive(Pairs(), left=MLP(16, hidden=(), scale=False), right=RIGHT, dim=16, **FAST).fit(
        (LEFT.vectors, RIGHT.keys)
    )
    assert model.report_.left_to_right["recall@1"] > 0.8
    assert model.left_space_.keys[:2] == ["0", "1"]


def test_labels_draw_items_together() -> None:
    source = np.random.default_rng(0)
    labels = source.integers(0, 3, 300)
    vectors = source.standard_normal((300, 12)).astype(np.float32)
    vectors[:, 0] += labels * 2.0  # the one column that tells, among eleven that do not
    model = Contrastive(SameLabel(), encoder=MLP(4, hidden=16), **FAST).fit((vectors, labels))
    assert model.report_.left_to_right["recall@1"] > 0.6
    seen = model.encode(vectors)
    same = labels[:, None] == labels
    cosines = seen @ seen.T
    assert cosines[same].mean() > cosines[~same].mean() + 0.3
    plain = vectors @ vectors.T / np.outer(*[np.linalg.norm(vectors, axis=1)] * 2)
    assert plain[same].mean() < plain[~same].mean() + 0.2


def test_views_neighbors_and_sessions_learn() -> None:
    clubs = [[f"{club}{member}" for member in range(20)] for club in "abc"]
    names = [name for club in clubs for name in club]
    source = np.random.default_rng(0)
    space = Space(names, source.standard_normal((60, 16)).astype(np.float32))
    club = np.repeat(np.arange(3), 20)
    same = club[:, None] == club
    edges = [(one, other) for members in clubs for one in members for other in members if one < other]
    sessions = [list(source.choice(members, 5, replace=False)) for members in clubs for _ in range(40)]
    for signal, data in ((Neighbors(edges), names), (Together(), sessions)):
        model = Contrastive(signal, encoder=space, dim=8, hidden=64, **{**FAST, "epochs": 20}).fit(data)
        seen = model.encode(names)
        cosines = seen @ seen.T
        assert cosines[same].mean() > cosines[~same].mean() + 0.4
    model = Contrastive(Views(drop=0.2), encoder=LEFT, **{**FAST, "epochs": 5}).fit(LEFT.keys)
    assert model.report_.left_to_right["MRR"] > 0.4
    assert model.held_out_curve_[-1] > model.held_out_curve_[0]


def test_one_encoder_serves_both_sides_of_pairs() -> None:
    both = Space([*LEFT.keys, *RIGHT.keys], np.concatenate([LEFT.vectors, LEFT.vectors]))
    model = Contrastive(Pairs(), encoder=both, **{**FAST, "epochs": 3}).fit(PAIRS)
    assert model.report_.left_to_right["recall@1"] == 1
    assert model.left_encoder_ is model.right_encoder_


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed: dict[str, Any] = {"hard_negatives": 2, "epochs": 4, "learn_temperature": True}
    whole = bridge(**changed).fit(PAIRS)
    training = nearer.models.contrastive_training.ContrastTraining
    step, count = training._step, 0

    def dies(self: Any, *arguments: Any) -> float:
        nonlocal count
        count += 1
        if count == 15:
            raise OSError("killed")
        return step(self, *arguments)

    monkeypatch.setattr(training, "_step", dies)
    stopped = {"checkpoint": tmp_path / "run", "checkpoint_every": 0.0}
    with pytest.raises(OSError, match="killed"):
        bridge(**changed, **stopped).fit(PAIRS)
    monkeypatch.setattr(training, "_step", step)
    resumed = bridge(**changed, **stopped).fit(PAIRS)
    assert resumed.identity == whole.identity
    np.testing.assert_array_equal(resumed.loss_curve_, whole.loss_curve_)
    np.testing.assert_array_equal(resumed.held_out_curve_, whole.held_out_curve_)


def test_a_run_is_resumed_from_items_in_an_array_of_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = nearer.models.contrastive_training.ContrastTraining
    close = training._close_epoch

    def dies(self: Any, *arguments: Any) -> None:
        raise OSError("killed")

    def fitted() -> Contrastive:
        keys = np.array([f"l{row}" for row in range(COUNT)], dtype=object)  # new texts at every call
        model = Contrastive(Views(), encoder=LEFT, **{**FAST, "epochs": 1})
        return model.set_params(checkpoint=tmp_path / "run", checkpoint_every=0.0).fit(keys)

    monkeypatch.setattr(training, "_close_epoch", dies)
    with pytest.raises(OSError, match="killed"):
        fitted()
    monkeypatch.setattr(training, "_close_epoch", close)
    assert fitted().report_.epochs == 1


@pytest.mark.parametrize("changed", [{"objective": "vicreg"}, {"signal": Views(), "projector": 8}])
def test_no_mini_batch_is_a_single_pair(changed: dict[str, Any]) -> None:
    given = {"signal": Views(), **FAST, "batch_size": 2, "epochs": 1, **changed}
    model = Contrastive(encoder=LEFT, **given).fit(LEFT.keys[:26])
    assert model.report_.held_out == 3
    assert np.isfinite([*model.loss_curve_, *model.held_out_curve_]).all()


def test_ctrl_c_keeps_what_was_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    training = nearer.models.contrastive_training.ContrastTraining
    step = training._step

    def interrupted(self: Any, *arguments: Any) -> float:
        import os  # noqa: PLC0415
        import signal  # noqa: PLC0415

        os.kill(os.getpid(), signal.SIGINT)
        return step(self, *arguments)

    monkeypatch.setattr(training, "_step", interrupted)
    model = bridge()
    with pytest.raises(KeyboardInterrupt):
        model.fit(PAIRS)
    assert model.report_.interrupted
    assert model.encode(["r1"]).shape == (1, 16)


def test_patience_ends_training_and_the_best_weights_stay() -> None:
    source = np.random.default_rng(1)
    noise = Space(RIGHT.keys, source.standard_normal((COUNT, DIM)).astype(np.float32))
    model = Contrastive(Pairs(), left=LEFT, right=noise, dim=16, patience=2, **{**FAST, "epochs": 50}).fit(
        PAIRS
    )
    report = model.report_
    assert report.stopped_early
    assert report.epochs == len(model.held_out_curve_) < 50
    assert report.best_epoch == int(np.argmax(model.held_out_curve_)) + 1
    ways = [report.left_to_right["MRR"], report.right_to_left["MRR"]]
    assert np.mean(ways) == pytest.approx(model.held_out_curve_.max(), abs=1e-6)
    more = model.fit(PAIRS)
    assert more.report_.epochs > len(more.held_out_curve_)


def test_a_saved_model_is_an_encoder(tmp_path: Path) -> None:
    model = bridge(epochs=2, matryoshka=(4,)).fit(PAIRS)
    model.save(tmp_path / "it")
    opened = nearer.encoder(tmp_path / "it")
    assert isinstance(opened, Contrastive)
    assert opened.identity == model.identity
    assert opened.space_.keys == model.space_.keys
    np.testing.assert_array_equal(opened.encode_query(LEFT.keys[:9]), model.encode_query(LEFT.keys[:9]))
    opened.save(tmp_path / "again")
    assert nearer.encoder(tmp_path / "again").identity == model.identity
    again = opened.fit(PAIRS)
    assert again.report_.epochs == 4
    assert again.identity != model.identity
    with pytest.raises(
        ParameterError, match=r"hidden=9, but this model is fitted with hidden=None; fit a new"
    ):
        again.set_params(hidden=9).fit(PAIRS)
    with pytest.raises(ParameterError, match="signal='Views', but this model is fitted with signal='Pairs'"):
        Contrastive(Pairs(), LEFT, epochs=1).fit([("l1", "l2"), ("l3", "l4")]).set_params(signal=Views()).fit(
            LEFT.keys
        )
    with pytest.raises(ParameterError, match="dim was decided when this model was trained, and is 16"):
        Contrastive.load(tmp_path / "it", dim=8)


def test_a_frozen_encoder_is_saved_by_its_place(tmp_path: Path) -> None:
    LEFT.save(tmp_path / "left.space")
    model = Contrastive(Pairs(), left=tmp_path / "left.space", right=RIGHT, dim=4, epochs=1).fit(PAIRS)
    model.save(tmp_path / "it")
    assert nearer.encoder(tmp_path / "it").identity == model.identity
    LEFT.take(np.arange(9, COUNT)).reduce(DIM).save(tmp_path / "left.space", overwrite=True)
    with pytest.raises(SpaceMismatch, match="restore it, or fit again"):
        nearer.encoder(tmp_path / "it")
    given = Contrastive.load(tmp_path / "it", left=LEFT)
    assert given.identity == model.identity


def test_how_a_frozen_encoder_is_named_does_not_change_the_identity(tmp_path: Path) -> None:
    for name in ("a.space", "b.space"):
        LEFT.save(tmp_path / name)
    given = (LEFT, nearer.encoders.Lookup(LEFT), tmp_path / "a.space", str(tmp_path / "b.space"))
    models = [Contrastive(Views(), encoder=each, **{**FAST, "epochs": 1}).fit(LEFT.keys) for each in given]
    np.testing.assert_array_equal(models[0].space_.vectors, models[-1].space_.vectors)
    assert {model.identity for model in models} == {models[0].identity}
    other = Contrastive(Views(), encoder=RIGHT, **{**FAST, "epochs": 1}).fit(RIGHT.keys)
    assert other.identity != models[0].identity


def test_clones_share_what_is_frozen() -> None:
    class Held(nearer.encoders.Lookup):
        def __deepcopy__(self, memo: Any) -> Any:
            raise TypeError("holds a session of another library")

    frozen = Held(LEFT)
    copy = clone(Contrastive(Views(drop=0.1), encoder=frozen, epochs=3).fit(LEFT.keys[:30]))
    assert copy.encoder is frozen
    assert copy.get_params()["epochs"] == 3
    with pytest.raises(NotFitted):
        _ = copy.space_


def test_collapse_is_named(caplog: pytest.LogCaptureFixture) -> None:
    same = Space(LEFT.keys, np.ones((COUNT, DIM), np.float32))
    model = Contrastive(Views(drop=0.0, noise=0.0), encoder=same, projector=0, **{**FAST, "epochs": 1})
    with pytest.raises(
        ParameterError, match=r"training collapsed: vectors are all alike, with a mean cosine"
    ):
        model.fit(LEFT.keys)
    with pytest.raises(NotFitted):
        model.encode(["l1"])
    line = np.zeros((COUNT, DIM), np.float32)
    line[:, 0] = np.linspace(-1, 1, COUNT)
    with caplog.at_level(logging.WARNING, "nearer"):
        Contrastive(Views(), encoder=Space(LEFT.keys, line), projector=0, epochs=1, threads=1).fit(LEFT.keys)
    assert "vectors use hardly more than one direction of 8" in caplog.text


def test_an_exploding_loss_names_the_learning_rate() -> None:
    with pytest.raises(ParameterError, match=r"training diverged: the loss is \w+ at learning_rate=1e\+30"):
        bridge(learning_rate=1e30, objective="vicreg").fit(PAIRS)


BAD: list[tuple[dict[str, Any], Any, type[Exception], str]] = [
    ({}, PAIRS, ParameterError, "no encoder is given; give encoder=, or left= and right="),
    ({"left": LEFT}, PAIRS, ParameterError, "left is given alone; give left= and right="),
    ({"encoder": LEFT, "right": RIGHT}, PAIRS, ParameterError, "encoder and left or right are given"),
    (
        {"signal": Views(), "left": LEFT, "right": RIGHT},
        PAIRS,
        ParameterError,
        "Views joins items of one kind, and left and right encode two; give encoder=",
    ),
    ({"left": LEFT, "right": RIGHT}, ["l1"], InputError, "row 0: 'l1' is no pair"),
    ({"left": LEFT, "right": RIGHT}, [], InputError, "there are no pairs"),
    ({"left": LEFT, "right": RIGHT}, PAIRS[:1], InputError, "there are 1 pairs that belong together"),
    ({"left": LEFT, "right": RIGHT}, (["l1"], []), InputError, "there are 1 left and 0 right items"),
    (
        {"left": LEFT, "right": RIGHT},
        [*PAIRS, ("l1", "nobody")],
        InputError,
        "row 400: 'nobody' is not in this space of 400 keys",
    ),
    (
        {"left": LEFT, "right": RIGHT, "objective": "vicreg", "hard_negatives": 2},
        PAIRS,
        ParameterError,
        'hard_negatives goes with infonce and triplet: objective="vicreg" has none',
    ),
    (
        {"left": LEFT, "right": RIGHT, "dim": 8, "matryoshka": [4, 9]},
        PAIRS,
        ParameterError,
        "matryoshka=[4, 9]: 9 is no whole number from 1 to the vectors' 8 dimensions",
    ),
    (
        {"signal": Views(blur=1.0), "encoder": LEFT},
        LEFT.keys,
        ParameterError,
        "blur is no change that this network makes; it knows drop, noise",
    ),
    (
        {"signal": Views(drop=-1), "encoder": LEFT},
        LEFT.keys,
        ParameterError,
        "drop=-1 is not a number from 0 to 1",
    ),
    ({"signal": Masked(), "encoder": MLP()}, LEFT.vectors, ParameterError, "MLP has no loss of its own"),
    (
        {"signal": SameLabel(), "encoder": LEFT},
        (["l1", "l2"], ["a", "b"]),
        InputError,
        "no two items belong together: every item has a label of its own",
    ),
    ({"signal": SameLabel(), "encoder": LEFT}, [("l1", None)], InputError, "row 0: there is no label"),
    ({"signal": Together(), "encoder": LEFT}, [["l1"], ["l2"]], InputError, "every session has one item"),
    (
        {"signal": Neighbors(), "encoder": LEFT},
        LEFT.keys,
        ParameterError,
        "edges=None: Neighbors needs a graph",
    ),
    (
        {"signal": Neighbors([("l1", "x")]), "encoder": LEFT},
        LEFT.keys,
        InputError,
        "an edge names 'x', which is no item",
    ),
    (
        {"signal": Views("t"), "encoder": LEFT},
        {"a": ["l1"]},
        InputError,
        "the table: there is no column item='t'",
    ),
    (
        {"signal": Views(drop=1.5), "encoder": MLP()},
        [[1.0, 2.0], [1.0, 0.0]],
        ParameterError,
        "drop=1.5 is not a number from 0 to 1: it is a share",
    ),
    (
        {"signal": Views(), "encoder": MLP()},
        [[1.0, 2.0], [1.0]],
        InputError,
        "row 1: [1.0] is no vector of 2",
    ),
    ({"signal": Views(), "encoder": MLP()}, [[1.0], [np.nan]], InputError, "row 1: the vector holds NaN"),
]


@pytest.mark.parametrize(("given", "data", "kind", "line"), BAD)
def test_bad_input_is_one_line(given: dict[str, Any], data: Any, kind: type[Exception], line: str) -> None:
    model = Contrastive(**{"signal": Pairs(), "epochs": 1, "threads": 1, **given})
    with pytest.raises(kind, match=re.escape(line)) as caught:
        model.fit(data)
    assert "\n" not in str(caught.value)


class Halves(MLP):
    """A network whose own loss is to tell the right half of a vector from the left one."""

    def build(self, plan: Any, seed: int, *, pretrained: bool = True) -> Any:
        import torch  # noqa: PLC0415

        body = super().build(plan, seed)

        def masked_loss(batch: Any, random: Any) -> Any:
            half = batch.shape[1] // 2
            hidden = torch.cat([torch.zeros_like(batch[:, :half]), batch[:, half:]], dim=1)
            noise = 0.01 * torch.rand(batch.shape, generator=random)
            return ((body(hidden + noise)[:, :half] - batch[:, :half]) ** 2).mean()

        body.masked_loss = masked_loss
        return body


def test_a_network_learns_by_its_own_loss(tmp_path: Path) -> None:
    mirrored = np.concatenate([LEFT.vectors, LEFT.vectors], axis=1)
    network = Halves(2 * DIM, hidden=(), scale=False)
    model = Contrastive(Masked(), encoder=network, weight_decay=0.0, **FAST).fit(mirrored)
    assert model.loss_curve_[-1] < 0.1 * model.loss_curve_[0]
    assert model.held_out_curve_[-1] > 0.3 * model.held_out_curve_[0]
    assert model.report_.left_to_right == {}
    model.save(tmp_path / "it")
    with pytest.raises(ParameterError, match="network Halves is none of Nearer's, and is not saved with it"):
        nearer.encoder(tmp_path / "it")
    assert Contrastive.load(tmp_path / "it", encoder=network).identity == model.identity


KILLED = """
import numpy as np, sys, nearer
from pathlib import Path
from nearer.signal import Pairs
vectors = np.random.default_rng(0).standard_normal((400, 8)).astype(np.float32)
left = nearer.Space([f"l{n}" for n in range(400)], vectors)
right = nearer.Space([f"r{n}" for n in range(400)], vectors[:, ::-1].copy())
model = nearer.Contrastive(
    Pairs(), left=left, right=right, dim=8, epochs=int(sys.argv[2]), batch_size=32, hard_negatives=2,
    patience=None, checkpoint=None if sys.argv[1] == "-" else sys.argv[1], checkpoint_every=0.0, threads=1,
)
print("ready", flush=True)
model.fit([(f"l{n}", f"r{n}") for n in range(400)])
print(model.identity, *model.loss_curve_.tolist())
"""


@pytest.mark.slow
def test_a_killed_process_is_resumed_to_the_same_bits(tmp_path: Path) -> None:
    def started(checkpoint: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", KILLED, str(checkpoint), "40"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    whole, _ = started("-").communicate()
    victim = started(tmp_path / "run")
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "state.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    victim.kill()
    victim.communicate()
    assert victim.returncode < 0  # it had not ended
    resumed, _ = started(tmp_path / "run").communicate()
    assert resumed == whole
