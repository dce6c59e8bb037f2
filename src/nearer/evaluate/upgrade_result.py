"""`UpgradeResult`: what a change of model would do to a store, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from nearer.evaluate.result import Estimate, Result, table
from nearer.evaluate.upgrade_decision import MEANING, Decision
from nearer.evaluate.upgrade_judged import Judged
from nearer.space import Alignment

if TYPE_CHECKING:
    from nearer.pages import Page


@dataclass(frozen=True)
class Trend(Result):
    """Overlaps among `candidates` a query; None where there are no queries of the old model."""

    candidates: int
    aligned: Estimate
    old: Estimate | None = None


@dataclass(frozen=True)
class Filling(Result):
    """Overlaps while a `share` of the store is re-embedded and the rest is aligned, or still the old one."""

    share: float
    aligned: float
    old: float | None


@dataclass(frozen=True)
class UpgradeResult(Result):
    """What a map from an old to a new model keeps, measured on items that it was not fitted on.

    Attributes
    ----------
    decision : "align", "dual-read" or "re-embed", by the `rule`.
    reasons : sentences that say why.
    rule : the limits of the decision, as a sentence.
    aligned : overlap@k of the aligned store with the new one, among `candidates` held-out ones.
    old : the same of the old store searched by the old model: what staying keeps of the new ranking.
    gain : `aligned` less `old`, same queries.
    store : overlap@k expected among all `n_store` items, or None where `aligned` is of as many.
    trend : the overlap by number of candidates, the most first.
    filling : the overlap by the share of the store that is re-embedded.
    judged : measures by labels and relevance judgements.
    k, candidates, n_store : neighbours, candidates a query, items of the old space.
    method : kind of map, the one of `methods` with the highest overlap on items set apart to choose it.
    fit, choose, held_out : items of each part of the sample.
    shared, asked : keys that both spaces hold, and the sample asked for.
    old_identity, new_identity, aligned_identity : of the vectors.
    scores : offset and slope that bring scores of the "aligned" and of the "old" store to those of the new.
    alignment : the map itself; not part of `to_dict()`.
    """

    decision: Decision
    reasons: list[str]
    rule: str
    aligned: Estimate
    old: Estimate | None
    gain: Estimate | None
    store: Estimate | None
    trend: list[Trend]
    filling: list[Filling]
    judged: list[Judged]
    k: int
    candidates: int
    n_store: int
    method: str
    methods: dict[str, float]
    fit: int
    choose: int
    held_out: int
    shared: int
    asked: int
    old_identity: str
    new_identity: str
    aligned_identity: str
    scores: dict[str, dict[str, float]]
    seed: int
    alignment: Alignment = field(repr=False, compare=False)

    @property
    def value(self) -> float:
        """Overlap@k of the aligned store."""
        return self.aligned.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self.aligned.interval

    @property
    def n(self) -> int:
        """Queries measured."""
        return self.aligned.n

    @property
    def coverage(self) -> float:
        """Part of the old space's keys that the new one holds."""
        return self.shared / self.n_store

    def to_dict(self) -> dict[str, Any]:
        """The whole result as plain dictionaries, lists, numbers and strings, without the map."""
        found = super().to_dict()
        del found["alignment"]
        return found

    def __str__(self) -> str:
        return "\n".join(
            [
                f"decision: {self.decision} ({MEANING[self.decision]})",
                *(f"  because {reason}" for reason in self.reasons),
                f"  rule: {self.rule}",
                "",
                table(("upgrade", "value", "95 %", "n"), self._figures(), self._note()),
                "",
                table(("re-embedded", "rest aligned", "rest old"), self._fillings()),
            ]
        )

    def page(self) -> Page:
        """The result as one HTML page."""
        from nearer.evaluate.upgrade_page import page  # noqa: PLC0415  (drawn where it is asked for)

        return page(self)

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the page to `path`, which ends in .html."""
        self.page().save(path, overwrite)

    def _figures(self) -> list[tuple[str, ...]]:
        name = f"overlap@{self.k}"
        rows: list[tuple[str, Estimate | None]] = [
            (f"{name}, aligned, {self.candidates:,} candidates", self.aligned),
            (f"{name}, staying with the old model", self.old),
            ("gain of aligning over staying", self.gain),
            (f"{name}, aligned, expected among all {self.n_store:,}", self.store),
        ]
        for one in self.judged:
            rows += [
                (f"{one.name}, new", one.new),
                (f"{one.name}, aligned", one.aligned),
                (f"{one.name}, old", one.old),
                (f"{one.name}, lost by aligning", one.loss),
            ]
        return [(label, *estimate.cells()) for label, estimate in rows if estimate is not None]

    def _fillings(self) -> list[tuple[str, str, str]]:
        return [
            (f"{one.share:.0%}", f"{one.aligned:.3f}", "-" if one.old is None else f"{one.old:.3f}")
            for one in self.filling
        ]

    def _note(self) -> str:
        total = self.fit + self.choose + self.held_out
        drawn = "" if total == self.asked else f" (all that are shared; {self.asked:,} were asked for)"
        return (
            f"{self.method} map; sample {total:,}{drawn}: {self.fit:,} to fit, {self.choose:,} to choose, "
            f"{self.held_out:,} to measure"
        )
