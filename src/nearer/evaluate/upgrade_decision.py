"""The rule that turns what was measured into what to do: align, dual-read or re-embed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearer.errors import ParameterError
from nearer.evaluate.result import Estimate
from nearer.evaluate.upgrade_bounds import queries_needed
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

    align where the lower end of the overlap's interval is `accept` or more, and no judged loss is surely more
    than `most_loss`; or where the store holds no more than the held-out candidates, and the upper end of
    every judged loss is `most_loss` or less. Else re-embed where the upper end of the overlap is below
    `reject`; else dual-read.

    A loss among few candidates may be much smaller than in a larger store, so there it can only veto.
    """

    accept: float
    reject: float
    most_loss: float

    def __str__(self) -> str:
        return (
            f"align if the overlap's lower end >= {self.accept:g} and no judged loss is surely over "
            f"{self.most_loss:g}, or, in a store no larger than the held-out candidates, if every loss's "
            f"upper end <= {self.most_loss:g}; re-embed if the overlap's upper end < {self.reject:g}; "
            f"else dual-read"
        )


@dataclass(frozen=True)
class Size:
    """Among how many items a figure was measured, `candidates`, and is wanted, `store`."""

    candidates: int
    store: int
    whole: bool

    def __str__(self) -> str:
        seen = f"among {self.candidates:,} held-out candidates"
        return seen if self.whole else f"expected among all {self.store:,} items"


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
    rule: Rule, overlap: Estimate, size: Size, judged: list[Judged], gain: Estimate | None
) -> tuple[Decision, list[str]]:
    """The decision on an overlap at the `size` of the store, and the reasons for it, a sentence each.

    gain : of the aligned over the old store, which does not decide, and is told where both are options.
    """
    low, high = overlap.interval
    seen = f"the overlap {size} is {overlap.value:.3f}, between {low:.3f} and {high:.3f}"
    losses = [_loss(rule, size, one) for one in judged]
    vetoed = any(one.loss.interval[0] > rule.most_loss for one in judged)
    spared = all(one.loss.interval[1] <= rule.most_loss for one in judged)
    if low >= rule.accept:
        reached = f"{seen}: at least the limit {rule.accept:g}"
        return ("dual-read", [*losses, reached, *_told(gain)]) if vetoed else ("align", [reached, *losses])
    if judged and spared and size.whole:
        return "align", [*losses, seen]
    if high < rule.reject:
        return "re-embed", [f"{seen}: below the limit {rule.reject:g}", *losses, *_told(gain)]
    between = f"{seen}: neither sure to reach {rule.accept:g} nor to miss {rule.reject:g}"
    return "dual-read", [between, *losses, *_told(gain)]


def _told(gain: Estimate | None) -> list[str]:
    if gain is None:
        return []
    low, high = gain.interval
    better = "the aligned" if low > 0 else "the old" if high < 0 else "neither"
    return [
        f"of the aligned and the old store {better} is surely nearer to the new: the difference of "
        f"their overlaps is between {low:.3f} and {high:.3f}"
    ]


def _loss(rule: Rule, size: Size, one: Judged) -> str:
    """What a judged loss says of its limit, and whether it can decide."""
    low, high = one.loss.interval
    limit, needed = rule.most_loss, queries_needed(rule.most_loss)
    told = f"the loss of {one.name} among {size.candidates:,} held-out candidates is {one.loss.value:.3f}"
    if low > limit:
        return f"{told}, at least {low:.3f}: over the limit {limit:g}"
    if high <= limit:
        wider = "" if size.whole else f"; among all {size.store:,} it may be more, so it can only veto"
        return f"{told}, at most {high:.3f}: within the limit {limit:g}{wider}"
    over = f"{told}, and may be {high:.3f}: over the limit {limit:g}"
    if needed is None or one.loss.n >= needed:
        return over
    return f"{over}; {one.loss.n:,} queries are too few to tell less, {needed:,} at least are needed"
