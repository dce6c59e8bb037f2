"""The torch module of `WaveEncoder`: frames of waves, their context, and the loss of hidden frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nearer.networks.heads import seeded

REACH = 15  # frames that the convolution which tells places apart sees
LEFT_OUT = -1e9  # score of what does not count


@dataclass(frozen=True)
class Masking:
    """How frames are hidden, and what hidden ones are told from; see `WaveEncoder`."""

    share: float
    span: int
    distractors: int
    temperature: float


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
        self, dim: int, strides: Sequence[int], layers: int, heads: int, masking: Masking, seed: int
    ) -> None:
        super().__init__()
        self.strides, self.masking = tuple(strides), masking
        with seeded(seed):
            steps: list[nn.Module] = []
            for place, stride in enumerate(strides):
                into = 1 if place == 0 else dim
                steps += [nn.Conv1d(into, dim, 2 * stride, stride=stride, padding=stride // 2)]
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
        """Means and maxima over time, standardised over the sounds of training, (b, 4 dim)."""
        frames, inside = self._frames(*batch)
        return self._pooled(frames, self._context(frames, inside), inside)

    def masked_loss(self, batch: tuple[Tensor, Tensor], random: torch.Generator) -> Tensor:
        """InfoNCE of hidden frames among others of the same sound, a mean over hidden frames."""
        frames, inside = self._frames(*batch)
        hidden = self._spans(inside, random)
        context = self._context(torch.where(hidden[:, :, None], self.hidden, frames), inside)
        with torch.no_grad():
            self._pooled(frames, context, inside)  # so that means and deviations of the output are known
        rows, places = hidden.nonzero(as_tuple=True)
        target = functional.normalize(self.target(frames), dim=2)
        guess = functional.normalize(self.guess(context[rows, places]), dim=1)
        own = (guess * target[rows, places]).sum(1, keepdim=True)
        others, known = self._distractors(hidden, rows, places, random)
        scores = torch.einsum("nd,nkd->nk", guess, target[rows[:, None], others])
        scores = scores.masked_fill(~known, LEFT_OUT)
        logits = torch.cat([own, scores], dim=1) / self.masking.temperature
        return functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))

    def _frames(self, waves: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Frames, zero in the padding, (b, frames, dim), and which of them are no padding, (b, frames)."""
        found: Tensor = waves[:, None]
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

    def _pooled(self, frames: Tensor, context: Tensor, inside: Tensor) -> Tensor:
        there, count = inside[:, :, None], inside.sum(1, keepdim=True)
        parts = []
        for found in (frames, context):
            parts.append(torch.where(there, found, 0.0).sum(1) / count)
            parts.append(torch.where(there, found, -math.inf).amax(1))
        pooled = torch.cat(parts, dim=1)
        alone = self.training and len(pooled) == 1  # of one sound there is no deviation
        if alone:
            self.standard.eval()
        vectors: Tensor = self.standard(pooled)
        self.standard.train(self.training)
        return vectors

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

    def _distractors(
        self, hidden: Tensor, rows: Tensor, places: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Places of other hidden frames of the same sound, drawn at random, (n, k), and which of them are."""
        order = torch.rand((len(rows), hidden.shape[1]), generator=random)
        order = order.masked_fill(~hidden[rows], 2.0)
        order[torch.arange(len(rows)), places] = 3.0
        drawn = order.topk(min(self.masking.distractors, hidden.shape[1]), dim=1, largest=False)
        return drawn.indices, drawn.values < 1.5


def _steps(lengths: Tensor, stride: int) -> Tensor:
    """Frames that a convolution makes of waves of these lengths."""
    return torch.div(lengths + 2 * (stride // 2) - 2 * stride, stride, rounding_mode="floor") + 1


def _inside(lengths: Tensor, count: int) -> Tensor:
    return torch.arange(count)[None] < lengths[:, None]
