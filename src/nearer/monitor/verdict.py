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
    before, after : the cluster's share of all rows, the mean on the axis, or the standard deviation on it
        ("spread"), in the baseline and the window.
    effect : `after - before` in standard deviations of the baseline.
    examples : keys (row numbers of the window where it has no keys) that carry the change, strongest first.
    """

    kind: Literal["cluster", "axis", "spread"]
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
class Effect:
    """The smallest size of one kind of change that is found.

    Attributes
    ----------
    name, unit : the change, and what its size is counted in.
    value : its size; None where even the largest is found too seldom.
    power : the share of simulated windows in which it was found, and its exact 95 % interval.
    """

    name: str
    unit: str
    value: float | None
    power: float | None
    interval: tuple[float, float] | None

    def cells(self) -> tuple[str, ...]:
        """Change, size, unit, power and its interval, as a table shows them."""
        if self.value is None or self.power is None or self.interval is None:
            return self.name, "none", self.unit, "-", "-"
        low, high = self.interval
        return self.name, f"{self.value:.2g}", self.unit, f"{self.power:.2f}", f"{low:.2f} to {high:.2f}"


@dataclass(frozen=True)
class Detectable:
    """What windows of one size can show.

    Attributes
    ----------
    n : rows of a window; the simulation had `simulated` of them, fewer where the baseline is small.
    alpha, power : rate of false alarms, and chance of the alarm.
    cluster : share of the baseline's rows in the cluster that loses items.
    effects : the smallest change of each kind.
    """

    n: int
    simulated: int
    alpha: float
    power: float
    cluster: float
    effects: tuple[Effect, ...]

    @property
    def meaning(self) -> str:
        """What the effects say, and what to do for smaller ones."""
        held = f" (simulated with {self.simulated:,})" if self.simulated != self.n else ""
        return (
            f"The smallest changes that a window of {self.n:,} rows{held} shows with chance {self.power:.0%} "
            f"at alpha {self.alpha:g}; the lost cluster holds {self.cluster:.1%} of the baseline. "
            "Larger windows show smaller changes."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        return asdict(self)


@dataclass(frozen=True)
class Delay:
    """How long a change goes unnoticed.

    Attributes
    ----------
    n, alpha : rows of a window, and the rate of false alarms.
    quantile : the chance with which the alarm comes within `windows`.
    median, windows : windows from the change to the alarm, its own among them; None: longer than simulated.
    streams : how many were simulated.
    """

    n: int
    alpha: float
    quantile: float
    median: int | None
    windows: int | None
    streams: int

    @property
    def meaning(self) -> str:
        """What the delay says, and what to do for a shorter one."""
        late, middle = (
            "more than were simulated" if count is None else f"{count:,}"
            for count in (self.windows, self.median)
        )
        return (
            f"After such a change {self.quantile:.0%} of streams raise an alarm within {late} windows of "
            f"{self.n:,} rows, half of them within {middle} (alpha {self.alpha:g}, {self.streams} streams "
            "simulated). A baseline of more rows finds it sooner."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        return asdict(self)


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
    detectable : the smallest changes that a window of this size shows; None until `Monitor.detectable` was
        asked for this size.
    mode : whether `alpha` is the rate of each window, or that of ever alarming ("sequential").
    window : its number in the stream, from 1.
    time : of its last row, as text; None where no times were given.
    """

    alarm: bool
    p_value: float
    effect: float
    moved: tuple[Moved, ...]
    unusual: tuple[Unusual, ...]
    outcomes: tuple[TestOutcome, ...]
    n: int
    alpha: float
    detectable: Detectable | None = None
    mode: Literal["window", "sequential"] = "window"
    window: int = 0
    time: str | None = None

    def __str__(self) -> str:
        """One line for the window, and one for each part that moved and each unusual item."""
        when = "" if self.time is None else f", to {self.time}"
        rate = "ever" if self.mode == "sequential" else "a window"
        lines = [
            f"window {self.window} ({self.n:,} rows{when}): {'ALARM' if self.alarm else 'no alarm'}, "
            f"p = {self.p_value:.3g}, alpha = {self.alpha:g} {rate}, effect = {self.effect:.3f}"
        ]
        lines += [
            f"  {part.kind} {part.name}: {part.before:.3g} -> {part.after:.3g} (p = {part.p_value:.2g})"
            for part in self.moved
        ]
        lines += [
            f"  unusual {item.key}: {item.score:.2f} times as far out as usual (p = {item.p_value:.2g}), "
            f"nearest {item.nearest}"
            for item in self.unusual
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The whole verdict as plain dictionaries, lists, numbers and strings."""
        return asdict(self)
