"""The peers' side of benchmarks/drift.py and drift_level.py: answers each command with a line of JSON.

    drift_worker.py FOLDER

"time": CPU seconds of alibi-detect's MMDDrift on FOLDER/old.npy and FOLDER/new.npy; "distances": its MMD^2 of
the pairs in FOLDER/pairs.npz; "alarms": how often each of Evidently's methods alarms at its defaults on
FOLDER/null.npz. Run by the interpreter that has alibi-detect and evidently.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

PERMUTATIONS = 100  # alibi-detect's default


def seconds(folder: Path) -> float:
    """CPU seconds of one check, the detector being made already."""
    from alibi_detect.cd import MMDDrift

    detector = MMDDrift(np.load(folder / "old.npy"), backend="pytorch", n_permutations=PERMUTATIONS)
    new = np.load(folder / "new.npy")
    started = time.process_time()
    detector.predict(new)
    return time.process_time() - started


def distances(folder: Path) -> list[float]:
    """MMD^2 of each pair of samples."""
    from alibi_detect.cd import MMDDrift

    pairs = np.load(folder / "pairs.npz")
    return [
        float(MMDDrift(old, backend="pytorch").predict(new)["data"]["distance"])
        for old, new in zip(pairs["old"], pairs["new"], strict=True)
    ]


def alarms(folder: Path) -> dict[str, int]:
    """Alarms of each method, with its defaults, among the pairs of samples."""
    import pandas as pd
    from evidently.legacy.metrics.data_drift import embedding_drift_methods as methods

    pairs = np.load(folder / "null.npz")
    found = dict.fromkeys(("distance", "ratio", "model", "mmd"), 0)
    for old, new in zip(pairs["old"], pairs["new"], strict=True):
        for name in found:
            _, alarm, _ = getattr(methods, name)()(pd.DataFrame(new), pd.DataFrame(old))
            found[name] += bool(alarm)
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    answers = {"time": seconds, "distances": distances, "alarms": alarms}
    for line in sys.stdin:
        print(json.dumps(answers[line.strip()](folder)), flush=True)


if __name__ == "__main__":
    main()
