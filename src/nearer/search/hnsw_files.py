"""The HNSW index on disk: `NAME.space/hnsw/` holds `index.usearch`, and `header.json` that vouches for it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from nearer.errors import IntegrityError, StorageError, shown
from nearer.space import Space
from nearer.space.identity import content_identity, require_same

FOLDER, INDEX, HEADER = "hnsw", "index.usearch", "header.json"
FORMAT = "nearer-hnsw/1"
PARAMETERS = ("connectivity", "expansion_add", "expansion_search", "oversampling", "dtype")
_REMEDY = "build it again with HNSW.open(space, path)"


class Header:
    """What an index was made of: the identity and content of its space, and its parameters.

    The content tells rows from rows: a part of a space keeps the identity of the whole.
    """

    def __init__(
        self,
        space: Space,
        *,
        connectivity: int,
        expansion_add: int,
        expansion_search: int,
        oversampling: float,
        dtype: str,
    ) -> None:
        self.identity = space.identity
        self.content = content_identity(space.keys, space.vectors, space.metric)
        self.metric, self.dim, self.count = space.metric, space.dim, len(space)
        self.connectivity, self.expansion_add = connectivity, expansion_add
        self.expansion_search, self.oversampling, self.dtype = expansion_search, oversampling, dtype

    def differences(self, parameters: dict[str, Any]) -> str:
        """The `parameters` that this header holds another value of, as text; empty if there is none."""
        return ", ".join(
            f"{name} was {getattr(self, name)!r} and is now {value!r}"
            for name, value in parameters.items()
            if hasattr(self, name) and getattr(self, name) != value
        )


def write(path: Path, header: Header, index: Any) -> Path:
    """Write index and header into `path`/hnsw.

    Each file is written beside and renamed, the header last. A kill in between leaves an index that does not
    have the hash in the header, which `read` refuses and `HNSW.open` builds again.
    """
    from importlib.metadata import version  # noqa: PLC0415  (slow to load, and seldom needed)

    folder = path / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data = bytes(index.save())
        facts = {
            "format": FORMAT,
            **vars(header),
            "sha256": hashlib.sha256(data).hexdigest(),
            "usearch": version("usearch"),
        }
        _replace(folder / INDEX, data)
        _replace(folder / HEADER, json.dumps(facts, indent=2).encode())
    except OSError as error:
        raise StorageError(f"the index cannot be written: {error.strerror or error}", file=folder) from error
    return folder


def _replace(file: Path, data: bytes) -> None:
    beside = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def read(path: Path, space: Space) -> tuple[Header, Any]:
    """Header and memory-mapped index of `path`/hnsw, checked against `space` and the hash.

    Raises `IntegrityError` and `SpaceMismatch`.
    """
    from usearch.index import Index  # noqa: PLC0415  (`import nearer` must not load it)

    folder = path / FOLDER
    facts = _facts(folder / HEADER)
    remedy = "pass the space it was made for, or build one of this space with HNSW(space)"
    require_same(str(facts["identity"]), space.identity, f"the index in {folder}", remedy)
    file = folder / INDEX
    try:
        with file.open("rb") as data:
            found = hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=file, remedy=_REMEDY) from None
    if found != facts["sha256"]:
        raise IntegrityError(
            f"has SHA-256 {found[:12]}, {HEADER} says {str(facts['sha256'])[:12]}", file=file, remedy=_REMEDY
        )
    header = Header(space, **{name: facts[name] for name in PARAMETERS})
    if facts["content"] != header.content:
        raise IntegrityError(
            f"the index is of other rows: content {str(facts['content'])[:12]}, not {header.content[:12]}",
            file=folder / HEADER,
            remedy=_REMEDY,
        )
    try:
        index = Index.restore(str(file), view=True)
    except (RuntimeError, ValueError) as error:
        raise IntegrityError(f"usearch cannot open it: {error}", file=file, remedy=_REMEDY) from None
    if index is None or len(index) != len(space) or index.ndim != space.dim:
        raise IntegrityError("does not hold the vectors of the space", file=file, remedy=_REMEDY)
    return header, index


def _facts(file: Path) -> dict[str, Any]:
    try:
        facts = json.loads(file.read_bytes())
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=file, remedy=_REMEDY) from None
    except ValueError:
        raise IntegrityError("is not JSON", file=file, remedy=_REMEDY) from None
    kind = facts.get("format") if isinstance(facts, dict) else None
    if kind != FORMAT:
        raise IntegrityError(f"has format {shown(kind)}, expected {FORMAT}", file=file, remedy=_REMEDY)
    for name in ("identity", "content", "sha256", *PARAMETERS):
        if name not in facts:
            raise IntegrityError(f"lacks {name!r}", file=file, remedy=_REMEDY)
    return dict(facts)


def require_belongs(path: Path, space: Space) -> None:
    """Raise `SpaceMismatch` if `path` is of a space of another identity.

    The saved space decides; where only an index is there, its header does.
    """
    for file in (path / "space.json", path / FOLDER / HEADER):
        try:
            identity = json.loads(file.read_bytes())["identity"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        require_same(
            str(identity), space.identity, f"{file}", "pass the space that was saved there, or another path"
        )
        return
