"""What is judged: a space, or raw items that an encoder turns into one; queries in the same forms."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import nearer
from nearer.cli.evaluate.encoders import Timed
from nearer.cli.identified import carries_identity
from nearer.data import is_table_file
from nearer.encoders import metric_of
from nearer.errors import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger("nearer")

ROLES = ("item", "key", "label")  # of --columns, where raw items are encoded
OF_WORDS = ("text", "key", "vector", None)  # what encoders of texts by key may say that they read
FOLDER = "folder"  # the payload column of items that are labelled by where they lie


def columns_of(given: str | None) -> tuple[list[str] | None, dict[str, str]]:
    """--columns: names in their order, or names by role (item=..., key=..., label=...)."""
    if given is None:
        return None, {}
    parts = given.split(",")
    if not any("=" in part for part in parts):
        return parts, {}
    roles = dict(part.partition("=")[::2] for part in parts)
    if set(roles) <= set(ROLES) and all(roles.values()) and len(roles) == len(parts):
        return None, roles
    raise typer.BadParameter(f"--columns {given} is neither A,B,C nor item=A,key=B,label=C")


def documents(name: str, encoder: Timed | None) -> nearer.Space:
    """The space called `name`; with an `encoder`, that of the texts in the file `name`."""
    if encoder is None:
        return nearer.load(name)
    keys, texts = nearer.evaluate.read_texts(name)
    return _space(encoder, keys, encoder.encode_document(texts))


def labelled(
    name: str, encoder: Timed | None, labels: str | None, roles: Mapping[str, str]
) -> tuple[nearer.Space, str]:
    """A space and its labels: a file, or one of its columns.

    With an `encoder`, `name` holds raw items: texts by key, a table whose columns `roles` may name, or a
    folder, whose files are labelled by the folder they lie in unless there are labels.
    """
    by_key = labels is not None and Path(labels).exists()
    if encoder is None:
        return nearer.load(name), labels or ""
    if not roles and by_key and encoder.modality in OF_WORDS and Path(name).is_file():
        return documents(name, encoder), labels or ""
    column = roles.get("label") or (None if by_key else labels)
    made = nearer.embed(
        encoder,
        name,
        key=roles.get("key"),
        column=_item_column(name, encoder, column, roles),
        keep=[column] if column is not None else (),
    )
    _tell_columns(encoder, column)
    if column is not None or by_key:
        return made.space, column or labels or ""
    return _by_folder(made.space), FOLDER


def queries(
    file: Path, encoder: Timed | None, space: nearer.Space
) -> nearer.Space | Mapping[str, NDArray[np.float32]]:
    """Queries of `space`: a space, vectors by key from a format without identity, or texts to encode."""
    if encoder is not None:
        keys, texts = nearer.evaluate.read_texts(file)
        return _space(encoder, keys, encoder.encode_query(texts))
    given = nearer.load(file)
    return given if carries_identity(file) else dict(zip(given.keys, given.vectors, strict=True))


def _item_column(name: str, encoder: Timed, label: str | None, roles: Mapping[str, str]) -> str | None:
    """The column of items in the table `name`, which is not that of the labels."""
    from nearer.data import ItemColumns, item_column  # noqa: PLC0415

    if not Path(name).is_file() or not is_table_file(name):
        return roles.get("item")
    encoder.column = item_column(
        Path(name), encoder.modality, ItemColumns(roles.get("key"), roles.get("item")), label
    )
    return encoder.column


def _tell_columns(encoder: Timed, label: str | None) -> None:
    """Note what is encoded, and whether that holds what it is judged by."""
    if encoder.column is not None:
        logger.warning("%s encodes the column %s", encoder.name, shown(encoder.column))
    elif label in encoder.inputs:
        logger.warning(
            "%s reads the column %s, which it is judged by; fit it with --ignore %s",
            encoder.name, shown(label), label,
        )  # fmt: skip


def _by_folder(space: nearer.Space) -> nearer.Space:
    """Items with the folder they lie in, the first below the source."""
    import pyarrow as pa  # noqa: PLC0415  (verbs start fast)

    folders = [key.partition("/")[0] if "/" in key else None for key in space.keys]
    items = pa.table({FOLDER: folders})
    return nearer.Space(space.keys, space.vectors, space.metric, items, identity=space.identity)


def _space(encoder: Timed, keys: list[str], vectors: NDArray[np.float32]) -> nearer.Space:
    return nearer.Space(keys, vectors, metric_of(encoder), identity=encoder.identity)
