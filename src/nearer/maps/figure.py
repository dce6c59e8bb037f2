"""A map as a picture: marks, labels that do not overlap, title and legend, by matplotlib.

Figures are made without pyplot and its global state.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.maps.fonts import drawable
from nearer.maps.labels import Box, Placement, place
from nearer.maps.palette import colour, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from nearer.maps.map import Map

DPI = 160
INK, QUIET = "#1c2126", "#6a737d"
CROWD = 3_000  # points above which marks are small, faint and, in an SVG, one image
PAD = 2.0  # pixels between the boxes of two labels


def render(chart: Map, kind: Literal["png", "svg"], size: tuple[float, float], most_labels: int) -> bytes:
    """The bytes of a PNG or SVG; the same map gives the same bytes."""
    import matplotlib as mpl  # noqa: PLC0415  (heavy)

    with mpl.rc_context({"svg.hashsalt": "nearer", "svg.fonttype": "path", "text.usetex": False}):
        figure, _ = picture(chart, size, most_labels)
        out = io.BytesIO()
        metadata = {"Date": None, "Title": chart.title} if kind == "svg" else {"Software": None}
        figure.savefig(out, format=kind, dpi=DPI, metadata=metadata)
    return out.getvalue()


def picture(
    chart: Map, size: tuple[float, float], most_labels: int
) -> tuple[Figure, list[tuple[Placement, Text]]]:
    """The finished figure, and its labels with the boxes they were given."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (heavy)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=size, dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set_axis_off()
    reserve_margins(figure, axes, chart)
    set_limits(axes, chart.positions)
    draw_marks(axes, chart)
    labels = draw_labels(figure, axes, chart, most_labels)
    return figure, labels


