"""Whether a result can be written where it is wanted; asked before the work, which may take hours."""

from __future__ import annotations

import os
import tempfile
from itertools import permutations
from pathlib import Path

from nearer.errors import FormatError, ParameterError, StorageError, shown

PAGES = (".html", ".htm")


def require_space_destination(path: Path, overwrite: bool) -> None:
    """Raise `FormatError` or `StorageError` if a space cannot be saved at `path`."""
    from nearer.space.formats import ENDINGS, format_of  # noqa: PLC0415  (verbs start fast)

    kind = format_of(path) if path.suffix else "space"
    if kind is None:
        raise FormatError(
            f"the ending {shown(path.suffix)} names no format", file=path, remedy=f"use {' '.join(ENDINGS)}"
        )
    if os.path.lexists(path):
        _require_replaceable(path, overwrite, folder=kind == "space")
    require_folder(path.parent)


def require_model_destination(path: Path, overwrite: bool) -> None:
    """Raise `StorageError` if a model, which is a folder, cannot be saved at `path`."""
    from nearer.models import can_save_model  # noqa: PLC0415  (verbs start fast)

    if os.path.lexists(path):
        if not overwrite:
            raise StorageError("already exists", file=path, remedy="add --overwrite to replace it")
        if not can_save_model(path):
            raise StorageError("exists and is no saved model", file=path, remedy="choose another name")
    require_folder(path.parent)


def require_apart(out: Path, model: Path | None, checkpoint: Path | None) -> None:
    """Raise `ParameterError` if one of the options names what another will replace, or a place within it."""
    places = {"--out": out, "--model": model, "--checkpoint": checkpoint}
    real = {name: Path(os.path.realpath(place)) for name, place in places.items() if place is not None}
    for replaced, other in permutations(real, 2):
        if replaced != "--checkpoint" and real[replaced] in (real[other], *real[other].parents):
            raise ParameterError(
                f"{other} {places[other]} would be lost: {replaced} {places[replaced]} replaces it",
                remedy="name two places",
            )


def require_bin_destination(path: Path, overwrite: bool) -> None:
    """Raise `FormatError` or `StorageError` if a fastText model cannot be saved at `path`."""
    from nearer.encoders import require_bin  # noqa: PLC0415  (verbs start fast)

    require_bin(path)
    require_file_destination(path, overwrite)


def require_file_destination(path: Path, overwrite: bool) -> None:
    """Raise `StorageError` if a file cannot be saved at `path`."""
    if os.path.lexists(path):
        if not overwrite:
            raise StorageError("already exists", file=path, remedy="add --overwrite to replace it")
        if path.is_dir():
            raise StorageError("is a folder", file=path, remedy="choose another name")
    require_folder(path.parent)


def require_page_destination(path: Path, overwrite: bool, what: str = "page", *others: str) -> None:
    """Raise `FormatError` or `StorageError` if `what` cannot be saved at `path`: a page, or of `others`."""
    if path.suffix.lower() not in (*PAGES, *others):
        raise FormatError(
            f"no {what} is written as {shown(path.suffix)}",
            file=path,
            remedy=f"end in {' or '.join((PAGES[0], *others))}",
        )
    require_file_destination(path, overwrite)


def make_folder(folder: Path) -> None:
    """Make `folder` where it is missing; raise `StorageError` if nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot be made: {error.strerror or error}", file=folder, remedy="choose another place"
        ) from None
    require_folder(folder)


def require_folder(folder: Path) -> None:
    """Raise `StorageError` if nothing can be written into `folder`."""
    if not folder.is_dir():
        raise StorageError("the folder does not exist", file=folder, remedy="create it first")
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"room?")
    except OSError as error:
        raise StorageError(
            f"nothing can be written here: {error.strerror or error}",
            file=folder,
            remedy="choose another place",
        ) from None


def _require_replaceable(path: Path, overwrite: bool, folder: bool) -> None:
    if not overwrite:
        raise StorageError("already exists", file=path, remedy="add --overwrite to replace it")
    foreign = path.is_dir() and any(path.iterdir()) and not (path / "space.json").is_file()
    if foreign or path.is_dir() != folder:
        raise StorageError("exists and is no space of this format", file=path, remedy="choose another name")
