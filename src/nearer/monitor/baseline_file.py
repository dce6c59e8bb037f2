"""A baseline on disk: `baseline.json` and `baseline.safetensors` in one folder (docs/format.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nearer.errors import IntegrityError, StorageError
from nearer.monitor.baseline import Baseline
from nearer.monitor.sealed import REMEDY, sealed, unsealed
from nearer.replace import new_folder, whole_folder
from nearer.space.checks import METRICS, is_identity
from nearer.space.store import record_of, write_file
from nearer.space.tensors import mapped, packed

NAME, NUMBERS = "baseline.json", "baseline.safetensors"
FORMAT, VERSION = "nearer-baseline", 1


def write(baseline: Baseline, target: Path, overwrite: bool) -> None:
    """Write the folder; it takes the place of an older baseline at one instant."""
    if target.is_file() or (target.is_dir() and any(target.iterdir()) and not (target / NAME).is_file()):
        raise StorageError("exists and is no baseline", file=target, remedy="choose another path")
    with new_folder(target, overwrite) as folder:
        fill(baseline, folder)


def fill(baseline: Baseline, folder: Path) -> str:
    """Write both files into `folder`; gives the SHA-256 of the numbers, which says which baseline it is."""
    named = np.zeros((0, baseline.dim)) if baseline.named is None else baseline.named
    arrays = {"rows": baseline.rows, "guide": baseline.guide, "named": named}
    written = write_file(folder / NUMBERS, packed(arrays))
    fields = {
        "n": len(baseline.rows),
        "guide": len(baseline.guide),
        "dim": baseline.dim,
        "metric": baseline.metric,
        "identity": baseline.identity,
        "seed": baseline.seed,
        "block": baseline.block,
        "names": list(baseline.names),
        "keys": list(baseline.keys),
        "bytes": written.bytes,
        "numbers": written.sha256,
    }
    write_file(folder / NAME, [sealed(FORMAT, VERSION, fields)])
    return written.sha256


def read(path: Path) -> Baseline:
    """The baseline in the folder `path`; raises `IntegrityError` naming the file."""
    folder = whole_folder(path)
    fields = unsealed(folder / NAME, FORMAT, VERSION)
    numbers = folder / NUMBERS
    try:
        n, guide, dim, names = fields["n"], fields["guide"], fields["dim"], fields["names"]
        known = fields["metric"] in METRICS and (
            fields["identity"] is None or is_identity(fields["identity"])
        )
        if not known or len(fields["keys"]) != n:
            raise ValueError("metric, identity or number of keys")
        found = record_of(numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"breaks the format: {error}", file=folder / NAME, remedy=REMEDY) from None
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=numbers, remedy=REMEDY) from None
    if (found.bytes, found.sha256) != (fields["bytes"], fields["numbers"]):
        raise IntegrityError(
            f"has SHA-256 {found.sha256}, expected {fields['numbers']}: it was changed",
            file=numbers,
            remedy=REMEDY,
        )
    shapes = {"rows": ("F64", (n, dim)), "guide": ("F64", (guide, dim)), "named": ("F64", (len(names), dim))}
    with numbers.open("rb") as handle:
        rows, learned, named = (np.array(part) for part in mapped(numbers, handle, shapes))
    return Baseline(
        rows,
        tuple(fields["keys"]),
        learned,
        fields["metric"],
        fields["identity"],
        fields["seed"],
        fields["block"],
        tuple(names),
        named if names else None,
    )
