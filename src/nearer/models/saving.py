"""Models on disk: a folder as a checkpoint is one (`checkpoint.py`), written at one instant.

A model that is loaded is fitted as it was: it encodes, and `fit` goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nearer.encoders import SAVED_MODELS, Encoder
from nearer.errors import IntegrityError, ModelNotFound, StorageError
from nearer.models.checkpoint import Kind, read_record, read_state, save_checkpoint
from nearer.models.state import TrainingState
from nearer.replace import new_folder, whole_folder

RECORD = "state.json"  # what marks a folder as a checkpoint or a saved model
POSITION = "position"  # where in its rounds of epochs the model stands
SAVED_MODEL = Kind("saved model", "restore it from a copy, or fit and save again")


OPENERS: dict[str, Callable[[Path], Encoder]] = {}  # the name of a model that encodes -> what loads it


def open_model(path: Path) -> Encoder:
    """The saved model in a folder, whichever it is; raises `IntegrityError` for a checkpoint."""
    record = read_record(whole_folder(path), SAVED_MODEL)
    name = record["settings"].get("model")
    if POSITION not in record["settings"] or name not in OPENERS:
        raise IntegrityError("this is no saved model", file=path, remedy="a checkpoint is resumed by fit")
    return OPENERS[name](path)


SAVED_MODELS[RECORD] = open_model


def save_model(
    path: Path,
    state: TrainingState,
    settings: dict[str, object],
    position: dict[str, Any],
    overwrite: bool,
) -> None:
    """Write `state`, the settings that made it and where it stands.

    Raises `StorageError`, before anything is written where `path` is something other than a saved model.
    """
    if not can_save_model(path):
        raise StorageError("exists and is no saved model", file=path, remedy="choose another path")
    with new_folder(path, overwrite) as folder:
        save_checkpoint(folder, state, {**settings, POSITION: position}, str(position["fingerprint"]))


def can_save_model(path: Path) -> bool:
    """Whether nothing, an empty folder or a saved model is at `path`, so that saving there loses no more."""
    if not path.exists():
        return True
    if not path.is_dir():
        return False
    if not any(path.iterdir()):
        return True
    try:
        return POSITION in read_record(path)["settings"]
    except (IntegrityError, OSError):
        return False


def load_model(path: Path, model: str) -> tuple[dict[str, Any], TrainingState, dict[str, Any]]:
    """Settings, state and position of a saved model of the named kind.

    Raises `ModelNotFound` where there is no folder, `IntegrityError` if it is no such model or was changed.
    """
    folder = whole_folder(path)
    if not (folder / RECORD).exists():
        raise ModelNotFound(f"{str(path)!r} is no saved model", remedy="give the folder that save wrote")
    record = read_record(folder, SAVED_MODEL)
    settings = dict(record["settings"])
    position = settings.pop(POSITION, None)
    if position is None or settings.pop("model", None) != model:
        raise IntegrityError(f"this is no saved {model}", file=path, remedy="a checkpoint is resumed by fit")
    return settings, read_state(folder, record, SAVED_MODEL), position
