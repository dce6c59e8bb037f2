"""Charts as SVG text: bars, a histogram, lines over an axis, points; they take the colours of the page."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 12, 36  # margins around the field
COLOURS = ("var(--mark)", "var(--other)", "var(--soft)", "var(--faint)")
BAR, LABEL = 22, 200  # height of a bar's line and room for its label


def bars(labels: Sequence[str], values: ArrayLike, *, marked: Sequence[bool] | None = None) -> str:
    """Horizontal bars from zero, a line each, with the value beside; `marked` ones in the other colour."""
    numbers = np.asarray(values, np.float64)
    low, high = min(0.0, float(numbers.min(initial=0))), max(0.0, float(numbers.max(initial=0)))
    span, room = (high - low) or 1.0, WIDTH - LABEL - 80
    at = [LABEL + (value - low) / span * room for value in (0.0, *numbers)]
    parts = []
    for line, (label, value, end) in enumerate(zip(labels, numbers, at[1:], strict=True)):
        colour = COLOURS[1] if marked is not None and marked[line] else COLOURS[0]
        y = line * BAR
        x, width = min(at[0], end), abs(end - at[0])
        short = label if len(label) <= 30 else f"{label[:29]}…"
        parts += [
            _label(LABEL - 8, y + 15, short, "end"),
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{BAR - 6}" fill="{colour}"/>',
            _label(max(end, at[0]) + 6, y + 15, _short(value)),
        ]
    return _svg(parts, len(numbers) * BAR + 4)


def histogram(
    counts: ArrayLike, edges: ArrayLike, *, marks: Mapping[str, float] | None = None, x_label: str = ""
) -> str:
    """Columns of `counts` (b,) between `edges` (b + 1,); `marks` are named vertical lines."""
    heights, borders = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
    field = _Field((borders[0], borders[-1]), (0.0, float(heights.max(initial=0)) or 1.0))
    parts = field.axes(x_label, "")
    for height, start, end in zip(heights, borders[:-1], borders[1:], strict=True):
        x, y = field.at(start, height)
        right, floor = field.at(end, 0.0)
        width = max(right - x - 0.5, 0.5)
        size = f'width="{width:.1f}" height="{floor - y:.1f}"'
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{COLOURS[2]}"/>')
    return _svg(parts + field.marks(marks or {}))


def lines(
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    threshold: float | None = None,
    marks: Mapping[str, float] | None = None,
    dots: Sequence[bool] | None = None,
    x_label: str = "",
    y_label: str = "",
) -> str:
    """Named lines (n,) over `x` (n,), without NaN; a dashed `threshold`; `marks`: named vertical lines.

    With `dots` the values of the first line are dots too, in the other colour where it is true.
    """
    across = np.asarray(x, np.float64)
    down = {name: np.asarray(values, np.float64) for name, values in series.items()}
    every = np.concatenate([*down.values(), [] if threshold is None else [threshold]])
    field = _Field(_range(across), _range(every))
    parts = field.axes(x_label, y_label)
    for place, (name, values) in enumerate(down.items()):
        colour, seen = COLOURS[place % len(COLOURS)], np.isfinite(values)
        path = " ".join(
            "{:.1f},{:.1f}".format(*field.at(a, b)) for a, b in zip(across[seen], values[seen], strict=True)
        )
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        if len(down) > 1:
            y = TOP + 14 * (place + 1)
            parts += [
                f'<rect x="{LEFT + 10}" y="{y - 9}" width="10" height="10" fill="{colour}"/>',
                _label(LEFT + 26, y, name),
            ]
    if dots is not None:
        parts += _dots(field, across, next(iter(down.values())), dots)
    if threshold is not None:
        level = field.at(field.across[0], threshold)[1]
        parts.append(_line(LEFT, level, WIDTH - RIGHT, level, COLOURS[1], dashed=True))
    return _svg(parts + field.marks(marks or {}))


def points(
    x: ArrayLike, y: ArrayLike, *, marked: Sequence[bool] | None = None, x_label: str = "", y_label: str = ""
) -> str:
    """A dot for each of n places; `marked` ones in the other colour."""
    across, down = np.asarray(x, np.float64), np.asarray(y, np.float64)
    field = _Field(_range(across), _range(down))
    return _svg(field.axes(x_label, y_label) + _dots(field, across, down, marked))


class _Field:
    """Where values lie in the picture."""

    def __init__(self, across: tuple[float, float], down: tuple[float, float]) -> None:
        self.across, self.down = across, down

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of the place (x, y)."""
        (left, right), (low, high) = self.across, self.down
        across = (x - left) / ((right - left) or 1.0)
        up = (y - low) / ((high - low) or 1.0)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def axes(self, x_label: str, y_label: str) -> list[str]:
        """Both axes with round ticks."""
        floor, parts = HEIGHT - BOTTOM, []
        for value in _ticks(*self.down):
            y = self.at(self.across[0], value)[1]
            parts += [
                _line(LEFT, y, WIDTH - RIGHT, y, "var(--line)"),
                _label(LEFT - 6, y + 4, _short(value), "end"),
            ]
        for value in _ticks(*self.across):
            x = self.at(value, self.down[0])[0]
            parts.append(_label(x, floor + 16, _short(value), "middle"))
        parts.append(_label((LEFT + WIDTH) / 2, HEIGHT - 4, x_label, "middle"))
        return [*parts, _label(LEFT, TOP - 1, y_label)] if y_label else parts

    def marks(self, marks: Mapping[str, float]) -> list[str]:
        """Named vertical lines."""
        parts = []
        for place, (name, value) in enumerate(marks.items()):
            x = self.at(value, 0)[0]
            parts.append(_line(x, TOP, x, HEIGHT - BOTTOM, COLOURS[1], dashed=True))
            parts.append(_label(x + 4, TOP + 12 + 14 * (place % 4), name))
        return parts


def _dots(field: _Field, x: np.ndarray, y: np.ndarray, marked: Sequence[bool] | None) -> list[str]:
    """A dot for each finite place; `marked` ones in the other colour."""
    parts = []
    for place in map(int, np.flatnonzero(np.isfinite(y))):
        left, top = field.at(x[place], y[place])
        colour = COLOURS[1] if marked is not None and marked[place] else COLOURS[0]
        parts.append(f'<circle cx="{left:.1f}" cy="{top:.1f}" r="2.5" fill="{colour}" fill-opacity="0.7"/>')
    return parts


def _range(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, four to ten of them: steps of 1, 2 or 5 times a power of ten."""
    least = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(least))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= least * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _label(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>' if text else ""


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}"{dash}/>'


def _svg(parts: Sequence[str], height: int = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" xmlns="http://www.w3.org/2000/svg">'
        + "".join(parts)
        + "</svg>"
    )
