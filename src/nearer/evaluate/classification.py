"""What judgements of classification share: their result, and accuracy and macro-F1 with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.bootstrap import LEVELS, RESAMPLES, mean
from nearer.evaluate.labels import Labelled
from nearer.evaluate.result import Estimate, Result, table


@dataclass(frozen=True)
class ClassificationResult(Result):
    """How often a label is foretold from the vectors of other items.

    Attributes
    ----------
    classifier : what foretold, as a table shows it.
    accuracy : part of the items whose label was foretold.
    macro_f1 : mean over labels of F1, the harmonic mean of precision and recall.
    f1 : F1 of each label, under its text.
    majority : part of the items that have the most frequent label: what guessing it would score.
    coverage : part of the labelled items that the space holds.
    """

    classifier: str
    accuracy: Estimate
    macro_f1: Estimate
    f1: dict[str, float]
    majority: float
    coverage: float
    rule: ClassVar[str] = "items that the space lacks are left out"

    @property
    def value(self) -> float:
        """The accuracy."""
        return self.accuracy.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.accuracy.interval

    @property
    def n(self) -> int:
        """Items foretold."""
        return self.accuracy.n

    @property
    def oov_rate(self) -> float:
        """Part of the labelled items that the space lacks."""
        return 1 - self.coverage

    def __str__(self) -> str:
        return table(
            (self.classifier, "value", "95 %", "n"),
            [("accuracy", *self.accuracy.cells()), ("macro-F1", *self.macro_f1.cells())],
            f"{len(self.f1)} labels, the most frequent {self.majority:.1%}; "
            f"coverage {self.coverage:.1%} of the labelled items",
        )


def judged(classifier: str, found: Labelled, predicted: NDArray[np.int64], seed: int) -> ClassificationResult:
    """The result of `predicted` label numbers (n,) for the items `found`.

    The intervals draw the items again and take what was foretold as given.
    """
    classes, n = len(found.names), len(found.codes)
    cells, counts = np.unique(found.codes * classes + predicted, return_counts=True)
    truth, foretold = np.divmod(cells, classes)
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, RESAMPLES)
    by_class = _f1(counts[None].astype(np.int64), truth, foretold, classes)[0]
    low, high = np.percentile(np.nanmean(_f1(drawn, truth, foretold, classes), axis=1), LEVELS)
    names: dict[str, float] = {}
    for code, name in enumerate(found.names):
        names[name if name not in names else f"{name} ({code})"] = float(by_class[code])
    return ClassificationResult(
        classifier=classifier,
        accuracy=mean((found.codes == predicted).astype(np.float64), seed),  # resamples can be paired
        macro_f1=Estimate(float(by_class.mean()), (float(low), float(high)), n),
        f1=names,
        majority=float(found.sizes().max() / n),
        coverage=found.coverage,
    )


def _f1(
    counts: NDArray[np.int64], truth: NDArray[np.int64], foretold: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """F1 of each label in each of m samples, (m, classes), from counts (m, cells) of (truth, foretold).

    NaN for a label that a sample neither holds nor foretells.
    """

    def summed(codes: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        one_hot = (codes[:, None] == np.arange(classes)) & chosen[:, None]
        return np.asarray(counts @ one_hot.astype(np.int64))

    everything = np.ones(len(truth), bool)
    hits = summed(truth, truth == foretold)
    whole = summed(truth, everything) + summed(foretold, everything)
    return np.asarray(np.divide(2 * hits, whole, out=np.full(whole.shape, np.nan), where=whole > 0))
