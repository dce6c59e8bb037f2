"""Files at a place: those of a folder, a glob or a path, and the keys they get; none is read here."""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Collection
from itertools import takewhile
from pathlib import Path

from nearer.errors import InputError, shown


def files_at(place: str) -> list[Path]:
    """The files of a folder, with those below it but hidden ones, or of a glob, sorted; or the one of a path.

    Raises `InputError` where there is none.
    """
    if is_no_path(place):
        raise InputError("no such file or directory", file=shown(place))
    path = Path(place)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
    elif path.exists():
        return [path]
    else:
        found = sorted(Path(p) for p in glob.glob(place, recursive=True) if Path(p).is_file())
        if not found and ("\n" in place or not glob.has_magic(place)):
            raise InputError("no such file or directory", file=place)
    if not found:
        raise InputError("no file in this directory" if path.is_dir() else "no file matches", file=place)
    return found


def media_files(place: str, kind: str, endings: Collection[str], remedy: str) -> list[Path]:
    """The files of `kind` ("image") at a place, told by their endings; a path gives its file all the same.

    Empty files are among them, so that who reads them names them. Raises `InputError` where there is none;
    `remedy` says the endings.
    """
    found = files_at(place)
    if Path(place).is_file():
        return found
    chosen = [path for path in found if path.suffix.lower() in endings]
    if not chosen:
        raise InputError(f"no {kind} among {len(found):,} files", file=place, remedy=remedy)
    return chosen


def file_key(path: Path, place: str) -> str:
    """The key of a file found at `place`: its path below the folder, or below the one that a glob begins at.

    A file that is the place itself has its whole path.
    """
    if path == Path(place):
        return path.as_posix()
    parts = takewhile(lambda part: not glob.has_magic(part), Path(place).parts)
    return path.relative_to(place if Path(place).is_dir() else Path(*parts)).as_posix()


def is_no_path(place: str) -> bool:
    """Whether `place` cannot be asked for in the file system: empty, too long, or with a zero character."""
    if not place:
        return True
    try:
        os.stat(place)  # noqa: PTH116  (of what may be no path)
    except ValueError:
        return True
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
