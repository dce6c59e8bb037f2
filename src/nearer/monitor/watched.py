"""What watching a table says: every window's verdict, as a table, plain values, and one page."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from nearer.monitor.texts import with_text
from nearer.monitor.verdict import Delay, Detectable, Moved, Verdict

if TYPE_CHECKING:
    from nearer.pages import Page

SHOWN = 12  # parts and items a window that people are shown
SPREAD = "spread over many parts, none of them beyond chance alone"
ADVICE = (
    "What to do: look at the items that show the change. Where it is a fault, mend what made them; "
    "where it is meant to be, go on with a baseline of what is usual now."
)


@dataclass(frozen=True)
class Told:
    """One window and what was said of it.

    Attributes
    ----------
    window : its number among all that the monitor has checked, from 1.
    start, end : times of its first and last row as text, or row numbers.
    verdict : of the monitor.
    """

    window: int
    start: str
    end: str
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        return {"window": self.window, "start": self.start, "end": self.end, **self.verdict.to_dict()}

    def cells(self) -> tuple[str, ...]:
        """Window, start, rows, p, effect, alarm and what moved, as a table shows them."""
        verdict = self.verdict
        parts = ", ".join(f"{called(part)} ({part.effect:+.2f})" for part in verdict.moved[:2])
        if verdict.alarm and not parts:
            parts = SPREAD
        more = f" and {len(verdict.moved) - 2} more" if len(verdict.moved) > 2 else ""
        alarm = "ALARM" if verdict.alarm else ""
        figures = (f"{verdict.n:,}", f"{verdict.p_value:.4f}", f"{verdict.effect:.4f}")
        return (str(self.window), self.start, *figures, alarm, parts + more)


HEADS = ("window", "from", "rows", "p", "effect", "", "moved")


def called(part: Moved) -> str:
    """Kind and name of a part, no word twice: "axis cheap - expensive", "spread of axis 3: a - b"."""
    name = part.name
    if part.kind == "spread":
        return name if name.startswith("spread ") else f"spread of {name}"
    return name if name.startswith((f"{part.kind} ", "distance ", "spread ")) else f"{part.kind} {name}"


@dataclass(frozen=True)
class Watched:
    """All windows of a table.

    Attributes
    ----------
    told : a window each, in the order of time.
    notes : what was joined or sorted.
    n : rows of the baseline that windows were compared with.
    alpha : the rate of false alarms that was asked for.
    mode : "window", where alpha is the rate of each window, or "sequential", where it is that of all.
    detectable : what windows of their usual size can show, where it was asked for.
    texts : of items that are named, the beginning of what their space keeps as text.
    delay : until the alarm on a sample of changed vectors, where one was given.
    """

    told: tuple[Told, ...]
    notes: tuple[str, ...]
    n: int
    alpha: float
    mode: Literal["window", "sequential"] = "window"
    detectable: Detectable | None = None
    delay: Delay | None = None
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def usual(self) -> int:
        """The median number of rows a window."""
        return sorted(told.verdict.n for told in self.told)[len(self.told) // 2]

    @property
    def alarms(self) -> tuple[Told, ...]:
        """The windows that raised an alarm."""
        return tuple(told for told in self.told if told.verdict.alarm)

    @property
    def named(self) -> set[str]:
        """Keys of the items that show a change, or are unusual."""
        verdicts = [told.verdict for told in self.told]
        examples = {key for verdict in verdicts for part in verdict.moved for key in part.examples}
        return examples | {
            key for verdict in verdicts for one in verdict.unusual for key in (one.key, one.nearest)
        }

    @property
    def meaning(self) -> str:
        """What the number of alarms means, given how many windows were checked."""
        count, raised = len(self.told), len(self.alarms)
        if not count:
            return "no window was checked"
        said = f"{raised:,} of {count:,} windows raised an alarm"
        if self.mode == "sequential":
            return f"{said}; of unchanged streams {self.alpha:.0%} at most ever raise one, however long"
        chance = f"{self.alpha * count:.1f} would by chance if nothing had changed"
        return f"{said}; {chance} (alpha {self.alpha:g} holds for each window; --sequential for all together)"

    def with_detectable(self, detectable: Detectable) -> Watched:
        """The same with what windows can show."""
        return replace(self, detectable=detectable)

    def with_texts(self, texts: dict[str, str]) -> Watched:
        """The same with further texts of items; of a key that has two different ones, none is kept."""
        both = {**self.texts, **texts}
        unsure = {key for key in self.texts.keys() & texts.keys() if self.texts[key] != texts[key]}
        return replace(self, texts={key: text for key, text in both.items() if key not in unsure})

    def with_delay(self, delay: Delay) -> Watched:
        """The same with the delay until an alarm."""
        return replace(self, delay=delay)

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        return {
            "alpha": self.alpha,
            "mode": self.mode,
            "baseline_rows": self.n,
            "alarms": len(self.alarms),
            "meaning": self.meaning,
            "notes": list(self.notes),
            "texts": dict(self.texts),
            "detectable": None if self.detectable is None else self.detectable.to_dict(),
            "delay": None if self.delay is None else self.delay.to_dict(),
            "windows": [told.to_dict() for told in self.told],
        }

    def page(self) -> Page:
        """One page: evidence over time, what moved with examples, unusual items, what windows can show."""
        from nearer.pages import Page, lines  # noqa: PLC0415  (only those who want a page pay for it)

        page = Page("What changed").paragraph(self.meaning, alarm=bool(self.alarms))
        for note in self.notes:
            page.paragraph(f"Note: {note}.")
        if not self.told:
            return page
        if self.alarms:
            page.paragraph(ADVICE)
        first, last = self.told[0], self.told[-1]
        page.facts([
            ("from", first.start), ("to", last.end), ("windows", len(self.told)), ("alpha", self.alpha),
            ("rows of the baseline", self.n),
        ])  # fmt: skip
        across = [told.window for told in self.told]
        strength = [-math.log10(max(told.verdict.p_value, 1e-300)) for told in self.told]
        alarms = [told.verdict.alarm for told in self.told]
        level = -math.log10(self.alpha)
        chart = lines(
            across, {"evidence": strength}, threshold=level, dots=alarms, x_label="window", y_label="-log10 p"
        )
        page.figure(chart, f"Evidence against no change, by window; the dashed line is alpha {self.alpha:g}.")
        effects = [told.verdict.effect for told in self.told]
        chart = lines(across, {"effect": effects}, dots=alarms, x_label="window", y_label="effect")
        page.figure(chart, "How far each window is from the baseline: 0 the same, 1 apart altogether.")
        _windows(page, self.told)
        _moved(page, self.alarms, self.texts)
        _unusual(page, self.told, self.texts)
        if self.detectable is not None:
            _detectable(page, self.detectable)
        if self.delay is not None:
            page.heading("How long a change goes unnoticed").paragraph(self.delay.meaning)
        return page

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the page to `path`, which ends in .html; see `Page.save`."""
        self.page().save(path, overwrite)


