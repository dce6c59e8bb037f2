"""Recommenders on disk: a folder as a saved model is one (`saving.py`), with the interactions inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.interactions import Interactions
from nearer.errors import IntegrityError
from nearer.models.checkpoint import read_record
from nearer.models.parameters import plain
from nearer.models.saving import RECORD, SAVED_MODEL, load_model, save_model
from nearer.models.state import TrainingState
from nearer.replace import whole_folder

if TYPE_CHECKING:
    from nearer.models.recommender import Recommender

OWN = "interactions."  # arrays whose names begin so are those of the interactions
TABLE = "item_table"  # the payload of the items, as an Arrow stream


@dataclass(frozen=True, eq=False)
class Found:
    """What a saved recommender holds."""

    kind: type[Recommender]
    parameters: dict[str, Any]
    interactions: Interactions
    item_table: Any
    arrays: dict[str, NDArray[Any]]


def write_recommender(
    path: Path,
    parameters: Mapping[str, Any],
    learned: Mapping[str, NDArray[Any]],
    data: Interactions,
    item_table: Any,
    overwrite: bool,
) -> None:
    """Write `parameters` with the name of the model, what it `learned` and the interactions.

    Raises `StorageError`.
    """
    arrays: dict[str, NDArray[Any]] = {name: np.ascontiguousarray(array) for name, array in learned.items()}
    arrays |= {f"{OWN}indptr": data.indptr, f"{OWN}indices": data.indices}
    if data.weights is not None:
        arrays[f"{OWN}weights"] = data.weights
    if data.times is not None:
        arrays[f"{OWN}times"] = data.times
    if item_table is not None:
        arrays[TABLE] = _packed(item_table)
    state = TrainingState(0, arrays, {"users": list(data.users), "items": list(data.items)})
    settings = {name: plain(value) for name, value in parameters.items()}
    save_model(path, state, settings, {"fingerprint": "", "kind": "recommender"}, overwrite)


def read_recommender(path: Path, kinds: Mapping[str, type[Recommender]]) -> Found:
    """What was saved at `path`.

    Raises `ModelNotFound`, `IntegrityError` if it is none of `kinds`, cut short or edited.
    """
    name, folder = "", whole_folder(path)
    if (folder / RECORD).is_file():
        name = str(read_record(folder, SAVED_MODEL)["settings"].get("model", ""))
        if name not in kinds:
            raise IntegrityError(
                f"this is a saved {name or 'checkpoint'} and no {' or '.join(sorted(kinds))}",
                file=path,
                remedy="give the folder that a recommender's save wrote",
            )
    settings, state, _ = load_model(path, name)
    arrays = dict(state.arrays)
    own = {key.removeprefix(OWN): arrays.pop(key) for key in list(arrays) if key.startswith(OWN)}
    table = arrays.pop(TABLE, None)
    data = Interactions(
        state.names["users"],
        state.names["items"],
        own["indptr"],
        own["indices"],
        own.get("weights"),
        own.get("times"),
    )
    kind = kinds[name]
    parameters = {key: value for key, value in settings.items() if key in kind.parameter_names()}
    return Found(kind, parameters, data, None if table is None else _unpacked(table), arrays)


def _packed(table: Any) -> NDArray[np.uint8]:
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return np.frombuffer(sink.getvalue().to_pybytes(), np.uint8)


def _unpacked(stream: NDArray[np.uint8]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    copy = pa.BufferOutputStream()
    copy.write(stream.tobytes())
    return pa.ipc.open_stream(copy.getvalue()).read_all()
