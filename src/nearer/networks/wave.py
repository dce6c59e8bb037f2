"""WaveEncoder: a small network over raw waves that learns by hiding spans of a sound; its prepared sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.audio import checked_rate
from nearer.data.mel import hertz_to_mel, mel_to_hertz
from nearer.errors import ParameterError
from nearer.extras import require
from nearer.networks.base import Plan, Prepared
from nearer.networks.sounds import centred, chosen_seconds, planned, read_middles
from nearer.networks.values import fraction, whole

if TYPE_CHECKING:
    import torch

QUIET = 1e-4  # deviation of a wave that is not made louder than it would make this one

CHANGES = {"shift": 0.1, "gain": 0.3, "noise": 0.1, "time_mask": 0.2}


class WaveEncoder:
    """A network over raw waves: a bank of filters, convolutions, then a transformer over their frames, by
    Baevski et al. 2020, wav2vec 2.0, at a size that a CPU trains.

    By `nearer.signal.Masked` spans of frames are hidden, and the transformer's output there is to be nearer
    to the frame that was hidden than to other hidden frames of the mini-batch. Frames are compared as the
    convolutions make them, not quantised. By `Views` it learns as other networks do.

    The filters are pairs of a cosine and a sine under a window, at pitches equally far apart in mels; what
    goes on is the logarithm of their power. They are not trained, where wav2vec 2.0 trains convolutions: few
    sounds do not teach good ones.

    Sounds are paths, bytes of files, or (samples, rate). The middle `seconds` are taken, and scaled to mean 0
    and deviation 1. The output are means and deviations over time of the filters' outputs and of the
    transformer's, side by side and standardised over the training sounds: 4 x `dim`.

    Parameters
    ----------
    rate : samples a second that sounds are resampled to, in Hz.
    seconds : longest part that is seen. None: what 95 % of the training sounds do not exceed, at most 10.
    dim : of a frame, and how many pitches there are.
    hop : time between outputs of the filters, in seconds; a filter is 2.5 times as long.
    strides : of the convolutions, each over twice as many frames and one: by default a frame is 0.02 s.
    layers, heads : of the transformer.
    mask : share of the frames that are hidden, in spans of `span` frames.
    distractors : other hidden frames that a hidden frame is told from.
    temperature : cosines are divided by it.
    """

    def __init__(
        self,
        rate: int = 16_000,
        seconds: float | None = None,
        dim: int = 128,
        hop: float = 0.01,
        strides: Sequence[int] = (2,),
        layers: int = 2,
        heads: int = 4,
        mask: float = 0.4,
        span: int = 4,
        distractors: int = 20,
        temperature: float = 0.1,
    ) -> None:
        self.rate = checked_rate(rate)
        self.seconds = None if seconds is None else fraction("seconds", seconds, 0.01, 600.0)
        self.dim = whole("dim", dim, 1, 4096)
        self.hop = fraction("hop", hop, 0.001, 1.0)
        self.strides = tuple(whole("strides", stride, 1, 100) for stride in strides)
        self.layers = whole("layers", layers, 1, 64)
        self.heads = whole("heads", heads, 1, 64)
        self.mask = fraction("mask", mask, 0.01, 0.9)
        self.span = whole("span", span, 1, 1000)
        self.distractors = whole("distractors", distractors, 1, 1000)
        self.temperature = fraction("temperature", temperature, 0.001, 10.0)
        if not self.strides or self.dim % self.heads:
            raise ParameterError(
                f"strides={self.strides}, dim={self.dim}, heads={self.heads} are not allowed: there is "
                "a convolution at least, and dim is a multiple of heads"
            )

    def __repr__(self) -> str:
        return f"WaveEncoder({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    @property
    def modality(self) -> str:
        """It reads sounds."""
        return "audio"

    @property
    def changes(self) -> Mapping[str, float]:
        """`shift` and `time_mask` are shares of a sound's length, `gain` the logarithm of a factor, `noise` a
        deviation in those of the sound.
        """
        return dict(CHANGES)

    @property
    def shares(self) -> frozenset[str]:
        """The changes that are a share or a probability, at most 1."""
        return frozenset({"shift", "time_mask"})

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "rate": self.rate,
            "seconds": self.seconds,
            "dim": self.dim,
            "hop": self.hop,
            "strides": list(self.strides),
            "layers": self.layers,
            "heads": self.heads,
            "mask": self.mask,
            "span": self.span,
            "distractors": self.distractors,
            "temperature": self.temperature,
        }

    def plan(self, items: Sequence[Any]) -> Plan:
        """Length in seconds."""
        if self.seconds:
            return {"seconds": self.seconds}
        return {"seconds": chosen_seconds(read_middles(planned(items), self.rate, None), self.rate)}

    def prepare(self, items: Sequence[Any], plan: Plan) -> Prepared:
        """Waves of mean 0 and deviation 1; raises `InputError` naming an item that cannot be read."""
        least = self._hop
        waves = []
        for row in range(len(items)):
            (middle,) = read_middles(items[row : row + 1], self.rate, plan["seconds"], first=row)
            wave = middle.wave - middle.wave.mean(dtype=np.float64)
            wave = (wave / max(QUIET, float(wave.std(dtype=np.float64)))).astype(np.float32)
            waves.append(centred(wave, max(least, len(wave))))
        return Waves(waves)

    def width(self, plan: Plan) -> int:
        """Means and deviations of two kinds of frames."""
        return 4 * self.dim

    def build(self, plan: Plan, seed: int, *, pretrained: bool = True) -> torch.nn.Module:
        """Filters, and convolutions and a transformer with torch's own initial weights."""
        require("torch", "torch", "training a network")
        from nearer.networks.wave_layers import Bands, Masking, WaveModule  # noqa: PLC0415  (torch: paid where needed)

        highest = hertz_to_mel(np.array(self.rate / 2), "slaney")
        pitches = mel_to_hertz(highest * (np.arange(self.dim) + 0.5) / self.dim, "slaney")
        bands = Bands(pitches, self.rate, self._hop)
        masking = Masking(self.mask, self.span, self.distractors, self.temperature)
        return WaveModule(bands, self.strides, self.layers, self.heads, masking, seed)

    @property
    def _hop(self) -> int:
        return max(1, round(self.hop * self.rate))


class Waves:
    """Waves in memory, of different lengths."""

    def __init__(self, waves: Sequence[NDArray[np.float32]]) -> None:
        self.waves = waves

    def __len__(self) -> int:
        return len(self.waves)

    def batch(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        """Waves padded with zeros to the longest of these rows, (b, samples), and their lengths, (b,)."""
        import torch  # noqa: PLC0415  (paid for where it is needed)

        chosen = [self.waves[row] for row in rows.tolist()]
        lengths = np.array([len(wave) for wave in chosen], np.int64)
        found = np.zeros((len(chosen), int(lengths.max(initial=1))), np.float32)
        for row, wave in enumerate(chosen):
            found[row, : len(wave)] = wave
        return torch.from_numpy(found), torch.from_numpy(lengths)

    def view(
        self, rows: NDArray[np.int64], changes: Mapping[str, float], random: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The same, changed at random."""
        from nearer.networks.wave_views import changed  # noqa: PLC0415

        waves, lengths = self.batch(rows)
        return changed(waves, lengths, changes, random), lengths
