"""What an ONNX file holds, and the files beside it that it keeps weights in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from nearer.errors import FormatError, shown
from nearer.extras import require
from nearer.space.formats.source import reading_errors


def network_digest(model: bytes | Path, name: str) -> str:
    """SHA-256 of an ONNX model; where it keeps weights in other files, of their names and bytes too.

    Raises `FormatError` for weights that are not beside the file, or that bytes keep in any; `InputError` for
    a file that cannot be read.
    """
    if isinstance(model, bytes):
        outside = _locations(model)
        if outside:
            raise FormatError(
                f"keeps weights in {shown(outside[0])}, and bytes do not tell where that is",
                file=name,
                remedy="give the path of the .onnx file",
            )
        return hashlib.sha256(model).hexdigest()
    with reading_errors(model):
        data = model.read_bytes()
    digest = hashlib.sha256(data)
    for location in _locations(data):
        path = _beside(model, location)
        with reading_errors(path), path.open("rb") as weights:
            digest.update(f"\0{location}\0".encode("utf-8", "surrogatepass"))
            digest.update(hashlib.file_digest(weights, "sha256").digest())
    return digest.hexdigest()


def _beside(model: Path, location: str) -> Path:
    """The file of weights below the model's folder; what points elsewhere, or is not there, is refused."""
    relative = PurePosixPath(location)
    # ("*" begins the name by which ONNX Runtime takes weights from an address in memory)
    if relative.is_absolute() or ".." in relative.parts or "*" in location or "\0" in location:
        raise FormatError(
            f"keeps weights in {shown(location)}, outside its folder", file=model, remedy="export it again"
        )
    path = model.parent / location
    if not path.is_file():
        raise FormatError(
            f"keeps weights in {shown(location)}, which is not beside it",
            file=model,
            remedy="put it into the same folder",
        )
    return path


def _locations(model: bytes) -> list[str]:
    """The files that tensors of a model lie in, as it names them; none where it cannot be parsed."""
    if b"location" not in model:  # the key that every such tensor holds
        return []
    onnx = require("onnx", "images", "finding the weights of an ONNX model")
    try:
        parsed = onnx.load_model_from_string(model)
    except Exception:  # no model: the runtime says what is wrong with it
        return []
    entries = (entry for tensor in _tensors(parsed) for entry in tensor.external_data)
    return sorted({str(entry.value) for entry in entries if entry.key == "location"})


def _tensors(message: Any) -> Iterator[Any]:
    """Every tensor of a message: in graphs, in the attributes of nodes, in functions."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in [value] if hasattr(value, "ListFields") else value:
            if field.message_type.name == "TensorProto":
                yield part
            else:
                yield from _tensors(part)
