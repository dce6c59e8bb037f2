"""What a folder of another library's model holds: its JSON files, and weights that run nothing when read.

Weights are read from safetensors alone: a pickle can run any code when it is opened, so a folder whose
weights another library would read from one is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, ModelNotFound, shown
from nearer.space.formats.source import reading_errors

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLED = "pytorch_model.bin"  # what a module is read from where it has no WEIGHTS
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt", ".joblib")
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2"}
TYPES |= {"I8": "i1", "U8": "u1", "BOOL": "u1"}
LARGEST_HEADER = 100_000_000  # bytes: what the safetensors library allows
CUT_SHORT = "fetch it again: it is cut short or damaged"


def read_json(path: Path) -> Any:
    """What a JSON file holds; raises `FormatError` for one that is none."""
    with reading_errors(path):
        data = path.read_bytes()
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"is no JSON: {error}", file=path, remedy=CUT_SHORT) from None


def read_object(path: Path, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    """The JSON object in a file, or `missing` (where it is given) if there is no such file."""
    if missing is not None and not path.is_file():
        return missing
    found = read_json(path)
    if not isinstance(found, dict):
        raise FormatError(f"holds {shown(found)}, a JSON object is expected", file=path, remedy=CUT_SHORT)
    return found


def model_type(folder: Path) -> str:
    """The architecture that `config.json` names, "" where there is none."""
    path = folder / "config.json"
    return str(read_object(path).get("model_type", "")) if path.is_file() else ""


@dataclass(frozen=True)
class Module:
    """A step of a sentence-transformers model: the name of its class, and its folder in that of the model."""

    kind: str
    path: str


def read_modules(folder: Path) -> list[Module]:
    """The steps that `modules.json` lists, none where there is no such file.

    Raises `FormatError` for a list of another form, and for a step that is no class of sentence-transformers:
    code that a model brings along is not run.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return []
    modules = []
    found = read_json(path)
    for entry in found if isinstance(found, list) else [found]:
        kind, place = (entry.get("type"), entry.get("path", "")) if isinstance(entry, dict) else (None, None)
        if not isinstance(kind, str) or not isinstance(place, str) or not _is_within(place):
            raise FormatError(f"lists {shown(entry)}, no module", file=path, remedy=CUT_SHORT)
        if not kind.startswith("sentence_transformers."):
            raise FormatError(
                f"lists {shown(kind)}, which is no class of sentence-transformers",
                file=path,
                remedy="code of a model's own is not run: open such a model with its own library",
            )
        modules.append(Module(kind.rpartition(".")[2], place))
    return modules


def _is_within(place: str) -> bool:
    """Whether a path leads into a folder, and into nothing hidden there."""
    return not place.startswith("/") and not any(part.startswith(".") for part in Path(place).parts)


def weights_file(folder: Path) -> Path:
    """The safetensors file of a model folder.

    Raises `FormatError` where the weights are pickled, or spread over several files, and `ModelNotFound`
    where there are none.
    """
    path = folder / WEIGHTS
    if path.is_file():
        return path
    refuse_pickles(folder)
    if (folder / INDEX).is_file():
        raise FormatError(
            f"its weights are spread over several files ({INDEX})",
            file=folder,
            remedy="save it again in one: max_shard_size='100GB'",
        )
    raise ModelNotFound(f"{str(folder)!r} holds no {WEIGHTS}", remedy="give the folder of a whole model")


def refuse_pickles(folder: Path, weights: tuple[str, ...] = (WEIGHTS, INDEX)) -> None:
    """Raise `FormatError` where a folder holds a pickle and none of the files named `weights`.

    They go before a pickle. So too for a pickled module in any folder below it.
    """
    for path in sorted({*folder.iterdir(), *folder.rglob(PICKLED)}):
        if path.suffix.lower() not in PICKLES:
            continue
        if not any((path.parent / name).is_file() for name in weights):
            raise FormatError(
                "holds a pickle, which can run any code when it is read",
                file=path,
                remedy=f"save the model again as {WEIGHTS} (save_pretrained(..., safe_serialization=True))",
            )


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file by name, memory-mapped; bfloat16 becomes float32, exactly.

    Raises `FormatError` for a file that is cut short or breaks the format.
    """
    with reading_errors(path), path.open("rb") as handle:
        size = os.fstat(handle.fileno()).st_size
        length = int.from_bytes(handle.read(8), "little")
        if size < 8 or length > min(size - 8, LARGEST_HEADER):
            raise FormatError(f"ends within its header, after {size:,} bytes", file=path, remedy=CUT_SHORT)
        try:
            header = json.loads(handle.read(length))
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        except (ValueError, RecursionError, AttributeError):
            raise FormatError("its header is no JSON object", file=path, remedy=CUT_SHORT) from None
        data = (
            np.memmap(handle, np.uint8, "r", offset=8 + length)
            if size > 8 + length
            else np.empty(0, np.uint8)
        )
    return {name: _tensor(path, data, name, entry) for name, entry in entries.items()}


def _tensor(path: Path, data: NDArray[np.uint8], name: str, entry: Any) -> NDArray[Any]:
    try:
        kind, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        dtype = np.dtype(TYPES[kind])
        fits = 0 <= begin <= end <= len(data) and all(type(side) is int and side >= 0 for side in shape)
        fits = fits and end - begin == dtype.itemsize * int(np.prod(shape, dtype=object))
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise FormatError(f"its header says of {shown(name)}: {shown(entry)}", file=path, remedy=CUT_SHORT)
    if begin % dtype.itemsize:  # such a file is allowed, but not by NumPy
        values: NDArray[Any] = np.frombuffer(data[begin:end].tobytes(), dtype)
    else:
        values = np.asarray(data[begin:end]).view(dtype)
    if kind == "BF16":
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.reshape(shape)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with reading_errors(path), path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
