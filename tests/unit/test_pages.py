"""Pages: whole, offline, escaped; charts put values where they belong."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from nearer.errors import FormatError, StorageError
from nearer.pages import Page, bars, histogram, lines, points

SVG = "{http://www.w3.org/2000/svg}"


def whole() -> Page:
    chart = lines([0, 1, 2], {"a": [1, np.nan, 3]}, threshold=2, marks={"x<y": 1}, x_label="t", y_label="v")
    return (
        Page("Is <it> so?")
        .heading("A & B")
        .paragraph("plain")
        .paragraph("loud", alarm=True)
        .facts([("n", 1234), ("x", 0.5), ("none", None), ("yes", True)])
        .table(("key", "score"), [("<script>alert(1)</script>", 0.00001)], numbers=("score",))
        .figure(chart, "a line")
    )


def test_a_page_is_escaped_and_fetches_nothing() -> None:
    text = whole().html()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<title>Is &lt;it&gt; so?</title>" in text
    assert "1,234" in text
    assert "1e-05" in text
    assert not re.search(r"(src|href)=", text)
    assert "default-src 'none'" in text


def test_a_page_is_saved_once(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    whole().save(target)
    assert target.read_text(encoding="utf-8") == whole().html()
    with pytest.raises(StorageError, match="already exists"):
        whole().save(target)
    whole().save(target, overwrite=True)
    with pytest.raises(FormatError, match=r"no page is written as '.pdf'; end in .html"):
        whole().save(tmp_path / "page.pdf")


def test_bars_are_as_long_as_their_values() -> None:
    drawn = ElementTree.fromstring(bars(["a", "b", "<c>"], [1, 2, -1], marked=[False, True, False]))
    widths = [float(rect.attrib["width"]) for rect in drawn.iter(f"{SVG}rect")]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.2)
    assert widths[2] == pytest.approx(widths[0], abs=0.2)
    fills = [rect.attrib["fill"] for rect in drawn.iter(f"{SVG}rect")]
    assert fills[0] == fills[2] != fills[1]


def test_a_histogram_stands_on_its_floor() -> None:
    drawn = ElementTree.fromstring(histogram([1, 4, 0], [0, 1, 2, 3], marks={"here": 1.5}))
    heights = [float(rect.attrib["height"]) for rect in drawn.iter(f"{SVG}rect")]
    assert heights[1] == pytest.approx(4 * heights[0], abs=0.3)
    assert heights[2] == 0


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1, 4, ["1", "2", "3", "4"]),
        (0.0031, 0.0058, ["0.004", "0.005"]),
        (-1, 1, ["-1", "-0.5", "0", "0.5", "1"]),
        (0, 14620, ["0", "5000", "10,000"]),
        (1946, 2022, ["1960", "1980", "2000", "2020"]),
    ],
)
def test_ticks_are_round(low: float, high: float, labels: list[str]) -> None:
    drawn = ElementTree.fromstring(lines([low, high], {"a": [0.0, 1.0]}))
    anchored = [text for text in drawn.iter(f"{SVG}text") if text.attrib["text-anchor"] == "middle"]
    assert [text.text for text in anchored] == labels


def test_lines_leave_out_what_is_not_known() -> None:
    drawn = ElementTree.fromstring(lines([0, 1, 2], {"a": [0, np.nan, 1], "b": [1, 1, 1]}))
    first, second = (line.attrib["points"].split() for line in drawn.iter(f"{SVG}polyline"))
    assert len(first) == 2
    assert len({point.split(",")[1] for point in second}) == 1


def test_points_lie_where_they_are() -> None:
    drawn = ElementTree.fromstring(points([0, 1], [5, 7], marked=[False, True], x_label="x", y_label="y"))
    low, high = drawn.iter(f"{SVG}circle")
    assert float(low.attrib["cx"]) < float(high.attrib["cx"])
    assert float(low.attrib["cy"]) > float(high.attrib["cy"])


@pytest.mark.parametrize(
    "chart", [bars([], []), histogram([0], [0, 1]), lines([], {"a": []}), points([], [])]
)
def test_nothing_can_be_drawn_too(chart: str) -> None:
    assert ElementTree.fromstring(chart).tag == f"{SVG}svg"
