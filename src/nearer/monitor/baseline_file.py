"""A baseline on disk: `baseline.json` and `baseline.safetensors` in one folder (docs/format.md)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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


def fill(baseline: Baseline, folder: Path) -> None:
    """Write both files into `folder`."""
    written = write_file(folder / NUMBERS, packed(_arrays(baseline)))
    fields = {
        "n": len(baseline.rows),
        "guide": len(baseline.guide),
        "dim": baseline.dim,
        "metric": baseline.metric,
        "identity": baseline.identity,
        "seed": baseline.seed,
        "block": baseline.block,
        "names": list(baseline.names),
        "clusters": len(baseline.centroids),
        "axes": len(baseline.principal),
        "keys": list(baseline.keys),
        "bytes": written.bytes,
        "numbers": written.sha256,
    }
    write_file(folder / NAME, [sealed(FORMAT, VERSION, fields)])


def digest(baseline: Baseline) -> str:
    """SHA-256 of what decides a baseline: its rows, guide, named axes and settings.

    Clusters and principal axes follow from them, but for last bits that depend on machine and libraries.
    """
    settings = [baseline.metric, baseline.seed, baseline.block, list(baseline.names)]
    found = hashlib.sha256(json.dumps([settings, baseline.rows.shape, baseline.guide.shape]).encode())
    for part in (baseline.rows, baseline.guide, _named(baseline)):
        found.update(np.ascontiguousarray(part, "<f8").data)
    return found.hexdigest()


def read(path: Path) -> Baseline:
    """The baseline in the folder `path`; raises `IntegrityError` naming the file."""
    folder = whole_folder(path)
    fields = unsealed(folder / NAME, FORMAT, VERSION)
    numbers = folder / NUMBERS
    try:
        n, guide, dim, names = fields["n"], fields["guide"], fields["dim"], fields["names"]
        clusters, axes = fields["clusters"], fields["axes"]
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
    shapes = {"rows": n, "guide": guide, "named": len(names), "centroids": clusters, "axes": axes}
    with numbers.open("rb") as handle:
        expected = {name: ("F64", (count, dim)) for name, count in shapes.items()}
        parts = dict(zip(shapes, map(np.array, mapped(numbers, handle, expected)), strict=True))
    given = Baseline(
        parts["rows"],
        tuple(fields["keys"]),
        parts["guide"],
        fields["metric"],
        fields["identity"],
        fields["seed"],
        fields["block"],
        tuple(names),
        parts["named"] if names else None,
    )
    return with_learned(given, parts["centroids"], parts["axes"])


def with_learned(
    baseline: Baseline, centroids: NDArray[np.float64], principal: NDArray[np.float64]
) -> Baseline:
    """`baseline` with clusters and principal axes as they were learned once, instead of anew."""
    made = replace(baseline)
    made.__dict__.update(centroids=centroids, principal=principal)
    return made


def _arrays(baseline: Baseline) -> dict[str, NDArray[np.float64]]:
    return {
        "rows": baseline.rows,
        "guide": baseline.guide,
        "named": _named(baseline),
        "centroids": baseline.centroids,
        "axes": baseline.principal,
    }


def _named(baseline: Baseline) -> NDArray[np.float64]:
    return np.zeros((0, baseline.dim)) if baseline.named is None else baseline.named
