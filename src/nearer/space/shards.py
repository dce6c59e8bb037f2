"""What a long write has finished: saved spaces in a folder beside the result, each written at once.

    NAME.space.parts/
      plan.json         what is being made: identity and dim of the vectors, columns or rows
      000000.space/     the first rows; its provenance says which, their hash, and what was left out
      000001.space/     ...

A killed process leaves whole shards. The next one with the same plan and items goes on after the last.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.errors import IntegrityError, SpaceMismatch, StorageError
from nearer.replace import new_file, storage_errors
from nearer.space import store
from nearer.space.space import Space

PLAN = "plan.json"
FORMAT = "nearer-parts"


@dataclass(frozen=True)
class Shard:
    """A finished part: the rows from `start` up to `stop` of the source.

    digest : SHA-256 of their keys and items.
    skipped : (key, problem) of those that were left out.
    """

    start: int
    stop: int
    digest: str
    skipped: list[tuple[str, str]]


class Shards:
    """The finished parts of one space; made by `open_shards`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = self._whole()

    def _whole(self) -> list[Path]:
        """The shards that are there, without a gap."""
        found: list[Path] = []
        while (place := self._place(len(found))).is_dir():
            found.append(place)
        return found

    def _place(self, number: int) -> Path:
        return self.folder / f"{number:06d}.space"

    def read(self, number: int) -> tuple[Shard, Space]:
        """A shard; raises `IntegrityError` where it was changed."""
        space = store.read(self.paths[number])
        try:
            told = space.provenance["shard"]
            skipped = [(str(key), str(problem)) for key, problem in told["skipped"]]
            return Shard(int(told["start"]), int(told["stop"]), str(told["digest"]), skipped), space
        except (KeyError, TypeError, ValueError):
            raise IntegrityError(
                "is no part of an unfinished space", file=self.paths[number], remedy=f"delete {self.folder}"
            ) from None

    def add(self, shard: Shard, space: Space) -> None:
        """Write a shard: `space` holds its vectors."""
        told = {"start": shard.start, "stop": shard.stop, "digest": shard.digest, "skipped": shard.skipped}
        place = self._place(len(self.paths))
        Space._of(
            space.keys,
            space.vectors,
            space.metric,
            items=space.items,
            identity=space.identity,
            provenance=json.dumps({"shard": told}),
        ).save(place)
        self.paths.append(place)

    def remove_from(self, number: int) -> None:
        """Delete the shards from that number on, the last first: there is never a gap."""
        while len(self.paths) > number:
            shutil.rmtree(self.paths.pop())

    def remove(self) -> None:
        """Delete them all."""
        shutil.rmtree(self.folder, ignore_errors=True)


def finished(out: Path) -> list[Path]:
    """The shards beside `out`, while they are written or after an interruption; none where it is whole."""
    return Shards(folder_of(out)).paths


def folder_of(out: Path) -> Path:
    """Where the shards of `out` are."""
    return out.with_name(f"{out.name}.parts")


@contextmanager
def open_shards(out: Path, plan: dict[str, Any], overwrite: bool) -> Iterator[Shards]:
    """The shards beside `out`, for this process alone; `plan` says what is being made.

    Raises `SpaceMismatch` where they have another identity and `StorageError` where another process works on
    them or the plans differ in something else; with `overwrite` such shards are deleted.
    """
    folder = folder_of(out)
    with storage_errors(folder):
        folder.mkdir(exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
    try:
        _lock(lock, folder)
        try:
            _agree(folder, plan, overwrite)
            yield Shards(folder)
        finally:
            _forget_if_empty(folder)
    finally:
        os.close(lock)


def _forget_if_empty(folder: Path) -> None:
    """Leave no folder behind where nothing was finished in it."""
    left = {entry.name for entry in folder.iterdir()} if folder.is_dir() else {PLAN, "gone"}
    if left <= {PLAN}:
        shutil.rmtree(folder, ignore_errors=True)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StorageError(
            "is being written by another process", file=folder, remedy="wait for it, or choose another name"
        ) from None
    except OSError:  # a file system without locks
        return


def _agree(folder: Path, plan: dict[str, Any], overwrite: bool) -> None:
    """Make the plan, or see that the one which is there is the same; without a shard it binds nobody."""
    path = folder / PLAN
    wanted = {"format": FORMAT, "version": 1, **plan}
    if path.is_file():
        found = _read_plan(path)
        if found == wanted:
            return
        if not overwrite and Shards(folder).paths:
            raise _differs(folder, found, wanted)
    elif any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise StorageError(f"holds other things and no {PLAN}", file=folder, remedy="choose another name")
    for shard in folder.glob("*.space"):
        shutil.rmtree(shard)
    with new_file(path, overwrite=True) as handle:
        handle.write(json.dumps(wanted, indent=2).encode())


def _read_plan(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise IntegrityError(
            "is no plan of an unfinished space", file=path, remedy=f"delete {path.parent} to start anew"
        )
    return found


def _differs(folder: Path, found: dict[str, Any], wanted: dict[str, Any]) -> SpaceMismatch | StorageError:
    remedy = "pass overwrite=True (--overwrite) to start anew, or choose another name"
    if found.get("identity") != wanted["identity"]:
        return SpaceMismatch(
            f"was begun for identity {str(found.get('identity'))[:12]}, this one has "
            f"{wanted['identity'][:12]}: vectors of different spaces cannot be joined",
            file=folder,
            remedy=remedy,
        )
    names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    return StorageError(f"was begun with another {' and '.join(names)}", file=folder, remedy=remedy)
