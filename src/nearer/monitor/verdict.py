"""What a check says: whether to alarm, how sure, how far, and what moved."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

TestName = Literal["mmd", "energy", "classifier", "axes", "clusters"]


@dataclass(frozen=True)
class TestOutcome:
    """One test of a window against the baseline.

    Attributes
    ----------
    name : "mmd", "energy", "classifier", "axes" or "clusters".
    statistic : its value; larger is further from the null that nothing changed.
    p_value : valid in finite samples for this test alone.
    """

    __test__ = False  # no case of pytest

    name: TestName
    statistic: float
    p_value: float


@dataclass(frozen=True)
class Moved:
    """A part of the space that the window fills otherwise than the baseline.

    Attributes
    ----------
    kind, name : what moved, such as ("cluster", "3: goal, match, striker") or ("axis", "cheap - expensive").
    p_value : adjusted for all parts of the kind that were looked at (Holm, or the largest of a permutation).
    before, after : the cluster's share of all rows, or the mean on the axis, in the baseline and the window.
    effect : `after - before` in standard deviations of the baseline.
    examples : keys (row numbers of the window where it has no keys) that carry the change, strongest first.
    """

    kind: Literal["cluster", "axis"]
    name: str
    p_value: float
    before: float
    after: float
    effect: float
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unusual:
    """A single item that lies far from the baseline.

    Attributes
    ----------
    key : its key, or its row number in the window.
    score : its outlier score; larger is further out.
    p_value : conformal: the chance of a score at least as large, were it drawn as the baseline was.
    nearest : the key of the baseline that lies nearest.
    """

    key: str
    score: float
    p_value: float
    nearest: str


@dataclass(frozen=True)
class Verdict:
    """What one window says.

    Attributes
    ----------
    alarm : whether the evidence reaches what `alpha` asks for.
    p_value : of all tests together, valid in finite samples; in sequential mode valid at every time at once.
    effect : how far the window is from the baseline, from 0 (the same) to 1: the energy coefficient of
        inhomogeneity (Székely & Rizzo, 2013).
    moved : the clusters and axes that moved, strongest first; empty without alarm.
    unusual : single items that lie far out, most unusual first.
    outcomes : each test alone.
    n : rows of the window.
    alpha : the rate of false alarms that was asked for.
    """

    alarm: bool
    p_value: float
    effect: float
    moved: tuple[Moved, ...]
    unusual: tuple[Unusual, ...]
    outcomes: tuple[TestOutcome, ...]
    n: int
    alpha: float

    def to_dict(self) -> dict[str, Any]:
        """The whole verdict as plain dictionaries, lists, numbers and strings."""
        return asdict(self)
