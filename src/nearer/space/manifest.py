"""`space.json`: what a `.space` folder says about itself, and the hash of every file in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nearer.errors import IntegrityError, shown
from nearer.space.checks import METRICS, Metric, is_identity

NAME = "space.json"
MODEL = "state.json"  # what a saved model holds instead
FORMAT = "nearer-space"
VERSIONS = {"float32": 1, "float16": 2, "int8": 2, "binary": 2}  # dtype -> version that brought it
REMEDY = "save the space again, or take it from a backup"


@dataclass(frozen=True)
class FileRecord:
    """Size in bytes and SHA-256 of a file as it was written."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The fields of `space.json` that describe the space."""

    n: int
    dim: int
    metric: Metric
    identity: str
    provenance: dict[str, Any]
    files: dict[str, FileRecord]
    dtype: str = "float32"

    def text(self) -> str:
        """The file's text: indented JSON whose last field is the hash of all the others."""
        from importlib import metadata  # noqa: PLC0415  (slow to load, and seldom needed)

        fields = {
            "format": FORMAT,
            "version": VERSIONS[self.dtype],
            "nearer": metadata.version("nearer"),
            "n": self.n,
            "dim": self.dim,
            "dtype": self.dtype,
            "metric": self.metric,
            "identity": self.identity,
            "provenance": self.provenance,
            "files": {name: asdict(record) for name, record in self.files.items()},
        }
        return json.dumps({**fields, "sha256": _digest(fields)}, indent=2) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read and check `space.json`.

    Raises `IntegrityError` for a folder that is no space, a file that is cut short or edited, and a version
    this release cannot read.
    """
    path = folder / NAME
    try:
        fields = json.loads(path.read_bytes())
    except FileNotFoundError:
        model = (folder / MODEL).is_file()
        raise IntegrityError(
            f"is {'a saved model and ' if model else ''}no Nearer space: it holds no {NAME}",
            file=folder,
            remedy="open it by nearer.encoder or nearer.recommender (nearer recommend), or save its vectors "
            "with --space"
            if model
            else "pass the folder that save() wrote",
        ) from None
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"is not whole JSON: {error}", file=path, remedy=REMEDY) from None
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=path, remedy=REMEDY) from None
    _require_readable(path, fields)
    _require_unedited(path, fields)
    try:
        return _parsed(fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(
            f"breaks the format: {type(error).__name__}: {error}", file=path, remedy=REMEDY
        ) from None


def _require_readable(path: Path, fields: Any) -> None:
    """The file must say that it is ours and of a version that is known here."""
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        found = fields.get("format") if isinstance(fields, dict) else fields
        raise IntegrityError(
            f"is of format {shown(found)}, not {FORMAT!r}",
            file=path,
            remedy="pass the folder that save() wrote",
        )
    if fields.get("version") not in VERSIONS.values():
        readable = " and ".join(map(str, sorted(set(VERSIONS.values()))))
        raise IntegrityError(
            f"is of version {shown(fields.get('version'))}, this release reads versions {readable}",
            file=path,
            remedy="install the release of Nearer that wrote it, or a newer one",
        )


def _require_unedited(path: Path, fields: dict[str, Any]) -> None:
    expected = fields.pop("sha256", None)
    found = _digest(fields)
    if found != expected:
        raise IntegrityError(
            f"was edited: its fields have SHA-256 {found}, it says {shown(expected, 80)}",
            file=path,
            remedy=REMEDY,
        )


def _parsed(fields: dict[str, Any]) -> Manifest:
    """The fields, with the types and ranges that the format promises."""
    files = {name: FileRecord(int(f["bytes"]), str(f["sha256"])) for name, f in fields["files"].items()}
    manifest = Manifest(
        n=int(fields["n"]),
        dim=int(fields["dim"]),
        metric=fields["metric"],
        identity=fields["identity"],
        provenance=dict(fields["provenance"]),
        files=files,
        dtype=fields["dtype"],
    )
    known = VERSIONS.get(manifest.dtype) == fields["version"] and manifest.metric in METRICS
    if not known or not is_identity(manifest.identity):
        raise ValueError("dtype, metric or identity is none that this version knows")
    if manifest.n < 0 or manifest.dim < 1:
        raise ValueError(f"n is {manifest.n}, dim is {manifest.dim}")
    return manifest


def _digest(fields: dict[str, Any]) -> str:
    """SHA-256 of the fields as JSON with sorted names and no spaces."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
