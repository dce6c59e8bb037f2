"""Writing so that a kill at any instant leaves the old or the new, whole.

What is new is written beside its target, under a hidden name (`.NAME.TOKEN.tmp`), forced to disk, and then
takes the target's place by one rename. Two folders are exchanged by `renameat2` where the system has it.
Elsewhere the old folder is first moved to `.NAME.previous`; if the process dies between the two moves, it is
still there, whole: `whole_folder` finds it and the next save puts it back.

A writer holds a lock on what it writes, so whoever saves under the same name next can tell a leftover of a
killed process from the work of a living one, and removes it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nearer.errors import NearerError, StorageError

AT_FDCWD = -100
RENAME_EXCHANGE = 2


@contextmanager
def new_folder(target: Path, overwrite: bool) -> Iterator[Path]:
    """A folder to fill; after a block without an error it takes the place of `target` at one instant."""
    with storage_errors(target):
        target = Path(os.path.realpath(target))
        _restore(target)
        require_free(target, overwrite)
        with _workplace(target, Path.mkdir) as place:
            yield place
            sync_folder(place)
            _install_folder(place, target)
            with suppress(OSError):  # the new folder stands: only when it reaches the disk is open
                sync_folder(target.parent)


@contextmanager
def new_file(target: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A file to write; after a block without an error it takes the place of `target` at one instant."""
    with storage_errors(target):
        target = Path(os.path.realpath(target))
        require_free(target, overwrite)
        with _workplace(target, Path.touch) as place:
            with place.open("wb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            place.replace(target)
            with suppress(OSError):
                sync_folder(target.parent)


@contextmanager
def storage_errors(target: Path) -> Iterator[None]:
    """Turn what the system says about a failed write into one `StorageError` that names `target`."""
    try:
        yield
    except NearerError:
        raise
    except OSError as error:
        remedies = {
            errno.ENOSPC: "free some space",
            errno.EDQUOT: "free some of your quota",
            errno.ENOENT: "create the folder first",
        }
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            file=target,
            remedy=remedies.get(error.errno or 0, "choose another place")
            + "; what was there before is unchanged",
        ) from error


def require_free(target: Path, overwrite: bool) -> None:
    """Raise `StorageError` where `target` exists, unless it may be replaced."""
    if os.path.lexists(target) and not overwrite:
        raise StorageError("already exists", file=target, remedy="pass overwrite=True to replace it")


def whole_folder(target: Path) -> Path:
    """`target`, or the old folder that a killed save has moved aside."""
    previous = _previous(target)
    return previous if not target.exists() and previous.exists() else target


def sync_folder(path: Path) -> None:
    """Force the entries of a folder to disk, where the file system can."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


@contextmanager
def _workplace(target: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """A new hidden path beside `target`, locked while in use and gone afterwards."""
    _sweep(target)
    place, lock = _locked_new(target, make)
    try:
        yield place
    finally:
        os.close(lock)
        _remove(place)


def _locked_new(target: Path, make: Callable[[Path], None]) -> tuple[Path, int]:
    """Make and lock a new path; again, if another writer has swept it away before it was locked."""
    while True:
        place = target.parent / f".{target.name}.{secrets.token_hex(6)}.tmp"
        make(place)
        with suppress(FileNotFoundError):
            lock = os.open(place, os.O_RDONLY)
            with suppress(OSError):  # a file system without locks: leftovers are then never swept
                fcntl.flock(lock, fcntl.LOCK_EX)
            if place.exists():
                return place, lock
            os.close(lock)


def _sweep(target: Path) -> None:
    """Remove what killed writers of `target` have left behind."""
    ours = re.compile(re.escape(f".{target.name}.") + r"[0-9a-f]{12}\.tmp")
    for leftover in [entry for entry in target.parent.iterdir() if ours.fullmatch(entry.name)]:
        with suppress(OSError):
            lock = os.open(leftover, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(leftover)
            finally:
                os.close(lock)


def _install_folder(place: Path, target: Path) -> None:
    if not target.exists():
        place.rename(target)
    elif not exchange(place, target):
        _move_aside(place, target)


def _move_aside(place: Path, target: Path) -> None:
    """Two renames, for systems that cannot exchange: between them the old folder is at `.NAME.previous`."""
    previous = _previous(target)
    _remove(previous)
    target.rename(previous)
    try:
        place.rename(target)
    except OSError:
        previous.rename(target)
        raise
    sync_folder(target.parent)
    _remove(previous)


def _restore(target: Path) -> None:
    """Put back the old folder that a killed save has moved aside, or remove it where the new one stands."""
    previous = _previous(target)
    if previous.exists():
        if target.exists():
            _remove(previous)
        else:
            previous.rename(target)


def _previous(target: Path) -> Path:
    return target.parent / f".{target.name}.previous"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def exchange(a: Path, b: Path) -> bool:
    """Exchange two paths at one instant; False where the system cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(AT_FDCWD, os.fsencode(a), AT_FDCWD, os.fsencode(b), ctypes.c_uint(RENAME_EXCHANGE)) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(b))
