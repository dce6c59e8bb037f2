"""`Measure`: a figure with its interval, what it means, the verdict of a stated rule, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nearer.evaluate.result import Result

Grade = Literal["good", "look", "bad", "note"]
Examples = Sequence[Sequence[str]]

WORST: tuple[Grade, ...] = ("bad", "look", "good", "note")  # the order in which verdicts count
CONVENTION = "a convention of this report"
NOTHING = "Nothing."


@dataclass(frozen=True)
class Scale:
    """A rule: what lies beyond `good` is good, what lies beyond `bad` on the other side is bad.

    Attributes
    ----------
    good, bad : two different limits, both included; the smaller one says which side is which.
    source : where the limits are from.
    """

    good: float
    bad: float
    source: str = CONVENTION

    def verdict(self, value: float) -> Grade:
        """What the rule says of `value`."""
        sign = 1 if self.good < self.bad else -1
        if sign * value <= sign * self.good:
            return "good"
        return "bad" if sign * value >= sign * self.bad else "look"

    def __str__(self) -> str:
        ends = ("up to", "from") if self.good < self.bad else ("from", "up to")
        return f"good {ends[0]} {self.good:g}, bad {ends[1]} {self.bad:g}; {self.source}"


@dataclass(frozen=True)
class Measure(Result):
    """One figure of a health report.

    Attributes
    ----------
    group : what it is about, such as "hubness".
    name : what is measured, such as "k-occurrence skewness".
    value : the figure.
    interval : its 95 % interval, were the items drawn again from where they came; None where every row was
        looked at and nothing is estimated, and where none is known that holds.
    n : items that were looked at.
    unit : its unit and range.
    verdict : "good", "look" or "bad", by `rule`; "note" where what is not bad is yet no praise.
    rule : the limits, what they apply to, and where they are from.
    meaning : what the figure says, in one sentence.
    advice : what to do, in one sentence.
    reference : the same figure where nothing is wrong, or None.
    reference_of : where that would be.
    examples : keys, a group at a time; the strongest first.
    """

    group: str
    name: str
    value: float
    interval: tuple[float, float] | None
    n: int
    unit: str
    verdict: Grade
    rule: str
    meaning: str
    advice: str
    reference: float | None = None
    reference_of: str = ""
    examples: tuple[tuple[str, ...], ...] = ()

    @property
    def wanting(self) -> bool:
        """Whether the verdict asks for something to be done."""
        return self.verdict in ("look", "bad")

    def figures(self) -> tuple[str, str, str, str]:
        """Name, value, interval and reference as tables show them."""
        interval = "-" if self.interval is None else " to ".join(number(end) for end in self.interval)
        reference = "-" if self.reference is None else number(self.reference)
        return self.name, number(self.value), interval, reference

    def named(self, most: int = 10) -> str:
        """The first examples, as one line."""
        groups = "; ".join(" = ".join(group) for group in self.examples[:most])
        return groups + ("; ..." if len(self.examples) > most else "")


def number(value: float) -> str:
    """A figure as tables show it: four digits that count, tiny ones as 0."""
    if abs(value) < 1e-6:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


@dataclass(frozen=True)
class Skipped(Result):
    """A figure that could not be measured.

    Attributes
    ----------
    name : the measure.
    why : what it lacks, and what would help.
    """

    name: str
    why: str


@dataclass(frozen=True)
class Kind:
    """What is the same whenever something is measured: its names, its rule and what it means.

    Attributes
    ----------
    group, name, unit, meaning, reference_of : as in `Measure`.
    advice : what to do where the verdict is not good.
    scale : the rule; `applies` says of what, where that is not the value itself.
    passed : the verdict of what the rule calls good.
    """

    group: str
    name: str
    unit: str
    scale: Scale
    meaning: str
    advice: str
    reference_of: str = ""
    applies: str = ""
    passed: Grade = "good"

    def measured(
        self,
        value: float,
        n: int,
        *,
        interval: tuple[float, float] | None = None,
        judged: float | None = None,
        reference: float | None = None,
        examples: Examples = (),
        name: str = "",
        told: str = "",
    ) -> Measure:
        """The measure of `value`; `judged` is what the rule looks at, `told` is added to the meaning."""
        ruled = self.scale.verdict(value if judged is None else judged)
        return Measure(
            self.group,
            name or self.name,
            float(value),
            None if interval is None else (float(interval[0]), float(interval[1])),
            int(n),
            self.unit,
            self.passed if ruled == "good" else ruled,
            f"{self.applies}: {self.scale}" if self.applies else str(self.scale),
            f"{self.meaning} {told}".strip(),
            NOTHING if ruled == "good" else self.advice,
            None if reference is None else float(reference),
            "" if reference is None else self.reference_of,
            tuple(tuple(group) for group in examples),
        )
