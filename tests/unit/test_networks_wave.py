"""WaveEncoder: padding counts for nothing, hidden frames are learned, its loss against a slow twin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_sounds import RATE, made_sounds

import nearer
from nearer import Contrastive
from nearer.errors import InputError, ParameterError
from nearer.networks import Network, WaveEncoder
from nearer.signal import Masked, Views

torch = pytest.importorskip("torch")
SOUNDS, KINDS = made_sounds(60)
SMALL: dict[str, Any] = {"rate": RATE, "dim": 32, "layers": 1, "strides": (5, 4, 4)}
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
def test_the_loss_of_hidden_frames_is_that_of_a_slow_twin() -> None:
    ready, module = made(SOUNDS[:5])
    batch = ready.batch(np.arange(5))
    found = float(module.masked_loss(batch, torch.Generator().manual_seed(5)))
    random = torch.Generator().manual_seed(5)
    frames, inside = module._frames(*batch)
    hidden = module._spans(inside, random)
    assert hidden.any(1).all()
    assert not (hidden & ~inside).any()
    assert 0.2 < float(hidden.sum() / inside.sum()) < 0.7
    seen = torch.where(hidden[:, :, None], module.hidden, frames)
    guess, target = module.guess(module._context(seen, inside)).numpy(), module.target(frames).numpy()
    rows, places = hidden.nonzero(as_tuple=True)
    others, known = module._distractors(hidden, rows, places, random)
    losses = []
    for row, place, drawn, right in zip(
        *(part.tolist() for part in (rows, places, others, known)), strict=True
    ):
        mine = [other for other, one in zip(drawn, right, strict=True) if one]
        assert place not in mine
        assert len(set(mine)) == len(mine) == min(20, int(hidden[row].sum()) - 1)
        assert all(hidden[row, other] for other in mine)
        cosines = np.array([_cosine(guess[row, place], target[row, other]) for other in (place, *mine)]) / 0.1
        losses.append(np.log(np.exp(cosines - cosines[0]).sum()))
    assert found == pytest.approx(np.mean(losses), abs=1e-4)


def _cosine(one: Any, other: Any) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_gradients_of_the_loss_are_finite_differences() -> None:
    ready, module = made(SOUNDS[:2], dim=4, heads=1)
    module.double()
    waves, lengths = ready.batch(np.arange(2))

    def loss() -> Any:
        return module.masked_loss((waves.double(), lengths), torch.Generator().manual_seed(1))

    loss().backward()
    for name in ("frames.0.weight", "hidden", "context.0.linear1.weight", "guess.weight", "target.bias"):
        parameter = module.get_parameter(name)
        place = (0,) * parameter.dim()
        with torch.no_grad():
            parameter[place] += 1e-5
            above = loss()
            parameter[place] -= 2e-5
            below = loss()
            parameter[place] += 1e-5
        assert float(parameter.grad[place]) == pytest.approx(float((above - below) / 2e-5), abs=1e-6)


def test_hidden_frames_are_learned_and_vectors_tell_kinds() -> None:
    network, unseen = WaveEncoder(**SMALL, mask=0.3, span=8), made_sounds(90, seed=1)
    sounds, kinds = made_sounds(90)

    def fitted(epochs: int) -> Contrastive:
        fast: dict[str, Any] = {"batch_size": 20, "learning_rate": 0.003, "held_out": 0, "threads": 1}
        return Contrastive(Masked(), network, epochs=epochs, **fast).fit(sounds)

    def share(model: Contrastive) -> float:
        one, other = (
            made / np.linalg.norm(made, axis=1, keepdims=True)
            for made in map(model.encode, (sounds, unseen[0]))
        )
        return float((kinds[(other @ one.T).argmax(1)] == unseen[1]).mean())

    learned, hardly = fitted(30), fitted(1)
    assert learned.loss_curve_[-1] < 0.8 * learned.loss_curve_[0]
    assert share(learned) > max(0.85, share(hardly))
    assert fitted(1).identity == hardly.identity


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
