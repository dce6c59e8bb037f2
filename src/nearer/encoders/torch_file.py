"""torch's checkpoints (`.pt`, `.pth`), read without torch and without unpickling: tensors by name.

Since torch 1.6 a checkpoint is a ZIP archive: `NAME/data.pkl` says what there is, `NAME/data/KEY` holds the
elements of each storage as they lie in memory. Before, it was one file: three pickles (a magic number, a
version, facts about the machine), the pickle of the value, the pickle of the list of storage keys, and then
for each storage an int64 count and its elements. Both are read; see `torch_pickle.py` for the pickles.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.torch_pickle import RefusedPickle, Storage, TensorView, read_pickle
from nearer.errors import IntegrityError, shown
from nearer.space.formats.source import reading_errors

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
MOST_VALUES = 1_000_000  # of a checkpoint, tensors and others; what is nested in itself never ends
MOST_NESTED = 100  # values that one stands in
MOST_SHARED = 4  # tensors that look at the same element, on average
MOST_REPEATED = 1 << 26  # bytes that tensors may have beyond that: expanded ones repeat a smaller storage
REMEDY = "weights are read from safetensors, or from a checkpoint that holds nothing but tensors"
Bytes = dict[str, bytes]


def read_state(path: Path, part: str | None = None) -> dict[str, NDArray[Any]]:
    """The tensors of a checkpoint by name, in the order of the file.

    Nested dictionaries and lists are named with dots ("model_state.lstm.bias_hh_l0"); what is no tensor is
    left out. bfloat16, which NumPy does not have, becomes float32, exactly.

    part : only the tensors below this name, which is then left out of theirs ("model_state").

    Raises `InputError` for a file that cannot be read, and `IntegrityError` for one that is no checkpoint, is
    cut short or damaged, or whose pickle names anything but tensors; nothing of it is run.
    """
    path = Path(path)
    with reading_errors(path), path.open("rb") as handle:
        try:
            value, storages = _read_archive(handle) if _is_archive(handle) else _read_stream(handle)
            named = dict(_tensors(value, "", [0], ()))
            _require_room(named, storages)
            arrays = {name: _array(name, view, storages) for name, view in named.items()}
        except RefusedPickle as refused:
            raise IntegrityError(str(refused), file=path, remedy=REMEDY) from None
        except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
            raise IntegrityError(
                f"holds sizes or names that cannot be ({error})", file=path, remedy=REMEDY
            ) from None
    if part is not None:
        arrays = {
            name[len(part) + 1 :]: array for name, array in arrays.items() if name.startswith(f"{part}.")
        }
    if not arrays:
        where = "" if part is None else f" below {part!r}"
        raise IntegrityError(f"holds no tensor{where}", file=path, remedy=REMEDY)
    return arrays


def _is_archive(handle: BinaryIO) -> bool:
    """Whether a file ends as a ZIP archive does; what its end says may still be damaged."""
    try:
        return zipfile.is_zipfile(handle)
    except (zipfile.BadZipFile, OSError) as error:
        raise RefusedPickle(f"is a damaged ZIP archive ({error})") from None


def _read_archive(handle: BinaryIO) -> tuple[Any, Bytes]:
    """What a ZIP archive holds: the value, and the bytes of the storages by key."""
    try:
        with zipfile.ZipFile(handle) as archive:
            names = archive.namelist()
            if sum(entry.file_size for entry in archive.infolist()) > handle.seek(0, io.SEEK_END):
                raise RefusedPickle("is a ZIP archive whose parts are larger than the file")
            pickles = [name for name in names if name.endswith("data.pkl") and name.count("/") == 1]
            if len(pickles) != 1:
                raise RefusedPickle("is a ZIP archive, but no checkpoint of torch: it holds no data.pkl")
            root = pickles[0].removesuffix("data.pkl")
            order = _stored(archive, f"{root}byteorder") if f"{root}byteorder" in names else b"little"
            if order != b"little":
                raise RefusedPickle(f"holds numbers in the byte order {shown(order)}")
            value = read_pickle(io.BytesIO(_stored(archive, pickles[0])))
            data = f"{root}data/"
            return value, {
                name.removeprefix(data): _stored(archive, name) for name in names if name.startswith(data)
            }
    except (zipfile.BadZipFile, RuntimeError, EOFError, ValueError, OSError) as error:  # encrypted ones too
        raise RefusedPickle(f"is a damaged ZIP archive ({error})") from None


def _stored(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise RefusedPickle(f"holds {name!r} packed, which torch never does")
    return archive.read(name)


def _read_stream(handle: BinaryIO) -> tuple[Any, Bytes]:
    """What a file of the old form holds: the value, and the bytes of the storages by key."""
    handle.seek(0)
    try:
        magic = read_pickle(handle)
    except RefusedPickle:
        magic = None
    if magic != MAGIC:
        raise RefusedPickle("is no checkpoint of torch")
    if (version := read_pickle(handle)) != VERSION:
        raise RefusedPickle(f"is a checkpoint of version {shown(version)}, and {VERSION} is read")
    facts = read_pickle(handle)
    if not isinstance(facts, dict) or facts.get("little_endian") is not True:
        raise RefusedPickle("holds numbers in big-endian byte order")
    value = read_pickle(handle)
    keys = read_pickle(handle)
    sizes = {storage.key: _item_size(storage) for storage in _storages(value)}
    found: Bytes = {}
    start = handle.tell()
    size = handle.seek(0, io.SEEK_END)
    handle.seek(start)
    for key in keys if isinstance(keys, list) else []:
        count = int.from_bytes(handle.read(8), "little")
        if not isinstance(key, str) or key not in sizes:
            raise RefusedPickle(f"holds a storage {shown(key)} that nothing looks into")
        if count * sizes[key] > size - handle.tell():
            raise RefusedPickle(f"ends within the storage {shown(key)}: it was cut short")
        found[key] = handle.read(count * sizes[key])
    return value, found


def _storages(value: Any) -> Iterator[Storage]:
    return (view.storage for _, view in _tensors(value, "", [0], ()))


def _tensors(
    value: Any, name: str, count: list[int], above: tuple[int, ...]
) -> Iterator[tuple[str, TensorView]]:
    """The tensors below a value by their dotted names; `above` are the values it stands in."""
    if len(above) > MOST_NESTED:
        raise RefusedPickle(f"its pickle nests values more than {MOST_NESTED} deep")
    count[0] += 1
    if count[0] > MOST_VALUES or id(value) in above:
        raise RefusedPickle("its pickle holds more values than a checkpoint does, or one that holds itself")
    if isinstance(value, TensorView):
        yield name, value
        return
    items: Any = value.items() if isinstance(value, Mapping) else ()
    if isinstance(value, list | tuple):
        items = enumerate(value)
    for key, item in items:
        yield from _tensors(item, f"{name}.{key}" if name else str(key), count, (*above, id(value)))


def _item_size(of: Storage | TensorView) -> int:
    return 2 if of.dtype == "bfloat16" else np.dtype(of.dtype).itemsize


def _require_room(named: Mapping[str, TensorView], storages: Bytes) -> None:
    """Raise `RefusedPickle` for tensors that together are far larger than what the file holds."""
    wanted = sum(math.prod(view.shape) * _item_size(view) for view in named.values())
    if wanted > MOST_SHARED * sum(map(len, storages.values())) + MOST_REPEATED:
        raise RefusedPickle(f"its tensors repeat their elements up to {wanted:,} bytes")


def _array(name: str, view: TensorView, storages: Bytes) -> NDArray[Any]:
    """The elements that a view looks at, copied; every one must lie within the storage."""
    storage = view.storage
    data = storages.get(storage.key)
    if data is None or len(data) < (storage.start + storage.count) * _item_size(storage):
        raise RefusedPickle(f"lacks elements of the tensor {name!r}: it was cut short")
    dtype = np.dtype("<u2" if view.dtype == "bfloat16" else view.dtype)
    size = storage.count * _item_size(storage) // dtype.itemsize
    elements = np.frombuffer(data, dtype, size, storage.start * _item_size(storage))
    total = math.prod(view.shape)
    last = view.offset + sum(
        (extent - 1) * step for extent, step in zip(view.shape, view.strides, strict=True)
    )
    if total and last >= size:
        raise RefusedPickle(f"the tensor {name!r} reaches beyond its storage")
    if not total:
        return np.empty(view.shape, np.float32 if view.dtype == "bfloat16" else dtype)
    steps = tuple(step * dtype.itemsize for step in view.strides)
    array = np.lib.stride_tricks.as_strided(elements[view.offset :], view.shape, steps).copy()
    if view.dtype == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array
