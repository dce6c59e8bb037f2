"""An ONNX file that keeps its weights in another beside it: found from anywhere, and part of the identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from image_networks import small_network
from nearer.encoders import ImageEncoder, Scaling
from nearer.errors import FormatError

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("PIL.Image")

IMAGES = np.random.default_rng(3).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
STATED: dict[str, Any] = {"mean": 0.5, "std": 0.2, "threads": 1}


def apart(folder: Path, seed: int = 0, location: str = "net.onnx.data") -> Path:
    """The small network, its weights in a file of their own."""
    model = onnx.load_model_from_string(small_network(seed=seed))
    (weights,) = model.graph.initializer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "net.onnx.data").write_bytes(weights.raw_data)
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    return folder / "net.onnx"


def test_weights_beside_the_file_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_network(tmp_path / "whole.onnx")
    expected = nearer.encoder(tmp_path / "whole.onnx", **STATED).encode(IMAGES)
    path = apart(tmp_path / "model")
    apart(tmp_path / "other", seed=1)
    monkeypatch.chdir(tmp_path / "other")  # whose weights have the same name
    np.testing.assert_array_equal(nearer.encoder(path, **STATED).encode(IMAGES), expected)


def test_the_identity_holds_the_weights_beside_the_file(tmp_path: Path) -> None:
    one, other = apart(tmp_path / "one"), apart(tmp_path / "other", seed=1)
    assert one.read_bytes() == other.read_bytes()
    identity = nearer.encoder(one, **STATED).identity
    assert identity != nearer.encoder(other, **STATED).identity
    assert identity == nearer.encoder(apart(tmp_path / "again"), **STATED).identity


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    path = apart(tmp_path)
    (tmp_path / "net.onnx.data").rename(tmp_path / "elsewhere")
    with pytest.raises(FormatError) as caught:
        nearer.encoder(path, **STATED)
    assert str(caught.value) == (
        f"{path}: keeps weights in 'net.onnx.data', which is not beside it; put it into the same folder"
    )


@pytest.mark.parametrize("location", ["../net.onnx.data", "/etc/passwd", "*/_ORT_MEM_ADDR_/*", ""])
def test_weights_outside_the_folder_are_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"keeps weights in '.*', (outside its folder|which is not beside)"):
        nearer.encoder(apart(tmp_path / "model", location=location), **STATED)


def test_bytes_cannot_tell_where_weights_are(tmp_path: Path) -> None:
    data = apart(tmp_path).read_bytes()
    with pytest.raises(FormatError, match=r"^the model: keeps weights in 'net.onnx.data', and bytes do not"):
        ImageEncoder(data, Scaling(size=(8, 8), mean=0.0, std=1.0), threads=1)


def test_a_node_may_hold_the_tensor(tmp_path: Path) -> None:
    path = apart(tmp_path)
    model = onnx.load_model(str(path), load_external_data=False)
    constant = onnx.helper.make_node("Constant", [], ["w"], value=model.graph.initializer[0])
    del model.graph.initializer[:]
    model.graph.node.insert(0, constant)
    path.write_bytes(model.SerializeToString())
    (tmp_path / "net.onnx.data").unlink()
    with pytest.raises(FormatError, match=r"'net.onnx.data', which is not beside it"):
        nearer.encoder(path, **STATED)
