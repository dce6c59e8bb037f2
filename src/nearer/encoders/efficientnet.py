"""EfficientNet-Lite0 without its last layer, as an ONNX graph: 3 x 224 x 224 pixels in, 1280 features out.

Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", in its Lite form
(Liu 2020): no squeeze-and-excitation, ReLU6 for swish, stem and head not scaled. A block widens its channels
(1 x 1), filters each (k x k, depthwise), narrows them (1 x 1, no activation), and adds its input where the
shape stays. Batch normalisation is folded into the convolution before it:

    gamma (W x - mean) / s + beta = (gamma W / s) x + (beta - gamma mean / s),  s = sqrt(var + eps)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nearer.data.images import MOST_PIXELS
from nearer.encoders.cache import cached
from nearer.encoders.image_input import Resample, Scaling
from nearer.encoders.image_onnx import ImageEncoder
from nearer.encoders.torch_file import read_state
from nearer.errors import ParameterError, shown
from nearer.extras import require

Layers = Literal["last", "stages"]
State = Mapping[str, NDArray[Any]]

NAME = "efficientnet-lite0"
DIM = 1280  # of the last layer
SEEN_STAGES = (112, 192, 320)  # channels of the stages whose ends are features too
SIZE = 224  # of the images it was trained on
LEAST_SIZE = 32  # what 5 strides of 2 leave a pixel of
CONVERSION = 2  # rises when the graph below changes
EPSILON = 1e-3  # of batch normalisation
STAGES = (  # blocks, kernel, stride of the first, widening, channels in, channels out
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)


def open_lite0(
    paths: list[Path],
    *,
    size: int = SIZE,
    crop: float = 0.875,
    resample: Resample = "bicubic",
    layers: Layers = "last",
    mirror: bool = False,
    threads: int | None = None,
    most_pixels: int = MOST_PIXELS,
) -> ImageEncoder:
    """EfficientNet-Lite0 from the checkpoint of its package, converted once and kept.

    size : side of the square that images are resized to, in pixels. It was trained on 224; less is faster.
    crop : side of the centred square that is seen, as a share of the image's shorter side.
    resample : "bicubic", "bilinear", "lanczos" or "nearest".
    layers : "last": the 1,280 features of the last layer; "stages": beside them the means of the maps that
        the stages of 112, 192 and 320 channels end in, 1,904 in all, better for images unlike ImageNet's.
    mirror : whether vectors are means over the image and its mirror, in twice the time.
    threads : for the network; None: one a core.
    most_pixels : of an image; a larger one is refused before it is decoded.
    """
    if layers not in get_args(Layers):
        raise ParameterError(f"layers={shown(layers)} is not one of {', '.join(get_args(Layers))}")
    if not isinstance(mirror, bool):
        raise ParameterError(f"mirror={shown(mirror)} is neither True nor False")
    if isinstance(size, bool) or not isinstance(size, int) or size < LEAST_SIZE:
        raise ParameterError(f"size={shown(size)} is not a whole number from {LEAST_SIZE} up")
    scaling = Scaling(size=(size, size), mean=127.0, std=128.0, scale=1.0, crop=crop, resample=resample)
    weights = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    made_of = f"{NAME} {weights} size {size} {layers} mirror {mirror} conversion {CONVERSION}".encode()
    model = cached(
        f"{NAME}-{size}.onnx", made_of, lambda: lite0_graph(read_state(paths[0]), size, layers, mirror)
    )
    return ImageEncoder(model, scaling, threads=threads, name=NAME, most_pixels=most_pixels)


def lite0_graph(state: State, size: int = SIZE, layers: Layers = "last", mirror: bool = False) -> bytes:
    """The network as an ONNX model: `pixels` float32 (n, 3, size, size) in, `features` float32 (n, dim) out.

    state : weights by the names of the package `efficientnet_lite_pytorch`.
    layers, mirror : see `open_lite0`.
    """
    graph = _Graph(state, size)
    start = graph.with_mirrored("pixels") if mirror else "pixels"
    place = graph.convolution(start, "_conv_stem", "_bn0", stride=2)
    number, ends = 0, []
    for blocks, _, stride, widening, narrow, wide in STAGES:
        for first in [True] + [False] * (blocks - 1):
            channels, step = (narrow, stride) if first else (wide, 1)
            place = _block(graph, place, f"_blocks.{number}", channels, widening, step, wide)
            number += 1
        if layers == "stages" and wide in SEEN_STAGES:
            ends.append((place, wide))
    ends.append((graph.convolution(place, "_conv_head", "_bn1"), DIM))
    pooled = [graph.node("Flatten", [graph.node("GlobalAveragePool", [end])]) for end, _ in reversed(ends)]
    place = graph.node("Concat", pooled, axis=1) if len(pooled) > 1 else pooled[0]
    dim = sum(channels for _, channels in ends)
    place = graph.mean_of_halves(place, dim) if mirror else place
    graph.node("Identity", [place], output="features")
    return graph.model(dim)


def _block(
    graph: _Graph, start: str, name: str, channels: int, widening: int, stride: int, channels_out: int
) -> str:
    """Widen, filter each channel, narrow; its input is added where neither size nor channels change."""
    place = start
    if widening != 1:
        place = graph.convolution(place, f"{name}._expand_conv", f"{name}._bn0")
    groups = channels * widening
    place = graph.convolution(place, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, groups=groups)
    place = graph.convolution(place, f"{name}._project_conv", f"{name}._bn2", activation=False)
    if stride == 1 and channels == channels_out:
        place = graph.node("Add", [place, start])
    return place


class _Graph:
    """Nodes and constants of an ONNX model, in the order in which they are added."""

    def __init__(self, state: State, size: int) -> None:
        self.onnx = require("onnx", "images", f"converting {NAME}")
        self.state, self.input_size, self.size = state, size, size
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._constant("zero", np.float32(0))
        self._constant("six", np.float32(6))

    def convolution(
        self,
        start: str,
        weights: str,
        norm: str,
        *,
        stride: int = 1,
        groups: int = 1,
        activation: bool = True,
    ) -> str:
        """A convolution with its normalisation folded in, and ReLU6; edges are padded as TensorFlow pads."""
        kernel, bias = folded(self.state, weights, norm)
        side = kernel.shape[2]
        size_out = -(-self.size // stride)
        padding = max((size_out - 1) * stride + side - self.size, 0)
        before, after = padding // 2, padding - padding // 2
        self.size = size_out
        place = self.node(
            "Conv",
            [start, self._constant(f"{weights}.weight", kernel), self._constant(f"{weights}.bias", bias)],
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=groups,
        )
        return self.node("Clip", [place, "zero", "six"]) if activation else place

    def with_mirrored(self, start: str) -> str:
        """Images, and behind them the same mirrored."""
        bounds = (("starts", -1), ("ends", -(1 << 31)), ("axes", 3), ("steps", -1))
        given = [self._constant(name, np.array([value], dtype=np.int64)) for name, value in bounds]
        return self.node("Concat", [start, self.node("Slice", [start, *given])], axis=0)

    def mean_of_halves(self, start: str, dim: int) -> str:
        """Means of the rows of the first half and of the second: (2 n, dim) becomes (n, dim)."""
        shape = self._constant("halves", np.array([2, -1, dim], dtype=np.int64))
        halves = self.node("Reshape", [start, shape])
        return self.node("ReduceMean", [halves], axes=[0], keepdims=0)

    def node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """Add a node; returns the name of what it gives."""
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], **attributes))
        return output

    def model(self, dim: int) -> bytes:
        """The model, checked, as the bytes of an `.onnx` file."""
        make, kind = self.onnx.helper, self.onnx.TensorProto.FLOAT
        side = self.input_size
        pixels = make.make_tensor_value_info("pixels", kind, ["n", 3, side, side])
        features = make.make_tensor_value_info("features", kind, ["n", dim])
        graph = make.make_graph(self.nodes, NAME, [pixels], [features], self.constants)
        model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
        self.onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _constant(self, name: str, values: Any) -> str:
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(values), name))
        return name


def folded(state: State, weights: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel and bias of a convolution that does its batch normalisation too."""
    spread = np.sqrt(state[f"{norm}.running_var"].astype(np.float64) + EPSILON)
    gain = state[f"{norm}.weight"] / spread
    kernel = state[f"{weights}.weight"] * gain[:, None, None, None]
    bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain
    return kernel.astype(np.float32), bias.astype(np.float32)
