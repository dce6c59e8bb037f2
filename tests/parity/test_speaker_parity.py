"""The speaker encoder against torch's LSTM with the same weights, and against the definition of an LSTM."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearer
from nearer.data.mel import mel_spectrogram
from nearer.encoders import SpeakerEncoder
from nearer.encoders.lstm import Layer, last_states
from nearer.errors import ModelNotFound
from sounds import tone


def speaker() -> SpeakerEncoder:
    try:
        encoder = nearer.encoder("resemblyzer")
    except ModelNotFound:
        pytest.skip("the weights of Resemblyzer are not installed")
    assert isinstance(encoder, SpeakerEncoder)
    return encoder


def wave(seconds: float) -> Any:
    noise = np.random.default_rng(0).normal(0, 0.02, round(16_000 * seconds)).astype(np.float32)
    return tone(seconds, 16_000, 140.0) + noise


def windows_of(samples: Any) -> Any:
    """Mel power of the windows as Resemblyzer cuts them: 160 frames every 77, the last to 3/4 full."""
    frames = -(-(len(samples) + 1) // 160)
    starts = list(range(0, max(1, frames - 160 + 77 + 1), 77))
    if len(starts) > 1 and (len(samples) - starts[-1] * 160) / 25_600 < 0.75:
        starts.pop()
    padded = np.pad(samples, (0, max(0, (starts[-1] + 160) * 160 - len(samples))))
    mel = mel_spectrogram(padded, 16_000, bands=40)
    return np.stack([mel[start : start + 160] for start in starts])


@pytest.mark.parametrize("seconds", [0.3, 1.6, 1.97, 1.98, 2.8, 9.0])
def test_vectors_are_those_of_torch(seconds: float) -> None:
    torch = pytest.importorskip("torch")
    encoder = speaker()
    lstm = torch.nn.LSTM(40, 256, 3, batch_first=True)
    linear = torch.nn.Linear(256, 256)
    tensors = {name: torch.from_numpy(tensor) for name, tensor in encoder.weights.items()}
    lstm.load_state_dict({name[5:]: t for name, t in tensors.items() if name.startswith("lstm.")})
    linear.load_state_dict({name[7:]: t for name, t in tensors.items() if name.startswith("linear.")})
    samples = wave(seconds) * 0.05  # quieter than -30 dBFS
    loud = samples * np.float32(10**-1.5 / np.sqrt(np.square(samples, dtype=np.float64).mean()))
    with torch.no_grad():
        _, (states, _) = lstm(torch.from_numpy(windows_of(loud)))
        parts = torch.relu(linear(states[-1]))
        mean = (parts / parts.norm(dim=1, keepdim=True)).mean(dim=0)
        wanted = (mean / mean.norm()).numpy()
    np.testing.assert_allclose(encoder.encode([(samples, 16_000)])[0], wanted, atol=1e-4)


def test_an_lstm_is_what_its_definition_says() -> None:
    """One sequence and one unit at a time, the gates written out."""
    rng = np.random.default_rng(3)
    shapes = {"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 3), "bias_ih_l0": (12,), "bias_hh_l0": (12,)}
    weights = {name: rng.normal(0, 0.7, shape).astype(np.float32) for name, shape in shapes.items()}
    sequences = rng.normal(0, 1, (4, 5, 2)).astype(np.float32)
    found = last_states(sequences, [Layer.of_torch(weights, 0)])
    bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]
    for row, sequence in enumerate(sequences):
        state, cell = np.zeros(3), np.zeros(3)
        for step in sequence:
            raw = [
                sum(weights["weight_ih_l0"][gate] * step)
                + sum(weights["weight_hh_l0"][gate] * state)
                + bias[gate]
                for gate in range(12)
            ]
            sigmoid = [1 / (1 + np.exp(-x)) for x in raw]
            cell = np.array([sigmoid[3 + u] * cell[u] + sigmoid[u] * np.tanh(raw[6 + u]) for u in range(3)])
            state = np.array([sigmoid[9 + u] * np.tanh(cell[u]) for u in range(3)])
        np.testing.assert_allclose(found[row], state, atol=1e-6)
