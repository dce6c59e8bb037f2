"""LogMelCNN: a convolutional network over mel spectrograms of short sounds; its plan and its prepared sounds.

Every spectrogram is told from its own loudest band down, so that how loud a recording is does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.audio import checked_rate
from nearer.data.mel import log_mel
from nearer.data.middles import Middle
from nearer.errors import ParameterError
from nearer.extras import require
from nearer.networks.base import Plan, Prepared
from nearer.networks.sounds import centred, chosen_seconds, planned, read_middles
from nearer.networks.values import fraction, whole

if TYPE_CHECKING:
    import torch

QUIET = 1e-8  # peak of a wave that is silence
FLOOR = 1e-10  # power that counts as none, where the peak of a wave is 1
RANGE = 14.0  # natural logarithms below a recording's loudest band that still tell (about 60 dB)
LEAST_DEVIATION = 1e-3  # of a band that hardly varies

CHANGES = {
    "shift": 0.15,
    "stretch": 0.25,
    "warp": 0.1,
    "tilt": 0.5,
    "gain": 0.3,
    "noise": 0.3,
    "mix": 0.1,
    "time_mask": 0.2,
    "frequency_mask": 0.2,
}


class LogMelCNN:
    """A convolutional network over the log-mel spectrogram of a sound.

    Sounds are paths, bytes of files, or (samples, rate): what `nearer.data.audio.read_audio` takes. The
    middle `seconds` are taken, shorter ones are padded with silence. Each convolution halves bands and
    frames; the output are the means and the maxima over time and bands of the last two, side by side.

    Parameters
    ----------
    rate : samples a second that sounds are resampled to, in Hz.
    seconds : length of what is seen. None: what 95 % of the training sounds do not exceed, at most 10.
    bands : of the mel scale.
    hop : time between frames, in seconds; a frame is twice as long.
    channels : of each convolution.
    """

    def __init__(
        self,
        rate: int = 16_000,
        seconds: float | None = None,
        bands: int = 40,
        hop: float = 0.016,
        channels: Sequence[int] = (32, 64, 96, 128),
    ) -> None:
        self.rate = checked_rate(rate)
        self.seconds = None if seconds is None else fraction("seconds", seconds, 0.01, 600.0)
        self.hop = fraction("hop", hop, 0.001, 1.0)
        self.bands = whole("bands", bands, 4, 512)
        self.channels = tuple(whole("channels", count, 1, 4096) for count in channels)
        if not self.channels:
            raise ParameterError("channels=() names no convolution", remedy="give some, such as (32, 64)")

    def __repr__(self) -> str:
        return f"LogMelCNN({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    @property
    def modality(self) -> str:
        """It reads sounds."""
        return "audio"

    @property
    def changes(self) -> Mapping[str, float]:
        """What views change. Of the whole length: `shift`; of bands and frames: `time_mask` and
        `frequency_mask` (Park et al. 2019, SpecAugment), each twice. As logarithms of a factor: `stretch` of
        time, `warp` of frequency (as of vocal tracts of other lengths: Jaitly and Hinton 2013). In standard
        deviations of the bands: `tilt` (smooth over frequency), `gain`, `noise`. `mix`: of another sound.
        """
        return dict(CHANGES)

    @property
    def shares(self) -> frozenset[str]:
        """The changes that are a share or a probability, at most 1."""
        return frozenset({"shift", "mix", "time_mask", "frequency_mask"})

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "rate": self.rate,
            "seconds": self.seconds,
            "bands": self.bands,
            "hop": self.hop,
            "channels": list(self.channels),
        }

    def plan(self, items: Sequence[Any]) -> Plan:
        """Length in seconds; mean and standard deviation of every band, over frames that are not silent."""
        middles = read_middles(planned(items), self.rate, self.seconds)
        seconds = self.seconds or chosen_seconds(middles, self.rate)
        values = np.concatenate([self._spectrogram(middle, seconds) for middle in middles])
        values = values[values.max(axis=1) > -RANGE]
        if not len(values):  # nothing but silence
            values = np.full((1, self.bands), -RANGE, np.float32)
        mean = values.mean(0, dtype=np.float64)
        deviation = np.maximum(values.std(0, dtype=np.float64), LEAST_DEVIATION)
        return {"seconds": seconds, "mean": mean.tolist(), "deviation": deviation.tolist()}

    def prepare(self, items: Sequence[Any], plan: Plan) -> Prepared:
        """Spectrograms, standardised by the plan; raises `InputError` naming an item that cannot be read."""
        mean, deviation = np.array(plan["mean"]), np.array(plan["deviation"])
        found = np.empty((len(items), self.bands, self._frames(plan["seconds"])), np.float32)
        for row in range(len(items)):
            (middle,) = read_middles(items[row : row + 1], self.rate, plan["seconds"], first=row)
            found[row] = ((self._spectrogram(middle, plan["seconds"]) - mean) / deviation).T
        return Spectrograms(found)

    def width(self, plan: Plan) -> int:
        """Means and maxima of the last two convolutions."""
        return 2 * sum(self.channels[-2:])

    def build(self, plan: Plan, seed: int, *, pretrained: bool = True) -> torch.nn.Module:
        """Convolutions with torch's own initial weights."""
        require("torch", "torch", "training a network")
        from nearer.networks.audio_layers import LogMelModule  # noqa: PLC0415  (torch: paid where needed)

        return LogMelModule(self.channels, seed)

    def _frames(self, seconds: float) -> int:
        return 1 + round(seconds * self.rate) // self._hop

    @property
    def _hop(self) -> int:
        return max(1, round(self.hop * self.rate))

    def _spectrogram(self, middle: Middle, seconds: float) -> NDArray[np.float32]:
        """Logarithms of power below that of the loudest band, float32 (frames, bands)."""
        wave = centred(middle.wave / np.float32(max(middle.peak, QUIET)), round(seconds * self.rate))
        found = log_mel(wave, self.rate, bands=self.bands, n_fft=2 * self._hop, hop=self._hop, floor=FLOOR)
        loudest = found.max()
        if loudest <= np.float32(np.log(FLOOR)):
            return np.full_like(found, -RANGE)
        below: NDArray[np.float32] = np.maximum(found - loudest, np.float32(-RANGE))
        return below


class Spectrograms:
    """Spectrograms in memory, float32 (n, bands, frames)."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """The spectrograms of these rows, (b, bands, frames)."""
        import torch  # noqa: PLC0415  (paid for where it is needed)

        return torch.from_numpy(self.values[rows])

    def view(
        self, rows: NDArray[np.int64], changes: Mapping[str, float], random: torch.Generator
    ) -> torch.Tensor:
        """The same, changed at random."""
        from nearer.networks.audio_views import changed  # noqa: PLC0415

        return changed(self.batch(rows), changes, random)
