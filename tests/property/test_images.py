"""Damaged files of every common format give pixels or one named error, whatever is cut or flipped."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer.data import read_image
from nearer.errors import InputError

Image = pytest.importorskip("PIL.Image")

FORMS = (
    ("BMP", "RGB"), ("GIF", "P"), ("ICO", "RGBA"), ("JPEG", "CMYK"), ("JPEG", "RGB"), ("JPEG2000", "RGB"),
    ("PCX", "L"), ("PNG", "I;16"), ("PNG", "P"), ("PNG", "RGBA"), ("PPM", "RGB"), ("QOI", "RGB"),
    ("SGI", "RGB"), ("TIFF", "F"), ("TIFF", "RGB"), ("WEBP", "RGBA"), ("XBM", "1"), ("DDS", "RGBA"),
)  # fmt: skip


def file_of(form: str, mode: str) -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (19, 23, 4), dtype=np.uint8)
    image = Image.fromarray(values)
    if mode == "I;16":
        image = Image.fromarray(values[:, :, 0].astype(np.uint16) * 200)
    elif mode == "F":
        image = Image.fromarray(values[:, :, 0] / np.float32(255))
    else:
        image = image.convert("RGB").convert(mode)
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(stream, form, **({"exif": exif} if form in ("JPEG", "PNG", "WEBP") else {}))
    return stream.getvalue()


FILES = [file_of(*form) for form in FORMS]


def require_pixels_or_error(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # of damaged metadata, by Pillow
        try:
            pixels = read_image(data, place="item 7", most_pixels=1_000_000)
        except InputError as error:
            assert str(error).startswith("item 7: ")  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3
            assert pixels.size > 0


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1))
def test_a_file_cut_anywhere(data: bytes, share: float) -> None:
    require_pixels_or_error(data[: int(share * len(data))])


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    st.booleans(),
)
def test_a_file_with_bytes_changed(data: bytes, changes: list[tuple[float, int]], head: bool) -> None:
    damaged = bytearray(data)
    for share, value in changes:
        damaged[int(share * min(len(data), 64 if head else len(data)))] = value
    require_pixels_or_error(bytes(damaged))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_anything(data: bytes) -> None:
    require_pixels_or_error(data)
