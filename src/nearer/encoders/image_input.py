"""How images become the input of a network: cropped, resized, scaled, and laid out as it expects them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nearer.data.images import MOST_PIXELS, Pixels, read_image
from nearer.errors import InputError, ParameterError, shown
from nearer.extras import require

Layout = Literal["NCHW", "NHWC"]
Colour = Literal["RGB", "BGR"]
Resample = Literal["bicubic", "bilinear", "lanczos", "nearest"]
Channels = float | Sequence[float]


@dataclass(frozen=True)
class Scaling:
    """What stands between the pixels of an image and the input of a network.

    A channel value v from 0 to 255 becomes (scale v - mean) / std.

    size : height and width of the input, in pixels.
    mean, std : a number, or one for each of red, green and blue.
    scale : what pixels are multiplied by first: 1/255 where mean and std are those of values from 0 to 1.
    layout, colour : the order of the axes (n: images, c: channels) and of the channels.
    crop : the centred part of the image that is seen, of the shape of the input, as a share of the largest.
    resample : the filter, which averages where it makes smaller; as Pillow's.

    Raises `ParameterError` naming the setting, its value and what it may be.
    """

    size: tuple[int, int]
    mean: Channels
    std: Channels
    scale: float = 1 / 255
    layout: Layout = "NCHW"
    colour: Colour = "RGB"
    crop: float = 1.0
    resample: Resample = "bicubic"

    def __post_init__(self) -> None:
        for name, choices in (("layout", Layout), ("colour", Colour), ("resample", Resample)):
            if getattr(self, name) not in get_args(choices):
                raise ParameterError(
                    f"{name}={shown(getattr(self, name))} is not one of {', '.join(get_args(choices))}"
                )
        if not _is_number(self.crop) or not 0 < self.crop <= 1:
            raise ParameterError(f"crop={shown(self.crop)} is not above 0 and at most 1")
        if not _is_number(self.scale) or self.scale == 0:
            raise ParameterError(f"scale={shown(self.scale)} is not a finite number other than 0")
        if (channels(self.std, "std") == 0).any():
            raise ParameterError(f"std={shown(self.std)} holds 0", remedy="it divides: give numbers above 0")
        channels(self.mean, "mean")

    def settings(self) -> dict[str, Any]:
        """Everything that decides the input, as JSON."""
        means = {name: channels(getattr(self, name), name).tolist() for name in ("mean", "std")}
        return asdict(self) | means | {"size": list(self.size), "scale": float(self.scale)}

    def fitted(self, image: Any, place: str, most_pixels: int = MOST_PIXELS) -> Pixels:
        """The pixels of one image, cropped and resized: uint8 (height, width, 3); raises as `read_image`."""
        pixels = read_image(image, place=place, most_pixels=most_pixels)
        height, width = pixels.shape[:2]
        if (height, width) == self.size and self.crop == 1:
            return pixels
        module = require("PIL.Image", "images", "resizing images")
        share = self.crop * min(height / self.size[0], width / self.size[1])
        rows, columns = share * self.size[0], share * self.size[1]
        top, left = (height - rows) / 2, (width - columns) / 2
        resized = module.fromarray(pixels).resize(
            (self.size[1], self.size[0]),
            getattr(module.Resampling, self.resample.upper()),
            box=(left, top, min(left + columns, width), min(top + rows, height)),
        )
        return np.asarray(resized)

    def tensor(self, batch: Pixels) -> NDArray[np.float32]:
        """Fitted images (n, height, width, 3) as the network takes them, float32."""
        gain = (self.scale / channels(self.std, "std")).astype(np.float32)
        offset = (-channels(self.mean, "mean") / channels(self.std, "std")).astype(np.float32)
        values = batch * gain + offset
        if self.colour == "BGR":
            values = values[..., ::-1]
        if self.layout == "NCHW":
            values = values.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(values)


def checked_images(items: Any) -> list[Any]:
    """The items as a list, in their order; a column of Arrow, pandas or Polars becomes its values.

    Raises `InputError` for one image or a table, which are no lists of images.
    """
    if hasattr(items, "columns"):
        raise InputError("encode takes a list of images, not a table", remedy="give the column of images")
    if _is_one(items):
        what = f"one array of shape {items.shape}" if isinstance(items, np.ndarray) else shown(items)
        raise InputError(f"encode takes a list of images, not {what}", remedy="put it in a list")
    return items.to_pylist() if hasattr(items, "to_pylist") else list(items)


def _is_one(items: Any) -> bool:
    """Whether this is an image by itself, or nothing that holds any; (n, height, width) are n grey ones."""
    if isinstance(items, np.ndarray):
        return items.ndim in (0, 2) or (items.ndim == 3 and items.shape[2] in (1, 3, 4))
    single = isinstance(items, str | bytes | bytearray | memoryview | os.PathLike)
    return single or not isinstance(items, Iterable)


def channels(value: Channels, name: str) -> NDArray[np.float64]:
    """A setting that holds a number for each of the three channels, or one for all: float64 (3,)."""
    values: Any = [value] * 3 if _is_number(value) else value
    if not isinstance(values, list | tuple | np.ndarray) or len(values) != 3:
        values = [None]
    if not all(_is_number(number) for number in values):
        raise ParameterError(f"{name}={shown(value)} is neither a finite number nor three of them")
    return np.array(values, dtype=np.float64)


def _is_number(value: object) -> bool:
    is_real = isinstance(value, int | float | np.integer | np.floating)
    return is_real and not isinstance(value, bool) and bool(np.isfinite(value))  # type: ignore[call-overload]
