"""A contrastive model on disk: its state, its networks' settings and plans, and its frozen encoders by name.

A space of keys that was given as an object is copied beside the weights.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nearer.signal
from nearer.errors import IntegrityError
from nearer.models.contrastive_parts import Side, side_again
from nearer.models.saving import load_model, save_model
from nearer.models.state import TrainingState
from nearer.networks import Plan
from nearer.signal import Signal
from nearer.space import Space

COPY = "copy."  # arrays and names of a space that is saved with the model
SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Saved:
    """What a folder holds.

    parameters : of the constructor; settings : as they are recorded; the others : as they were saved.
    """

    parameters: dict[str, Any]
    settings: dict[str, Any]
    sides: list[Side]
    plans: list[Plan]
    state: TrainingState
    position: dict[str, Any]


def save(
    path: Path,
    state: TrainingState,
    settings: Mapping[str, object],
    sides: Sequence[Side],
    plans: Sequence[Plan],
    position: dict[str, Any],
    overwrite: bool,
) -> None:
    """Write the model at one instant; raises `StorageError`."""
    arrays, names = dict(state.arrays), dict(state.names)
    metrics = {}
    for name, side in zip(SIDES, sides, strict=False):
        if (space := side.copied) is not None:
            arrays[COPY + name], names[COPY + name] = np.asarray(space.vectors), list(space.keys)
            metrics[name] = [space.metric, space.identity]
    parts = {
        "sides": [side.described() for side in sides],
        "plans": list(plans),
        "copied": metrics,
    }
    whole = dataclasses.replace(state, arrays=arrays, names=names)
    save_model(path, whole, {"model": "Contrastive", **settings, "parts": parts}, position, overwrite)


def load(path: Path, given: Mapping[str, Any]) -> Saved:
    """What `save` wrote; `given` are frozen encoders and networks that are not in the folder.

    Raises `ModelNotFound`, `IntegrityError`, `SpaceMismatch`; `ParameterError` for a side that is missing.
    """
    settings, state, position = load_model(path, "Contrastive")
    parts = settings.pop("parts")
    two = len(parts["sides"]) == 2
    parameters, sides = dict(settings), []
    for name, record, plan in zip(SIDES, parts["sides"], parts["plans"], strict=False):
        parameter = name if two else "encoder"
        space = None
        if name in parts["copied"]:
            metric, identity = parts["copied"][name]
            vectors = state.arrays.pop(COPY + name)
            space = Space(state.names.pop(COPY + name), vectors, metric, identity=identity)
        side = side_again(record, plan, space, given.get(parameter), path)
        sides.append(side)
        parameters[parameter] = given.get(parameter, _named(side, record))
    parameters["signal"] = signal_again(settings["signal"], path)
    return Saved(parameters, settings, sides, parts["plans"], state, position)


def _named(side: Side, record: Mapping[str, Any]) -> Any:
    """The parameter that stands for a side again."""
    if side.frozen is None:
        return side.network
    if (space := side.copied) is not None:
        return space
    return side.frozen if record["frozen"] is None else record["frozen"]


def signal_again(record: Mapping[str, Any], path: Path) -> Signal:
    """The signal that `settings` told of."""
    values = dict(record)
    kind = getattr(nearer.signal, str(values.pop("signal", "")), None)
    if kind is None:
        raise IntegrityError(
            "its signal is none of Nearer's", file=path, remedy="load it with the release that saved it"
        )
    signal: Signal = kind(**values)
    return signal
