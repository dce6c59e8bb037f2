"""What `breaks` returns: the series of each theme and its breaks, as a table, plain data or one page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

import numpy as np

from nearer.pages import Page, lines


@dataclass(frozen=True)
class Break:
    """A theme rose or fell.

    Attributes
    ----------
    at : the first period of the new level.
    interval : first and last period in which the break may lie, with 95 %.
    before, after : level of the series on both sides, up to the neighbouring breaks.
    p_value : adjusted for all themes and for the parts that were searched.
    items, times : keys of the items nearest to the theme beside the break (after a rise, before a fall), and
        when they are from.
    """

    at: str
    interval: tuple[str, str]
    before: float
    after: float
    p_value: float
    items: tuple[str, ...]
    times: tuple[str, ...]

    @property
    def rose(self) -> bool:
        """Whether the theme came up."""
        return self.after > self.before


@dataclass(frozen=True)
class ThemeSeries:
    """A theme through time: its level in each period, and its breaks in order of time."""

    name: str
    values: tuple[float, ...]
    breaks: tuple[Break, ...]


@dataclass(frozen=True)
class Breaks:
    """Themes through time.

    Attributes
    ----------
    themes : each with its series and breaks.
    periods : their labels, in order of time; counts : items of each.
    n : items in all.
    alpha : the chance of a break in any of the themes, if none changed.
    top : share of items that count as about a theme; None: the series are mean scores.
    identity : of the space.
    """

    themes: tuple[ThemeSeries, ...]
    periods: tuple[str, ...]
    counts: tuple[int, ...]
    n: int
    alpha: float
    top: float | None
    identity: str

    def __getitem__(self, name: str) -> ThemeSeries:
        """The theme of that name; `KeyError` where there is none."""
        return {theme.name: theme for theme in self.themes}[name]

    def to_dict(self) -> dict[str, Any]:
        """The whole result as plain dictionaries, lists, numbers and strings."""
        return asdict(self)

    def rows(self) -> list[tuple[str, str, str, str, str, float, str]]:
        """A line a break: theme, what, at, interval, levels, p-value, first item; one for a steady theme."""
        told = []
        for theme in self.themes:
            for one in theme.breaks:
                span = f"{one.interval[0]} to {one.interval[1]}"
                levels = f"{self.shown(one.before)} to {self.shown(one.after)}"
                what = "rose" if one.rose else "fell"
                told.append((theme.name, what, one.at, span, levels, one.p_value, next(iter(one.items), "")))
            if not theme.breaks:
                told.append((theme.name, "steady", "", "", "", float("nan"), ""))
        return told

    def shown(self, level: float) -> str:
        """A level as it is printed: a share in percent, or a mean score."""
        return f"{level:.3f}" if self.top is None else f"{level:.1%}"

    def __str__(self) -> str:
        heads = ("theme", "", "at", "95 %", "level", "p", "item")
        cells = [(*row[:5], "" if np.isnan(row[5]) else f"{row[5]:.4f}", row[6]) for row in self.rows()]
        table = [heads, *cells]
        widths = [max(len(line[column]) for line in table) for column in range(len(heads))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in table
        )

    def page(self) -> Page:
        """One page: a chart a theme with its breaks marked, and the items behind them."""
        page = Page("Themes through time").paragraph(self.about())
        at = {label: place for place, label in enumerate(self.periods)}
        numbers = _numbers(self.periods)
        for theme in self.themes:
            marks = {f"{one.at} {'up' if one.rose else 'down'}": numbers[at[one.at]] for one in theme.breaks}
            level = "mean score" if self.top is None else "share of items"
            page.heading(theme.name).figure(
                lines(numbers, {theme.name: theme.values}, marks=marks, x_label="time", y_label=level),
                f"{theme.name}: {level} from {self.periods[0]} to {self.periods[-1]}",
            )
            for one in theme.breaks:
                what = "rose" if one.rose else "fell"
                page.paragraph(
                    f"{one.at}: {what} from {self.shown(one.before)} to {self.shown(one.after)} "
                    f"(95 %: {one.interval[0]} to {one.interval[1]}; p = {one.p_value:.4f})."
                )
                page.table(("time", "item"), zip(one.times, one.items, strict=True))
            if not theme.breaks:
                page.paragraph("No break beyond what chance makes.")
        return page

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the page to `path`, one .html file that works offline."""
        self.page().save(path, overwrite)

    def about(self) -> str:
        """What was looked at, in a sentence."""
        level = (
            "the mean score"
            if self.top is None
            else f"the share of the {self.top:.1%} of items nearest to it"
        )
        return (
            f"{self.n:,} items of {len(self.periods)} periods. A theme's level is {level}. "
            f"If no theme changed, a break would be named with a chance of at most {self.alpha:.0%}."
        )


def _numbers(labels: tuple[str, ...]) -> list[float]:
    """Places of periods on an axis: their own numbers where they are some, else 0, 1, 2."""
    try:
        return [float(label) for label in labels]
    except ValueError:
        return [float(place) for place in range(len(labels))]
