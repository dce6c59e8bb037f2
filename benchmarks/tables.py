"""Rows of a table: what a linear probe reads off 32 numbers a row, the autoencoder beside FAMD; and its time.

python benchmarks/tables.py [--quick]
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearer
from report import Row, render

ADULT, GERMAN = "tables/adult.parquet", "tables/german_credit.parquet"
DIM = 32
LEAST_ACCURACY = 0.84  # that a probe must reach on Adult
MOST_SECONDS = 180.0


@dataclass(frozen=True)
class Fitted:
    """Vectors of the rows of a table, and what making them took: seconds by the clock and of CPU."""

    vectors: NDArray[np.float32]
    wall: float
    cpu: float


def fit(model: Any, table: Any) -> Fitted:
    """Fit `model` to all rows, without their labels."""
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = model.fit(table).space_.vectors
    return Fitted(vectors, time.perf_counter() - wall, time.process_time() - cpu)


def probe(vectors: NDArray[Any], labels: NDArray[Any], learned: NDArray[np.bool_]) -> float:
    """Accuracy of a logistic regression on the rows that it did not learn from."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    classifier.fit(vectors[learned], labels[learned])
    return float(classifier.score(vectors[~learned], labels[~learned]))


def one_hot(table: Any) -> NDArray[np.float64]:
    """Every column as it is: standardised numbers, and an indicator a category."""
    import pyarrow as pa

    columns = []
    for column in table.columns:
        if pa.types.is_integer(column.type):
            columns.append(column.to_numpy().astype(np.float64))
        else:
            values = np.array(column.fill_null("").to_pylist())
            columns += [(values == value).astype(np.float64) for value in np.unique(values)]
    return np.stack(columns, axis=1)


def adult(data: Path, quick: bool) -> list[Row]:
    """Adult: 14 columns; whether an income is above 50,000 is never fed, and read off by a probe."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / ADULT)
    if quick:
        table = table.take(np.arange(0, len(table), 8))
    labels = np.array(table["income"].to_pylist())
    learned = np.array(table["split"].to_pylist()) == "train"
    table = table.drop_columns(["income", "split"])
    raw = probe(one_hot(table), labels, learned)
    linear = fit(nearer.FAMD(DIM), table)
    found = [fit(nearer.TableAutoencoder(DIM, seed=seed), table) for seed in range(1 if quick else 3)]
    scores = [probe(one.vectors, labels, learned) for one in found]
    score, baseline = float(np.mean(scores)), probe(linear.vectors, labels, learned)
    spread = f"seeds {min(scores):.4f} to {max(scores):.4f}; one-hot logistic {raw:.4f}"
    name = f"Adult, official split, linear probe on {DIM}-d rows"
    seconds = max(one.wall for one in found)
    cpu = f"{len(table):,} rows; CPU {max(one.cpu for one in found):.1f} s, FAMD {linear.cpu:.1f} s"
    return [
        Row(f"{name}: FAMD", f"{score:.4f}", f"{baseline:.4f}", score / baseline, 1.0, spread),
        Row(
            f"{name}: {LEAST_ACCURACY}",
            f"{score:.4f}",
            f"{LEAST_ACCURACY}",
            score / LEAST_ACCURACY,
            1.0,
            spread,
        ),
        Row(
            "Adult, autoencoder trained, by the clock: under 3 minutes",
            f"{seconds:.1f} s",
            f"{MOST_SECONDS:.0f} s",
            MOST_SECONDS / seconds,
            1.0,
            cpu,
        ),
    ]


def german(data: Path, quick: bool) -> list[Row]:
    """German credit: 1,000 rows, ten random halves that learn."""
    import pyarrow.parquet as pq

    table = pq.read_table(data / GERMAN)
    labels = np.array(table["class"].to_pylist())
    table = table.drop_columns(["class"])
    ours = fit(nearer.TableAutoencoder(DIM), table).vectors
    theirs = fit(nearer.FAMD(DIM), table).vectors
    draw = np.random.default_rng(0)
    halves = [draw.permutation(len(labels)) < 0.7 * len(labels) for _ in range(2 if quick else 20)]
    score, baseline, raw = (
        float(np.mean([probe(vectors, labels, half) for half in halves]))
        for vectors in (ours, theirs, one_hot(table))
    )
    name = f"German credit, linear probe on {DIM}-d rows, mean of {len(halves)} splits: FAMD minus 0.01"
    quality = f"one-hot logistic {raw:.4f}"
    ratio = score / (baseline - 0.01)
    return [Row(name, f"{score:.4f}", f"{baseline:.4f}", ratio, 1.0, quality)]


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes an eighth of Adult and fewer splits."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / ADULT).exists():
        print(f"tables: skipped, NEARER_DATA does not name the folder with {ADULT}")
        return []
    return [*adult(data, quick), *german(data, quick)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
