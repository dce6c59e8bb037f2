"""Networks over sounds, trained by contrast from scratch without labels, on 2,700 spoken digits.

    python benchmarks/contrastive_audio.py [--quick]

Needs NEARER_DATA. Labels serve the judge alone: a logistic regression on standardised vectors of the training
recordings (its regularisation chosen on a tenth of them) names the digits of the 300 others, the official
split: takes 0-4 of each speaker and digit. Beside it the same on means and deviations of log-mel bands,
and on the vectors of the networks before training: `WaveEncoder` begins with filters at pitches of the mel
scale, so that its first weights are a strong reference, and with all labels they leave training a few
recordings of the 300 to win. What training adds is measured where labels are few: the same judge, given 100.
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
EPOCHS = {"LogMelCNN": 20, "WaveEncoder": 16}
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # of the probe: scikit-learn's C
FEW, DRAWS = 10, 10  # labels of each digit where they are few, and how often they are drawn


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


def few_labels(vectors: np.ndarray, train: Part, asked: np.ndarray, test: Part) -> list[float]:
    """The same with `FEW` labels a digit, once a draw; the regularisation is cross-validated."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(vectors)
    found = []
    for draw in range(DRAWS):
        order = np.random.default_rng(draw).permutation(len(train.labels))
        rows = np.concatenate([order[train.labels[order] == digit][:FEW] for digit in range(10)])
        search = GridSearchCV(LogisticRegression(max_iter=1000), {"C": STRENGTHS}, cv=5)
        search.fit(scaler.transform(vectors[rows]), train.labels[rows])
        found.append(float(search.score(scaler.transform(asked), test.labels)))
    return found


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
    of_bands = band_features(train), band_features(test)
    bands = probe(of_bands[0], train, of_bands[1], test)
    rough = few_labels(of_bands[0], train, of_bands[1], test)
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
        vectors = model.space_.vectors, model.encode(test.sounds)
        found = probe(vectors[0], train, vectors[1], test)
        what = f"linear probe, digit of 300 spoken ones, {model.space_.dim}-d vectors of {name} trained"
        what = f"{what} without labels on 2,700, {epochs} epochs"
        note = f"{seconds / 60:.1f} minutes, {spent / 60:.1f} CPU minutes"
        if name == "LogMelCNN":
            rows.append(Row(f"{what}: {PROBE:.0%}", f"{found:.1%}", f"{PROBE:.1%}", found / PROBE, 1.0, note))
            what = "the same"
        rows.append(
            Row(f"{what}: untrained", f"{found:.1%}", f"{untrained:.1%}", found / untrained, 1.0, note)
        )
        beside = "means and deviations of 40 log-mel bands"
        rows.append(Row(f"the same: {beside}", f"{found:.1%}", f"{bands:.1%}", found / bands, 1.0, "80-d"))
        few = few_labels(vectors[0], train, vectors[1], test)
        rows += few_rows(name, few, few_labels(first, train, last, test), rough)
    return rows


def few_rows(name: str, few: list[float], untrained: list[float], bands: list[float]) -> list[Row]:
    """Rows of the judge with few labels: the network's vectors, trained, against two references."""
    what, mean = f"the same judge with {10 * FEW} labels, mean of {DRAWS} draws, {name}", float(np.mean(few))
    rows = []
    for beside, given in (("untrained", untrained), ("log-mel bands", bands)):
        better = sum(one > other for one, other in zip(few, given, strict=True))
        other = float(np.mean(given))
        note = f"better in {better} draws of {DRAWS}"
        rows.append(Row(f"{what}: {beside}", f"{mean:.1%}", f"{other:.1%}", mean / other, 1.0, note))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
