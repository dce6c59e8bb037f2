"""`Calibration`: what a score of one space means."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.chance import binomial_interval
from nearer.errors import InputError, ParameterError, shown
from nearer.space import calibrate_rates as rates
from nearer.space.calibrate_background import Background, BestScores
from nearer.space.calibrate_bands import Bands
from nearer.space.calibrate_probability import MatchProbability
from nearer.space.checks import Metric
from nearer.space.identity import require_same

if TYPE_CHECKING:
    from nearer.pages import Page
    from nearer.space.space import Query, Space

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairJudgement:
    """What the score of one pair means.

    Attributes
    ----------
    score : by the metric of the space.
    percentile : % of random pairs that score lower.
    p_value : the chance of so high a score for two random keys; of the bands of both, where there are bands.
    bands : names of the bands of frequency of both keys, or None.
    probability : of a match, or None where no labelled pairs were given.
    """

    score: float
    percentile: float
    p_value: float
    bands: tuple[str, str] | None
    probability: float | None


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the scores of one space mean; made by `Space.calibrate`, bound to the identity of the space.

    Every method takes a score or an array of scores of the metric of the space, and gives a number or an
    array. Scores that are NaN are refused by `InputError`.

    Attributes
    ----------
    identity : of the space.
    content : digest of its keys and vectors; a search is judged against exactly these.
    metric : of the space.
    n : keys of the space.
    seed : that pairs and queries were drawn with.
    background : scores of random pairs.
    best : the best scores of queries without a match.
    bands : pairs by the frequency of their keys, or None.
    match : the probability of a match, or None where no labelled pairs were given.
    """

    identity: str
    content: str
    metric: Metric
    n: int
    seed: int
    background: Background
    best: BestScores
    bands: Bands | None
    match: MatchProbability | None

    def percentile(self, score: ArrayLike, bands: tuple[int, int] | None = None) -> Any:
        """Which part of random pairs scores lower, in %.

        Parameters
        ----------
        bands : two bands of frequency, as row numbers of `calibration.bands.names`; None: pairs of all keys.
        """
        scores, background = _checked(score), self._background(bands)
        return _plain(100 * background.below(scores) / background.draws)

    def percentile_interval(self, score: float, bands: tuple[int, int] | None = None) -> tuple[float, float]:
        """Exact 95 % interval (Clopper & Pearson, 1934) of that part, in %; a point of all pairs."""
        background = self._background(bands)
        lower = int(background.below(_checked(score)))
        if background.exact:
            return (100 * lower / background.draws,) * 2
        low, high = binomial_interval(lower, background.draws)
        return 100 * low, 100 * high

    def p_value(self, score: ArrayLike, bands: tuple[int, int] | None = None) -> Any:
        """The chance that two random keys score at least as high: (1 + #{background >= score}) / (1 + draws).

        For a pair drawn uniformly from all pairs of distinct keys of the space, P(p <= a) <= a for every a
        and every number of draws, since it is exchangeable with those drawn (Davison & Hinkley, 1997, 4.4).
        It says nothing of the best of many candidates: see `search_p_value`. Values below
        1 / (1 + draws) are out of reach; draw more pairs by `sample`.
        """
        scores, background = _checked(score), self._background(bands)
        return _plain((1 + background.at_least(scores)) / (1 + background.draws))

    def pair_threshold(self, rate: float, bands: tuple[int, int] | None = None) -> float:
        """The score that two random keys exceed with a chance of at most `rate`: there p_value is above it.

        Raises `ParameterError` where so few pairs were drawn that no score is that rare.
        """
        return rates.pair_threshold(self._background(bands), rate)

    def threshold(self, false_match_rate: float = 0.01, k: int = 1) -> float:
        """The score that the k-th hit of a query without any match exceeds with a chance of at most the rate.

        A search returns the best of all n candidates, so this is far above `pair_threshold`. It is a quantile
        of the k-th best scores of m calibrating queries, chosen by rank so that the rate is kept in finite
        samples (conformal prediction: Vovk, Gammerman & Shafer, 2005): answer where score > threshold.

        Assumptions: the query is exchangeable with the calibrating ones, and none of these has a match. Where
        keys of the space were the calibrating queries, each searched all others but its labelled matches; a
        new query may then be among the k nearest of one that did not see it, which at most k of them can
        notice where scores do not tie, so k more are counted and the rate stays exact. Near-duplicates that
        are not labelled count as false matches and make the threshold higher than need be: pass pairs with
        label 1, or `queries` that are known to have no match. The rate is kept on average over calibrations;
        `false_match_interval` tells where that of this one lies.

        Raises `ParameterError` where there are too few queries for the rate, and says how many are needed.
        """
        return rates.threshold(self.best, false_match_rate, k, self.n)

    @property
    def smallest_rate(self) -> float:
        """The smallest false-match rate that `threshold` can keep with so many calibrating queries."""
        return rates.smallest_rate(self.best)

    def false_match_interval(self, false_match_rate: float = 0.01, k: int = 1) -> tuple[float, float]:
        """Where the real rate of `threshold` lies with 95 %, as this one calibration has turned out.

        The part of queries above the r-th largest of m is distributed as Beta(r, m - r + 1) (order statistics
        of a continuous distribution; Vovk, 2012), nearly so where keys of the space were the queries.
        """
        return rates.realized(self.best, false_match_rate, k, self.n)

    def search_p_value(self, score: ArrayLike, k: int = 1) -> Any:
        """The chance that the k-th hit of a query without any match scores at least as high.

        (1 + c + #{k-th best of the calibrating queries >= score}) / (1 + queries), with c = k where keys of
        the space were the queries, else 0; at most the rate exactly where the score is above
        `threshold(rate, k)`, under the same assumptions.
        """
        return _plain(rates.search_p_value(self.best, _checked(score), k))

    def probability(self, score: ArrayLike, share: float | None = None) -> Any:
        """The probability that a pair of this score is a match.

        Parameters
        ----------
        share : part of all pairs that match where the score comes from; None: as among the labelled pairs.
            Among candidates of a search it is far smaller than among pairs that people chose to label.

        Raises `ParameterError` where the space was calibrated without labelled pairs.
        """
        if self.match is None:
            raise ParameterError(
                "this calibration knows no probabilities", remedy="pass labelled pairs to calibrate()"
            )
        return _plain(self.match.probability(_checked(score), share))

    def judge(self, space: Space, a: Query, b: Query) -> PairJudgement:
        """What the score of two keys or vectors of `space` means; keys are judged by their bands.

        Raises `SpaceMismatch` for a space of another identity, `InputError` for bands of other keys.
        """
        self.require_space(space)
        score = space.similarity(a, b)
        bands = None
        if self.bands is not None and isinstance(a, str) and isinstance(b, str):
            self.require_content(space)
            bands = (int(self.bands.of_row[space.row(a)]), int(self.bands.of_row[space.row(b)]))
        return PairJudgement(
            score,
            float(self.percentile(score, bands)),
            float(self.p_value(score, bands)),
            None
            if bands is None or self.bands is None
            else (self.bands.names[bands[0]], self.bands.names[bands[1]]),
            None if self.match is None else float(self.probability(score)),
        )

    def require_space(self, space: Space) -> None:
        """Raise `SpaceMismatch` unless `space` has the identity that was calibrated."""
        remedy = "calibrate this space, or pass the one that the calibration was made for"
        require_same(self.identity, space.identity, "the calibration", remedy)

    def require_content(self, space: Space) -> None:
        """Raise also where `space` holds other keys or vectors: the best of others is another matter."""
        self.require_space(space)
        if space._content != self.content:
            raise InputError(
                f"the calibration is of {self.n:,} other rows of the same identity, not these {len(space):,}",
                remedy="calibrate the space that is searched",
            )

    def meaning(self, score: float) -> str:
        """What `score` means, in words."""
        from nearer.space.calibrate_show import meaning  # noqa: PLC0415  (it shows this)

        return meaning(self, score)

    def __str__(self) -> str:
        from nearer.space.calibrate_show import text  # noqa: PLC0415  (as above)

        return text(self)

    def to_dict(self) -> dict[str, Any]:
        """Quantiles, thresholds, bands and reliability as plain dictionaries, lists, numbers and strings."""
        from nearer.space.calibrate_show import document  # noqa: PLC0415  (as above)

        return document(self)

    def page(self, scores: ArrayLike = ()) -> Page:
        """A page: the background as a histogram, thresholds, bands, reliability; `scores` are explained."""
        from nearer.space.calibrate_page import page  # noqa: PLC0415  (as above)

        return page(self, np.atleast_1d(_checked(scores)).tolist())

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write to `path`: the whole calibration as .json, which `load` reads, or its page as .html.

        Raises `FormatError` for another ending, `StorageError` where it cannot be written.
        """
        from nearer.space import calibrate_files  # noqa: PLC0415  (it makes this)

        calibrate_files.write(self, path, overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Calibration:
        """The calibration that `save` wrote to a .json file.

        Raises `IntegrityError` for a file that is none, is cut short or was edited.
        """
        from nearer.space import calibrate_files  # noqa: PLC0415  (it makes this)

        return calibrate_files.read(path)

    def _background(self, bands: tuple[int, int] | None) -> Background:
        if bands is None:
            return self.background
        if self.bands is None:
            raise ParameterError(
                f"bands are {shown(bands)}, and the space was calibrated without",
                remedy="pass by_frequency to calibrate()",
            )
        return self.bands.between(*bands)


def _checked(score: ArrayLike) -> Floats:
    try:
        scores = np.asarray(score, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"the score is {shown(score)}", remedy="pass a number or an array") from None
    if np.isnan(scores).any():
        raise InputError("the score is NaN", remedy="pass finite numbers")
    return scores


def _plain(values: Any) -> Any:
    """A number of a number, an array of an array."""
    return values.item() if np.ndim(values) == 0 else np.asarray(values, np.float64)
