"""A calibration on disk: one JSON file, its arrays as base64, the last field the hash of all others."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, IntegrityError, shown
from nearer.replace import new_file
from nearer.space.calibrate_background import Background, BestScores
from nearer.space.calibrate_bands import Bands
from nearer.space.calibrate_probability import METHODS, HeldOut, MatchProbability, Reliability
from nearer.space.calibration import Calibration
from nearer.space.checks import METRICS, is_identity

FORMAT, VERSION = "nearer-calibration", 1
REMEDY = "calibrate the space again"
TYPES = ("<f8", "<f4", "|u1")


def write(calibration: Calibration, path: str | PathLike[str], overwrite: bool) -> None:
    """Write to .json, or the page to .html; see `Calibration.save`."""
    target = Path(path)
    ending = target.suffix.lower()
    if ending in (".html", ".htm"):
        calibration.page().save(target, overwrite)
        return
    if ending != ".json":
        raise FormatError(
            f"no calibration is written as {shown(target.suffix)}",
            file=target,
            remedy="end in .json or .html",
        )
    fields = _fields(calibration)
    with new_file(target, overwrite) as handle:
        handle.write(json.dumps({**fields, "sha256": _digest(fields)}).encode())


def read(path: str | PathLike[str]) -> Calibration:
    """The calibration in a .json file; see `Calibration.load`."""
    file = Path(path)
    try:
        fields = json.loads(file.read_bytes())
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", file=file, remedy=REMEDY) from None
    except (ValueError, RecursionError):
        raise IntegrityError("is not whole JSON", file=file, remedy=REMEDY) from None
    kind = (fields.get("format"), fields.get("version")) if isinstance(fields, dict) else None
    if kind != (FORMAT, VERSION):
        raise IntegrityError(f"is no {FORMAT} of version {VERSION}", file=file, remedy=REMEDY)
    expected, found = fields.pop("sha256", None), _digest(fields)
    if found != expected:
        raise IntegrityError(
            f"was edited: its fields have SHA-256 {found[:12]}, it says {shown(expected)[:13]}",
            file=file,
            remedy=REMEDY,
        )
    try:
        return _parsed(fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(
            f"breaks the format: {type(error).__name__}: {error}", file=file, remedy=REMEDY
        ) from None


def _fields(calibration: Calibration) -> dict[str, Any]:
    bands, match = calibration.bands, calibration.match
    return {
        "format": FORMAT,
        "version": VERSION,
        **{name: getattr(calibration, name) for name in ("identity", "content", "metric", "n", "seed")},
        "background": _of_background(calibration.background),
        "best": {"scores": _packed(calibration.best.scores), "own": calibration.best.own},
        "bands": None
        if bands is None
        else {
            "names": list(bands.names),
            "of_row": _packed(bands.of_row),
            "backgrounds": [[*cell, _of_background(each)] for cell, each in bands.backgrounds.items()],
        },
        "match": None
        if match is None
        else {
            "method": match.method,
            "at": _packed(match.at),
            "values": _packed(match.values),
            "share": match.share,
            "pairs": match.pairs,
            "reliability": asdict(match.reliability),
        },
    }


def _parsed(fields: dict[str, Any]) -> Calibration:
    bands, match = fields["bands"], fields["match"]
    if fields["metric"] not in METRICS or not is_identity(fields["identity"]):
        raise ValueError("metric or identity is none that this version knows")
    return Calibration(
        identity=fields["identity"],
        content=fields["content"],
        metric=fields["metric"],
        n=int(fields["n"]),
        seed=int(fields["seed"]),
        background=_background(fields["background"]),
        best=BestScores(_unpacked(fields["best"]["scores"], 2), bool(fields["best"]["own"])),
        bands=None
        if bands is None
        else Bands(
            tuple(bands["names"]),
            _unpacked(bands["of_row"], 1),
            {(int(a), int(b)): _background(each) for a, b, each in bands["backgrounds"]},
        ),
        match=None if match is None else _match(match),
    )


def _match(fields: dict[str, Any]) -> MatchProbability:
    if fields["method"] not in METHODS:
        raise ValueError(f"method is {fields['method']!r}")
    found = fields["reliability"]
    reliability = Reliability(
        _held_out(found["brier"]),
        float(found["brier_of_share"]),
        _held_out(found["log_loss"]),
        _held_out(found["calibration_error"]),
        float(found["calibration_p_value"]),
        tuple((float(at), float(share), int(pairs)) for at, share, pairs in found["curve"]),
    )
    at, values = _unpacked(fields["at"], 1), _unpacked(fields["values"], 1)
    return MatchProbability(
        fields["method"], at, values, float(fields["share"]), int(fields["pairs"]), reliability
    )


def _held_out(fields: dict[str, Any]) -> HeldOut:
    low, high = fields["interval"]
    return HeldOut(float(fields["value"]), (float(low), float(high)))


def _of_background(background: Background) -> dict[str, Any]:
    return {"scores": _packed(background.scores), "exact": background.exact}


def _background(fields: dict[str, Any]) -> Background:
    return Background(_unpacked(fields["scores"], 1), bool(fields["exact"]))


def _packed(array: NDArray[Any]) -> dict[str, Any]:
    kind = array.dtype.newbyteorder("<").str
    data = base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode()
    return {"dtype": kind, "shape": list(array.shape), "data": data}


def _unpacked(fields: dict[str, Any], axes: int) -> NDArray[Any]:
    if fields["dtype"] not in TYPES or len(fields["shape"]) != axes:
        raise ValueError(f"an array of {fields['dtype']!r} and shape {fields['shape']}")
    flat = np.frombuffer(base64.b64decode(fields["data"], validate=True), np.dtype(fields["dtype"]))
    array = flat.reshape(fields["shape"])
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
