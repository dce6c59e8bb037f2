"""ResNet: a small residual network over images, trained from scratch; its plan and its prepared images.

The plan holds what is learned of the training images before any training: the mean and deviation of each
colour, and filters that whiten small patches, which become the first layer.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.images import Pixels, read_image
from nearer.errors import InputError, ParameterError, shown
from nearer.extras import require
from nearer.networks.base import Plan, Prepared
from nearer.networks.patches import colours, whitening

if TYPE_CHECKING:
    import torch

MOST_PLANNED = 4_000  # images that the plan is learned from, evenly over all
RANGES = {"size": (4, 1_024), "channels": (4, 1_024), "stages": (1, 6), "depth": (1, 16)}


class ResNet:
    """A residual network over images (He et al. 2016, Deep Residual Learning for Image Recognition).

    Items are paths, bytes of files, uint8 arrays or Pillow images, of which the largest square in the middle
    is resized to `size` x `size` pixels. The first layer halves the side and is not trained: its filters
    whiten patches of the training images (Coates, Ng and Lee 2011, An Analysis of Single-Layer Networks in
    Unsupervised Feature Learning). `stages` of `depth` residual blocks follow, each stage but the first at
    half the side and twice the channels. The output are the means of the last stage over each quarter of the
    picture, where it is still 2 x 2 or more, and of the stage before over the whole of it: with the default
    sizes 64 + 4 x 128 numbers.

    Parameters
    ----------
    size : pixels a side, from 4 and 2 ** stages up.
    channels : of the first stage.
    stages : how many there are.
    depth : blocks a stage.

    Raises `ParameterError` for one out of its range.
    """

    def __init__(self, size: int = 32, channels: int = 32, stages: int = 3, depth: int = 1) -> None:
        for name, value in (("size", size), ("channels", channels), ("stages", stages), ("depth", depth)):
            _require_whole(name, value)
        if size < 2**stages:
            raise ParameterError(
                f"size={size} cannot be halved {stages} times",
                remedy=f"use a size from {2**stages} up, or fewer stages",
            )
        self.size, self.channels = int(size), int(channels)
        self.stages, self.depth = int(stages), int(depth)

    def __repr__(self) -> str:
        return f"ResNet({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    @property
    def modality(self) -> str:
        """It reads images."""
        return "image"

    @property
    def changes(self) -> Mapping[str, float]:
        """What a view may change; 0 changes nothing.

        crop : largest part of the area that is cut away; the rest is stretched over the whole picture.
        colour : brightness, contrast and saturation are multiplied by 1 plus or minus up to this, and hue is
            turned by up to a quarter of it of the circle; in four of five views.
        flip, grey, blur : probability of a mirrored view, one without colours, and one smoothed by a Gaussian
            of a deviation up to a sixteenth of the side.
        """
        return {"crop": 0.75, "colour": 0.4, "flip": 0.5, "grey": 0.2, "blur": 0.0}

    @property
    def shares(self) -> frozenset[str]:
        """The changes that are a share or a probability, at most 1."""
        return frozenset({"crop", "flip", "grey", "blur"})

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"size": self.size, "channels": self.channels, "stages": self.stages, "depth": self.depth}

    def plan(self, items: Any) -> Plan:
        """Mean and deviation of each colour, and the filters that whiten patches; of 4,000 images at most.

        Raises `InputError` that names the first item that cannot be read.
        """
        count = len(items)
        rows = np.unique(np.linspace(0, count - 1, min(count, MOST_PLANNED)).round().astype(np.int64))
        pixels = self._squares(items, rows)
        mean, deviation = colours(pixels)
        filters = whitening(pixels, mean, deviation, most=max(1, self.channels // 2))
        return {"mean": mean.tolist(), "deviation": deviation.tolist(), "filters": filters.tolist()}

    def prepare(self, items: Any, plan: Plan) -> Prepared:
        """The images as squares of `size` pixels, one byte a colour, in memory."""
        return Images(self._squares(items, np.arange(len(items))))

    def width(self, plan: Plan) -> int:
        """Channels of the last stage, once for every part of the picture, and of the stage before."""
        last: int = self.channels * 2 ** (self.stages - 1)
        return last * self._parts**2 + (last // 2 if self.stages > 1 else 0)

    @property
    def _parts(self) -> int:
        """Into how many parts a side of the picture is cut for the means of the last stage."""
        return 2 if self.size >= 2 ** (self.stages + 1) else 1

    def build(self, plan: Plan, seed: int, *, pretrained: bool = True) -> torch.nn.Module:
        """The module, its filters from the plan and all other weights drawn by `seed`."""
        require("torch", "torch", "training a network")
        from nearer.networks.resnet import ResidualNetwork  # noqa: PLC0415  (torch: paid for when needed)

        return ResidualNetwork(
            np.array(plan["filters"], np.float32),
            np.array(plan["mean"], np.float32),
            np.array(plan["deviation"], np.float32),
            channels=self.channels,
            stages=self.stages,
            depth=self.depth,
            parts=self._parts,
            seed=seed,
        )

    def _squares(self, items: Any, rows: NDArray[np.int64]) -> Pixels:
        """The images of these rows: uint8 (n, size, size, 3)."""
        if isinstance(items, np.ndarray) and items.ndim < 3:
            raise InputError(
                f"an array of shape {items.shape} holds no images",
                remedy="give uint8 (n, height, width) or (n, height, width, 3), an image a row",
            )
        found = np.empty((len(rows), self.size, self.size, 3), np.uint8)
        for place, row in enumerate(rows.tolist()):
            found[place] = square(read_image(items[row], place=f"item {row}"), self.size)
        return found


def _require_whole(name: str, value: object) -> None:
    """Raise `ParameterError` unless `value` is a whole number in the range of the setting `name`."""
    least, most = RANGES[name]
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not least <= int(value) <= most:  # type: ignore[call-overload]  # a number by now
        raise ParameterError(f"{name}={shown(value)} is not a whole number from {least} to {most:,}")


def square(pixels: Pixels, size: int) -> Pixels:
    """The largest square in the middle of an image, resized to `size` pixels a side."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    pixels = pixels[top : top + side, left : left + side]
    if side == size:
        return pixels
    pillow = require("PIL.Image", "images", "resizing images")
    image = pillow.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((size, size), pillow.Resampling.BICUBIC))


class Images:
    """Images in memory: uint8 (n, size, size, 3)."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """The images of these rows, colours from 0 to 1: float32 (b, 3, size, size)."""
        import torch  # noqa: PLC0415  (paid for where it is needed)

        return torch.from_numpy(self.pixels[rows]).permute(0, 3, 1, 2).float() / 255

    def view(
        self, rows: NDArray[np.int64], changes: Mapping[str, float], random: torch.Generator
    ) -> torch.Tensor:
        """The same, each image changed at random."""
        from nearer.networks.image_views import changed  # noqa: PLC0415  (torch: paid for when needed)

        return changed(self.batch(rows), changes, random)
