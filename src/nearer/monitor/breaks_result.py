"""`Breaks`: when named themes rose or fell, how sure that is, and the items behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any, ClassVar

from nearer.pages import Page, lines


@dataclass(frozen=True)
class BreakItem:
    """An item behind a break: its key, its time, its score on the theme."""

    key: str
    time: str
    score: float


@dataclass(frozen=True)
class Break:
    """A step in the level of a theme.

    Attributes
    ----------
    theme : its name.
    at : the first time of the new level.
    interval : (first, last) of the 95 % interval of `at`.
    p_value : adjusted for all themes (Holm), and for the place having been chosen.
    before, after : mean score of the items of the level before and after, up to the neighbouring breaks.
    effect : `after - before` in standard deviations of single items.
    items : those that carry the step: of the new level where it rose, of the old one where it fell.
    """

    theme: str
    at: str
    interval: tuple[str, str]
    p_value: float
    before: float
    after: float
    effect: float
    items: tuple[BreakItem, ...]

    @property
    def rose(self) -> bool:
        """Whether the theme rose."""
        return self.after > self.before


@dataclass(frozen=True)
class Breaks:
    """What `breaks` found.

    Attributes
    ----------
    breaks : by theme, in the order of time.
    p_values : theme -> p-value of its having any break, adjusted for all themes.
    times : t labels, in order. places : where they lie on a line.
    series : theme -> mean score by time (t,).
    n : items. alpha, block, permutations : as asked for.
    """

    breaks: tuple[Break, ...]
    p_values: Mapping[str, float]
    times: tuple[str, ...]
    places: tuple[float, ...]
    series: Mapping[str, tuple[float, ...]]
    n: int
    alpha: float
    block: int
    permutations: int
    heads: ClassVar[tuple[str, ...]] = ("theme", "at", "95 %", "step", "p", "items behind")

    def of(self, theme: str) -> list[Break]:
        """The breaks of one theme, in the order of time."""
        return [found for found in self.breaks if found.theme == theme]

    def strongest(self, theme: str) -> Break | None:
        """The break of a theme with the largest step, or None."""
        return max(self.of(theme), key=lambda found: abs(found.effect), default=None)

    def to_dict(self) -> dict[str, Any]:
        """The whole result as plain dictionaries, lists, numbers and strings."""
        return {
            **{name: value for name, value in vars(self).items() if name not in ("breaks", "series")},
            "p_values": dict(self.p_values),
            "times": list(self.times),
            "places": list(self.places),
            "series": {name: list(values) for name, values in self.series.items()},
            "breaks": [
                {**asdict(found), "interval": list(found.interval), "items": [asdict(i) for i in found.items]}
                for found in self.breaks
            ],
        }

    def rows(self) -> list[tuple[str, ...]]:
        """A row a break: theme, at, interval, step, p-value, first item; a row for a theme without one."""
        made: list[tuple[str, ...]] = []
        for theme, p_value in self.p_values.items():
            made += [
                (
                    theme,
                    found.at,
                    f"{found.interval[0]} to {found.interval[1]}",
                    f"{found.effect:+.2f}",
                    f"{found.p_value:.4f}",
                    ", ".join(item.key for item in found.items[:3]),
                )
                for found in self.of(theme)
            ] or [(theme, "none", "-", "-", f"{p_value:.4f}", "")]
        return made

    def verdict(self) -> str:
        """What was tested, in a line."""
        return (
            f"{self.n:,} items at {len(self.times):,} times; over all {len(self.p_values)} themes, one that "
            f"never changed is given a break with chance at most {self.alpha:g}; steps in deviations of items"
        )

    def __str__(self) -> str:
        table = [self.heads, *self.rows()]
        widths = [max(len(row[column]) for row in table) for column in range(len(self.heads))]
        text = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table
        ]
        return "\n".join([*text, self.verdict()])

    def page(self) -> Page:
        """A line for each theme with its breaks marked, and the items behind."""
        made = Page("When themes changed").paragraph(self.verdict()).table(self.heads, self.rows())
        for theme, values in self.series.items():
            found = self.of(theme)
            marks = {one.at: self.places[self.times.index(one.at)] for one in found}
            made.heading(theme).figure(
                lines(self.places, {theme: values}, marks=marks, x_label="time", y_label="mean score"),
                f"Mean score of {theme} by time; dashed: the first time of a new level.",
            )
            for one in found:
                made.paragraph(
                    f"{'Up' if one.rose else 'Down'} at {one.at} ({one.interval[0]} to {one.interval[1]}), "
                    f"by {abs(one.effect):.2f} standard deviations, p {one.p_value:.4g}."
                )
                made.table(
                    ("item", "time", "score"),
                    [(item.key, item.time, item.score) for item in one.items],
                    numbers=("score",),
                )
        return made

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write `page()` to an .html file."""
        self.page().save(path, overwrite)
