"""The torch module of `WaveEncoder`: bands of waves, frames, their context, and the loss of hidden frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nearer.networks.heads import seeded

REACH = 15  # frames that the convolution which tells places apart sees
WINDOW = 2.5  # length of the filters, in steps between their outputs
FLOOR = 1e-3  # power that counts as none, where filters make about 1 of noise of deviation 1
MIDDLE, SPREAD = -2.0, 3.0  # of the logarithms, roughly
STEADY = 1e-5  # added to a variance over time
ALIKE = 1e-8  # variance over sounds that is none


@dataclass(frozen=True)
class Masking:
    """How frames are hidden, and what hidden ones are told from; see `WaveEncoder`."""

    share: float
    span: int
    distractors: int
    temperature: float


class Bands(nn.Module):
    """Filters in pairs, a cosine and a sine of one pitch under a window, and the logarithm of their power.

    They stand in place of the first convolutions, and are not trained: the loss of hidden frames compares
    what the network itself makes, and would bend them to what is easily guessed.

    pitches : in Hz, (bands,); rate : samples a second; hop : samples between frames.
    """

    filters: Tensor

    def __init__(self, pitches: NDArray[np.float64], rate: int, hop: int) -> None:
        super().__init__()
        half = max(1, round(WINDOW * hop / 2))
        time = torch.arange(-half, half + 1, dtype=torch.float64)
        window = torch.cos(math.pi * time / (2 * half + 2)) ** 2
        turns = 2 * math.pi / rate * torch.from_numpy(pitches)[:, None] * time
        filters = torch.cat([window * turns.cos(), window * turns.sin()])
        length = window.norm() / math.sqrt(2.0)  # of either filter of a pair, but for the lowest pitches
        self.register_buffer("filters", (filters / length).float()[:, None])
        self.hop, self.padding = hop, half

    def forward(self, waves: Tensor) -> Tensor:
        """Waves (b, samples) become (b, bands, frames), a frame every `hop` samples."""
        found = functional.conv1d(waves[:, None], self.filters, stride=self.hop, padding=self.padding)
        cosines, sines = found.chunk(2, dim=1)
        return (torch.log(cosines**2 + sines**2 + FLOOR) - MIDDLE) / SPREAD


class Normalized(nn.Module):
    """Layer normalisation over the channels of (b, channels, frames): each frame by itself."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, found: Tensor) -> Tensor:
        """The same shape."""
        return cast(Tensor, self.norm(found.transpose(1, 2))).transpose(1, 2)


