"""Images in: whatever holds one picture becomes its pixels, uint8 (height, width, 3), RGB.

An image comes as a path, as the bytes of a file, as an array, or as a Pillow image. Any format that Pillow
decodes is read; a file is told by its signature, and formats without one (TGA, PCD, IM, SPIDER) only where
the file's ending names them. EPS and WMF are programs that draw, not pixels, and are refused. What becomes of
what is more than RGB:

- orientation: turned as EXIF says;
- transparency: laid on white;
- 16 bits: scaled to 8 (value / 257, rounded); floating point: 0 to 1 becomes 0 to 255;
- palette, grey, CMYK, YCbCr, LAB: converted; embedded colour profiles are not applied;
- animation, several pages: the first frame.
"""

from __future__ import annotations

import io
import os
import struct
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.cells import unwrapped
from nearer.errors import InputError, NearerError, ParameterError, shown
from nearer.extras import require

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = NDArray[np.uint8]

MOST_PIXELS = 89_478_485  # of one image: a quarter of a GiB of RGB
DRAWINGS = {"EPS", "WMF"}  # which Pillow hands to other programs
KNOWN_SIZE = {"BMP", "JPEG", "PNG", "WEBP"}  # whose header holds the size of all that is decoded
ORIENTATION = 0x0112  # the EXIF tag
ONE_AT_A_TIME = threading.Lock()
FORMS = "give a path, the bytes of a file, a uint8 array (height, width, 3) or a Pillow image"


def read_image(source: Any, *, place: str | None = None, most_pixels: int = MOST_PIXELS) -> Pixels:
    """The pixels of one image: uint8 (height, width, 3), RGB.

    source : a path; the bytes of a file; an array, (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), of uint8 or
        uint16; a Pillow image; or a row of Hugging Face's image columns.
    place : what the image is called in messages ("item 3"), unless a path names it.
    most_pixels : of an image; a larger one is refused before it is decoded, by what its header says.

    Raises `InputError` naming file or place for what is no image, cut short, damaged, too large or cannot be
    read; `MissingExtra` without Pillow.
    """
    most = checked_most_pixels(most_pixels)
    source = unwrapped(source)
    is_path = isinstance(source, str | os.PathLike)
    try:
        if isinstance(source, np.ndarray):
            return _array_pixels(source, most)
        if is_path:
            with _opened_file(Path(source)) as stream:
                return _decoded(stream, Path(source).suffix, most)
        if isinstance(source, bytes | bytearray | memoryview):
            return _decoded(io.BytesIO(source), "", most)
        if "PIL.Image" in sys.modules and isinstance(source, sys.modules["PIL.Image"].Image):
            return _image_pixels(source, most)
    except _Refused as refused:
        file, row = (os.fspath(source), None) if is_path else (None, place or "the image")
        raise InputError(refused.problem, file=file, row=row, remedy=refused.remedy) from None
    raise InputError(f"{shown(source)} is no image", row=place, remedy=FORMS)


def checked_most_pixels(most_pixels: object) -> int:
    """The limit as a whole number; raises `ParameterError` for what is none from 1 up."""
    if isinstance(most_pixels, bool) or not isinstance(most_pixels, int | np.integer) or most_pixels < 1:
        raise ParameterError(f"most_pixels={shown(most_pixels)} is not a whole number from 1 up")
    return int(most_pixels)


