"""An upgrade as a page: decision, figures, the trend with the size of the store, the way of a back-fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearer.evaluate.upgrade_decision import MEANING
from nearer.pages import Page, lines

if TYPE_CHECKING:
    from nearer.evaluate.upgrade_result import UpgradeResult

OVERLAP = (
    "Overlap@{k}: the part of the {k} nearest items in the new store that the other store finds too, for the "
    "same query. It falls as a store grows, since more items compete for the same {k} places."
)


def page(result: UpgradeResult) -> Page:
    """The page of a result."""
    made = Page(f"Upgrade: {result.decision}")
    made.paragraph(f"{MEANING[result.decision]}.".capitalize(), alarm=result.decision == "re-embed")
    for reason in result.reasons:
        made.paragraph(f"Because {reason}.")
    made.paragraph(f"Rule: {result.rule}.")
    made.heading("Figures").paragraph(OVERLAP.format(k=result.k))
    heads = ("figure", "value", "95 %", "n")
    made.table(heads, result._figures(), numbers=heads[1:])
    _trend(made, result)
    _filling(made, result)
    made.heading("Custody").facts(
        (
            ("old identity", result.old_identity),
            ("new identity", result.new_identity),
            ("aligned identity", result.aligned_identity),
            ("map", result.method),
            *((f"chosen by: {name}", value) for name, value in result.methods.items()),
            ("fitted on", result.fit),
            ("chosen on", result.choose),
            ("measured on", result.held_out),
            ("shared keys", result.shared),
            ("seed", result.seed),
        )
    )
    return made


def _trend(made: Page, result: UpgradeResult) -> None:
    made.heading("With the size of the store")
    heads = ("candidates", "aligned", "95 %", "old")
    rows: list[tuple[object, ...]] = [
        (one.candidates, *one.aligned.cells()[:2], None if one.old is None else one.old.value)
        for one in result.trend
    ]
    if result.store is not None:
        rows.insert(0, (f"{result.n_store:,} (expected)", *result.store.cells()[:2], None))
    made.table(heads, rows, numbers=heads)
    if result.store is not None:
        made.paragraph(
            "Expected: a line through the logarithms of overlap and candidates, drawn on to the whole store. "
            "That the line goes on is an assumption; its interval holds as far as it does."
        )


def _filling(made: Page, result: UpgradeResult) -> None:
    made.heading("While the store is re-embedded")
    shares = [one.share for one in result.filling]
    series = {"rest aligned": [one.aligned for one in result.filling]}
    old = [one.old for one in result.filling if one.old is not None]
    if len(old) == len(shares):
        series["rest old"] = old
    made.figure(
        lines(shares, series, x_label="share re-embedded", y_label=f"overlap@{result.k}"),
        f"Overlap among {result.candidates:,} candidates by the share of them that is re-embedded",
    )
    made.table(
        ("re-embedded", "rest aligned", "rest old"),
        result._fillings(),
        numbers=("re-embedded", "rest aligned", "rest old"),
    )
