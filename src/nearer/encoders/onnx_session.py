"""A network in an ONNX file, opened by ONNX Runtime and held to what is stated of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.image_input import Scaling
from nearer.errors import FormatError, ParameterError, shown
from nearer.extras import require
from nearer.kernels.threads import thread_count

TYPES: dict[str, type[np.floating[Any]]] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


@dataclass(frozen=True)
class Network:
    """A session that takes images of one size and gives one vector an image.

    size : height and width of its input.
    batch : how many images it takes at once, where the file fixes it.
    """

    session: Any
    input: str
    dtype: type[np.floating[Any]]
    size: tuple[int, int]
    batch: int | None
    output: str
    dim: int

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of images that are laid out as the network takes them: float32 (n, dim)."""
        given = images.astype(self.dtype, copy=False)
        missing = self.batch - len(given) if self.batch else 0
        if missing:
            given = np.concatenate([given, np.repeat(given[-1:], missing, axis=0)])
        (vectors,) = self.session.run([self.output], {self.input: given})
        rows: NDArray[np.float32] = np.asarray(vectors, dtype=np.float32)[: len(images)]
        return rows.reshape(len(images), -1)


def open_network(
    model: bytes | Path, scaling: Scaling, output: str | None, threads: int | None, name: str
) -> Network:
    """The network of an ONNX model, tried with one image.

    Raises `FormatError` for what is no ONNX model, `ParameterError` where input, size or output do not fit.
    """
    session = _session(model, thread_count(threads), name)
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise ParameterError(f"{name}: the network has {len(inputs)} inputs, and an image is one")
    if inputs[0].type not in TYPES:
        raise ParameterError(
            f"{name}: the network takes {inputs[0].type}", remedy=f"what is served is {', '.join(TYPES)}"
        )
    batch, size = _sides(list(inputs[0].shape), scaling, name)
    chosen = _output(session, output, name)
    network = Network(session, inputs[0].name, TYPES[inputs[0].type], size, batch, chosen, 0)
    shape = (1, 3, *size) if scaling.layout == "NCHW" else (1, *size, 3)
    return Network(**{**vars(network), "dim": _dim(network, shape, name)})


def _session(model: bytes | Path, threads: int, name: str) -> Any:
    runtime = require("onnxruntime", "images", "running an ONNX model")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting burns no CPU
    options.log_severity_level = 4  # what goes wrong is raised
    try:
        return runtime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # (the runtime has a class of its own for each of its failures)
        raise FormatError(
            f"is no ONNX model that can be run ({_reason(error)})", file=name, remedy="export it again"
        ) from None


def _sides(shape: list[Any], scaling: Scaling, name: str) -> tuple[int | None, tuple[int, int]]:
    """The batch that the file fixes, if it does, and height and width; free axes are no whole numbers."""
    stated = f"size={scaling.size[0]} x {scaling.size[1]}, layout={scaling.layout!r}"
    places = (
        {"n": 0, "c": 1, "h": 2, "w": 3} if scaling.layout == "NCHW" else {"n": 0, "h": 1, "w": 2, "c": 3}
    )
    takes = f"{name}: the network takes images of shape {_shape(shape)}"
    if len(shape) != 4:
        raise ParameterError(takes, remedy="it must have four axes: images, channels, height and width")
    fixed = {axis: _fixed(shape[place]) for axis, place in places.items()}
    if fixed["c"] not in (None, 3):
        raise ParameterError(f"{takes}, {stated} is stated", remedy="three channels are given: see layout=")
    sides = []
    for axis, side in zip("hw", scaling.size, strict=True):
        known = fixed[axis]
        if side and known and side != known:
            raise ParameterError(f"{takes}, {stated} is stated", remedy="state the size of the file, or none")
        if not side and not known:
            raise ParameterError(f"{takes}, and no size is stated", remedy="give size=")
        sides.append(side or known or 0)
    return fixed["n"], (sides[0], sides[1])


def _fixed(extent: Any) -> int | None:
    return extent if isinstance(extent, int) and extent > 0 else None


def _shape(shape: list[Any]) -> str:
    return f"({', '.join(str(extent if extent is not None else '?') for extent in shape)})"


def _output(session: Any, output: str | None, name: str) -> str:
    names = [str(found.name) for found in session.get_outputs()]
    if output is None and len(names) == 1:
        return names[0]
    if output not in names:
        asked = "which output is the vector is not stated" if output is None else f"no output={shown(output)}"
        raise ParameterError(f"{name}: {asked}", remedy=f"the network gives {', '.join(names)}")
    return output


def _dim(network: Network, shape: tuple[int, ...], name: str) -> int:
    """Length of the vector that one black image gives."""
    given = np.zeros((network.batch or 1, *shape[1:]), dtype=network.dtype)
    try:
        (found,) = network.session.run([network.output], {network.input: given})
    except Exception as error:  # (the runtime has a class of its own for each of its failures)
        raise ParameterError(
            f"{name}: the network fails on images of shape {given.shape} ({_reason(error)})",
            remedy="state the size and layout it was made for",
        ) from None
    extents = np.shape(found)
    vector = len(extents) >= 2 and extents[0] == len(given) and extents[1] == np.size(found) // len(given) > 0
    if not vector or np.asarray(found).dtype.kind != "f":
        raise ParameterError(
            f"{name}: output={network.output!r} has shape {extents} for {len(given)} images, no vector each",
            remedy="name an output that is pooled and of floating point",
        )
    return int(extents[1])


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
