"""What an axis proves, in words: one of three verdicts, by a stated rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nearer.space.axes_chance import needed

if TYPE_CHECKING:
    from nearer.space.axes import Axis

LEVEL = 0.05  # at most which p-values count
AxisVerdict = Literal["a direction", "not shown", "too few examples"]
RULE = (
    f"too few examples: no arrangement of so many could reach p = {LEVEL:g}; a direction: p-value and p of "
    f"random axes, where it can be told, are at most {LEVEL:g}; not shown: one of them is above"
)


def verdict(axis: Axis) -> AxisVerdict:
    """By `RULE`. Where either null holds, "a direction" is said with chance 0.05 at most."""
    evidence = axis.evidence
    if evidence.smallest_p > LEVEL:
        return "too few examples"
    both = max(evidence.p_value, 0.0 if evidence.p_random is None else evidence.p_random)
    return "a direction" if both <= LEVEL else "not shown"


def meaning(axis: Axis) -> str:
    """The verdict as a sentence, with what to do."""
    said, evidence = verdict(axis), axis.evidence
    if said == "too few examples":
        return f"Chance cannot be ruled out with so few examples, however far apart they lie: {wanted(axis)}."
    if said == "a direction":
        return "Examples that were left out are told apart better than by chance: scores can be used."
    if evidence.p_value > LEVEL:
        return (
            "This is not shown to be a direction: chance does as much with such examples; give more of them."
        )
    return (
        "Not shown: random keys are told apart as well. Give more examples, or such as differ in this alone."
    )


def wanted(axis: Axis) -> str:
    """How many examples would do."""
    if not axis.negative:
        return "give at least 2 examples, or negative ones"
    many = needed(LEVEL, axis.method)
    return f"give at least {many} {'pairs' if axis.method == 'pairs' else 'examples a side'}"
