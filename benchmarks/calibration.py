"""What scores mean: rates that were stated beside rates that were measured, probabilities, hubs.

    python benchmarks/calibration.py [--quick]

No peers here. Words of GloVe (Pennington et al., 2014): some are left out, and are queries without a match.
Pairs of MRPC and of STS-B (a rating of 4 or more is a match) by wordllama: learned on one part, true of the
other. News of AG News and BBC News by wordllama: hubs, and the accuracy of ten neighbours. Needs
NEARER_DATA and the packages of both models.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearer
from nearer import Space, evaluate
from nearer.chance import binomial_interval
from nearer.search import CSLS, Exact, MutualProximity, Searcher
from report import Grid, render
from side_by_side import data_folder

HEADS = ("what", "stated", "measured", "95 %", "n")
NEWS = {"BBC News": "bbc_news", "AG News": "agnews_test"}
PAIRS = {"MRPC": ("mrpc_train", "mrpc_val", 1), "STS-B": ("stsb_train", "stsb_test", 4)}
RATES = (0.05, 0.01)
K = 10

Cells = tuple[str, ...]


def run(peers_python: Path | None = None, quick: bool = False) -> Grid | list[Any]:
    """One row a rate, a figure of probabilities, a searcher; kept while every measured rate is as stated."""
    data = data_folder("calibration")
    try:
        words, encoder = nearer.load("glove-6b-50d"), nearer.encoder("wordllama")
    except nearer.errors.NearerError as error:
        print(f"calibration: skipped, {error}")
        return []
    if data is None:
        return []
    rows, fine = false_matches(words[: 20_000 if quick else 100_000], 2_000 if quick else 10_000)
    for name, files in PAIRS.items():
        rows += probabilities(name, data, encoder, *files)
    kept = [fine]
    some = words[: 5_000 if quick else 20_000]
    for name, space, topics in spaces(some, data, encoder, 500 if quick else None):
        found, better = hubs(name, space, topics)
        rows += found
        kept.append(better)
    return Grid(HEADS, rows, all(kept))


def false_matches(words: Space, asked: int) -> tuple[list[Cells], bool]:
    """Words that are left out, among the others: how many are answered, and how many noisy copies."""
    order = np.random.default_rng(0).permutation(len(words))
    others, space = words.take(np.sort(order[:asked])), words.take(np.sort(order[asked:]))
    calibration, searcher = space.calibrate(), Exact(space)
    rows, fine = [], True
    for rate in RATES:
        threshold = calibration.threshold(rate)
        hits = searcher.search(others, 1).above(threshold)
        answered = sum(len(line) for line in hits)
        low, high = binomial_interval(answered, asked)
        least, most = calibration.false_match_interval(rate)
        fine &= low <= most and least <= high
        rows.append(
            (
                f"words without a match that get a hit, among {len(space):,}",
                f"at most {rate:.0%}",
                f"{answered / asked:.2%}",
                f"{low:.2%} to {high:.2%}",
                f"{asked:,}",
            )
        )
    first, second = np.random.default_rng(1).integers(len(space), size=(2, asked))
    apart = first != second
    scores = np.array(
        [
            space.similarity(space.vectors[a], space.vectors[b])
            for a, b in zip(first[apart], second[apart], strict=True)
        ]
    )
    for rate in RATES:
        count = int((calibration.p_value(scores) <= rate).sum())
        low, high = binomial_interval(count, int(apart.sum()))
        fine &= low <= rate <= high
        rows.append(
            (
                "random pairs with a p-value as small",
                f"{rate:.0%}",
                f"{count / apart.sum():.2%}",
                f"{low:.2%} to {high:.2%}",
                f"{apart.sum():,}",
            )
        )
    return rows, fine


def probabilities(name: str, data: Path, encoder: Any, learn: str, judge: str, match: float) -> list[Cells]:
    """Brier score and calibration error told by cross-fitting, beside those on pairs kept apart."""
    (space, pairs), (other, kept) = (
        labelled(data / "sentences" / f"{file}.parquet", encoder, match) for file in (learn, judge)
    )
    labels = np.array([label for *_, label in kept])
    scores = np.array([other.similarity(a, b) for a, b, _ in kept])
    rows = []
    for method in ("isotonic", "platt"):
        made = space.calibrate(pairs, sample=1_000, queries=100, method=method)
        assert made.match is not None
        told, given = made.match.reliability, made.probability(scores)
        low, high = told.brier.interval
        brier = float(((given - labels) ** 2).mean())
        rows.append(
            (
                f"{name}, {method}: Brier score on others ({told.brier_of_share:.3f} by the share alone)",
                f"{told.brier.value:.3f}",
                f"{brier:.3f}",
                f"{low:.3f} to {high:.3f}",
                f"{len(kept):,}",
            )
        )
        generator = np.random.default_rng(0)
        by_chance = [calibration_error(given, generator.random(len(given)) < given) for _ in range(1000)]
        rows.append(
            (
                f"{name}, {method}: calibration error on others (told p = {told.calibration_p_value:.3f})",
                f"{told.calibration_error.value:.3f}",
                f"{calibration_error(given, labels):.3f}",
                f"right probabilities: up to {np.quantile(by_chance, 0.95):.3f}",
                f"{len(kept):,}",
            )
        )
    return rows


def labelled(file: Path, encoder: Any, match: float) -> tuple[Space, list[tuple[str, str, int]]]:
    """The space of the texts in `file`, and its pairs; a score of `match` or more is a match."""
    pairs = [
        (pair.first, pair.second, int(pair.score >= match)) for pair in evaluate.read_text_pairs(file)[1]
    ]
    texts = list(dict.fromkeys(text for pair in pairs for text in pair[:2]))
    return Space(texts, encoder.encode(texts), identity=encoder.identity), pairs


def calibration_error(given: NDArray[np.float64], labels: NDArray[Any]) -> float:
    """Mean distance of probability and share of matches over ten bins of equally many pairs."""
    order = np.argsort(given, kind="stable")
    return sum(abs(float((given - labels)[part].sum())) for part in np.array_split(order, 10)) / len(given)


def spaces(
    words: Space, data: Path, encoder: Any, most: int | None
) -> list[tuple[str, Space, NDArray[np.str_] | None]]:
    """Name, space, and the topic of each row where there is one."""
    import pyarrow.parquet as pq

    found: list[tuple[str, Space, NDArray[np.str_] | None]] = [(f"GloVe, {len(words):,} words", words, None)]
    for name, file in NEWS.items():
        table = pq.read_table(data / "sentences" / f"{file}.parquet").to_pydict()
        texts = [f"{title}\n{text}" for title, text in zip(table["title"], table["text"], strict=True)]
        step = 1 if most is None else max(1, len(texts) // most)
        vectors = np.asarray(encoder.encode(texts[::step]), np.float32)
        topics = np.array([str(topic) for topic in table["topic"]][::step])
        found.append((name, Space([str(row) for row in range(len(vectors))], vectors), topics))
    return found


def hubs(name: str, space: Space, topics: NDArray[np.str_] | None) -> tuple[list[Cells], bool]:
    """Skewness of how often a row is among the ten nearest, accuracy of their topics, speed."""
    from scipy.stats import skew

    rows, skews, accuracies = [], [], []
    for kind in (Exact, CSLS, MutualProximity):
        begin = time.process_time()
        searcher: Searcher = kind(space, show_progress=False)
        made = time.process_time() - begin
        begin = time.process_time()
        near = searcher.search(space, K + 1).rows
        seconds = time.process_time() - begin
        others = np.array([[row for row in line if row != own][:K] for own, line in enumerate(near.tolist())])
        skews.append(float(skew(np.bincount(others.ravel(), minlength=len(space)))))
        told = ""
        if topics is not None:
            accuracies.append(accuracy(topics, others))
            told = f", accuracy {accuracies[-1]:.3f}"
        rows.append(
            (
                f"{name}: hubs by {kind.__name__} (skewness of {K}-occurrence){told}",
                "-" if kind is Exact else f"below {skews[0]:.2f}",
                f"{skews[-1]:.2f}",
                f"made in {made:.1f} s, {len(space) / seconds:,.0f} queries a CPU s",
                f"{len(space):,}",
            )
        )
    better = all(later < skews[0] for later in skews[1:])
    slack = 0.0 if topics is None else 2 * np.sqrt(0.25 / len(space))
    return rows, better and all(later >= accuracies[0] - slack for later in accuracies[1:])


def accuracy(topics: NDArray[np.str_], near: NDArray[np.int64]) -> float:
    """Part of the rows whose topic most of their neighbours have; ties go to the first topic."""
    names, codes = np.unique(topics, return_inverse=True)
    votes = (codes[near][:, :, None] == np.arange(len(names))).sum(axis=1)
    return float((votes.argmax(axis=1) == codes).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(Path(), parser.parse_args().quick)))


if __name__ == "__main__":
    main()
