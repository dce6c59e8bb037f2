"""What is converted once is kept: files under the user's cache folder, told by what they were made of.

The folder is `NEARER_CACHE`, or `nearer` in `XDG_CACHE_HOME`, or `~/.cache/nearer`. A file begins with the
SHA-256 of what follows; one that does not fit it is made anew. Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from nearer.errors import StorageError
from nearer.replace import new_file

logger = logging.getLogger("nearer")


def cache_folder() -> Path:
    """Where what was converted is kept."""
    named = os.environ.get("NEARER_CACHE")
    if named:
        return Path(named)
    above = os.environ.get("XDG_CACHE_HOME")
    return (Path(above) if above else Path.home() / ".cache") / "nearer"


def cached(name: str, made_of: bytes, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, from the cache if it was made before.

    name : says what it is ("efficientnet-lite0.onnx").
    made_of : everything that decides it: hashes of weights, settings, the version of the conversion.
    """
    path = cache_folder() / f"{hashlib.sha256(made_of).hexdigest()[:32]}-{name}"
    kept = _kept(path)
    if kept is not None:
        return kept
    data = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path, overwrite=True) as handle:
            handle.write(hashlib.sha256(data).digest() + data)
    except (OSError, StorageError) as error:
        logger.debug("%s is not kept: %s", path, error)
    return data


def _kept(path: Path) -> bytes | None:
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    data = whole[hashlib.sha256().digest_size :]
    return data if hashlib.sha256(data).digest() == whole[: len(whole) - len(data)] else None
