"""The tenth part: whether data changed; handwritten digits, then the same without one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nearer
from nearer.cli.output import print_table, write
from nearer.cli.tour.digits import pictures

BASELINE, WINDOW = 900, 200  # digits
GONE = "3"
ALPHA = 0.05


def watching(folder: Path, quiet: bool) -> dict[str, Any]:
    """Compare windows with a baseline; returns the verdicts. It writes no file."""
    import numpy as np  # noqa: PLC0415  (verbs start fast)

    images, names = pictures()
    order = np.random.default_rng(0).permutation(len(images))
    vectors = np.stack([images[row].ravel() for row in order]).astype(np.float32)
    kinds = np.array(names)[order]
    monitor = nearer.Monitor(vectors[:BASELINE], alpha=ALPHA, seed=0)
    rest, left = vectors[BASELINE:], kinds[BASELINE:]
    windows = {
        "all ten digits": rest[:WINDOW],
        f"without {GONE}": rest[WINDOW:][left[WINDOW:] != GONE][:WINDOW],
    }
    verdicts = {name: monitor.check(window) for name, window in windows.items()}
    if not quiet:
        write(f"{BASELINE} digits are the baseline; are windows of {WINDOW} still like them?")
        write("One unchanged window in twenty rings: alpha=0.05 asks for it.\n")
        rows = [
            (name, "alarm" if one.alarm else "no alarm", one.p_value, one.effect)
            for name, one in verdicts.items()
        ]
        print_table(("window", "verdict", "p", "effect"), rows, numbers=("p", "effect"))
        for moved in next(reversed(verdicts.values())).moved[:2]:
            write(f"what moved: {moved.kind} {moved.name}: {moved.before:.3f} to {moved.after:.3f}")
    return {"verdicts": {name: one.to_dict() for name, one in verdicts.items()}, "files": []}
