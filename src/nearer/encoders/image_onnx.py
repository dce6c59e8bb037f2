"""Images by a network in an ONNX file, run by ONNX Runtime; no torch.

Images are read, cropped and resized by another thread while the network works on those before them; only a
few batches are decoded at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.images import MOST_PIXELS, Pixels, checked_most_pixels
from nearer.encoders.base import Modality, checked_batch_size
from nearer.encoders.image_input import Channels, Colour, Layout, Resample, Scaling, checked_images
from nearer.encoders.onnx_files import network_digest
from nearer.encoders.onnx_session import Network, open_network
from nearer.errors import ParameterError, shown
from nearer.progress import Progress
from nearer.space.identity import header

MOST_TOGETHER = 16  # images that go through the network at once; more are slower, and take more memory


class ImageEncoder:
    """Encodes images by a network that takes one image and gives one vector.

    Parameters
    ----------
    model : an `.onnx` file, or its bytes; only a file may keep its weights in others beside it.
    scaling : how images become the network's input; a height or width of 0 is the file's.
    output : the name of the output that is the vector; None: the only one.
    threads : for the network; None: one a core. Images are decoded by one more, unless it is 1.
    name : of the model, for messages.
    most_pixels : of an image; a larger one is refused before it is decoded.

    Raises `FormatError` for what is no ONNX model or lacks weights beside it, `ParameterError` where the
    network's input or output does not fit what is stated, and `MissingExtra` without ONNX Runtime.
    """

    modality: Modality = "image"

    def __init__(
        self,
        model: bytes | Path,
        scaling: Scaling,
        *,
        output: str | None = None,
        threads: int | None = None,
        name: str = "the model",
        most_pixels: int = MOST_PIXELS,
    ) -> None:
        self.threads, self.most_pixels = threads, checked_most_pixels(most_pixels)
        self._digest = network_digest(model, name)
        self._network: Network = open_network(model, scaling, output, threads, name)
        self.scaling = replace(scaling, size=self._network.size)

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return self._network.dim

    @cached_property
    def identity(self) -> str:
        """SHA-256 over the network, the output that is taken, and how images become its input."""
        settings = self.scaling.settings()
        return hashlib.sha256(
            header(
                "images by onnx",
                model=self._digest,
                output=self._network.output,
                dtype="float32",
                dim=self.dim,
                metric="cosine",
                scaling=settings,
            )
        ).hexdigest()

    def encode(
        self, items: Sequence[Any], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of images: float32 (n, dim).

        `items` is a list of images, or a column of them (Arrow, pandas, Polars). An image is a path, the
        bytes of a file, an array (height, width[, 1, 3 or 4]) or a Pillow image; see
        `nearer.data.read_image`. `batch_size` is the most that are decoded and go through the network at
        once; more than 16 never do.

        Raises `InputError` for one image that is no list, and one that names the file, or the item by its
        number, of the first image that cannot be read.
        """
        batch_size = min(checked_batch_size(batch_size), self._network.batch or MOST_TOGETHER)
        items = checked_images(items)
        vectors = np.empty((len(items), self.dim), dtype=np.float32)
        with Progress("encoding", len(items), "images", show_progress) as progress:
            for start, batch in self._batches(items, batch_size):
                vectors[start : start + len(batch)] = self._network.run(self.scaling.tensor(batch))
                progress.advance(len(batch))
        return vectors

    encode_query = encode
    encode_document = encode

    def _batches(self, items: Sequence[Any], size: int) -> Iterator[tuple[int, Pixels]]:
        """Fitted images with the number of their first; the next batch is made while one is worked on."""
        starts = range(0, len(items), size)
        if self.threads == 1 or len(starts) < 2:
            for start in starts:
                yield start, self._fitted(items, start, size)
            return
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(self._fitted, items, 0, size)
            for start in starts:
                batch = ahead.result()
                if start + size < len(items):
                    ahead = pool.submit(self._fitted, items, start + size, size)
                yield start, batch

    def _fitted(self, items: Sequence[Any], start: int, size: int) -> Pixels:
        stop = min(start + size, len(items))
        return np.stack(
            [self.scaling.fitted(items[row], f"item {row}", self.most_pixels) for row in range(start, stop)]
        )


def open_onnx(
    path: Path,
    *,
    size: int | tuple[int, int] | None = None,
    mean: Channels | None = None,
    std: Channels | None = None,
    scale: float = 1 / 255,
    layout: Layout = "NCHW",
    colour: Colour = "RGB",
    crop: float = 1.0,
    resample: Resample = "bicubic",
    output: str | None = None,
    threads: int | None = None,
    most_pixels: int = MOST_PIXELS,
) -> ImageEncoder:
    """The encoder of images in an `.onnx` file, with its preprocessing stated; see `Scaling`.

    size : side of the square, or height and width, of the input; None: what the file says.
    most_pixels : of an image; a larger one is refused before it is decoded.

    Raises `ParameterError` where mean and std are not stated: they cannot be told from the file.
    """
    if mean is None or std is None:
        raise ParameterError(
            f"{path}: how pixels become the network's input is not stated",
            remedy="give mean= and std=, of values from 0 to 1 (scale=1: from 0 to 255)",
        )
    scaling = Scaling(
        _sides(size), mean, std, scale=scale, layout=layout, colour=colour, crop=crop, resample=resample
    )
    return ImageEncoder(
        Path(path), scaling, output=output, threads=threads, name=str(path), most_pixels=most_pixels
    )


def _sides(size: object) -> tuple[int, int]:
    """Height and width; zeros where they are to be the file's."""
    sides = (size, size) if isinstance(size, int) else size
    if sides is None:
        return 0, 0
    whole = isinstance(sides, tuple | list) and all(
        isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in sides
    )
    if not isinstance(sides, tuple | list) or len(sides) != 2 or not whole:
        raise ParameterError(f"size={shown(size)} is neither a whole number from 1 up nor two of them")
    return int(sides[0]), int(sides[1])
