"""JSON files that say what they are and carry the hash of all their fields: an edit or a cut is noticed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from nearer.errors import IntegrityError, shown

REMEDY = "take it from a backup, or make it anew"


def sealed(kind: str, version: int, fields: dict[str, Any]) -> bytes:
    """The file's bytes: `format`, `version`, the fields, and last the SHA-256 of all before it."""
    from importlib import metadata  # noqa: PLC0415  (slow to load)

    told = {"format": kind, "version": version, "nearer": metadata.version("nearer"), **fields}
    return (json.dumps({**told, "sha256": _digest(told)}) + "\n").encode()


def unsealed(path: Path, kind: str, version: int) -> dict[str, Any]:
    """The fields of a file that `sealed` made.

    Raises `IntegrityError` where it is missing, cut short, edited, of another kind or another version.
    """
    try:
        fields = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise IntegrityError(
            f"holds no {path.name}", file=path.parent, remedy="pass the folder that was written"
        ) from None
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"is not whole JSON: {error}", file=path, remedy=REMEDY) from None
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=path, remedy=REMEDY) from None
    if not isinstance(fields, dict) or fields.get("format") != kind:
        found = fields.get("format") if isinstance(fields, dict) else fields
        raise IntegrityError(
            f"is of format {shown(found)}, not {kind!r}", file=path, remedy="pass the folder that was written"
        )
    if fields.get("version") != version:
        raise IntegrityError(
            f"is of version {shown(fields.get('version'))}, this release reads version {version}",
            file=path,
            remedy="use the release of Nearer that wrote it",
        )
    expected = fields.pop("sha256", None)
    if (found := _digest(fields)) != expected:
        raise IntegrityError(
            f"was edited: its fields have SHA-256 {found}, it says {shown(expected, 80)}",
            file=path,
            remedy=REMEDY,
        )
    return fields


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
