"""The classifier two-sample test: can one tell whose rows are whose? (Lopez-Paz & Oquab, 2017)"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.monitor.exchange import Exchange, Floats

FOLDS = 5
PENALTY = 0.1  # of the ridge, in mean variances of a column
MOST_COLUMNS = 256  # what a classifier learns from; wider rows are mixed into so many at random

Columns = NDArray[np.float32]


def held_out_auc(rows: Floats, exchange: Exchange, seed: int) -> Floats:
    """AUC of a ridge classifier on rows it did not learn from; float64 (1 + permutations,).

    The chance that a row of the window scores above one of the baseline in the same fold (0.5: they
    cannot be told apart), as Mann & Whitney (1947) count it. The classifier is Fisher's linear
    discriminant with a ridge (least squares on who is who, Friedman, 1989), on the columns and the
    squared distance from the pooled mean. Folds do not know who is who, and what is inverted of a fold
    is the same for all arrangements: each costs a column of three matrix products. So the classifier
    learns anew for every arrangement, and the test is exact (Kim, Ramdas, Singh & Wasserman, 2021, on
    permuted classifiers).
    """
    features = prepared_columns(rows, seed)
    labels = exchange.chosen - np.float32(exchange.m / (exchange.n + exchange.m))
    ridge = np.float32(PENALTY) * np.eye(features.shape[1], dtype=np.float32)
    folds = exchange.folds(FOLDS)
    squares = [features[fold].T @ features[fold] for fold in folds]
    products = [features[fold].T @ labels[fold] for fold in folds]
    all_squares, all_products = np.sum(squares, axis=0), np.sum(products, axis=0)
    above = np.zeros(labels.shape[1])
    pairs = np.zeros(labels.shape[1])
    for fold, square, product in zip(folds, squares, products, strict=True):
        learned = len(features) - (fold.stop - fold.start)
        weights = np.linalg.solve((all_squares - square) / learned + ridge, all_products - product)
        wins, compared = ranked(features[fold] @ weights, exchange.chosen[fold])
        above += wins
        pairs += compared
    return np.asarray(np.where(pairs > 0, above / np.maximum(pairs, 1), 0.5), np.float64)


def ranked(scores: Columns, chosen: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Of each column, pairs whose row of the window scores higher, and pairs in all: two (1 +
    permutations,).

    Equal scores are ordered by place: places are drawn by lot.
    """
    order = np.argsort(scores.T, axis=1, kind="stable")
    sorted_choice = np.take_along_axis(chosen.T, order, axis=1)
    count = len(scores)
    window = chosen.sum(axis=0, dtype=np.float64)
    ranks = sorted_choice @ np.arange(1, count + 1, dtype=np.float64)
    return ranks - window * (window + 1) / 2, window * (count - window)


def prepared_columns(rows: Floats, seed: int) -> Columns:
    """What is learned from: centred columns of mean variance 1, and the squared length, standardised."""
    centred = rows - rows.mean(axis=0)
    radius = np.einsum("ij,ij->i", centred, centred)
    if rows.shape[1] > MOST_COLUMNS:
        mixing = np.random.default_rng(seed).standard_normal((rows.shape[1], MOST_COLUMNS))
        centred = centred @ mixing
    size = np.sqrt(np.mean(centred**2))
    radius -= radius.mean()
    deviation = radius.std()
    centred /= size if size > 0 else 1.0
    radius /= deviation if deviation > 0 else 1.0
    return np.column_stack([centred, radius]).astype(np.float32)
