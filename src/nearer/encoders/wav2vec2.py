"""Recordings by a network of the wav2vec2 family: the mean of its frames.

wav2vec 2.0 (Baevski and others 2020), HuBERT (Hsu and others 2021) and WavLM (Chen and others 2022) turn a
wave into a vector every 20 ms by convolutions and a transformer, trained to tell what was masked. A recording
longer than `window` is cut into windows of one length; the vector is the mean over the frames of all of them.
Only windows of equal length go through the network together: no padding, so none can change a vector.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality, checked_batch_size
from nearer.encoders.recordings import Recording, checked_recordings
from nearer.encoders.torch_settings import torch_threads
from nearer.encoders.wav2vec2_folder import Wav2Vec2Folder, open_network, read_wav2vec2_folder
from nearer.errors import ParameterError, shown
from nearer.extras import require
from nearer.kernels.threads import thread_count
from nearer.progress import Progress
from nearer.space.identity import parts_identity

WINDOWS_A_PASS = 16  # that go through the network at once, at most
SECONDS_A_PASS = 40  # of sound in them, but for one window alone
MOST_HELD = 32  # windows that wait for others of their length
EPSILON = 1e-7  # added to the variance that a wave is divided by, as the family's own preprocessing does
LEAST_WINDOW = 1.0  # seconds
Wave = NDArray[np.float32]


class Wav2Vec2:
    """Encodes recordings (paths, bytes of sound files, or (samples, rate)) by the network of a folder.

    Parameters
    ----------
    model : what the files of its folder say (`read_wav2vec2_folder`).
    layer : the layer whose frames are averaged, 0 for the input of the first; None: what the network gives.
    window : longest stretch that goes through the network at once, in seconds, at least 1.
    expected_rate : the sampling rate that recordings must have, in Hz; None: any, resampled to the model's.
    threads : of torch; None uses every core.

    Raises `MissingExtra` without torch or transformers, `IntegrityError` for weights that are damaged or
    missing, `ParameterError` for a layer that is not there.
    """

    modality: Modality = "audio"

    def __init__(
        self,
        model: Wav2Vec2Folder,
        *,
        layer: int | None = None,
        window: float = 20.0,
        expected_rate: int | None = None,
        threads: int | None = None,
    ) -> None:
        if not LEAST_WINDOW <= window < math.inf:
            raise ParameterError(f"window={shown(window)} is no length of at least {LEAST_WINDOW:g} s")
        layers = int(model.config.get("num_hidden_layers", 0))
        if layer is not None and (isinstance(layer, bool) or layer not in range(layers + 1)):
            raise ParameterError(
                f"layer={shown(layer)} is not from 0 to {layers}, the layers of {model.folder}"
            )
        self.model, self.layer, self.window = model, layer, window
        self.expected_rate = expected_rate
        self.threads = thread_count(threads)
        self._torch = require("torch", "torch", f"the model in {model.folder}")
        self._network = open_network(model)

    @cached_property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return int(self._frames(np.zeros((1, self.model.span), dtype=np.float32)).shape[2])

    @cached_property
    def identity(self) -> str:
        """SHA-256 over weights, architecture, preprocessing, layer and windows."""
        settings = {
            "config": self.model.config,
            "rate": self.model.rate,
            "scaled": self.model.scaled,
            "layer": self.layer,
            "window": self.window,
            "pooling": "mean of frames",
            "metric": "cosine",
        }
        weights = {name: tensor.numpy() for name, tensor in self._network.state_dict().items()}
        return parts_identity("wav2vec2", settings, sorted(weights), weights)

    def encode(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of recordings: float32 (n, dim).

        batch_size : how many windows of equal length go through the network at once, up to 16.

        Raises `InputError` naming path or item for a recording that cannot be read, is silent or has not the
        expected rate, and for a single path; `MissingExtra` without soundfile or soxr.
        """
        recordings = checked_recordings(items)
        sums = _Sums(len(recordings), self.dim)
        size = min(checked_batch_size(batch_size), WINDOWS_A_PASS)
        waiting: dict[int, list[tuple[int, Wave]]] = {}
        with Progress("encoding", len(recordings), "recordings", show_progress) as progress:
            for row, item in enumerate(recordings):
                for wave in self._windows(Recording(item, row, self.model.rate, self.expected_rate)):
                    alike = waiting.setdefault(len(wave), [])
                    alike.append((row, wave))
                    if len(alike) >= min(size, SECONDS_A_PASS * self.model.rate // len(wave)):
                        sums.add(alike, self._frames)
                    elif sum(map(len, waiting.values())) >= MOST_HELD:
                        _empty(waiting, sums, self._frames)
                progress.advance(1)
            _empty(waiting, sums, self._frames)
        return sums.means()

    encode_query = encode
    encode_document = encode

    def _windows(self, recording: Recording) -> Iterator[Wave]:
        """Its wave in as few windows of one length as `window` allows, scaled if the model asks for it."""
        moments = recording.moments()
        count = math.ceil(moments.samples / (self.window * self.model.rate))
        size = math.ceil(moments.samples / count)
        for block in recording.blocks(size / self.model.rate):
            if self.model.scaled:
                scale = 1 / math.sqrt(moments.deviation**2 + EPSILON)
                block = (block - np.float32(moments.mean)) * np.float32(scale)  # noqa: PLW2901
            yield np.pad(block, (0, max(0, self.model.span - len(block))))

    def _frames(self, waves: Wave) -> NDArray[np.float32]:
        """Vectors of the frames of waves (n, samples): float32 (n, frames, dim)."""
        with torch_threads(self.threads), self._torch.inference_mode():
            found = self._network(self._torch.from_numpy(waves), output_hidden_states=self.layer is not None)
            frames = found.last_hidden_state if self.layer is None else found.hidden_states[self.layer]
            return np.asarray(frames.numpy(), dtype=np.float32)


class _Sums:
    """Sums of the vectors of frames, and how many there were, by recording."""

    def __init__(self, rows: int, dim: int) -> None:
        self._sums = np.zeros((rows, dim))
        self._frames = np.zeros((rows, 1))

    def add(self, alike: list[tuple[int, Wave]], frames_of: Any) -> None:
        """Add the frames of windows of one length to the sums of their recordings; the list ends empty."""
        frames = frames_of(np.stack([wave for _, wave in alike]))
        rows = [row for row, _ in alike]
        np.add.at(self._sums, rows, frames.sum(axis=1, dtype=np.float64))
        np.add.at(self._frames, rows, frames.shape[1])
        alike.clear()

    def means(self) -> NDArray[np.float32]:
        """The mean of the frames of each recording: float32 (rows, dim)."""
        return (self._sums / np.maximum(self._frames, 1)).astype(np.float32)


def _empty(waiting: dict[int, list[tuple[int, Wave]]], sums: _Sums, frames_of: Any) -> None:
    for alike in waiting.values():
        if alike:
            sums.add(alike, frames_of)
    waiting.clear()


def open_wav2vec2(
    folder: Path,
    *,
    layer: int | None = None,
    window: float = 20.0,
    expected_rate: int | None = None,
    threads: int | None = None,
) -> Wav2Vec2:
    """The encoder of a folder of the family; raises what `Wav2Vec2` and `read_wav2vec2_folder` raise."""
    model = read_wav2vec2_folder(folder)
    return Wav2Vec2(model, layer=layer, window=window, expected_rate=expected_rate, threads=threads)
