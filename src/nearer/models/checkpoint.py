"""Checkpoints: the state of a training run, saved in a folder and read from there.

``state.json`` names everything else with its SHA-256; arrays are safetensors, names JSON lists. A new
checkpoint is written beside the old one and ``state.json`` is replaced last, so a kill at any instant leaves
one whole checkpoint. Other files in the folder are left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.errors import IntegrityError, ParameterError, StorageError
from nearer.kernels.training import aligned_copy
from nearer.models.state import TrainingState

FORMAT = "nearer-checkpoint-1"
OWN_FILES = re.compile(  # of checkpoints before this one, and what a killed process left of them
    r"(arrays|names)-\d+-\d+\.(safetensors|json)|\.(arrays|names|state)[-\d]*\.(safetensors|json)\.\d+"
)
PROGRESS = ("dim", "next_unit", "rounds", "epochs_before", "loss_curve", "point_pairs", "seconds")


@dataclass(frozen=True)
class Kind:
    """What a folder with a state is called in messages, and what to do about one that is damaged."""

    name: str
    remedy: str


CHECKPOINT = Kind("checkpoint", "delete the checkpoint folder to train from the start")


def save_checkpoint(
    folder: Path, state: TrainingState, settings: dict[str, object], fingerprint: str
) -> None:
    """Write `state` into `folder` and let go of the checkpoint before; raises `StorageError`."""
    name = f"{state.rounds:04d}-{state.next_unit:012d}"
    arrays, names = folder / f"arrays-{name}.safetensors", folder / f"names-{name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hashes = {
            arrays.name: _write_durably(arrays, lambda beside: _write_arrays(state, beside)),
            names.name: _write_durably(names, lambda beside: _write_json(state.names, beside)),
        }
        record = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "settings": settings,
            **{name: getattr(state, name) for name in PROGRESS},
            "point_loss": state.point_loss.hex(),
            "files": hashes,
        }
        record["sha256"] = _record_hash(record)
        _write_durably(folder / "state.json", lambda beside: _write_json(record, beside))
        for old in folder.iterdir():
            if old.name not in hashes and OWN_FILES.fullmatch(old.name):
                old.unlink()
    except OSError as error:
        raise StorageError(
            f"the checkpoint cannot be written: {error.strerror or error}",
            file=folder,
            remedy="the checkpoint before it is whole; free room or name another folder",
        ) from None


def require_writable(folder: Path) -> None:
    """Raise `StorageError` unless checkpoints can be written into `folder`, which is made if need be."""
    probe = folder / f".state.json.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"checkpoints cannot be written here: {error.strerror or error}",
            file=folder,
            remedy="name another folder",
        ) from None


def _write_arrays(state: TrainingState, path: Path) -> None:
    from safetensors import SafetensorError  # noqa: PLC0415  (only checkpoints need it)
    from safetensors.numpy import save_file  # noqa: PLC0415

    try:
        save_file(state.arrays, path)
    except SafetensorError as error:
        raise OSError(str(error)) from None


def _write_json(value: object, path: Path) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _write_durably(path: Path, write: Callable[[Path], None]) -> str:
    """Write beside `path`, make it durable, move it there; returns the SHA-256 of its bytes."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.touch()
        mode = beside.stat().st_mode  # as the umask wants it; safetensors makes files that only we may read
        write(beside)
        beside.chmod(mode)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)  # what a failed write left takes room that may be scarce
    return digest


def load_checkpoint(folder: Path, settings: dict[str, object], fingerprint: str) -> TrainingState | None:
    """The state in `folder`, or None where there is none.

    Raises `ParameterError` if it belongs to another corpus or other settings, `IntegrityError` if a file is
    cut short or edited.
    """
    if not (folder / "state.json").exists():
        return None
    record = read_record(folder)
    differing = [name for name, value in settings.items() if record["settings"].get(name) != value]
    if differing or record["fingerprint"] != fingerprint:
        what = (
            ", ".join(f"{name}={record['settings'].get(name)!r}" for name in differing)
            if differing
            else "another corpus"
        )
        raise ParameterError(
            f"the checkpoint was made with {what}",
            file=folder,
            remedy="fit with the same corpus and settings, or name another folder",
        )
    return read_state(folder, record)


def read_state(folder: Path, record: dict[str, Any], kind: Kind = CHECKPOINT) -> TrainingState:
    """The state that `record` describes; raises `IntegrityError` if a file is cut short or edited."""
    from safetensors.numpy import load  # noqa: PLC0415

    contents = {
        file: _read_checked(folder / file, expected, kind) for file, expected in record["files"].items()
    }
    arrays = load(next(data for file, data in contents.items() if file.startswith("arrays-")))
    names = json.loads(next(data for file, data in contents.items() if file.startswith("names-")))
    aligned = {name: aligned_copy(arrays.pop(name)) for name in sorted(arrays)}
    state = TrainingState(record["dim"], aligned, names)
    for name in PROGRESS:
        setattr(state, name, record[name])
    state.point_loss = float.fromhex(record["point_loss"])
    return state


def read_record(folder: Path, kind: Kind = CHECKPOINT) -> dict[str, Any]:
    """The record in a folder, `state.json`; raises `IntegrityError` if it is none or was edited."""
    try:
        record = json.loads((folder / "state.json").read_bytes())
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise IntegrityError(
            f"not a {kind.name} of format {FORMAT}", file=folder / "state.json", remedy=kind.remedy
        )
    if record.pop("sha256", None) != _record_hash(record):
        raise IntegrityError("the record was edited", file=folder / "state.json", remedy=kind.remedy)
    return record


def _record_hash(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _read_checked(path: Path, expected: str, kind: Kind) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise IntegrityError(f"the {kind.name}'s file is missing", file=path, remedy=kind.remedy) from None
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise IntegrityError(
            f"the {kind.name}'s file is cut short or edited: SHA-256 {found[:12]}, expected {expected[:12]}",
            file=path,
            remedy=kind.remedy,
        )
    return data
