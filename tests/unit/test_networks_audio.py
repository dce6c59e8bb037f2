"""LogMelCNN: spectrograms, views, and learning without labels on sounds whose kind is provable."""

from __future__ import annotations

import importlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from network_sounds import RATE, made_sounds, nearest_share
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nearer
from nearer import Contrastive
from nearer.errors import InputError, ParameterError
from nearer.networks import LogMelCNN, Network
from nearer.signal import SameLabel, Views

torch = pytest.importorskip("torch")
SOUNDS, KINDS = made_sounds(60)
SMALL: dict[str, Any] = {"rate": RATE, "bands": 16, "channels": (8, 16)}
CHANGES = LogMelCNN().changes


def test_a_plan_learns_length_and_bands() -> None:
    network = LogMelCNN(**SMALL)
    assert isinstance(network, Network)
    plan = network.plan(SOUNDS)
    lengths = sorted(len(wave) / RATE for wave, _ in SOUNDS)
    assert lengths[-6] <= plan["seconds"] <= lengths[-1] + 0.01
    assert len(plan["mean"]) == len(plan["deviation"]) == 16
    assert LogMelCNN(**SMALL, seconds=0.5).plan(SOUNDS)["seconds"] == 0.5
    again = LogMelCNN(**network.settings())
    assert again.settings() == network.settings()


def test_loudness_and_rate_of_a_recording_do_not_count() -> None:
    network = LogMelCNN(**SMALL)
    plan = network.plan(SOUNDS)
    wave = SOUNDS[0][0]
    one, quiet, both = network.prepare(
        [(wave, RATE), (wave / 8, RATE), (np.stack([wave, wave], axis=1), RATE)], plan
    ).batch(np.arange(3))
    np.testing.assert_allclose(one, quiet, atol=2e-3)
    np.testing.assert_array_equal(one, both)
    doubled, _ = made_sounds(3)
    soxr = pytest.importorskip("soxr")
    higher = soxr.resample(doubled[0][0], RATE, 2 * RATE)
    first, second = network.prepare([doubled[0], (higher, 2 * RATE)], plan).batch(np.arange(2))
    assert float((first - second).abs().mean()) < 0.15


def test_silence_is_a_sound_and_an_encoded_vector_is_finite() -> None:
    network = LogMelCNN(**SMALL)
    silent = (np.zeros(RATE // 4, np.float32), RATE)
    for items in (SOUNDS, [silent, silent]):
        plan = network.plan(items)
        module = network.build(plan, 0).eval()
        found = module(network.prepare([silent, (np.ones(1, np.float32), RATE)], plan).batch(np.arange(2)))
        assert torch.isfinite(found).all()
        assert found.shape == (2, network.width(plan))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_strength_0_changes_nothing_and_others_do(change: str) -> None:
    network = LogMelCNN(**SMALL)
    ready, rows = network.prepare(SOUNDS[:8], network.plan(SOUNDS)), np.arange(8)

    def view(**changes: float) -> Any:
        return ready.view(rows, changes, torch.Generator().manual_seed(3))

    plain = ready.batch(rows)
    assert torch.equal(view(**{change: 0.0}), plain)
    assert torch.equal(view(), plain)
    changed = view(**{change: CHANGES[change]})
    assert changed.shape == plain.shape
    assert not torch.equal(changed, plain)
    assert torch.equal(changed, view(**{change: CHANGES[change]}))
    assert torch.equal(ready.batch(rows), plain)


def test_a_shift_moves_and_a_mask_hides_a_span() -> None:
    views = importlib.import_module("nearer.networks.audio_views")  # needs torch
    batch = torch.arange(40.0).expand(6, 10, 40)
    later = views.moved(batch, torch.Generator().manual_seed(0), 0.25, 0.0, 0.0)
    step = (later - batch)[:, 0, 12:28]
    torch.testing.assert_close(step, step[:, :1].expand(-1, 16), atol=1e-3, rtol=0)
    assert float(step.abs().max()) <= 10.0
    hidden = views.masked(batch, torch.Generator().manual_seed(0), 0.5, 2)
    assert ((hidden == batch) | (hidden == batch.mean())).all()
    assert float((hidden != batch).float().mean()) < 0.8


def test_it_learns_kinds_of_sounds_without_labels() -> None:
    model = Contrastive(
        Views(), LogMelCNN(**SMALL), epochs=20, batch_size=30, learning_rate=0.005, held_out=0, threads=1
    )
    unseen, kinds = made_sounds(60, seed=1)
    model.fit(SOUNDS)
    assert model.loss_curve_[-1] < 0.7 * model.loss_curve_[0]
    assert nearest_share(model.encode(unseen), kinds) > 0.95


def test_same_seed_same_bits_and_torch_is_left_as_it_was() -> None:
    def fitted(seed: int) -> Contrastive:
        made = Contrastive(Views(), LogMelCNN(**SMALL), epochs=2, batch_size=20, threads=1, seed=seed)
        return made.fit(SOUNDS[:40])

    before = torch.get_num_threads(), torch.random.get_rng_state()
    one, two, other = fitted(1), fitted(1), fitted(2)
    assert one.identity == two.identity != other.identity
    np.testing.assert_array_equal(one.space_.vectors, two.space_.vectors)
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])


