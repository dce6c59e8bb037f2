"""The speaker encoder: recordings of one voice get vectors near each other, whatever is said.

Trained by Jemine 2019 (Resemblyzer, Apache-2.0) with the generalized end-to-end loss of Wan and others 2018,
"Generalized End-to-End Loss for Speaker Verification". Of the package, its weights alone are used.

    wave at 16 kHz       made louder to -30 dBFS, if it is quieter; silence is refused
    windows              1.6 s every 0.77 s; a later one must lie in the recording to three quarters
    mel power            40 bands, 25 ms every 10 ms: (160, 40) a window, zeros beyond the ends
    LSTM                 three layers of 256; the last state, a linear layer, max(0, x), length 1
    mean over windows    length 1

The package also cuts out long pauses by a voice detector; here pauses stay, so that a recording with many of
them gets another vector than there. A recording of hours is read twice (loudness, then windows), and never
held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.mel import mel_filters, power_spectrum
from nearer.encoders.base import Modality, checked_batch_size
from nearer.encoders.lstm import Layer, last_states
from nearer.encoders.recordings import Recording, checked_recordings
from nearer.encoders.torch_file import read_state
from nearer.errors import IntegrityError
from nearer.progress import Progress
from nearer.space.identity import parts_identity

RATE = 16_000  # Hz
BANDS, N_FFT, HOP = 40, 400, 160
FRAMES = 160  # of a window
STEP = 77 * HOP  # samples between windows: 1.3 of them a second
LEAST = FRAMES * HOP * 3 // 4  # samples of the recording that every window but the first holds
BEFORE = N_FFT // 2  # samples that the first frame's transform reaches before the window
SPAN = (FRAMES - 1) * HOP + N_FFT  # samples that the frames of a window reach over
LOUDNESS = 10 ** (-30 / 20)  # root mean square that quieter waves are raised to
LAYERS, WIDTH = 3, 256
WINDOWS_A_PASS = 64  # that go through the network at once
LEAST_LENGTH = 1e-12  # of a vector that is scaled to length 1
SETTINGS = {
    "rate": RATE, "bands": BANDS, "n_fft": N_FFT, "hop": HOP, "frames": FRAMES, "step": STEP, "least": LEAST,
    "dBFS": -30, "pooling": "mean of unit vectors", "normalised": True, "metric": "cosine",
}  # fmt: skip
SHAPES = {
    **{f"lstm.weight_ih_l{n}": (4 * WIDTH, WIDTH if n else BANDS) for n in range(LAYERS)},
    **{f"lstm.weight_hh_l{n}": (4 * WIDTH, WIDTH) for n in range(LAYERS)},
    **{f"lstm.bias_{part}_l{n}": (4 * WIDTH,) for n in range(LAYERS) for part in ("ih", "hh")},
    "linear.weight": (WIDTH, WIDTH),
    "linear.bias": (WIDTH,),
}


class SpeakerEncoder:
    """Encodes voices: recordings (paths, bytes of sound files, or (samples, rate)) as unit vectors of 256.

    weights : the tensors of the network by torch's names.
    expected_rate : the sampling rate that recordings must have, in Hz; None: any, resampled to 16 kHz.
    """

    modality: Modality = "audio"
    dim = WIDTH

    def __init__(self, weights: Mapping[str, NDArray[Any]], *, expected_rate: int | None = None) -> None:
        self.weights = {name: np.asarray(weights[name], dtype=np.float32) for name in SHAPES}
        self.expected_rate = expected_rate
        lstm = {name.removeprefix("lstm."): tensor for name, tensor in self.weights.items()}
        self._layers = [Layer.of_torch(lstm, number) for number in range(LAYERS)]
        self._filters = mel_filters(RATE, N_FFT, BANDS, 0.0, None, "slaney", True).T

    @cached_property
    def identity(self) -> str:
        """SHA-256 over the weights and over how recordings are cut, measured and pooled."""
        return parts_identity("speaker", SETTINGS, sorted(self.weights), self.weights)

    def encode(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of recordings: float32 (n, 256), each of length 1.

        batch_size : how many windows (not recordings) go through the network at once, up to 64.

        Raises `InputError` naming path or item for a recording that cannot be read, is silent or has not the
        expected rate, and for a single path; `MissingExtra` without soundfile or soxr.
        """
        recordings = checked_recordings(items)
        size = min(checked_batch_size(batch_size), WINDOWS_A_PASS)
        sums = np.zeros((len(recordings), WIDTH), dtype=np.float32)
        rows: list[int] = []
        windows: list[NDArray[np.float32]] = []
        with Progress("encoding", len(recordings), "recordings", show_progress) as progress:
            for row, item in enumerate(recordings):
                for window in self.windows(item, row):
                    rows.append(row)
                    windows.append(window)
                    if len(windows) == size:
                        self._add(sums, rows, windows)
                progress.advance(1)
            self._add(sums, rows, windows)
        return _unit(sums)

    encode_query = encode
    encode_document = encode

    def windows(self, item: Any, row: int = 0) -> Iterator[NDArray[np.float32]]:
        """What the network sees of a recording: mel power of each window, float32 (160, 40).

        row : its place among the items, which errors name; they are those of `encode`.
        """
        recording = Recording(item, row, RATE, self.expected_rate)
        gain = np.float32(max(1.0, LOUDNESS / recording.moments().loudness))
        for samples in cut_windows(recording.blocks(STEP / RATE)):
            yield power_spectrum(samples * gain, N_FFT, HOP) @ self._filters

    def _add(self, sums: NDArray[np.float32], rows: list[int], windows: list[NDArray[np.float32]]) -> None:
        """Add the vectors of windows to the sums of their recordings; both lists end empty."""
        if windows:
            states = last_states(np.stack(windows), self._layers)
            raw = np.maximum(states @ self.weights["linear.weight"].T + self.weights["linear.bias"], 0)
            np.add.at(sums, rows, _unit(raw))
        rows.clear()
        windows.clear()


def cut_windows(blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The samples under the frames of each window of a wave that comes in blocks: float32 (25840,).

    Window k begins at sample 12320 k; the 200 samples before it and 40 after it lie under its outer frames.
    """
    held, windows = np.zeros(BEFORE, dtype=np.float32), 0
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= SPAN:
            yield held[:SPAN]
            held, windows = held[STEP:], windows + 1
    if not windows or len(held) - BEFORE >= LEAST:
        yield np.pad(held, (0, SPAN - len(held)))


def open_speaker(paths: Sequence[Path], *, expected_rate: int | None = None) -> SpeakerEncoder:
    """The encoder from Resemblyzer's `pretrained.pt`; raises `IntegrityError` for other weights."""
    weights = read_state(paths[0], "model_state")
    for name, shape in SHAPES.items():
        if name not in weights or weights[name].shape != shape:
            found = "is not there" if name not in weights else f"has shape {weights[name].shape}"
            raise IntegrityError(f"its tensor {name} {found}, expected {shape}", file=paths[0])
    return SpeakerEncoder(weights, expected_rate=expected_rate)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(LEAST_LENGTH))
    return units
