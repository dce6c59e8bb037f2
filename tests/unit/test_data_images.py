from __future__ import annotations

import io
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearer.data import images, read_image
from nearer.errors import InputError, ParameterError

Image = pytest.importorskip("PIL.Image")

GRADIENT = np.full((32, 48, 3), 90, np.uint8)
GRADIENT[:, :, 0] = np.arange(48) * 5
GRADIENT[:, :, 2] = np.arange(32)[:, None] * 8
ORIENTED = {  # EXIF orientation -> how a viewer shows the stored pixels
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a.transpose(1, 0, 2), 2),
    8: lambda a: np.rot90(a, 1),
}


def saved(image: Any, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def picture(mode: str = "RGB") -> Any:
    return Image.fromarray(GRADIENT).convert(mode)


@pytest.mark.parametrize(
    "form", ["PNG", "BMP", "TIFF", "PPM", "PCX", "SGI", "JPEG2000", "WEBP", "DDS", "QOI"]
)
def test_lossless_formats_give_their_pixels_from_bytes_and_path(form: str, tmp_path: Path) -> None:
    data = saved(picture(), form, **({"lossless": True} if form == "WEBP" else {}))
    (tmp_path / "it").write_bytes(data)
    for source in (data, bytearray(data), tmp_path / "it", str(tmp_path / "it")):
        pixels = read_image(source)
        assert (pixels.dtype, pixels.shape) == (np.uint8, (32, 48, 3))
        np.testing.assert_array_equal(pixels, GRADIENT)


def test_arrays_and_pillow_images_give_their_pixels() -> None:
    np.testing.assert_array_equal(read_image(GRADIENT), GRADIENT)
    np.testing.assert_array_equal(read_image(picture()), GRADIENT)
    grey = GRADIENT[:, :, 0]
    for array in (grey, grey[:, :, None]):
        np.testing.assert_array_equal(read_image(array), np.repeat(grey[:, :, None], 3, axis=2))
    np.testing.assert_array_equal(read_image(grey.astype(np.uint16) * 257)[:, :, 1], grey)


def test_one_pixel() -> None:
    np.testing.assert_array_equal(read_image(saved(Image.new("RGB", (1, 1), "red"), "PNG")), [[[255, 0, 0]]])


@pytest.mark.parametrize("orientation", ORIENTED)
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(orientation: int, form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    pixels = read_image(saved(picture(), form, exif=exif, **options))
    np.testing.assert_array_equal(pixels, ORIENTED[orientation](GRADIENT))


def test_an_orientation_unknown_to_exif_changes_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 9
    np.testing.assert_array_equal(read_image(saved(picture(), "PNG", exif=exif)), GRADIENT)


def test_transparency_is_laid_on_white() -> None:
    alpha = np.dstack([GRADIENT, np.tile(np.linspace(0, 255, 48).astype(np.uint8), (32, 1))])
    share = alpha[:, :, 3:] / 255
    expected = share * GRADIENT + (1 - share) * 255
    for source in (alpha, saved(Image.fromarray(alpha), "PNG"), Image.fromarray(alpha).convert("RGBa")):
        tolerance = 0.5 if not isinstance(source, Image.Image) else 16  # premultiplied: rounded before
        assert np.abs(read_image(source) - expected).max() <= tolerance
    grey = Image.new("L", (3, 2), 100)
    np.testing.assert_array_equal(read_image(saved(grey, "PNG", transparency=100)), np.full((2, 3, 3), 255))
    one = picture("P")
    clear = int(np.asarray(one)[0, 0])
    assert (read_image(saved(one, "PNG", transparency=clear))[0, 0] == 255).all()


def test_palette_grey_bilevel_and_cmyk_become_rgb() -> None:
    for mode, form in (("P", "PNG"), ("P", "GIF"), ("L", "PNG"), ("1", "PNG"), ("CMYK", "TIFF")):
        stored = picture(mode)
        np.testing.assert_array_equal(read_image(saved(stored, form)), np.asarray(stored.convert("RGB")))
    red = read_image(saved(Image.new("RGB", (16, 16), (200, 30, 40)).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(red.astype(int) - (200, 30, 40)).max() <= 3
    assert np.abs(read_image(picture("YCbCr")).astype(int) - GRADIENT).max() <= 3
    assert np.abs(read_image(Image.new("LAB", (2, 2), (255, 128, 128))).astype(int) - 255).max() <= 3


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    deep = np.array([[0, 128, 129, 32768, 65535]], dtype=np.uint16)
    expected = [0, 0, 1, 128, 255]
    for form in ("PNG", "TIFF"):
        np.testing.assert_array_equal(read_image(saved(Image.fromarray(deep), form))[0, :, 2], expected)
    np.testing.assert_array_equal(read_image(Image.fromarray(deep.astype(np.int32)))[0, :, 0], expected)
    np.testing.assert_array_equal(
        read_image(saved(Image.fromarray(np.float32([[0, 0.5, 1]])), "TIFF"))[0, :, 0], [0, 128, 255]
    )


@pytest.mark.parametrize("value", [np.inf, np.nan, -0.1, 200.0])
def test_floats_beyond_their_range_are_named(value: float) -> None:
    data = saved(Image.fromarray(np.float32([[0.5, value]])), "TIFF")
    with pytest.raises(InputError, match=r"^item 3: holds values from .* beyond 0 to 1; scale them"):
        read_image(data, place="item 3")


@pytest.mark.parametrize("form", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(form: str) -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue", "lime")]
    data = saved(frames[0], form, save_all=True, append_images=frames[1:])
    first = read_image(data).astype(int)
    assert np.abs(first - (255, 0, 0)).max() <= 4


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    for form in ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"):
        data = saved(picture(), form)
        path = tmp_path / "cut.img"
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(InputError) as caught:
            read_image(path)
        assert str(caught.value).startswith(
            f"{path}: cannot be decoded as {form}: it is cut short or damaged"
        )
        with pytest.raises(InputError, match=r"^item 3: cannot be decoded as"):
            read_image(data[: len(data) // 2], place="item 3")


@pytest.mark.parametrize("limit", [10**9, 2000])
def test_a_bomb_is_refused_by_its_header_before_it_is_decoded(limit: int) -> None:
    side = 40_000 if limit == 10**9 else 100
    data = bytearray(saved(Image.new("1", (64, 64)), "PNG"))
    data[16:24] = side.to_bytes(4) * 2
    header = data[12:29]
    import zlib  # noqa: PLC0415

    data[29:33] = zlib.crc32(header).to_bytes(4)
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # as a user has it: nothing may be shown
        with warnings.catch_warnings(record=True) as shown, pytest.raises(InputError) as caught:
            read_image(bytes(data), place="item 0", most_pixels=limit)
    assert not shown
    assert str(caught.value) == (
        f"item 0: holds {side:,} x {side:,} pixels, most_pixels={limit:,} is the limit; "
        "if it is to be trusted, raise most_pixels, or make it smaller"
    )


def test_a_bomb_inside_an_icon_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(Image.new("RGB", (64, 64)), "ICO", sizes=[(64, 64)])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3000)
    with warnings.catch_warnings(record=True) as shown, pytest.raises(InputError, match="more pixels than"):
        read_image(data)
    assert not shown


def test_filters_of_warnings_are_as_before_after_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    decode, second_began, first_ended = images._image_pixels, threading.Event(), threading.Event()
    turns = iter((1, 2))

    def decode_in_turn(image: Any, most_pixels: int) -> Any:
        if next(turns) == 1:
            second_began.wait(0.3)
        else:
            second_began.set()
            first_ended.wait(10)
        return decode(image, most_pixels)

    def read(data: bytes) -> None:
        read_image(data)
        first_ended.set()

    monkeypatch.setattr(images, "_image_pixels", decode_in_turn)
    before = list(warnings.filters)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(read, [saved(picture(), "GIF")] * 2))
    assert warnings.filters == before


def test_an_image_above_pillows_own_limit_is_read_where_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = saved(picture(), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # 1,536 pixels: between its warning and its error
    np.testing.assert_array_equal(read_image(data), GRADIENT)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", "item 1: is empty, not an image"),
        (b"hello, this is no image at all", "item 1: is no image of a format that is known by its signature"),
        (bytes(range(200)), "item 1: is no image of a format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "item 1: is a drawing (EPS), not pixels"),
        (np.zeros((4, 4, 2), np.uint8), "item 1: an array of uint8 and shape (4, 4, 2) is no image"),
        (np.zeros((4, 4, 3)), "item 1: an array of float64 and shape (4, 4, 3) is no image"),
        (np.zeros((0, 4, 3), np.uint8), "item 1: has no pixels: it is 4 x 0"),
        (17, "item 1: 17 is no image; give a path"),
        (None, "item 1: None is no image"),
        ("no/such.png", "no/such.png: there is no such file"),
        ("a\0b", "a\\x00b: cannot be read"),
    ],
)
def test_what_is_no_image_is_named(source: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_image(source, place="item 1")
    assert str(caught.value).startswith(message)


def test_a_format_without_signature_is_read_only_where_its_ending_names_it(tmp_path: Path) -> None:
    data = saved(picture(), "TGA")
    with pytest.raises(InputError, match="cut short or damaged"):  # of cursors
        read_image(data)
    (tmp_path / "a.tga").write_bytes(data)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tga"), GRADIENT)


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_image(tmp_path)


@pytest.mark.parametrize("limit", [0, True, 2.5, None])
def test_a_limit_that_is_none_is_named(limit: Any) -> None:
    with pytest.raises(ParameterError, match=r"^most_pixels="):
        read_image(GRADIENT, most_pixels=limit)


def test_the_given_image_and_array_are_left_alone() -> None:
    image = picture()
    image.getexif()[0x0112] = 6
    before, array = np.array(image), GRADIENT.copy()
    assert read_image(image).shape == (48, 32, 3)
    np.testing.assert_array_equal(np.array(image), before)
    read_image(array)
    np.testing.assert_array_equal(array, GRADIENT)


def test_pillow_is_loaded_only_for_images() -> None:
    program = (
        "import sys, numpy as np, nearer.data.images as images;"
        "images.read_image(np.zeros((2, 2, 3), np.uint8)); print('PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
