"""The rule that turns what was measured into what to do: align, dual-read or re-embed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearer.errors import ParameterError
from nearer.evaluate.result import Estimate
from nearer.evaluate.upgrade_judged import Judged
from nearer.evaluate.upgrade_split import checked_share

Decision = Literal["align", "dual-read", "re-embed"]

MEANING: dict[Decision, str] = {
    "align": "search the aligned store with queries of the new model; re-embed when there is time, or never",
    "dual-read": "re-embed, and meanwhile search both: the new store for what is re-embedded, the rest in "
    "the aligned or the old one, whichever overlaps more",
    "re-embed": "re-embed everything, and keep to the old model until that is done",
}


@dataclass(frozen=True)
class Rule:
    """The limits of the decision.

    align where the lower end of the overlap's interval is `accept` or more, or where judgements were given
    and the upper end of the loss's interval is `most_loss` or less; else re-embed where the upper end of the
    overlap is below `reject`; else dual-read.
    """

    accept: float
    reject: float
    most_loss: float

    def __str__(self) -> str:
        return (
            f"align if the overlap's lower end >= {self.accept:g} or, with judgements, the loss's upper end "
            f"<= {self.most_loss:g}; re-embed if the overlap's upper end < {self.reject:g}; else dual-read"
        )


def checked_rule(accept: float, reject: float, most_loss: float) -> Rule:
    """The limits, each from 0 to 1 and `reject` at most `accept`, else `ParameterError`."""
    rule = Rule(
        checked_share("accept", accept, 0, 1),
        checked_share("reject", reject, 0, 1),
        checked_share("most_loss", most_loss, 0, 1),
    )
    if rule.reject > rule.accept:
        raise ParameterError(
            f"reject={reject:g} is above accept={accept:g}", remedy="dual-read lies between them: swap them"
        )
    return rule


def decided(
    rule: Rule, overlap: Estimate, where: str, judged: list[Judged], gain: Estimate | None
) -> tuple[Decision, list[str]]:
    """The decision on an overlap measured `where`, and the reasons for it, a sentence each.

    gain : of the aligned over the old store, which does not decide, and is told where both are options.
    """
    low, high = overlap.interval
    seen = f"the overlap {where} is {overlap.value:.3f}, between {low:.3f} and {high:.3f}"
    if low >= rule.accept:
        return "align", [f"{seen}: at least the limit {rule.accept:g}"]
    spared = [one for one in judged if one.loss.interval[1] <= rule.most_loss]
    if judged and len(spared) == len(judged):
        losses = [
            f"the loss of {one.name} is {one.loss.value:.3f}, at most {one.loss.interval[1]:.3f}: within the "
            f"limit {rule.most_loss:g}"
            for one in spared
        ]
        return "align", [*losses, seen]
    if high < rule.reject:
        return "re-embed", [f"{seen}: below the limit {rule.reject:g}", *_lost(rule, judged), *_told(gain)]
    return "dual-read", [
        f"{seen}: neither sure to reach {rule.accept:g} nor to miss {rule.reject:g}",
        *_lost(rule, judged),
        *_told(gain),
    ]


def _told(gain: Estimate | None) -> list[str]:
    if gain is None:
        return []
    low, high = gain.interval
    better = "the aligned" if low > 0 else "the old" if high < 0 else "neither"
    return [
        f"of the aligned and the old store {better} is surely nearer to the new: the difference of "
        f"their overlaps is between {low:.3f} and {high:.3f}"
    ]


def _lost(rule: Rule, judged: list[Judged]) -> list[str]:
    return [
        f"the loss of {one.name} may be {one.loss.interval[1]:.3f}: over the limit {rule.most_loss:g}"
        for one in judged
        if one.loss.interval[1] > rule.most_loss
    ]