def _windows(page: Page, told: tuple[Told, ...]) -> None:
    rows = [
        (one.window, one.start, one.end, one.verdict.n, one.verdict.p_value, one.verdict.effect,
         "alarm" if one.verdict.alarm else "")
        for one in told
    ]  # fmt: skip
    heads = ("window", "from", "to", "rows", "p", "effect", "alarm")
    page.heading("Windows").table(heads, rows, numbers=("window", "rows", "p", "effect"))


def _moved(page: Page, alarms: tuple[Told, ...], texts: dict[str, str]) -> None:
    rows = [
        (one.window, one.start, called(part), part.before, part.after, part.effect,
         part.p_value, ", ".join(with_text(key, texts) for key in part.examples))
        for one in alarms
        for part in one.verdict.moved[:SHOWN]
    ]  # fmt: skip
    page.heading("What moved")
    if not rows:
        page.paragraph(f"The change is {SPREAD}." if alarms else "Nothing, beyond chance.")
        return
    heads = ("window", "from", "what", "before", "after", "effect", "p", "examples")
    page.table(heads, rows, numbers=("window", "before", "after", "effect", "p"))
    page.paragraph(
        "Clusters: their share of all rows; axes: the mean on them. The effect is in standard deviations of "
        "the baseline; p is adjusted for all parts of its kind."
    )


def _unusual(page: Page, told: tuple[Told, ...], texts: dict[str, str]) -> None:
    rows = [
        (one.window, with_text(item.key, texts), item.score, item.p_value, with_text(item.nearest, texts))
        for one in told
        for item in one.verdict.unusual[:SHOWN]
    ]
    if rows:
        heads = ("window", "item", "score", "p", "nearest of the baseline")
        page.heading("Unusual items").table(heads, rows, numbers=("window", "score", "p"))


def _detectable(page: Page, detectable: Detectable) -> None:
    page.heading("What such a window can show")
    heads = ("change", "smallest found", "counted in", "power seen", "95 % interval")
    page.table(heads, [effect.cells() for effect in detectable.effects], numbers=("smallest found",))
    page.paragraph(detectable.meaning)
