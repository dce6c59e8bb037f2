"""Linear probe: can a linear classifier read the label of an item off its vector?"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.classification import ClassificationResult, judged
from nearer.evaluate.labels import Labelled, Labels, labelled, require_two
from nearer.space import Space

MAX_ITERATIONS = 1000

logger = logging.getLogger("nearer")


def probe(
    space: Space,
    labels: Labels,
    *,
    folds: int = 5,
    regularization: float = 1.0,
    columns: Sequence[str] | None = None,
    seed: int = 0,
) -> ClassificationResult:
    """Accuracy and macro-F1 of a logistic regression on the vectors, by stratified cross-validation.

    Each of the `folds` is foretold by a classifier that learned from the others (Alain & Bengio, 2016, called
    such a classifier a probe). In a space of cosines vectors are scaled to length 1. Columns are standardised
    by the means and deviations of the items learned from.

    Parameters
    ----------
    labels : label of each row, {key: label}, the name of a payload column, or a file or table of keys and
        labels.
    folds : at least 2; each label needs as many items.
    regularization : weight of the squared coefficients against the loss, above 0; scikit-learn's 1 / C.
    columns : names of the columns of key and label in a file or table.
    seed : of the folds, and of the bootstrap over items, which takes what was foretold as given.

    Raises `ParameterError` for folds or a regularization out of their range, and `InputError` for labels that
    are missing, of one kind only, or of fewer items than folds.
    """
    if folds < 2:
        raise ParameterError(f"folds={shown(folds)} is below 2")
    if not (math.isfinite(regularization) and regularization > 0):
        raise ParameterError(f"regularization={shown(regularization)} is not a finite number above 0")
    found = labelled(space, labels, columns)
    require_two(found)
    _require_folds(found, folds)
    vectors = unit_rows(space.vectors[found.rows], space.metric)
    predicted = _foretold(vectors, found.codes, folds, regularization, seed)
    return judged(f"logistic probe, {folds} folds", found, predicted, seed)


def unit_rows(vectors: NDArray[np.float32], metric: str) -> NDArray[np.float64]:
    """`vectors` in float64, in a space of cosines scaled to length 1; a row of zeros stays."""
    rows = vectors.astype(np.float64)
    if metric == "cosine":
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        np.divide(rows, norms, out=rows, where=norms > 0)
    return rows


def _require_folds(found: Labelled, folds: int) -> None:
    sizes = found.sizes()
    rarest = int(sizes.argmin())
    if sizes[rarest] < folds:
        count = int(sizes[rarest])
        fewer = f"use folds={count}" if count > 1 else "leave the label out"
        raise InputError(
            f"label {shown(found.names[rarest])} has {count} item{'s' * (count != 1)}, fewer than the "
            f"{folds} folds",
            remedy=f"{fewer}, or give more items",
        )


def _foretold(
    vectors: NDArray[np.float64], codes: NDArray[np.int64], folds: int, regularization: float, seed: int
) -> NDArray[np.int64]:
    """Label number of each item, foretold by the classifier that did not learn from it."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  (`import nearer` must not load it)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (likewise)
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415  (likewise)
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415  (likewise)
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415  (likewise)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    predicted = np.empty(len(codes), np.int64)
    unfinished = 0
    for learned, held_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(vectors, codes):
        classifier = make_pipeline(
            StandardScaler(), LogisticRegression(C=1 / regularization, max_iter=MAX_ITERATIONS)
        )
        with warnings.catch_warnings(record=True) as caught, threadpool_limits(1):
            warnings.simplefilter("always", ConvergenceWarning)
            classifier.fit(vectors[learned], codes[learned])
        unfinished += any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
        predicted[held_out] = classifier.predict(vectors[held_out])
    if unfinished:
        logger.warning(
            "the probe stopped after %s iterations in %d of %d folds; a higher regularization ends sooner",
            f"{MAX_ITERATIONS:,}",
            unfinished,
            folds,
        )
    return predicted
