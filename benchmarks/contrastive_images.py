"""A network over images, trained by contrast from scratch without labels, on 10,000 images of CIFAR-10.

    python benchmarks/contrastive_images.py [--quick]

Needs NEARER_DATA. Labels serve the judge alone: a logistic regression on standardised vectors of the training
images (its regularisation chosen on a tenth of them) names the classes of 2,000 others; beside it the same on
raw pixels, and on the vectors of the network before training.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nearer
from nearer.networks import ResNet
from nearer.signal import Views
from report import Row, render

IMAGES = "images/cifar10_10k_2k.parquet"
PROBE, LIMIT = 0.58, 40 * 60.0  # least accuracy; most seconds of training
NETWORK = {"channels": 32}
EPOCHS = 60
STRENGTHS = (0.0003, 0.003, 0.03)  # of the probe: scikit-learn's C


@dataclass(frozen=True)
class Part:
    """Images as JPEG bytes, and their classes."""

    images: list[bytes]
    labels: np.ndarray


def read(data: Path) -> dict[str, Part]:
    """The training and the test images."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / IMAGES)
    splits = np.array(table["split"].to_pylist())
    images, labels = table["jpeg"].to_pylist(), np.array(table["label"].to_pylist())
    return {
        name: Part([images[row] for row in np.flatnonzero(splits == name)], labels[splits == name])
        for name in ("train", "test")
    }


def model(epochs: int) -> nearer.Contrastive:
    """What is measured: views of crops, colours and mirrors; InfoNCE; all images are trained on."""
    return nearer.Contrastive(
        Views(),
        ResNet(**NETWORK),
        temperature=0.2,
        held_out=0.0,
        epochs=epochs,
        patience=None,
        learning_rate=0.002,
        threads=1,  # the same bits on every run
    )


def probe(vectors: np.ndarray, train: Part, asked: np.ndarray, test: Part) -> float:
    """Accuracy of a linear classifier on the test images."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    warnings.simplefilter("ignore", ConvergenceWarning)  # of 200 steps; raw pixels would take thousands

    def accuracy(strength: float, learned: np.ndarray, judged: np.ndarray | None) -> float:
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=200))
        classifier.fit(vectors[learned], train.labels[learned])
        if judged is None:
            return float(classifier.score(asked, test.labels))
        return float(classifier.score(vectors[judged], train.labels[judged]))

    order = np.random.default_rng(0).permutation(len(train.labels))
    judged, learned = order[: len(order) // 10], order[len(order) // 10 :]
    best = max(STRENGTHS, key=lambda strength: accuracy(strength, learned, judged))
    return accuracy(best, order, None)


def pixels(part: Part) -> np.ndarray:
    """Raw colours, a row an image."""
    from nearer.data import read_image

    return np.stack([read_image(image).ravel() for image in part.images]).astype(np.float32) / 255


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` trains for two epochs."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / IMAGES).exists():
        print(f"contrastive_images: skipped, NEARER_DATA does not name the folder with {IMAGES}")
        return []
    parts = read(data)
    train, test = parts["train"], parts["test"]
    network = ResNet(**NETWORK)
    untrained = probe(*untrained_vectors(network, train, test))
    trained = model(2 if quick else EPOCHS)
    begin, cpu = time.perf_counter(), time.process_time()
    trained.fit(train.images)
    seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
    raw = probe(pixels(train), train, pixels(test), test)
    found = probe(trained.space_.vectors, train, trained.encode(test.images), test)
    what = f"linear probe on 2,000 CIFAR-10 images, {trained.space_.dim}-d vectors of a ResNet trained"
    what = f"{what} without labels on 10,000, {trained.epochs} epochs"
    note = f"{seconds / 60:.1f} minutes, {spent / 60:.1f} CPU minutes"
    return [
        Row(f"{what}: {PROBE:.0%}", f"{found:.1%}", f"{PROBE:.1%}", found / PROBE, 1.0, note),
        Row("the same: raw pixels", f"{found:.1%}", f"{raw:.1%}", found / raw, 1.0, "3,072-d"),
        Row(
            "the same: the network before training",
            f"{found:.1%}",
            f"{untrained:.1%}",
            found / untrained,
            1.0,
            "",
        ),
        Row(
            "time of that training, one thread: 40 minutes on 2 cores",
            f"{seconds / 60:.1f} min",
            "40 min",
            LIMIT / seconds,
            1.0,
            note,
        ),
    ]


def untrained_vectors(network: ResNet, train: Part, test: Part) -> tuple[np.ndarray, Part, np.ndarray, Part]:
    """What `probe` takes, of the network with its first weights."""
    import torch

    plan = network.plan(train.images)
    module = network.build(plan, 0).eval()
    vectors = []
    with torch.no_grad():
        for part in (train, test):
            ready = network.prepare(part.images, plan)
            rows = np.array_split(np.arange(len(ready)), -(-len(ready) // 500))
            vectors.append(np.concatenate([module(ready.batch(some)).numpy() for some in rows]))
    return vectors[0], train, vectors[1], test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
