"""Many recordings at once: folders, globs and columns of bytes become lists that can be read one by one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from nearer.data.cells import unwrapped
from nearer.data.files import media_files
from nearer.errors import InputError, shown

SOUND_ENDINGS = (".aif", ".aiff", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav")
FORMS = "give a folder, a glob, a file, a column of bytes, or a list of recordings"


def list_audio(source: Any) -> list[Any]:
    """The recordings of `source`, each a path, bytes or (samples, rate), none of them read yet.

    A folder gives its sound files (told by their endings, in folders below it too, hidden ones left out),
    sorted by path; a glob those it matches; a path its file, whatever its ending; a column of Arrow, pandas
    or Polars its values, of which those of Hugging Face's audio columns are their bytes, their path, or
    samples and rate. An iterable is taken as it is.

    Raises `InputError` for a place without sound files and for values that are no recordings.
    """
    if isinstance(source, str | os.PathLike):
        remedy = f"sound files end in {', '.join(SOUND_ENDINGS)}"
        return list(media_files(os.fspath(source), "sound", SOUND_ENDINGS, remedy))
    single = isinstance(source, bytes | bytearray | memoryview) or not isinstance(source, Iterable)
    if single and not _is_arrow(source):
        raise InputError(f"{shown(source)} is no list of recordings", remedy=FORMS)
    return [_recording(value, row) for row, value in enumerate(_values(source))]


def _is_arrow(source: object) -> bool:
    return hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")


def _values(source: Any) -> Iterable[Any]:
    """The values of a column, or of an iterable."""
    if not _is_arrow(source):
        return list(source)
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    try:
        column = pa.chunked_array(source) if hasattr(source, "__arrow_c_stream__") else pa.array(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(f"no column of recordings ({error})", remedy=FORMS) from None
    if pa.types.is_struct(column.type) and not {"bytes", "path"} & {field.name for field in column.type}:
        raise InputError(
            f"a table of the columns {', '.join(field.name for field in column.type)}",
            remedy="give the one that holds the recordings",
        )
    return column.to_pylist()


def _recording(value: Any, row: int) -> Any:
    found = unwrapped(value)
    if isinstance(found, str | os.PathLike | bytes | bytearray | memoryview | tuple):
        return found
    raise InputError(
        f"{shown(value)} is no recording", row=row, remedy="give a path, bytes, or (samples, rate)"
    )
