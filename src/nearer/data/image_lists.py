"""Images by key: a folder, a glob, a list, a mapping, or a column of bytes or paths; none is decoded here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.data.cells import unwrapped
from nearer.data.columns import KEY_NAMES, TABLE_ENDINGS, Role, read_columns
from nearer.data.files import file_key, media_files
from nearer.errors import InputError, shown
from nearer.extras import require

WHAT = "a table of images"
IMAGE_NAMES = ("image", "images", "img", "picture", "photo", "bytes", "jpeg", "png", "file", "path")


@dataclass(frozen=True)
class ImageList:
    """Images as they were given, not decoded.

    Attributes
    ----------
    keys : the path below the folder (for a glob, the one it begins at), the column of keys, or the number of
        the image from 0.
    images : what `read_image` takes, in the order of the keys.
    """

    keys: tuple[str, ...]
    images: Sequence[Any]

    def __len__(self) -> int:
        return len(self.keys)


def list_images(source: Any, *, key: str | None = None, image: str | None = None) -> ImageList:
    """The images of a folder (with those below it), a glob, a file, a list, a mapping or a table.

    source : a path or glob: files whose ending is an image's, in sorted order; a .parquet, .csv or .tsv file
        or a table in memory (Arrow, pandas, Polars): a column of bytes, of paths, or of both as Hugging Face
        datasets hold them; a mapping: key -> image; or an iterable of images.
    key, image : names of a table's columns; None: by their names, or the only column that fits.

    Raises `InputError` where there is no image, a column is missing or not clear, a value is missing, or one
    key names two images.
    """
    if _is_table(source):
        return _tabled(source, key, image)
    if key is not None or image is not None:
        raise InputError("a column is named, and this is no table", remedy="leave it out, or give a table")
    if isinstance(source, str | os.PathLike):
        return _files(os.fspath(source))
    if isinstance(source, Mapping):
        return _keyed(list(map(str, source)), list(source.values()), None)
    if isinstance(source, Iterable) and not isinstance(source, bytes | bytearray | memoryview):
        images = list(source)
        return _keyed([str(number) for number in range(len(images))], images, None)
    raise InputError(f"{shown(source)} is no list of images", remedy="give a folder, a list or a table")


def _is_table(source: Any) -> bool:
    if isinstance(source, str | os.PathLike):
        return Path(source).suffix.lower() in TABLE_ENDINGS
    return hasattr(source, "__arrow_c_stream__") or hasattr(source, "columns")


def _files(place: str) -> ImageList:
    module = require("PIL.Image", "images", "listing images")
    endings = set(module.registered_extensions())
    images = media_files(place, "image", endings, "images end in .jpg, .png, .webp, ...")
    return _keyed([file_key(path, place) for path in images], [str(path) for path in images], place)


def _tabled(source: Any, key: str | None, image: str | None) -> ImageList:
    roles = [
        Role("image", image, IMAGE_NAMES, has_option=False),
        Role("key", key, (*KEY_NAMES, "name"), required=False, is_id=True),
    ]
    chosen = read_columns(source, roles, WHAT)
    images = [_cell(value, row, chosen.where) for row, value in enumerate(chosen["image"].to_pylist())]
    named = chosen.get("key")
    keys = list(range(len(images))) if named is None else named.to_pylist()
    missing = next((row for row, value in enumerate(keys) if value is None), None)
    if missing is not None:
        raise InputError("the key is missing", file=chosen.where, row=missing)
    return _keyed(list(map(str, keys)), images, chosen.where)


def _cell(value: Any, row: int, where: str | None) -> Any:
    """The bytes or the path that a cell holds."""
    value = unwrapped(value)
    if value is None or value in (b"", ""):
        raise InputError("the image is missing", file=where, row=row, remedy="leave the row out")
    if not isinstance(value, bytes | str):
        raise InputError(f"{shown(value)} is neither the bytes nor the path of an image", file=where, row=row)
    return value


def _keyed(keys: list[str], images: list[Any], where: str | None) -> ImageList:
    if not keys:
        raise InputError("there is no image", file=where)
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        if first.setdefault(key, row) != row:
            raise InputError(
                f"the key {shown(key)} names an image already, in row {first[key]}", file=where, row=row
            )
    return ImageList(tuple(keys), images)
