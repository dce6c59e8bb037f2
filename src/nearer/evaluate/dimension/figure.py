"""Three curves over one axis of dimensions, by matplotlib: quality, memory, time of a search.

Figures are made without pyplot and its global state. Colours after Okabe and Ito (2008).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

from nearer.evaluate.dimension.result import KINDS, MEGABYTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nearer.evaluate.dimension.result import DimensionResult

DPI, SIZE = 160, (8.0, 8.0)
INK, QUIET = "#1c2126", "#6a737d"
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
STROKES = {"f32": "-", "f16": "--", "int8": "-.", "binary": ":"}


def render(result: DimensionResult, kind: Literal["png", "svg"]) -> bytes:
    """The bytes of a PNG or SVG; the same result gives the same bytes."""
    import matplotlib as mpl  # noqa: PLC0415  (heavy)

    with mpl.rc_context({"svg.hashsalt": "nearer", "svg.fonttype": "path", "text.usetex": False}):
        figure = picture(result)
        out = io.BytesIO()
        metadata = {"Date": None, "Title": result.name} if kind == "svg" else {"Software": None}
        figure.savefig(out, format=kind, dpi=DPI, metadata=metadata)
    return out.getvalue()


def picture(result: DimensionResult) -> Figure:
    """The finished figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (heavy)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    quality, memory, search = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1.4, 1.4))
    draw_quality(quality, result)
    draw_memory(memory, result)
    draw_search(search, result)
    dims = [row.dim for row in result.rows]
    search.set_xscale("log", base=2)
    search.set_xticks(dims, [str(dim) for dim in dims])
    search.minorticks_off()
    search.set_xlabel("dimension")
    for axes in (quality, memory, search):
        axes.grid(color="#e4e7ea", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8, colors=QUIET)
        axes.axvline(result.recommended, color=ORANGE, linewidth=1, alpha=0.6)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return figure


def draw_quality(axes: Axes, result: DimensionResult) -> None:
    """Quality with its intervals, the runs as dots, and the band that counts as near enough."""
    rows = result.rows
    best = max(row.quality for row in rows)
    dims = [row.dim for row in rows]
    axes.axhspan(
        best - result.margin, best, color=GREEN, alpha=0.15, linewidth=0, label="within the tolerance"
    )
    axes.plot(dims, [row.quality for row in rows], color=BLUE, marker="o", markersize=4, linewidth=1.4)
    known = [(row.dim, row.interval) for row in rows if row.interval is not None]
    if known:
        axes.vlines(
            [dim for dim, _ in known],
            [low for _, (low, _) in known],
            [high for _, (_, high) in known],
            color=BLUE,
            linewidth=1,
            alpha=0.7,
            label="95 % interval",
        )
    if len(rows[0].values) > 1:
        places = [row.dim for row in rows for _ in row.values]
        values = [value for row in rows for value in row.values]
        axes.scatter(places, values, s=9, color=QUIET, linewidths=0, zorder=3, label="runs")
    chosen = result.chosen
    label = f"recommended: {chosen.dim}"
    axes.scatter([chosen.dim], [chosen.quality], s=60, color=ORANGE, zorder=4, label=label)
    axes.set_ylabel("quality")
    axes.set_title(result.name, loc="left", fontsize=11, weight="bold", color=INK, parse_math=False)
    axes.legend(fontsize=8, frameon=False, labelcolor=INK)


def draw_memory(axes: Axes, result: DimensionResult) -> None:
    """Megabytes of a million vectors, a line a kind of code."""
    dims = [row.dim for row in result.rows]
    for kind in KINDS:
        sizes = [row.bytes_per_million[kind] / MEGABYTE for row in result.rows]
        axes.plot(dims, sizes, color=GREEN, linestyle=STROKES[kind], linewidth=1.3, label=kind)
    axes.set_yscale("log")
    axes.set_ylabel("MB a million")
    axes.legend(fontsize=8, frameon=False, labelcolor=INK, ncols=len(KINDS))


def draw_search(axes: Axes, result: DimensionResult) -> None:
    """Milliseconds of an exact search."""
    dims = [row.dim for row in result.rows]
    times = [row.search_ms for row in result.rows]
    label = f"{result.search_items:,} keys, one thread"
    axes.plot(dims, times, color=ORANGE, marker="o", markersize=3, linewidth=1.3, label=label)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("search ms")
    axes.legend(fontsize=8, frameon=False, labelcolor=INK)