def test_a_saved_model_encodes_the_same_in_any_batch_and_order(tmp_path: Path) -> None:
    model = Contrastive(SameLabel("sound", "kind"), LogMelCNN(**SMALL), epochs=2, dim=8, threads=1)
    model.fit({"sound": [_wav(wave) for wave, _ in SOUNDS], "kind": KINDS.tolist()})
    model.save(tmp_path / "sounds.model")
    encoder = nearer.encoder(tmp_path / "sounds.model")
    assert encoder.identity == model.identity
    assert encoder.modality == "audio"  # type: ignore[attr-defined]
    whole = encoder.encode(SOUNDS)
    np.testing.assert_array_equal(whole, model.encode(SOUNDS))
    np.testing.assert_allclose(encoder.encode(SOUNDS, batch_size=7), whole, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(SOUNDS[::-1])[::-1], whole, atol=1e-5)


def _wav(wave: Any) -> bytes:
    soundfile = pytest.importorskip("soundfile")
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ([SOUNDS[0], (np.array([0.0, np.nan]), RATE)], "item 1: sample 1 is nan"),
        ([SOUNDS[0], (np.empty(0, np.float32), RATE)], "item 1: the recording holds no sample"),
        ([SOUNDS[0], 3], "item 1: 3 is no recording"),
        ([b"RIFF....", SOUNDS[0]], "item 0: "),
    ],
)
def test_a_sound_that_cannot_be_read_is_named(items: Any, line: str) -> None:
    network = LogMelCNN(**SMALL)
    with pytest.raises(InputError) as caught:
        network.prepare(items, network.plan(SOUNDS))
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(_wav(SOUNDS[0][0])[:30])
    with pytest.raises(InputError, match=r"cut\.wav"):
        Contrastive(Views(), LogMelCNN(**SMALL)).fit([path, path])


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"rate": 10}, "rate=10 is not a sampling rate"),
        ({"bands": 0}, "bands=0 is not a whole number from 4 to 512"),
        ({"seconds": 0}, "seconds=0 is not a number from 0.01 to 600"),
        ({"hop": True}, "hop=True is not a number"),
        ({"channels": ()}, "channels=\\(\\) names no convolution"),
        ({"channels": (8, "x")}, "channels='x' is not a whole number"),
    ],
)
def test_settings_that_make_no_network_are_refused(given: dict[str, Any], line: str) -> None:
    with pytest.raises(ParameterError, match=line):
        LogMelCNN(**given)


@pytest.mark.slow
def test_spoken_digits_are_told_apart_without_labels() -> None:
    folder = os.environ.get("NEARER_DATA")
    if not folder:
        pytest.skip("NEARER_DATA names no folder of data")
    table = pq.read_table(Path(folder) / "audio" / "fsdd.parquet", columns=["flac", "digit", "split"])
    train = np.array(table["split"].to_pylist()) == "train"
    sounds, digits = table["flac"].to_pylist(), np.array(table["digit"])
    model = Contrastive(Views(), LogMelCNN(rate=RATE), epochs=10, held_out=0, threads=1)
    model.fit([sound for sound, chosen in zip(sounds, train, strict=True) if chosen])
    vectors = model.encode(sounds)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    assert logistic.fit(vectors[train], digits[train]).score(vectors[~train], digits[~train]) > 0.93
