"""Items in groups that an encoder is given at once, and the vectors of a group, some of which may fail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.columns import TABLE_ENDINGS, ending
from nearer.data.items import Item, cell_error
from nearer.errors import InputError, UnknownKey, shown

THE_TABLE = "the table"  # how an error calls a table that is no file
ITEMS_A_GROUP = 1024
SLOW: Mapping[str, int] = {"text": 256, "image": 128, "audio": 32}  # items a group of what takes long
BYTES_A_GROUP = 64 << 20  # of raw items: large images and recordings come in smaller groups

Encode = Callable[[Sequence[Any]], NDArray[np.float32]]


@dataclass(frozen=True)
class Failure:
    """An item without a vector: its place in the group, and why."""

    place: int
    error: InputError | UnknownKey


def groups(items: Iterator[Item], modality: str | None) -> Iterator[list[Item]]:
    """Items in groups; where they are cut depends on the items alone, never on the time they take.

    So vectors are the same after an interruption, even of encoders whose last bits depend on a batch.
    """
    most = min(ITEMS_A_GROUP, SLOW.get(modality or "", ITEMS_A_GROUP))
    group: list[Item] = []
    size = 0
    for item in items:
        weight = _bytes(item.value, modality)
        if group and (len(group) == most or size + weight > BYTES_A_GROUP):
            yield group
            group, size = [], 0
        group.append(item)
        size += weight
    if group:
        yield group


def encode_group(
    items: Sequence[Item], encode: Encode, dim: int, until_first: bool
) -> tuple[NDArray[np.float32], list[Failure]]:
    """Vectors of the items that have one, in order, and the failures; `until_first`: no more than the first.

    A group that fails is halved until it is known which items fail; the others keep their vectors.
    """
    failures = [Failure(place, item.problem) for place, item in enumerate(items) if item.problem is not None]
    if failures and until_first:
        return np.empty((0, dim), np.float32), failures[:1]
    places = [place for place, item in enumerate(items) if item.problem is None]
    vectors: list[NDArray[np.float32]] = []
    pending = [places] if places else []
    while pending:
        part = pending.pop()
        try:
            vectors.append(_checked(encode([items[place].value for place in part]), len(part), dim))
        except (InputError, UnknownKey) as error:
            if len(part) > 1:
                middle = len(part) // 2
                pending += [part[middle:], part[:middle]]
                continue
            failures.append(Failure(part[0], error))
            if until_first:
                break
    failures.sort(key=lambda failure: failure.place)
    return np.concatenate([np.empty((0, dim), np.float32), *vectors]), failures


def located(error: InputError | UnknownKey, item: Item, where: str | None) -> InputError:
    """`error` with the item's key and place; a file of a folder is its own place."""
    if error.file == THE_TABLE:  # of rows that were read here: what is wrong is wrong with all of them
        return InputError(error.problem, file=where or THE_TABLE, remedy=error.remedy)
    place = f"row {item.row:,}, key {shown(item.key)}"
    in_cell = where is None or ending(Path(where)) in TABLE_ENDINGS
    if in_cell and isinstance(item.value, str) and error.file == item.value:
        return cell_error(error, item.value, file=where, row=place)
    if error.file is not None and error.file != where:
        return InputError(error.problem, file=error.file, row=_row(error.row), remedy=error.remedy)
    return InputError(error.problem, file=where, row=place, remedy=error.remedy)


def hash_items(digest: hashlib._Hash, items: Sequence[Item], modality: str | None) -> None:
    """Add keys and items to a running hash: files by their path, size and time of change."""
    for item in items:
        key = item.key.encode("utf-8", "surrogatepass")
        digest.update(len(key).to_bytes(4, "little") + key)
        for part in _parts(item.value, modality):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)


def _row(row: int | str | None) -> int | str | None:
    """The row of an error within a group says nothing to a reader: only named places stay."""
    return row if isinstance(row, str) and not row.startswith("item ") else None


def _checked(vectors: NDArray[np.float32], count: int, dim: int) -> NDArray[np.float32]:
    """The vectors, if they are as many as the items, and finite."""
    found = np.asarray(vectors, np.float32)
    if found.shape != (count, dim):
        raise ValueError(f"the encoder gave vectors of shape {found.shape} for {count} items of dim {dim}")
    if not np.isfinite(found).all():
        raise InputError("its vector holds NaN or infinity")
    return found


def _is_path(value: Any, modality: str | None) -> bool:
    """Whether an item is the file of that path."""
    return isinstance(value, os.PathLike) or (isinstance(value, str) and modality in ("image", "audio"))


def _bytes(value: Any, modality: str | None) -> int:
    """About how much memory an item takes."""
    if _is_path(value, modality):
        try:
            return os.stat(value).st_size  # noqa: PTH116  (of what may be no path)
        except (OSError, ValueError):
            return 0
    if isinstance(value, tuple):
        return sum(_bytes(part, None) for part in value)
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if hasattr(value, "width") and hasattr(value, "height"):
        return int(value.width) * int(value.height) * 3
    return len(value) if isinstance(value, str | bytes) else 0


def _parts(value: Any, modality: str | None) -> Iterator[bytes | memoryview]:
    """The bytes that tell an item from another."""
    if _is_path(value, modality):
        path = os.fspath(value)
        yield path if isinstance(path, bytes) else path.encode("utf-8", "surrogatepass")
        try:
            found = os.stat(value)  # noqa: PTH116  (of what may be no path)
            yield f"{found.st_size} {found.st_mtime_ns}".encode()
        except (OSError, ValueError):
            yield b"none"
    elif isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bytes):
        yield value
    elif isinstance(value, np.ndarray) and value.dtype.kind != "O":
        yield f"{value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).view(np.uint8).data if value.size else b""
    elif isinstance(value, dict):
        yield b"{"
        for name, part in value.items():
            yield str(name).encode("utf-8", "surrogatepass")
            yield from _parts(part, None)
    elif isinstance(value, list | tuple):
        yield b"["
        for part in value:
            yield from _parts(part, modality)
    elif hasattr(value, "tobytes") and hasattr(value, "mode"):  # a Pillow image
        yield f"{value.mode} {value.size}".encode()
        yield value.tobytes()
    else:
        text = repr(value)
        yield (type(value).__name__ if " at 0x" in text else text).encode("utf-8", "surrogatepass")
