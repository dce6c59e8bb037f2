"""The `.space` folder: `space.json`, `vectors.safetensors` and `items.parquet` (docs/format.md).

Nothing is pickled. Vectors are memory-mapped on load; every file is checked against the hash in `space.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, InputError, IntegrityError, StorageError, shown
from nearer.replace import new_folder, whole_folder
from nearer.space import manifest as manifests
from nearer.space import tensors
from nearer.space.arrow_input import arrow_input
from nearer.space.checks import require_distinct
from nearer.space.codes import Codes, Kind, tensor_shape
from nearer.space.manifest import REMEDY, FileRecord, Manifest
from nearer.space.quantized import QuantizedSpace
from nearer.space.space import Space

if TYPE_CHECKING:
    import pyarrow as pa

VECTORS = "vectors.safetensors"
ITEMS = "items.parquet"
DTYPES = {"f16": "float16", "int8": "int8", "binary": "binary"}  # kind of codes -> dtype in `space.json`
KINDS: dict[str, Kind] = {"float16": "f16", "int8": "int8", "binary": "binary"}
CODED = {"f16": "F16", "int8": "I8", "binary": "U8"}  # kind of codes -> their dtype in safetensors
BLOCK = 1 << 24  # bytes hashed and written together
ATTEMPTS = 3  # reads tried while another process saves over the folder


def write(space: Space, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write `space` as a folder at `path`.

    After a kill at any instant the old or the new folder is there and whole. Raises `StorageError` where
    `path` exists and `overwrite` is false, where it is something other than a space, and where the disk is
    full or cannot be written; `FormatError` for a key with a lone surrogate, which no UTF-8 file can hold.
    """
    target = Path(path)
    require_unicode(space.keys)
    table = items_table(space)
    require_replaceable(target)
    with new_folder(target, overwrite) as folder:
        files = {
            VECTORS: write_file(folder / VECTORS, tensors.packed(_tensors(space))),
            ITEMS: _write_items(folder / ITEMS, table),
        }
        dtype = DTYPES[space.kind] if isinstance(space, QuantizedSpace) else "float32"
        made = Manifest(len(space), space.dim, space.metric, space.identity, space.provenance, files, dtype)
        write_file(folder / manifests.NAME, [made.text().encode()])


def read(path: str | os.PathLike[str], *, verify: bool = True) -> Space:
    """The space saved at `path`; its vectors are memory-mapped.

    With `verify=False` files are not hashed and values not looked at, only sizes and shapes: for vectors that
    are larger than one wishes to read through. A save that another process makes meanwhile is noticed.

    Raises `IntegrityError` naming file, expected and found hash.
    """
    for attempt in range(1, ATTEMPTS + 1):
        folder = whole_folder(Path(path))
        before = _inode(folder)
        try:
            return _read_once(folder, verify)
        except IntegrityError:
            if attempt == ATTEMPTS or _inode(folder) == before:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def require_unicode(keys: Iterable[str]) -> None:
    """Raise `FormatError` naming the first key that UTF-8 cannot hold."""
    for row, key in enumerate(keys):
        try:
            key.encode()
        except UnicodeEncodeError:
            raise FormatError(
                f"key {shown(key)} holds a lone surrogate, which is no character",
                row=row,
                remedy="remove it before saving",
            ) from None


def _tensors(space: Space) -> dict[str, NDArray[Any]]:
    """What the file of vectors holds."""
    if isinstance(space, QuantizedSpace):
        return {"vectors": space.codes.values, "scale": space.codes.scale}
    return {"vectors": space.vectors}


def items_table(space: Space) -> pa.Table:
    """Keys and payload columns, keys first."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    keys = pa.chunked_array([pa.array(space.keys, pa.large_string())])
    table = pa.table({"key": keys})
    if space.items is not None:
        for field, column in zip(space.items.schema, space.items.columns, strict=True):
            table = table.append_column(field, column)
    return table


def _write_items(path: Path, table: pa.Table) -> FileRecord:
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with path.open("wb") as handle:
            pq.write_table(table, handle, compression="zstd")
            handle.flush()
            os.fsync(handle.fileno())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise FormatError(f"the payload columns cannot be written as Parquet: {error}") from None
    return record_of(path)


def record_of(path: Path) -> FileRecord:
    """Size and hash of a file that was written."""
    with path.open("rb") as handle:
        return FileRecord(path.stat().st_size, hashlib.file_digest(handle, "sha256").hexdigest())


def write_file(path: Path, parts: Iterable[bytes | memoryview]) -> FileRecord:
    """Write, hash and force to disk."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as handle:
        for part in parts:
            for start in range(0, len(part), BLOCK):
                block = part[start : start + BLOCK]
                handle.write(block)
                digest.update(block)
                size += len(block)
        handle.flush()
        os.fsync(handle.fileno())
    return FileRecord(size, digest.hexdigest())