class WaveModule(nn.Module):
    """Waves (b, samples) and their lengths become (b, 4 dim); padding takes no part in anything."""

    def __init__(
        self, bands: Bands, strides: Sequence[int], layers: int, heads: int, masking: Masking, seed: int
    ) -> None:
        super().__init__()
        self.bands, self.masking = bands, masking
        dim = len(bands.filters) // 2
        with seeded(seed):
            steps: list[nn.Module] = []
            for stride in strides:
                steps += [nn.Conv1d(dim, dim, 2 * stride + 1, stride=stride, padding=stride)]
                steps += [Normalized(dim), nn.GELU()]
            self.frames = nn.Sequential(*steps)
            self.hidden = nn.Parameter(torch.randn(dim) / math.sqrt(dim))
            self.places = nn.Conv1d(dim, dim, REACH, padding=REACH // 2, groups=heads)
            self.context = nn.ModuleList(
                nn.TransformerEncoderLayer(
                    dim, heads, 4 * dim, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
                )
                for _ in range(layers)
            )
            self.last = nn.LayerNorm(dim)
            self.target = nn.Linear(dim, dim)
            self.guess = nn.Linear(dim, dim)
        self.standard = nn.BatchNorm1d(4 * dim, affine=False)

    def forward(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Means and deviations over time, standardised over the sounds of training, (b, 4 dim)."""
        pooled = self._pooled(*batch)
        alone = self.training and len(pooled) == 1  # of one sound there is no deviation
        if alone:
            self.standard.eval()
        vectors: Tensor = self.standard(pooled)
        self.standard.train(self.training)
        return vectors

    def settle(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Standardise over these sounds from now on, none of whose frames is hidden.

        Sounds that are all alike change nothing: their vectors are to be seen to be alike.
        """
        pooled = torch.cat([self._pooled(*batch) for batch in batches]).double()
        variance, mean = torch.var_mean(pooled, 0, correction=0)
        differ = variance > ALIKE
        if differ.any():
            statistics = self.standard.state_dict()
            statistics["running_mean"].copy_(mean)
            statistics["running_var"].copy_(torch.where(differ, variance, 1.0))

    def masked_loss(self, batch: tuple[Tensor, Tensor], random: torch.Generator) -> Tensor:
        """InfoNCE of hidden frames among others of the mini-batch, a mean over hidden frames."""
        guess, choices = self.guesses(batch, random)
        cosines = torch.einsum("nd,nkd->nk", guess, choices)
        first = torch.zeros(len(guess), dtype=torch.long)
        return functional.cross_entropy(cosines / self.masking.temperature, first)

    def guesses(self, batch: tuple[Tensor, Tensor], random: torch.Generator) -> tuple[Tensor, Tensor]:
        """What is guessed for each hidden frame, (n, dim), and what it is chosen from, (n, 1 + k, dim).

        All have length 1. The hidden frame is the first choice; the others are hidden frames too.
        """
        frames, inside = self._frames(self.bands(batch[0]), batch[1])
        hidden = self._spans(inside, random)
        context = self._context(torch.where(hidden[:, :, None], self.hidden, frames), inside)
        guess = functional.normalize(self.guess(context[hidden]), dim=1)
        target = functional.normalize(self.target(frames[hidden]), dim=1)
        own = torch.arange(len(target))[:, None]
        chosen = torch.cat([own, self._others(own, random)], dim=1)
        return guess, target[chosen]

    def _others(self, own: Tensor, random: torch.Generator) -> Tensor:
        """Places of other hidden frames, drawn at random, (n, k); none where there is one frame alone."""
        if len(own) == 1:
            return own[:, :0]
        drawn = torch.randint(len(own) - 1, (len(own), self.masking.distractors), generator=random)
        return drawn + (drawn >= own)

    def _frames(self, bands: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Frames, zero in the padding, (b, frames, dim), and which of them are no padding, (b, frames).

        lengths : of the waves that `bands` were made of.
        """
        lengths = _steps(lengths, self.bands.hop)
        found = bands * _inside(lengths, bands.shape[2])[:, None]
        for step in self.frames:
            found = step(found)
            if isinstance(step, nn.Conv1d):
                lengths = _steps(lengths, step.stride[0])
            elif isinstance(step, nn.GELU):  # zeros again where the bias made others, as beyond a short batch
                found = found * _inside(lengths, found.shape[2])[:, None]
        return found.transpose(1, 2), _inside(lengths, found.shape[2])

    def _context(self, frames: Tensor, inside: Tensor) -> Tensor:
        places = functional.gelu(self.places(frames.transpose(1, 2))).transpose(1, 2)
        found = frames + places * inside[:, :, None]
        blocked = torch.zeros(inside.shape, dtype=found.dtype).masked_fill(~inside, -math.inf)
        for layer in self.context:
            found = layer(found, src_key_padding_mask=blocked)
        return cast(Tensor, self.last(found))

    def _pooled(self, waves: Tensor, lengths: Tensor) -> Tensor:
        """Means and deviations over time of the bands and of the context, (b, 4 dim)."""
        bands = self.bands(waves)
        frames, inside = self._frames(bands, lengths)
        context = self._context(frames, inside)
        within = _inside(_steps(lengths, self.bands.hop), bands.shape[2])
        return torch.cat([*_moments(bands.transpose(1, 2), within), *_moments(context, inside)], dim=1)

    def _spans(self, inside: Tensor, random: torch.Generator) -> Tensor:
        """Which frames are hidden: about the share that is asked for, one of every sound at least."""
        starts = torch.rand(inside.shape, generator=random)
        chance = 1 - (1 - self.masking.share) ** (1 / self.masking.span)
        begun = (starts < chance) & inside
        first = torch.where(inside, starts, 2.0).argmin(1)  # the likeliest start, where there was none
        begun[torch.arange(len(begun)), first] |= ~begun.any(1)
        hidden: Tensor = begun
        for _ in range(self.masking.span - 1):
            hidden = begun | functional.pad(hidden, (1, -1))
        return hidden & inside


def _moments(found: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Means and deviations over time, each (b, dim), of (b, frames, dim)."""
    there, count = inside[:, :, None], inside.sum(1, keepdim=True)
    mean = torch.where(there, found, 0.0).sum(1) / count
    apart = torch.where(there, found - mean[:, None], 0.0)
    return mean, torch.sqrt((apart**2).sum(1) / count + STEADY)


def _steps(lengths: Tensor, stride: int) -> Tensor:
    """Frames that a convolution makes of waves of these lengths."""
    return torch.div(lengths - 1, stride, rounding_mode="floor") + 1


def _inside(lengths: Tensor, count: int) -> Tensor:
    return torch.arange(count)[None] < lengths[:, None]
