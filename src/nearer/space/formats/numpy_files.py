"""NumPy: `NAME.npz` with keys inside, or `NAME.npy` beside `NAME.keys.txt`. Nothing is pickled.

`.npz` holds `vectors` (n, dim), `keys_utf8` (the bytes of all keys, one after another), `keys_ends` (n
numbers, where each key ends) and `nearer` (JSON: metric, identity, provenance). Text arrays of NumPy would
drop zero characters at the end of a key and give every key the room of the longest; `keys` of that kind are
still read. `.keys.txt` holds a line a key; the two files beside each other are replaced one after the other.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import EncodingError, FormatError, InputError
from nearer.replace import new_file, require_free
from nearer.space.checks import Metric, checked_matrix
from nearer.space.formats.description import describe, described
from nearer.space.formats.holding import require_holdable
from nearer.space.formats.source import imported, opened, reading_errors
from nearer.space.space import Space
from nearer.space.store import require_unicode

Arrays = dict[str, NDArray[Any]]


def read_npz(path: Path) -> Space:
    """The space in a `.npz` file; raises `FormatError` naming file and array."""
    path = Path(path)
    arrays = _arrays(path)
    vectors = _matrix(path, arrays["vectors"]) if "vectors" in arrays else None
    if vectors is None:
        raise FormatError(f"holds no array 'vectors', only {sorted(arrays)}", file=path)
    keys = _keys(path, arrays)
    text = arrays["nearer"].tobytes() if "nearer" in arrays else None
    try:
        metric, identity, made = described(text, keys, vectors)
    except ValueError as error:
        raise FormatError(f"its array 'nearer' is damaged: {error}", file=path) from None
    return imported(path, "npz", keys, vectors, metric=metric, identity=identity, provenance=made)


def write_npz(space: Space, path: Path, overwrite: bool = False) -> None:
    """Write all but the payload columns."""
    require_unicode(space.keys)
    encoded = [key.encode() for key in space.keys]
    ends = np.cumsum([len(key) for key in encoded], dtype="<i8")
    with new_file(Path(path), overwrite) as handle:
        np.savez(
            handle,
            vectors=space.vectors,
            keys_utf8=np.frombuffer(b"".join(encoded), dtype=np.uint8),
            keys_ends=ends,
            nearer=np.frombuffer(describe(space), dtype=np.uint8),
        )


def read_npy(path: Path, metric: Metric = "cosine") -> Space:
    """The space in a `.npy` file and the keys beside it; raises `FormatError` and `EncodingError`."""
    path = Path(path)
    arrays = _arrays(path)
    if "" not in arrays:
        raise FormatError("is no .npy file", file=path, remedy="give a .npz file its ending")
    vectors = _matrix(path, arrays[""])
    keys = _key_lines(keys_path(path))
    if len(keys) != len(vectors):
        raise FormatError(f"{len(keys):,} keys for {len(vectors):,} vectors", file=keys_path(path))
    return imported(path, "npy", keys, vectors, metric=metric)


def write_npy(space: Space, path: Path, overwrite: bool = False) -> None:
    """Write vectors and, beside them, keys; raises `FormatError` for a key with a line break."""
    path = Path(path)
    require_holdable(space.keys, ".keys.txt", "\n\r", empty=True)
    require_free(path, overwrite)
    with new_file(keys_path(path), overwrite) as handle:
        handle.writelines(f"{key}\n".encode() for key in space.keys)
    with new_file(path, overwrite) as handle:
        np.save(handle, space.vectors)


def keys_path(path: Path) -> Path:
    """Where the keys of the vectors at `path` stand."""
    return path.with_name(f"{path.stem}.keys.txt")


def _arrays(path: Path) -> Arrays:
    """Every array of a `.npz` file, by name; a `.npy` file's single array has no name.

    Pickled objects are refused. NumPy's reader hands on whatever Python's own parsers raise, and warns about
    headers of old; both are one `FormatError` here.
    """
    with reading_errors(path), path.open("rb") as handle, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = np.load(handle, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return {"": found}
            with found:
                return {name: found[name] for name in found.files}
        except Exception as error:
            text = str(error) or type(error).__name__
            raise FormatError(f"is no whole NumPy file of numbers: {text}", file=path) from None


def _matrix(path: Path, array: NDArray[Any]) -> NDArray[np.float32]:
    try:
        return checked_matrix(array)
    except InputError as error:
        raise FormatError(error.problem, file=path, remedy=error.remedy) from None


def _keys(path: Path, arrays: Arrays) -> list[str]:
    """Keys from `keys_utf8` and `keys_ends`, or from a text array `keys`."""
    if "keys" in arrays and arrays["keys"].dtype.kind == "U" and arrays["keys"].ndim == 1:
        return [str(key) for key in arrays["keys"]]
    try:
        data, ends = arrays["keys_utf8"].tobytes(), arrays["keys_ends"].astype(np.int64).tolist()
        starts = [0, *ends[:-1]]
        if not ends == sorted(ends) or (ends and (ends[-1] != len(data) or ends[0] < 0)):
            raise ValueError("keys_ends does not divide keys_utf8")
        return [data[start:end].decode() for start, end in zip(starts, ends, strict=False)]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise FormatError(f"its keys are missing or damaged: {error}", file=path) from None


def _key_lines(path: Path) -> list[str]:
    with opened(path) as handle:
        data = handle.read()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"byte {error.start} ({data[error.start]:#04x}) is not UTF-8",
            file=path,
            remedy="convert it to UTF-8",
        ) from None
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
