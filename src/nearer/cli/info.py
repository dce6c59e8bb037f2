"""`nearer info`: what a space is, and whether it is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nearer
from nearer.cli.options import AsJson, SpaceName, saved_space
from nearer.cli.output import print_facts, print_json, size_of

EXAMPLES = ("nearer info words.space",)
FIRST = 8  # keys that are shown


def info(space: SpaceName, as_json: AsJson = False) -> None:
    """Size, metric, identity and provenance of a space.

    Reads all of it: the files of a .space folder and of a known model are checked against their hashes.
    """
    opened = nearer.load(space)
    document = {
        "space": space,
        "n": len(opened),
        "dim": opened.dim,
        "metric": opened.metric,
        "identity": opened.identity,
        "provenance": opened.provenance,
        "columns": opened.items.column_names if opened.items is not None else [],
        "files": _files(space),
        "hashes_verified": saved_space(space) is not None or not Path(space).exists(),
        "first_keys": opened.keys[:FIRST],
    }
    if as_json:
        print_json(document)
    else:
        _print(document)


def _files(name: str) -> dict[str, int]:
    """Bytes of each file of a space on disk."""
    place = Path(name)
    if place.is_file():
        return {place.name: place.stat().st_size}
    inside = [path for path in sorted(place.rglob("*")) if path.is_file()] if place.is_dir() else []
    return {str(path.relative_to(place)): path.stat().st_size for path in inside}


def _print(document: dict[str, Any]) -> None:
    files: dict[str, int] = document["files"]
    made: dict[str, Any] = document["provenance"]
    checked = "hashes verified" if document["hashes_verified"] else "this format carries no hashes"
    print_facts(
        (
            ("space", document["space"]),
            ("keys", document["n"]),
            ("dim", document["dim"]),
            ("metric", document["metric"]),
            ("identity", document["identity"]),
            ("columns", ", ".join(document["columns"]) or "none"),
            *(("file", f"{name}, {size_of(size)}") for name, size in files.items()),
            ("whole", checked),
            ("first keys", "  ".join(document["first_keys"])),
            *((f"made by: {name}", json.dumps(value).strip('"')) for name, value in made.items()),
        )
    )