def reserve_margins(figure: Figure, axes: Axes, chart: Map) -> None:
    """Title at the top and legend at the bottom; the axes take what is left between."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # the Agg canvas has one
    width, height = figure.bbox.width, figure.bbox.height
    text, families = drawable(chart.title, longest=max(20, int(width / DPI * 7)))
    title = figure.text(
        0.02, 0.98, text, family=families, size=15, weight="bold", color=INK, va="top", parse_math=False
    )
    top = title.get_window_extent(renderer).y0 / height - 0.015
    bottom = 0.02
    if chart.groups.names:
        bottom = add_legend(figure, chart, width) + 0.015
    axes.set_position((0.02, bottom, 0.96, top - bottom))


def add_legend(figure: Figure, chart: Map, width: float) -> float:
    """Legend of the groups in as many columns as fit; returns its top as a fraction of the height."""
    from matplotlib.lines import Line2D  # noqa: PLC0415  (heavy)

    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # the Agg canvas has one
    named = [drawable(name) for name in chart.groups.names]
    handles = [
        Line2D([], [], linestyle="", marker=mark(group), color=colour(group), markersize=6, label="_")
        for group in range(len(named))
    ]
    for columns in range(len(named), 0, -1):
        legend = figure.legend(
            handles,
            [text for text, _ in named],
            loc="lower left",
            bbox_to_anchor=(0.012, 0.008),
            ncols=columns,
            frameon=False,
            fontsize=9,
            labelcolor=INK,
            handletextpad=0.2,
            columnspacing=1.2,
            borderaxespad=0,
        )
        for entry, (_, families) in zip(legend.get_texts(), named, strict=True):
            entry.set_fontfamily(families)
            entry.set_parse_math(False)
        box = legend.get_window_extent(renderer)
        if box.width <= 0.97 * width or columns == 1:
            return float(box.y1 / figure.bbox.height)
        legend.remove()
    return 0.0


def set_limits(axes: Axes, positions: NDArray[np.float32]) -> None:
    """Limits that hold every point with a margin, one scale for both directions."""
    low, high = positions.min(axis=0).astype(float), positions.max(axis=0).astype(float)
    window = axes.get_window_extent()
    scale = max((high[0] - low[0]) / window.width, (high[1] - low[1]) / window.height) * 1.08 or 1.0
    middle = (low + high) / 2
    axes.set_xlim(middle[0] - scale * window.width / 2, middle[0] + scale * window.width / 2)
    axes.set_ylim(middle[1] - scale * window.height / 2, middle[1] + scale * window.height / 2)


def draw_marks(axes: Axes, chart: Map) -> None:
    """One scatter a group; groups of many points lie under those of few."""
    n = len(chart.positions)
    area = mark_area(n)
    for group in range(max(1, len(chart.groups.names))):
        rows = chart.groups.labels == group
        axes.scatter(
            chart.positions[rows, 0],
            chart.positions[rows, 1],
            s=area,
            color=colour(group),
            marker=mark(group),
            alpha=0.9 if n <= CROWD else 0.45,
            linewidths=0.4 if n <= CROWD else 0,
            edgecolors="white",
            rasterized=n > CROWD,
            zorder=2,
        )


def mark_area(n: int) -> float:
    """Area of a mark in square points: 30 for a few points, 1.5 for very many."""
    return float(np.clip(2_400 / max(n, 1) ** 0.75, 1.5, 30))


def draw_labels(figure: Figure, axes: Axes, chart: Map, most_labels: int) -> list[tuple[Placement, Text]]:
    """Labels by priority where there is room, in a dark shade of their group; leader lines if displaced."""
    from matplotlib.lines import Line2D  # noqa: PLC0415  (heavy)

    labels = LabelTexts(figure, chart)
    anchors = axes.transData.transform(chart.positions.astype(np.float64))
    window = axes.get_window_extent()
    frame: Box = (window.x0, window.y0, window.x1, window.y1)
    gap = float(np.sqrt(mark_area(len(anchors)))) / 2 * DPI / 72 + 3
    placements = place(
        chart.order.tolist(), anchors, labels.size, frame, gap=gap, most=most_labels, crowding=6
    )
    drawn = []
    for placement in placements:
        drawn.append((placement, labels.put(placement)))
        if placement.displaced:
            ends = np.array([anchors[placement.row], nearest_edge(placement.box, anchors[placement.row])])
            ends /= (figure.bbox.width, figure.bbox.height)
            figure.add_artist(Line2D(*ends.T, color=QUIET, linewidth=0.6, zorder=2.5))
    return drawn


class LabelTexts:
    """The texts of labels: measured when a place is sought, added to the figure when one is found."""

    def __init__(self, figure: Figure, chart: Map) -> None:
        """Start with no label measured."""
        self._figure, self._chart = figure, chart
        self._renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # the Agg canvas has one
        self._point_size = 8.5 if len(chart.positions) <= 400 else 7.5
        self._measured: dict[int, tuple[Text, float, float]] = {}

    def size(self, row: int) -> tuple[float, float]:
        """Width and height of a row's label in pixels, padding included."""
        from matplotlib.text import Text  # noqa: PLC0415  (heavy)

        string, families = drawable(self._chart.space.keys[row])
        text = Text(0, 0, string, family=families, size=self._point_size, parse_math=False)
        text.set_figure(self._figure)
        extent = text.get_window_extent(self._renderer)
        self._measured[row] = text, float(extent.x0), float(extent.y0)
        return extent.width + 2 * PAD, extent.height + 2 * PAD

    def put(self, placement: Placement) -> Text:
        """Add a measured label to the figure so that its ink lies in the box it was given."""
        from matplotlib.patheffects import withStroke  # noqa: PLC0415  (heavy)

        text, x0, y0 = self._measured[placement.row]
        figure = self._figure
        text.set_transform(figure.transFigure)  # fractions of the figure: the SVG has another resolution
        text.set_position(
            (
                (placement.box[0] + PAD - x0) / figure.bbox.width,
                (placement.box[1] + PAD - y0) / figure.bbox.height,
            )
        )
        text.set_color(shade(colour(int(self._chart.groups.labels[placement.row]))))
        text.set_path_effects([withStroke(linewidth=2.2, foreground="white", alpha=0.9)])
        text.set_zorder(3)
        figure.add_artist(text)
        return text


def nearest_edge(box: Box, anchor: NDArray[np.float64]) -> tuple[float, float]:
    """The point of `box` nearest to `anchor`."""
    return float(np.clip(anchor[0], box[0], box[2])), float(np.clip(anchor[1], box[1], box[3]))


def shade(hexadecimal: str) -> str:
    """A colour at 55 % of its light: dark enough to be read on white."""
    parts = (int(hexadecimal[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part * 0.55):02x}" for part in parts)
