"""Networks over sounds, trained by contrast from scratch without labels, on 2,700 spoken digits.

    python benchmarks/contrastive_audio.py [--quick]

Needs NEARER_DATA. Labels serve the judge alone: a logistic regression on standardised vectors of the training
recordings (its regularisation chosen on a tenth of them) names the digits of the 300 others, the official
split: takes 0-4 of each speaker and digit. Beside it the same on means and deviations of log-mel bands,
and on the vectors of the networks before training.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nearer
from nearer.networks import LogMelCNN, WaveEncoder
from nearer.signal import Masked, Views
from report import Row, render

SOUNDS, RATE = "audio/fsdd.parquet", 8_000
PROBE = 0.90
EPOCHS = {"LogMelCNN": 20, "WaveEncoder": 20}
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # of the probe: scikit-learn's C


@dataclass(frozen=True)
class Part:
    """Recordings as FLAC bytes, and their digits."""

    sounds: list[bytes]
    labels: np.ndarray


def read(data: Path) -> dict[str, Part]:
    """The training and the test recordings."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / SOUNDS)
    splits = np.array(table["split"].to_pylist())
    sounds, labels = table["flac"].to_pylist(), np.array(table["digit"].to_pylist())
    return {
        name: Part([sounds[row] for row in np.flatnonzero(splits == name)], labels[splits == name])
        for name in ("train", "test")
    }


def probe(vectors: np.ndarray, train: Part, asked: np.ndarray, test: Part) -> float:
    """Accuracy of a linear classifier on the test recordings."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def fitted(strength: float, rows: np.ndarray) -> Any:
        made = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
        return made.fit(vectors[rows], train.labels[rows])

    order = np.random.default_rng(0).permutation(len(train.labels))
    judged, learned = order[: len(order) // 10], order[len(order) // 10 :]
    best = max(
        STRENGTHS, key=lambda strength: fitted(strength, learned).score(vectors[judged], train.labels[judged])
    )
    return float(fitted(best, order).score(asked, test.labels))


def band_features(part: Part) -> np.ndarray:
    """Means and deviations over time of 40 log-mel bands, a row a recording."""
    from nearer.data.audio import read_audio
    from nearer.data.mel import log_mel

    found = []
    for sound in part.sounds:
        bands = log_mel(read_audio(sound, RATE), RATE, bands=40, n_fft=256, hop=128)
        found.append(np.concatenate([bands.mean(0), bands.std(0)]))
    return np.stack(found)


def untrained_vectors(network: Any, train: Part, test: Part) -> list[np.ndarray]:
    """Vectors of both parts by the network's first weights."""
    import torch

    plan = network.plan(train.sounds)
    module = network.build(plan, 0).eval()
    vectors = []
    with torch.no_grad():
        for part in (train, test):
            ready = network.prepare(part.sounds, plan)
            rows = np.array_split(np.arange(len(ready)), -(-len(ready) // 250))
            vectors.append(np.concatenate([module(ready.batch(some)).numpy() for some in rows]))
    return vectors


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` trains for two epochs."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / SOUNDS).exists():
        print(f"contrastive_audio: skipped, NEARER_DATA does not name the folder with {SOUNDS}")
        return []
    parts = read(data)
    train, test = parts["train"], parts["test"]
    bands = probe(band_features(train), train, band_features(test), test)
    rows = []
    for signal, network in ((Views(), LogMelCNN(rate=RATE)), (Masked(), WaveEncoder(rate=RATE))):
        name = type(network).__name__
        first, last = untrained_vectors(network, train, test)
        untrained = probe(first, train, last, test)
        epochs = 2 if quick else EPOCHS[name]
        model = nearer.Contrastive(signal, network, held_out=0.0, epochs=epochs, patience=None, threads=2)
        begin, cpu = time.perf_counter(), time.process_time()
        model.fit(train.sounds)
        seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
        found = probe(model.space_.vectors, train, model.encode(test.sounds), test)
        what = f"linear probe, digit of 300 spoken ones, {model.space_.dim}-d vectors of {name} trained"
        what = f"{what} without labels on 2,700, {epochs} epochs"
        note = f"{seconds / 60:.1f} minutes, {spent / 60:.1f} CPU minutes"
        if name == "LogMelCNN":
            rows.append(Row(f"{what}: {PROBE:.0%}", f"{found:.1%}", f"{PROBE:.1%}", found / PROBE, 1.0, note))
            what = "the same"
        rows.append(
            Row(f"{what}: untrained", f"{found:.1%}", f"{untrained:.1%}", found / untrained, 1.0, note)
        )
        if name == "LogMelCNN":
            beside = "means and deviations of 40 log-mel bands"
            rows.append(
                Row(f"the same: {beside}", f"{found:.1%}", f"{bands:.1%}", found / bands, 1.0, "80-d")
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
