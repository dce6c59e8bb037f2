"""Small networks in ONNX files, made in the test, and weights of EfficientNet-Lite0's shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.efficientnet import STAGES

State = dict[str, NDArray[Any]]


def small_network(
    path: Path | None = None,
    *,
    shape: tuple[Any, ...] = ("n", 3, 8, 8),
    pooled: bool = True,
    dtype: str = "FLOAT",
    seed: int = 0,
) -> bytes:
    """A 3 x 3 convolution to 5 channels, ReLU and global pooling; written to `path`, if one is given.

    Beside "features" it gives "maps", before pooling. With channels last it turns the axes itself.
    """
    import onnx  # noqa: PLC0415
    from onnx import helper, numpy_helper  # noqa: PLC0415

    kernel = np.random.default_rng(seed).standard_normal((5, 3, 3, 3)).astype(np.float32)
    kind = getattr(onnx.TensorProto, dtype)
    if dtype == "FLOAT16":
        kernel = kernel.astype(np.float16)
    last = shape[3] == 3
    nodes = [helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2])] if last else []
    nodes += [
        helper.make_node("Conv", ["t" if last else "x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["maps"]),
        helper.make_node("GlobalAveragePool", ["maps"], ["p"]),
        helper.make_node("Flatten", ["p"], ["features"]),
    ]
    outputs = [helper.make_tensor_value_info("features", kind, [shape[0], 5])]
    if not pooled:
        outputs.insert(0, helper.make_tensor_value_info("maps", kind, None))
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        outputs,
        [numpy_helper.from_array(kernel, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data = bytes(model.SerializeToString())
    if path is not None:
        path.write_bytes(data)
    return data


def lite0_state(seed: int = 0) -> State:
    """Weights of the right names and shapes, drawn so that activations neither vanish nor saturate."""
    random = np.random.default_rng(seed)
    state: State = {}

    def layer(weights: str, norm: str, out: int, inner: int, side: int) -> None:
        spread = np.sqrt(2 / (inner * side * side))
        state[f"{weights}.weight"] = (random.standard_normal((out, inner, side, side)) * spread).astype("f4")
        state[f"{norm}.weight"] = random.uniform(0.7, 1.3, out).astype("f4")
        state[f"{norm}.bias"] = random.uniform(-0.2, 0.6, out).astype("f4")
        state[f"{norm}.running_mean"] = random.uniform(-0.2, 0.2, out).astype("f4")
        state[f"{norm}.running_var"] = random.uniform(0.5, 1.5, out).astype("f4")

    layer("_conv_stem", "_bn0", 32, 3, 3)
    number = 0
    for blocks, side, _, widening, narrow, wide in STAGES:
        for block in range(blocks):
            inner = narrow if block == 0 else wide
            name, middle = f"_blocks.{number}", inner * widening
            if widening != 1:
                layer(f"{name}._expand_conv", f"{name}._bn0", middle, inner, 1)
            layer(f"{name}._depthwise_conv", f"{name}._bn1", middle, 1, side)
            layer(f"{name}._project_conv", f"{name}._bn2", wide, middle, 1)
            number += 1
    layer("_conv_head", "_bn1", 1280, 320, 1)
    return state
