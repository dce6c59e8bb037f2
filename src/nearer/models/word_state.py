"""The state of a word-training run: matrices, progress and loss; saved and read as checkpoints.

A checkpoint is a folder: ``state.json`` names everything else with its SHA-256; matrices are safetensors,
words a JSON list. A new checkpoint is written beside the old one and ``state.json`` is replaced last, so a
kill at any instant leaves one whole checkpoint. Other files in the folder are left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import IntegrityError, ParameterError, StorageError
from nearer.kernels.words import padded_rows

FORMAT = "nearer-word-checkpoint-1"
START_ANEW = "delete the checkpoint folder to train from the start"
SEED_ROWS = 4096  # rows seeded at a time
OWN_FILES = re.compile(  # of checkpoints before this one, and what a killed process left of them
    r"(matrices|words)-\d+-\d+\.(safetensors|json)|\.(matrices|words|state)[-\d]*\.(safetensors|json)\.\d+"
)


@dataclass
class WordState:
    """What training changes.

    Attributes
    ----------
    words, counts : the vocabulary.
    word_rows, output_rows : float32 (v, stride), padded and aligned.
    next_unit : units trained so far in this round of epochs.
    rounds, epochs_before : rounds of epochs that were completed before this one, and their epochs.
    loss_curve : mean loss per centre-context pair, a value for each twentieth of an epoch.
    point_loss, point_pairs : what the value under way has gathered.
    seconds : time spent training.
    """

    words: list[str]
    counts: NDArray[np.int64]
    dim: int
    word_rows: NDArray[np.float32]
    output_rows: NDArray[np.float32]
    next_unit: int = 0
    rounds: int = 0
    epochs_before: float = 0.0
    loss_curve: list[float] = field(default_factory=list)
    point_loss: float = 0.0
    point_pairs: int = 0
    seconds: float = 0.0

    def start_round(self, epochs_done: float) -> None:
        """Begin another round of epochs from the vectors there are."""
        self.rounds += 1
        self.epochs_before += epochs_done
        self.next_unit = 0
        self.point_loss, self.point_pairs = 0.0, 0


def seeded_state(words: list[str], counts: NDArray[np.int64], dim: int, seed: int) -> WordState:
    """Word vectors uniform in (-1/2, 1/2) / dim from `seed`, output vectors zero (as word2vec starts)."""
    word_rows = padded_rows(len(words), dim)
    source = np.random.Philox(key=seed)  # its raw bits are a stream that NumPy never changes
    for start in range(0, len(words), SEED_ROWS):
        rows = word_rows[start : start + SEED_ROWS, :dim]
        bits = source.random_raw(rows.size).reshape(rows.shape) >> np.uint64(40)
        rows[:] = (bits * 2.0**-24 - 0.5) / dim
    return WordState(words, counts, dim, word_rows, padded_rows(len(words), dim))


def run_fingerprint(tokens: NDArray[np.uint32], words: list[str], settings: dict[str, object]) -> str:
    """SHA-256 of the encoded corpus, its vocabulary and the settings that decide a run."""
    digest = hashlib.sha256(json.dumps([settings, words], sort_keys=True).encode())
    digest.update(tokens.data)
    return digest.hexdigest()


def save_checkpoint(folder: Path, state: WordState, settings: dict[str, object], fingerprint: str) -> None:
    """Write `state` into `folder` and let go of the checkpoint before; raises `StorageError`."""
    name = f"{state.rounds:04d}-{state.next_unit:012d}"
    matrices, words = folder / f"matrices-{name}.safetensors", folder / f"words-{name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hashes = {
            matrices.name: _write_durably(matrices, lambda beside: _write_matrices(state, beside)),
            words.name: _write_durably(words, lambda beside: _write_json(state.words, beside)),
        }
        record = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "settings": settings,
            "dim": state.dim,
            "next_unit": state.next_unit,
            "rounds": state.rounds,
            "epochs_before": state.epochs_before,
            "loss_curve": state.loss_curve,
            "point_loss": state.point_loss.hex(),
            "point_pairs": state.point_pairs,
            "seconds": state.seconds,
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


def _write_matrices(state: WordState, path: Path) -> None:
    from safetensors import SafetensorError  # noqa: PLC0415  (only checkpoints need it)
    from safetensors.numpy import save_file  # noqa: PLC0415

    try:
        save_file(
            {"word_rows": state.word_rows, "output_rows": state.output_rows, "counts": state.counts}, path
        )
    except SafetensorError as error:
        raise OSError(str(error)) from None


def _write_json(value: object, path: Path) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _write_durably(path: Path, write: Callable[[Path], None]) -> str:
    """Write beside `path`, make it durable, move it there; returns the SHA-256 of its bytes."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)  # what a failed write left takes room that may be scarce
    return digest


def load_checkpoint(folder: Path, settings: dict[str, object], fingerprint: str) -> WordState | None:
    """The state in `folder`, or None where there is none.

    Raises `ParameterError` if it belongs to another corpus or other settings, `IntegrityError` if a file is
    cut short or edited.
    """
    from safetensors.numpy import load  # noqa: PLC0415

    if not (folder / "state.json").exists():
        return None
    record = _read_record(folder)
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
    contents = {file: _read_checked(folder / file, expected) for file, expected in record["files"].items()}
    matrices = load(next(data for file, data in contents.items() if file.startswith("matrices-")))
    words = json.loads(next(data for file, data in contents.items() if file.startswith("words-")))
    state = _aligned_state(matrices, words, record["dim"])
    for name in ("next_unit", "rounds", "epochs_before", "loss_curve", "point_pairs", "seconds"):
        setattr(state, name, record[name])
    state.point_loss = float.fromhex(record["point_loss"])
    return state


def _aligned_state(matrices: dict[str, Any], words: list[str], dim: int) -> WordState:
    """A state over aligned copies of the given matrices."""
    word_rows, output_rows = padded_rows(len(words), dim), padded_rows(len(words), dim)
    word_rows[:] = matrices["word_rows"]
    output_rows[:] = matrices["output_rows"]
    return WordState(words, matrices["counts"], dim, word_rows, output_rows)


def _read_record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / "state.json").read_bytes())
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise IntegrityError(
            f"not a checkpoint of format {FORMAT}", file=folder / "state.json", remedy=START_ANEW
        )
    if record.pop("sha256", None) != _record_hash(record):
        raise IntegrityError("the record was edited", file=folder / "state.json", remedy=START_ANEW)
    return record


def _record_hash(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _read_checked(path: Path, expected: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise IntegrityError("the checkpoint's file is missing", file=path, remedy=START_ANEW) from None
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise IntegrityError(
            f"the checkpoint's file is cut short or edited: SHA-256 {found[:12]}, expected {expected[:12]}",
            file=path,
            remedy=START_ANEW,
        )
    return data
