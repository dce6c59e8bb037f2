"""An axis as text: JSON that is bound to the identity of its space, and the table that a terminal shows."""

from __future__ import annotations

import json
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nearer.errors import IntegrityError, StorageError, shown
from nearer.replace import new_file
from nearer.space.axes import Axis, Evidence, Stability
from nearer.space.axes_verdict import RULE, wanted
from nearer.space.identity import require_same

if TYPE_CHECKING:
    from nearer.space.space import Space

FORMAT, VERSION = "nearer-axis", 1
REMEDY = "save the axis again"


def plain(axis: Axis) -> dict[str, Any]:
    """All but the vectors, for JSON."""
    return {
        "name": axis.name,
        "verdict": axis.verdict,
        "meaning": axis.meaning,
        "rule": RULE,
        "identity": axis.identity,
        "method": axis.method,
        "dim": len(axis.direction),
        "positive": list(axis.positive),
        "negative": list(axis.negative),
        "held_out": [[name, score] for name, score in axis.held_out],
        "wrong_side": [[name, score] for name, score in axis.wrong_side],
        "evidence": asdict(axis.evidence),
        "stability": None if axis.stability is None else asdict(axis.stability),
    }


def write(axis: Axis, path: str | PathLike[str], overwrite: bool) -> None:
    """See `Axis.save`; numbers are written so that they are read back to the bit."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        **plain(axis),
        "middle": axis.middle,
        "scale": axis.scale,
        "direction": axis.direction.tolist(),
        "offset": axis.offset.tolist(),
    }
    for told in ("name", "verdict", "meaning", "rule", "wrong_side", "dim"):
        del document[told]  # what the rest says
    text = json.dumps(document, indent=1, allow_nan=False)
    with new_file(Path(path), overwrite) as handle:
        handle.write(text.encode("ascii"))


def read(path: str | PathLike[str], space: Space) -> Axis:
    """See `Axis.load`."""
    file = Path(path)
    try:
        fields = json.loads(file.read_bytes())
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror}", file=file) from None
    except (ValueError, RecursionError):
        raise IntegrityError("is no whole JSON", file=file, remedy=REMEDY) from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT or fields.get("version") != VERSION:
        raise IntegrityError(f"is no axis of version {VERSION}", file=file, remedy=REMEDY)
    require_same(space.identity, str(fields.get("identity")), "the space", "make the axis anew in that space")
    try:
        axis = _parsed(fields, space)
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"breaks the format: {type(error).__name__}: {shown(str(error))}", file=file, remedy=REMEDY
        ) from None
    return axis


def _parsed(fields: dict[str, Any], space: Space) -> Axis:
    direction, offset = (np.asarray(fields[name], np.float64) for name in ("direction", "offset"))
    if direction.shape != (space.dim,) or offset.shape != (space.dim,):
        raise ValueError(f"vectors of shape {direction.shape} in a space of {space.dim} columns")
    numbers = np.array([*direction, *offset, fields["middle"], fields["scale"]], np.float64)
    if not np.isfinite(numbers).all() or abs(float(direction @ direction) - 1) > 1e-6 or numbers[-1] <= 0:
        raise ValueError("direction is no unit vector, or a number is none")
    return Axis(
        space=space,
        direction=direction,
        offset=offset,
        middle=float(fields["middle"]),
        scale=float(fields["scale"]),
        method=str(fields["method"]),
        positive=tuple(map(str, fields["positive"])),
        negative=tuple(map(str, fields["negative"])),
        held_out=tuple((str(name), float(score)) for name, score in fields["held_out"]),
        evidence=Evidence(**fields["evidence"]),
        stability=None if fields["stability"] is None else Stability(**fields["stability"]),
    )


def facts(axis: Axis) -> list[tuple[str, str]]:
    """What an axis is and how sure it is, a line each: (name, value with its meaning)."""
    evidence, stable = axis.evidence, axis.stability
    untold = f"cannot be told: give at least 2 examples{' a side' if axis.negative else ''}"
    found = [
        ("verdict", f"{axis.verdict}. {axis.meaning}"),
        ("axis", axis.name),
        ("examples", f"{len(axis.positive)} positive, {len(axis.negative)} negative"),
    ]
    if evidence.separation is None or evidence.auc is None:
        found.append(("separation", untold))
    else:
        found.append(
            (
                "separation",
                f"d' {evidence.separation:.2f}, AUC {evidence.auc:.3f}, examples on axes of the others",
            )
        )
    if evidence.smallest_p < 1:
        found.append(("p-value", _p_value(evidence)))
    else:
        found.append(("p-value", f"cannot be told: {wanted(axis)}"))
    if evidence.p_random is not None and axis.negative:
        found.append(("p of random axes", f"{evidence.p_random:.4g} (as many random keys separated as well)"))
    if stable is not None:
        turned = f"cosine {stable.mean:.3f} (least {stable.least:.3f}) without one example"
        found.append(("stability", f"{turned}; scores move by {stable.spread:.3f} standard deviations"))
    wrong = ", ".join(f"{name} ({score:+.2f})" for name, score in axis.wrong_side[:5])
    found.append(("wrong side", wrong or ("none of the examples" if axis.held_out else untold)))
    return found


def _p_value(evidence: Evidence) -> str:
    of = f"all {evidence.arrangements:,}" if evidence.exact else f"{evidence.arrangements:,}"
    least = f"the least possible: {evidence.smallest_p:.3g}"
    return f"{evidence.p_value:.4g} ({evidence.null}, {of} arrangements; {least})"


def summary(axis: Axis) -> str:
    """The facts as aligned lines."""
    lines = facts(axis)
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in lines)
