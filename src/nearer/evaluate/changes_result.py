"""What `changes` returns: a verdict by a stated rule, a p-value a key, the foremost items with neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.evaluate.result import Result, table
from nearer.pages import Page, histogram
from nearer.space import Metric

ChangesVerdict = Literal["same", "turned", "items changed", "turned and items changed", "unrelated"]
MEANING: dict[ChangesVerdict, str] = {
    "same": "The axes are where they were and no item moved by more than noise.",
    "turned": "The axes turned and no item moved by more than noise: align the old vectors, keep the items.",
    "items changed": "The axes are where they were; the flagged items moved: look at their neighbours.",
    "turned and items changed": "The axes turned, and beyond that the flagged items moved: align, then look.",
    "unrelated": "Keys are paired no better than by lot: what is known of one space says nothing of another.",
}
FURTHER_OFF: dict[ChangesVerdict, str] = {  # what the bulk of the keys can say instead
    "items changed": (
        "The axes are where they were; the flagged items lie further off than keys like them: they changed, "
        "or are noisier than those. Look at their neighbours, or make repeats."
    ),
    "turned and items changed": (
        "The axes turned, and beyond that the flagged items lie further off than keys like them: they "
        "changed, or are noisier than those. Align, then look, or make repeats."
    ),
}
NEIGHBOURS_SHOWN = 5
ARRAYS = ("keys", "residuals", "expected", "p_values", "adjusted")


@dataclass(frozen=True)
class ChangedItem(Result):
    """One key.

    Attributes
    ----------
    residual : how far it lies from where the map carries it; sqrt(2 - 2 cosine) where the metric is "cosine".
    expected : how far a key like it would by noise alone.
    p_value : of no change; adjusted : by Benjamini & Hochberg; flagged : whether that is at most `fdr`.
    overlap : part of its neighbours that is the same before and after, without any map.
    overlap_p : part of keys in general with as little overlap, itself counted once; a witness, not the rule.
    before, after : its nearest shared keys.
    """

    key: str
    residual: float
    expected: float
    p_value: float
    adjusted: float
    flagged: bool
    overlap: float
    overlap_p: float
    before: tuple[str, ...]
    after: tuple[str, ...]

    def cells(self) -> tuple[str, ...]:
        """The item as a line of a table."""
        return (
            self.key,
            "yes" if self.flagged else "no",
            f"{self.residual:.3f}",
            f"{self.expected:.3f}",
            f"{self.p_value:.2g}",
            f"{self.overlap:.2f}",
            " ".join(self.before[:NEIGHBOURS_SHOWN]),
            " ".join(self.after[:NEIGHBOURS_SHOWN]),
        )


HEADS = ("item", "changed", "residual", "expected", "p", "overlap", "neighbours before", "neighbours after")


@dataclass(frozen=True, eq=False)
class ChangesResult(Result):
    """Whether the axes turned, and which items changed meaning.

    Attributes
    ----------
    verdict : "same", "turned", "items changed", "turned and items changed" or "unrelated", by `rule`.
    method : of the map.
    null : where noise is known from: "repeats", or the "bulk" of the keys.
    splits : other ways to share out the spaces that the null of repeats is made of.
    together : with repeats, how many keys must stand out together before one can be flagged; more repeats
        need fewer. 1 without.
    fdr : share of chance among the flagged that is allowed.
    relation : p-value that keys are paired as by lot.
    explained : share of the squared distance between keys paired by lot that the map explains.
    unturned, residual : distance of the median key without a map (None: other dimensions) and with it.
    coverage : part of the keys before, and of those after, that are shared and judged.
    metric : how residuals are measured.
    keys, residuals, expected, p_values, adjusted : of each shared key (n,), in the order of the space before.
    items : the foremost keys, the flagged first.
    neighbors : nearest keys whose overlap is looked at.
    overlap : the median overlap of keys that are not flagged.
    """

    verdict: ChangesVerdict
    method: str
    null: Literal["repeats", "bulk"]
    splits: int
    together: int
    fdr: float
    relation: float
    explained: float
    unturned: float | None
    residual: float
    coverage: tuple[float, float]
    metric: Metric
    keys: tuple[str, ...] = field(repr=False)
    residuals: NDArray[np.float64] = field(repr=False)
    expected: NDArray[np.float64] = field(repr=False)
    p_values: NDArray[np.float64] = field(repr=False)
    adjusted: NDArray[np.float64] = field(repr=False)
    items: tuple[ChangedItem, ...] = field(default=(), repr=False)
    neighbors: int = 0
    overlap: float | None = None
    rule: ClassVar[str] = (
        "unrelated: held-out keys are paired as by lot (permutation p > 0.05); turned: the map brings the "
        "median key nearer by a tenth; items changed: a key has an adjusted p of at most fdr (without "
        "repeats: it lies further off than keys like it); same: none of these"
    )

    @property
    def value(self) -> int:
        """How many keys are flagged."""
        return int((self.adjusted <= self.fdr).sum())

    @property
    def n(self) -> int:
        """Shared keys."""
        return len(self.keys)

    @property
    def changed(self) -> list[str]:
        """The flagged keys, the surest first."""
        order = np.lexsort((-self.residuals / self.expected, self.adjusted))
        return [self.keys[row] for row in order[: self.value]]

    @property
    def meaning(self) -> str:
        """The verdict in a sentence, with what to do; without repeats no more than the keys can tell."""
        return (
            FURTHER_OFF.get(self.verdict, MEANING[self.verdict])
            if self.null == "bulk"
            else MEANING[self.verdict]
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: of the arrays by key, only the flagged keys and `items`."""
        plain = {name: value for name, value in super().to_dict().items() if name not in ARRAYS}
        return {**plain, "meaning": self.meaning, "n": self.n, "changed": self.changed}

    def facts(self) -> list[tuple[str, str]]:
        """Names and values of what is said of all keys together."""
        first, second = self.coverage
        moved = "other dimensions" if self.unturned is None else f"{self.unturned:.3f}"
        found = [
            ("verdict", f"{self.verdict}. {self.meaning}"),
            ("shared keys", f"{self.n:,} ({first:.1%} of those before, {second:.1%} of those after)"),
            ("flagged", self._flagged()),
            ("median residual", f"{self.residual:.3f} with the {self.method} map, {moved} without"),
            (
                "explained",
                f"{self.explained:.1%} of the distance of keys paired by lot (p = {self.relation:.3g})",
            ),
            ("null", self._null()),
        ]
        if self.overlap is not None:
            found.append(("overlap", f"{self.overlap:.2f} of {self.neighbors} neighbours in the median key"))
        return found

    def _flagged(self) -> str:
        chance = f"at most {self.fdr:.0%} are expected to be chance"
        if self.null == "bulk":
            return f"{self.value:,}, of which {chance} if no key is noisier than others like it"
        return f"{self.value:,}, of which {chance}"

    def _null(self) -> str:
        if self.null == "bulk":
            return (
                "the bulk of the keys, by length, density and rank; keys that are noisier than others like "
                "them are flagged too, though they did not change: only repeats tell"
            )
        enough = f"{self.splits} other ways to share out the spaces; what repeats share is not noise to them"
        if self.together == 1:
            return enough
        return f"{enough}: {self.together} keys or more are flagged together; more repeats need fewer"

    def __str__(self) -> str:
        lines = [f"{name:<16} {value}" for name, value in self.facts()]
        if not self.items:
            return "\n".join(lines)
        return "\n".join([*lines, "", table(HEADS, [item.cells() for item in self.items])])

    def page(self, title: str = "Data or space?") -> Page:
        """The result as an offline page: verdict, how far keys lie off, the foremost items."""
        page = Page(title).paragraph(self.meaning, alarm=self.value > 0 or self.verdict == "unrelated")
        page.facts(self.facts())
        off = np.log10(self.residuals / self.expected + 1e-6)
        counts, edges = np.histogram(off, bins=60)
        flagged = off[self.adjusted <= self.fdr]
        marks = {f"{self.value:,} flagged from here": float(flagged.min())} if self.value else {}
        chart = histogram(counts, edges, marks=marks, x_label="log10 (residual / expected residual)")
        page.heading("How far keys lie from where they are expected")
        page.figure(
            chart,
            "Keys by the ratio of their residual to that of an unchanged key like them; 0: as expected.",
        )
        page.heading("Foremost items")
        page.table(HEADS, [item.cells() for item in self.items], ("residual", "expected", "p", "overlap"))
        return page.paragraph(f"Rule. {self.rule[0].upper()}{self.rule[1:]}.")

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write `page()` to `path`, which ends in .html."""
        self.page().save(path, overwrite)
