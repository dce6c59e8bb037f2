"""PPMI and SVD once, in a process of its own; prints one JSON line and saves the vectors.

python ppmi_worker.py nearer CORPUS OUT [--dim D]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from nearer import PPMI
from words_worker import THREADS, peak_memory


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["nearer"])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dim", type=int, default=100)
    options = parser.parse_args()
    begin = time.perf_counter()
    model = PPMI(options.dim, threads=THREADS).fit(options.corpus)
    total = time.perf_counter() - begin
    report = model.report_
    peak = peak_memory()
    options.out.with_suffix(".words").write_text("\n".join(model.space_.keys), encoding="utf-8")
    np.save(options.out.with_suffix(".npy"), model.space_.vectors)
    figures = {"count": report.count_seconds, "train": report.train_seconds, "total": total, "peak": peak}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
