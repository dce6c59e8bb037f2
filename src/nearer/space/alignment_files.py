"""An alignment on disk: a folder of `alignment.json` and `map.safetensors`; nothing is pickled."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nearer.errors import IntegrityError, StorageError
from nearer.replace import new_folder, whole_folder
from nearer.space import tensors
from nearer.space.align_fit import METHODS
from nearer.space.alignment import Alignment, Fit
from nearer.space.checks import METRICS, is_identity
from nearer.space.store import write_file

NAME, ARRAYS = "alignment.json", "map.safetensors"
FORMAT, VERSION = "nearer-alignment", 1
REMEDY = "save the alignment again, or take it from a backup"
TOLD = ("method", "ridge", "source_identity", "target_identity", "source_metric", "target_metric", "n")


def write(alignment: Alignment, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write `alignment` as a folder at `path`; what `Alignment.save` says holds."""
    target = Path(path)
    foreign = target.is_dir() and any(target.iterdir()) and not (target / NAME).is_file()
    if target.is_file() or foreign:
        raise StorageError("exists and is no alignment", file=target, remedy="choose another path")
    with new_folder(target, overwrite) as folder:
        arrays = {
            "matrix": alignment.matrix,
            "source_centre": alignment.source_centre,
            "target_centre": alignment.target_centre,
        }
        record = write_file(folder / ARRAYS, tensors.packed(arrays))
        fields = {
            "format": FORMAT,
            "version": VERSION,
            **{name: getattr(alignment, name) for name in TOLD},
            "source_dim": alignment.source_dim,
            "target_dim": alignment.target_dim,
            "fit": None if alignment.fit is None else asdict(alignment.fit),
            "digest": alignment.digest,
            "files": {ARRAYS: asdict(record)},
        }
        text = json.dumps({**fields, "sha256": _digest(fields)}, indent=2) + "\n"
        write_file(folder / NAME, [text.encode()])


def read(path: str | os.PathLike[str]) -> Alignment:
    """The alignment saved at `path`, its numbers memory-mapped; every hash is checked."""
    folder = whole_folder(Path(path))
    fields = _read_fields(folder)
    arrays = folder / ARRAYS
    try:
        with arrays.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
            expected = fields["files"][ARRAYS]["sha256"]
            if found != expected:
                raise IntegrityError(
                    f"has SHA-256 {found}, expected {expected}: it was changed", file=arrays, remedy=REMEDY
                )
            handle.seek(0)
            d, e = int(fields["source_dim"]), int(fields["target_dim"])
            shapes = {"matrix": (d, e), "source_centre": (d,), "target_centre": (e,)}
            parts = tensors.mapped(arrays, handle, {name: ("F32", shape) for name, shape in shapes.items()})
        return _parsed(fields, parts)
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=arrays, remedy=REMEDY) from None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, IntegrityError):
            raise
        raise IntegrityError(
            f"breaks the format: {type(error).__name__}: {error}", file=folder / NAME, remedy=REMEDY
        ) from None


def _read_fields(folder: Path) -> dict[str, Any]:
    path = folder / NAME
    try:
        fields: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise IntegrityError(
            f"is no alignment: it holds no {NAME}", file=folder, remedy="pass the folder that save() wrote"
        ) from None
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"is not whole JSON: {error}", file=path, remedy=REMEDY) from None
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=path, remedy=REMEDY) from None
    if not isinstance(fields, dict) or (fields.get("format"), fields.get("version")) != (FORMAT, VERSION):
        raise IntegrityError(
            f"is not of format {FORMAT!r}, version {VERSION}",
            file=path,
            remedy="pass the folder that save() wrote, or install the release of Nearer that wrote it",
        )
    expected, found = fields.pop("sha256", None), _digest(fields)
    if found != expected:
        raise IntegrityError(f"was edited: its fields have SHA-256 {found}", file=path, remedy=REMEDY)
    return fields


def _parsed(fields: dict[str, Any], parts: list[Any]) -> Alignment:
    """The alignment, with the types and ranges that the format promises."""
    known = fields["method"] in METHODS and {fields["source_metric"], fields["target_metric"]} <= {*METRICS}
    if not known or not is_identity(fields["source_identity"]) or not is_identity(fields["target_identity"]):
        raise ValueError("method, metric or identity is none that this version knows")
    told = {name: fields[name] for name in TOLD}
    fit = None if fields["fit"] is None else Fit(**fields["fit"])
    matrix, source, target = parts
    alignment = Alignment(matrix, source, target, fit=fit, **told)
    if alignment.digest != fields["digest"]:
        raise ValueError("the map is not the one that it tells of")
    return alignment


def _digest(fields: dict[str, Any]) -> str:
    """SHA-256 of the fields as JSON with sorted names and no spaces."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
