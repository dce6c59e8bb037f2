from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from nearer import Space
from nearer.maps import Map
from nearer.maps.figure import picture, render
from nearer.maps.labels import overlap

SIZE = (8.0, 6.0)


def crowded(n=300):
    rng = np.random.default_rng(0)
    keys = [f"label number {row}" for row in range(n)]
    return Map.of(Space(keys, rng.normal(size=(n, 4))), layout=rng.normal(size=(n, 2)), title="Crowded")


def test_no_two_labels_on_the_picture_overlap():
    figure, labels = picture(crowded(), SIZE, most_labels=300)
    assert 40 < len(labels) < 300
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = [text.get_window_extent(canvas.get_renderer()).extents for _, text in labels]
    assert not any(overlap(tuple(one), tuple(other)) for one, other in combinations(drawn, 2))
    for (placement, _), extents in zip(labels, drawn, strict=True):
        left, bottom, right, top = placement.box
        assert left <= extents[0]
        assert bottom <= extents[1]
        assert extents[2] <= right
        assert extents[3] <= top
    assert any(placement.displaced for placement, _ in labels)


def test_labels_lie_between_title_and_legend():
    figure, labels = picture(crowded(), SIZE, most_labels=300)
    title = figure.texts[0].get_window_extent()
    legend = figure.legends[0].get_window_extent()
    assert all(placement.box[3] < title.y0 and placement.box[1] > legend.y1 for placement, _ in labels)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_map_gives_the_same_bytes(kind):
    chart = crowded(50)
    first = render(chart, kind, SIZE, 50)
    assert first == render(chart, kind, SIZE, 50)
    assert first.startswith(b"\x89PNG" if kind == "png" else b"<?xml")


def test_keys_of_any_script_are_drawn_without_warning_and_without_mathematics():
    keys = [
        "$x^2$",
        "$",
        "a\nb",
        "猫",
        "🐈‍⬛",
        "مرحبا",
        "",
        " ",
        "\ud800",
        "_" * 10_000,
        "\\frac{",
        "<b>&amp;",
    ]
    rng = np.random.default_rng(0)
    groups = [key or "none" for key in keys]
    chart = Map.of(
        Space(keys, rng.normal(size=(12, 3))),
        layout=rng.normal(size=(12, 2)),
        color_by=groups,
        title="$\\alpha$",
    )
    figure, labels = picture(chart, SIZE, 50)
    assert {text.get_text() for _, text in labels} >= {"$x^2$", "$", "a\\nb", "\\ud800"}
    assert figure.texts[0].get_text() == "$\\alpha$"
    for kind in ("png", "svg"):
        assert len(render(chart, kind, SIZE, 50)) > 1000


def test_important_rows_are_labelled_first():
    rng = np.random.default_rng(0)
    chart = Map.of(
        Space([str(row) for row in range(40)], np.eye(40)),
        layout=rng.normal(size=(40, 2)),
        weights=np.arange(40),
        color_by=None,
    )
    _, labels = picture(chart, SIZE, 5)
    assert [placement.row for placement, _ in labels] == [39, 38, 37, 36, 35]


def test_points_all_in_one_place_are_drawn():
    chart = Map.of(Space(list("abc"), np.eye(3)), layout=np.zeros((3, 2)), color_by=None)
    assert render(chart, "png", SIZE, 3).startswith(b"\x89PNG")