def require_replaceable(target: Path) -> None:
    """Refuse to replace anything that is not a space: a folder of other things would be lost."""
    foreign = target.is_dir() and any(target.iterdir()) and not (target / manifests.NAME).is_file()
    if target.is_file() or foreign:
        raise StorageError("exists and is no Nearer space", file=target, remedy="choose another path")


def _read_once(folder: Path, verify: bool) -> Space:
    manifest = manifests.read_manifest(folder)
    with _opened(folder / VECTORS, manifest) as handle:
        _check_file(folder / VECTORS, handle, manifest, verify)
        vectors = _unpacked(folder / VECTORS, handle, manifest)
    with _opened(folder / ITEMS, manifest) as handle:
        _check_file(folder / ITEMS, handle, manifest, verify)
        keys, items = _read_items(folder / ITEMS, handle, manifest)
    if isinstance(vectors, Codes):
        space = QuantizedSpace._of_codes(keys, vectors, manifest.metric, **_told(manifest, items))
        if verify:
            _require_right(folder, space)
        return space
    if not verify:
        return Space._of(keys, vectors, manifest.metric, **_told(manifest, items))
    try:
        return Space(
            keys,
            vectors,
            manifest.metric,
            items,
            identity=manifest.identity,
            provenance=manifest.provenance,
        )
    except InputError as error:
        raise IntegrityError(error.problem, file=folder, row=error.row, remedy=REMEDY) from None


def _told(manifest: Manifest, items: pa.Table | None) -> dict[str, Any]:
    return {
        "items": items,
        "identity": manifest.identity,
        "provenance": json.dumps(manifest.provenance),
    }


def _opened(path: Path, manifest: Manifest) -> IO[bytes]:
    if path.name not in manifest.files:
        raise IntegrityError(f"does not list {path.name}", file=path.parent / manifests.NAME, remedy=REMEDY)
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise IntegrityError("is missing", file=path, remedy=REMEDY) from None
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=path, remedy=REMEDY) from None


def _check_file(path: Path, handle: IO[bytes], manifest: Manifest, verify: bool) -> None:
    """Size, and with `verify` the hash, must be those in `space.json`."""
    expected = manifest.files[path.name]
    size = os.fstat(handle.fileno()).st_size
    if size != expected.bytes:
        raise IntegrityError(f"holds {size:,} bytes, expected {expected.bytes:,}", file=path, remedy=REMEDY)
    if verify:
        found = hashlib.file_digest(handle, "sha256").hexdigest()  # type: ignore[arg-type]  # a file it is
        if found != expected.sha256:
            raise IntegrityError(
                f"has SHA-256 {found}, expected {expected.sha256}: it was changed", file=path, remedy=REMEDY
            )
    handle.seek(0)


def _unpacked(path: Path, handle: IO[bytes], manifest: Manifest) -> NDArray[np.float32] | Codes:
    """The vectors, or their codes, memory-mapped."""
    n, dim = manifest.n, manifest.dim
    if manifest.dtype == "float32":
        (vectors,) = tensors.mapped(path, handle, {"vectors": ("F32", (n, dim))})
        return vectors
    kind = KINDS[manifest.dtype]
    scales = 1 if kind == "f16" else n
    values, scale = tensors.mapped(
        path, handle, {"vectors": (CODED[kind], (n, *tensor_shape(kind, dim))), "scale": ("F32", (scales,))}
    )
    return Codes(kind, dim, values, scale)


def _require_right(folder: Path, space: QuantizedSpace) -> None:
    """What the constructor of a space checks, for one in codes."""
    try:
        require_distinct(space.keys)
    except InputError as error:
        raise IntegrityError(error.problem, file=folder, row=error.row, remedy=REMEDY) from None
    if not space.codes.are_finite():
        raise IntegrityError("holds codes or scales that are no numbers", file=folder, remedy=REMEDY)
    try:
        space.report()
    except (KeyError, TypeError):
        raise IntegrityError("does not tell what its codes lose", file=folder, remedy=REMEDY) from None


def _read_items(path: Path, handle: IO[bytes], manifest: Manifest) -> tuple[list[str], pa.Table | None]:
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(arrow_input(handle))
        keys: list[Any] = table.column("key").to_pylist()
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        raise IntegrityError(
            f"is no Parquet with a column `key`: {error}", file=path, remedy=REMEDY
        ) from None
    if len(keys) != manifest.n:
        raise IntegrityError(f"holds {len(keys):,} keys, expected {manifest.n:,}", file=path, remedy=REMEDY)
    items = table.drop_columns(["key"])
    return keys, items if items.column_names else None


def _inode(folder: Path) -> int:
    return folder.stat().st_ino if folder.exists() else 0
