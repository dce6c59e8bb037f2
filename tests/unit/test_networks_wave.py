"""WaveEncoder: padding counts for nothing, hidden frames are learned, its loss against a slow twin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_sounds import RATE, made_sounds

import nearer
from nearer import Contrastive
from nearer.data.mel import hertz_to_mel
from nearer.errors import InputError, ParameterError
from nearer.networks import Network, WaveEncoder
from nearer.signal import Masked, Views

torch = pytest.importorskip("torch")
SOUNDS, KINDS = made_sounds(60)
SMALL: dict[str, Any] = {"rate": RATE, "dim": 32, "layers": 1}
CHANGES = WaveEncoder().changes


def made(items: Any = SOUNDS, **changed: Any) -> tuple[Any, Any]:
    """Prepared sounds and a module that is not training."""
    network = WaveEncoder(**{**SMALL, **changed})
    plan = network.plan(items)
    return network.prepare(items, plan), network.build(plan, 0).eval()


def test_it_is_a_network_and_is_made_again_by_its_settings() -> None:
    network = WaveEncoder(**SMALL)
    assert isinstance(network, Network)
    assert WaveEncoder(**network.settings()).settings() == network.settings()
    ready, module = made()
    assert module(ready.batch(np.arange(3))).shape == (3, network.width({}))


def test_waves_have_mean_0_and_deviation_1_and_silence_stays() -> None:
    silent = (np.zeros(RATE // 10, np.float32), RATE)
    ready, module = made([SOUNDS[0], silent])
    waves, lengths = ready.batch(np.arange(2))
    own = waves[0, : lengths[0]]
    assert float(own.mean()) == pytest.approx(0, abs=1e-5)
    assert float(own.std()) == pytest.approx(1, abs=1e-3)
    assert not waves[1].any()
    assert torch.isfinite(module(ready.batch(np.arange(2)))).all()


@torch.no_grad()
def test_padding_counts_for_nothing() -> None:
    ready, module = made([*SOUNDS[:12], (SOUNDS[0][0][:200], RATE), (np.ones(3, np.float32), RATE)])
    whole = module(ready.batch(np.arange(14)))
    for row in range(14):
        alone = module(ready.batch(np.array([row])))
        torch.testing.assert_close(alone, whole[row : row + 1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_strength_0_changes_nothing_and_others_do(change: str) -> None:
    ready, _ = made()
    rows = np.arange(8)

    def view(**changes: float) -> Any:
        return ready.view(rows, changes, torch.Generator().manual_seed(3))[0]

    plain, lengths = ready.batch(rows)
    assert torch.equal(view(**{change: 0.0}), plain)
    changed = view(**{change: CHANGES[change]})
    assert not torch.equal(changed, plain)
    assert torch.equal(changed, view(**{change: CHANGES[change]}))
    beyond = torch.arange(plain.shape[1])[None] >= lengths[:, None]
    assert not changed[beyond].any()


@torch.no_grad()
def test_filters_answer_to_their_own_pitch() -> None:
    _, module = made()
    time = np.arange(RATE) / RATE
    for pitch in (300.0, 1_000.0, 3_000.0):
        wave = torch.from_numpy(np.sin(2 * np.pi * pitch * time + 1).astype(np.float32))
        strongest = int(module.bands(wave[None])[0, :, 10:-10].mean(1).argmax())
        highest = hertz_to_mel(np.array([pitch, RATE / 2]), "slaney")
        assert abs(strongest + 0.5 - 32 * highest[0] / highest[1]) <= 1


@torch.no_grad()
def test_vectors_are_standardised_moments_over_time() -> None:
    ready, module = made(SOUNDS[:6])
    waves, lengths = ready.batch(np.arange(6))
    before = module((waves, lengths))
    module.settle([ready.batch(np.arange(4)), ready.batch(np.arange(4, 6))])
    after = module((waves, lengths)).numpy()
    np.testing.assert_allclose(after.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(after.std(0), 1, atol=0.05)
    for row in range(6):
        bands = module.bands(waves[row : row + 1, : lengths[row]])
        frames, inside = module._frames(bands, lengths[row : row + 1])
        context = module._context(frames, inside)
        parts = [bands[0].T.numpy(), context[0].numpy()]
        expected = np.concatenate([part for found in parts for part in (found.mean(0), found.std(0))])
        np.testing.assert_allclose(before[row], expected, atol=1e-3)


@torch.no_grad()
def test_the_loss_of_hidden_frames_is_that_of_a_slow_twin() -> None:
    ready, module = made(SOUNDS[:5])
    waves, lengths = ready.batch(np.arange(5))
    found = float(module.masked_loss((waves, lengths), torch.Generator().manual_seed(5)))
    random = torch.Generator().manual_seed(5)
    frames, inside = module._frames(module.bands(waves), lengths)
    hidden = module._spans(inside, random)
    assert hidden.any(1).all()
    assert not (hidden & ~inside).any()
    assert 0.2 < float(hidden.sum() / inside.sum()) < 0.7
    seen = torch.where(hidden[:, :, None], module.hidden, frames)
    guess, target = module.guess(module._context(seen, inside)).numpy(), module.target(frames).numpy()
    places = hidden.nonzero().tolist()
    others = module._others(torch.arange(len(places))[:, None], random)
    assert others.shape == (len(places), 20)
    losses = []
    for own, (place, drawn) in enumerate(zip(places, others.tolist(), strict=True)):
        assert own not in drawn
        cosines = [_cosine(guess[*place], target[*places[other]]) / 0.1 for other in (own, *drawn)]
        losses.append(np.log(np.exp(np.array(cosines) - cosines[0]).sum()))
    assert found == pytest.approx(np.mean(losses), abs=1e-4)


@torch.no_grad()
def test_one_hidden_frame_alone_has_nothing_to_be_told_from() -> None:
    ready, module = made([(np.ones(3, np.float32), RATE)])
    assert float(module.masked_loss(ready.batch(np.arange(1)), torch.Generator())) == 0


def _cosine(one: Any, other: Any) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_gradients_of_the_loss_are_finite_differences() -> None:
    ready, module = made(SOUNDS[:2], dim=4, heads=1)
    module.double()
    waves, lengths = ready.batch(np.arange(2))

    def loss() -> Any:
        return module.masked_loss((waves.double(), lengths), torch.Generator().manual_seed(1))

    loss().backward()
    for name in (
        "frames.0.bias",
        "frames.0.weight",
        "hidden",
        "context.0.linear1.weight",
        "guess.weight",
        "target.bias",
    ):
        parameter = module.get_parameter(name)
        place = (0,) * parameter.dim()
        with torch.no_grad():
            parameter[place] += 1e-5
            above = loss()
            parameter[place] -= 2e-5
            below = loss()
            parameter[place] += 1e-5
        assert float(parameter.grad[place]) == pytest.approx(float((above - below) / 2e-5), abs=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hidden_frames_of_fresh_sounds_are_told_apart(seed: int) -> None:
    network, fast = WaveEncoder(**SMALL), {"held_out": 0, "batch_size": 20, "learning_rate": 0.003}
    sounds, fresh = made_sounds(120, seed=10 + seed)[0], made_sounds(120, seed=20 + seed)[0]
    model = Contrastive(Masked(), network, epochs=25, threads=1, seed=seed, **fast).fit(sounds)
    plan = network.plan(sounds)
    ready, untrained = network.prepare(fresh, plan), network.build(plan, seed).eval()
    shares, losses = [], []
    for module in (untrained, model.encoder_._built().body):
        with torch.no_grad():
            batch = ready.batch(np.arange(len(fresh)))
            guess, choices = module.guesses(batch, torch.Generator().manual_seed(seed))
            losses.append(float(module.masked_loss(batch, torch.Generator().manual_seed(seed))))
        best = torch.einsum("nd,nkd->nk", guess, choices).argmax(1)
        shares.append(float((best == 0).float().mean()))
    chance = 1 / (1 + network.distractors)
    assert shares[0] < 3 * chance
    assert shares[1] > 5 * chance
    assert losses[1] < 0.7 * np.log(1 / chance)


@pytest.mark.parametrize("held_out", [0, 0.2])
def test_vectors_are_centred_and_of_deviation_1_over_the_sounds_of_training(held_out: float) -> None:
    model = Contrastive(Masked(), WaveEncoder(**SMALL), held_out=held_out, epochs=2, batch_size=20, threads=1)
    vectors = model.fit(SOUNDS).space_.vectors
    np.testing.assert_array_equal(model.encode(SOUNDS), vectors)
    np.testing.assert_allclose(model.encode(SOUNDS[::-1], batch_size=7)[::-1], vectors, atol=1e-5)
    np.testing.assert_allclose(vectors.mean(0), 0, atol=1e-4)
    assert np.median(vectors.std(0)) == pytest.approx(1, abs=0.01)
    assert abs(model.report_.mean_cosine) < 0.1
    again = Contrastive(**model.get_params()).fit(SOUNDS)
    assert again.identity == model.identity


def test_vectors_that_are_all_alike_are_a_collapse() -> None:
    model = Contrastive(Masked(), WaveEncoder(**SMALL), held_out=0, epochs=1, batch_size=20, threads=1)
    with pytest.raises(ParameterError, match="training collapsed"):
        model.fit(SOUNDS[:1] * 40)


def test_it_learns_from_views_and_a_saved_model_encodes_the_same(tmp_path: Path) -> None:
    model = Contrastive(Views(), WaveEncoder(**SMALL), epochs=1, batch_size=20, threads=1).fit(SOUNDS[:40])
    model.save(tmp_path / "waves.model")
    encoder = nearer.encoder(tmp_path / "waves.model")
    whole = encoder.encode(SOUNDS)
    np.testing.assert_array_equal(whole, model.encode(SOUNDS))
    np.testing.assert_allclose(encoder.encode(SOUNDS, batch_size=7), whole, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(SOUNDS[::-1])[::-1], whole, atol=1e-5)


def test_bad_sounds_and_settings_are_one_line() -> None:
    network = WaveEncoder(**SMALL)
    with pytest.raises(InputError, match=r"^item 1: sample 0 is inf"):
        network.prepare([SOUNDS[0], (np.array([np.inf]), RATE)], {"seconds": 1.0})
    with pytest.raises(ParameterError, match="dim is a multiple of heads"):
        WaveEncoder(dim=30)
    with pytest.raises(ParameterError, match=r"mask=1\.5 is not a number from 0\.01 to 0\.9"):
        WaveEncoder(mask=1.5)