class _Refused(Exception):  # noqa: N818  (not an error of its own: `read_image` adds the place)
    """What is wrong with an image, before it is known where it stands."""

    def __init__(self, problem: str, remedy: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@contextmanager
def _opened_file(path: Path) -> Iterator[IO[bytes]]:
    try:
        stream = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a zero character in the name
        missing = isinstance(error, FileNotFoundError)
        raise _Refused(
            "there is no such file" if missing else f"cannot be read: {getattr(error, 'strerror', error)}"
        ) from None
    with stream:
        yield stream


def _decoded(stream: IO[bytes], ending: str, most_pixels: int) -> Pixels:
    """The pixels of a file; whatever Pillow raises on damaged data becomes one refusal."""
    module = require("PIL.Image", "images", "reading images")
    prefix = stream.read(16)
    if not prefix:
        raise _Refused("is empty, not an image")
    name, failure = "image", None
    try:
        for name, factory in _candidates(module, prefix, ending.lower()):
            with nullcontext() if name in KNOWN_SIZE else _bombs_refused(module):
                stream.seek(0)
                try:
                    image = factory(stream, "")
                except (SyntaxError, IndexError, TypeError, ValueError, KeyError, struct.error) as error:
                    failure = failure or _damaged(name, error, module, most_pixels)
                    continue  # the signature may be another's too
                with image:
                    return _image_pixels(image, most_pixels)
    except (_Refused, NearerError):
        raise
    except Exception as error:
        raise _damaged(name, error, module, most_pixels) from None
    raise failure or _Refused(
        "is no image of a format that is known by its signature", "give PNG, JPEG, WebP, TIFF, ..."
    )


def _candidates(module: Any, prefix: bytes, ending: str) -> Iterator[tuple[str, Any]]:
    """Formats whose signature `prefix` bears, and how each is opened; the common ones are asked first."""
    asked: set[str] = set()
    for load in (module.preinit, module.init):
        load()
        for name in [name for name in module.ID if name not in asked]:
            asked.add(name)
            factory, accepts = module.OPEN[name]
            if (module.EXTENSION.get(ending) == name) if accepts is None else accepts(prefix) is True:
                if name in DRAWINGS:
                    raise _Refused(f"is a drawing ({name}), not pixels", "save it as PNG")
                yield name, factory


@contextmanager
def _bombs_refused(module: Any) -> Iterator[None]:
    """Pillow's warning of sizes that show only while decoding (a PNG inside an ICO), as an exception.

    Filters of warnings are the whole process's: one thread at a time changes them, and puts them back.
    """
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("error", module.DecompressionBombWarning)
        yield


def _damaged(name: str, error: Exception, module: Any, most_pixels: int) -> _Refused:
    if isinstance(error, module.DecompressionBombWarning | module.DecompressionBombError):
        return _too_large("more pixels than its header says", most_pixels)
    if isinstance(error, MemoryError):
        return _Refused("is too large for the memory")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return _Refused(f"cannot be decoded as {name}: it is cut short or damaged ({reason})")


def _too_large(found: str, most_pixels: int) -> _Refused:
    return _Refused(
        f"holds {found}, most_pixels={most_pixels:,} is the limit",
        "if it is to be trusted, raise most_pixels, or make it smaller",
    )


def _require_size(width: int, height: int, most_pixels: int) -> None:
    if width < 1 or height < 1:
        raise _Refused(f"has no pixels: it is {width} x {height}")
    if width * height > most_pixels:
        raise _too_large(f"{width:,} x {height:,} pixels", most_pixels)


def _array_pixels(array: np.ndarray[Any, Any], most_pixels: int) -> Pixels:
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or array.dtype not in (np.uint8, np.uint16):
        raise _Refused(
            f"an array of {array.dtype} and shape {array.shape} is no image",
            "give uint8 (height, width, 3), or one or four channels in place of three",
        )
    _require_size(array.shape[1], array.shape[0], most_pixels)
    pixels = _eight_bits(array) if array.dtype == np.uint16 else array.astype(np.uint8, copy=False)
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(_on_white(pixels) if pixels.shape[2] == 4 else pixels)


def _image_pixels(image: Image, most_pixels: int) -> Pixels:
    """The pixels of a Pillow image, decoded or not yet; it is not changed."""
    _require_size(*image.size, most_pixels)
    try:
        image.load()
        _require_size(*image.size, most_pixels)
        return _turned(_rgb(image), image)
    except (_Refused, NearerError):
        raise
    except Exception as error:
        raise _damaged(image.format or "image", error, sys.modules["PIL.Image"], most_pixels) from None


def _rgb(image: Image) -> Pixels:
    """The pixels as they are stored, in RGB on white."""
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        return np.repeat(_deep_grey(np.asarray(image), mode)[:, :, None], 3, axis=2)
    if mode == "LAB":
        image, mode = _from_lab(image), "RGB"
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        if mode == "La":
            image = image.convert("LA")
        return _on_white(np.asarray(image.convert("RGBA")))
    return np.array(image if mode == "RGB" else image.convert("RGB"))


def _deep_grey(values: np.ndarray[Any, Any], mode: str) -> Pixels:
    """Grey values of 16 bits, or of floating point from 0 to 1, as 8 bits."""
    most = 1 if mode == "F" else 65535
    if not (values.min() >= 0 and values.max() <= most):  # not-a-number fails too
        raise _Refused(
            f"holds values from {values.min()} to {values.max()}, beyond 0 to {most}",
            "scale them, and save 8 or 16 bits a value",
        )
    if mode == "F":
        return np.rint(values * np.float32(255)).astype(np.uint8)
    return _eight_bits(values)


def _eight_bits(values: np.ndarray[Any, Any]) -> Pixels:
    """round(v / 257): 0 to 65535 becomes 0 to 255."""
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _from_lab(image: Image) -> Image:
    colours = require("PIL.ImageCms", "images", "reading LAB images")
    lab, rgb = colours.createProfile("LAB"), colours.createProfile("sRGB")
    converted: Image = colours.profileToProfile(image, lab, rgb, outputMode="RGB")
    return converted


def _on_white(pixels: Pixels) -> Pixels:
    """RGBA laid on white: round((a c + (255 - a) 255) / 255)."""
    alpha = pixels[:, :, 3:].astype(np.uint32)
    blended = alpha * pixels[:, :, :3] + (255 - alpha) * 255
    return ((blended + 127) // 255).astype(np.uint8)


def _turned(pixels: Pixels, image: Image) -> Pixels:
    """Pixels turned upright; an orientation that EXIF does not know, or cannot tell, changes nothing."""
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except Exception:
        return pixels
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
