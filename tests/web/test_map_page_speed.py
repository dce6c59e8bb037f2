"""Fifty thousand points stay smooth in a browser, without a graphics card."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_map_page import browser, pytestmark, settled  # noqa: F401  (fixtures and the reason to skip)

from nearer import Space
from nearer.maps import Map

FRAME_MILLISECONDS = 50.0  # 20 frames a second on two busy cores; a quiet machine shows 60
WHEEL = """
const done = arguments[0], page = document.getElementById('map'), times = [];
let last = performance.now(), turn = 0, closest = 0;
function frame(now) {
  times.push(now - last);
  last = now;
  closest = Math.max(closest, Number(page.dataset.zoom));
  const wheel = {deltaY: turn < 40 ? -40 : 40, clientX: 500, clientY: 350, bubbles: true, cancelable: true};
  page.dispatchEvent(new WheelEvent('wheel', wheel));
  if (++turn < 80) requestAnimationFrame(frame); else done([closest, times.slice(5)]);
}
requestAnimationFrame(frame);
"""


@pytest.mark.slow
def test_fifty_thousand_points_zoom_smoothly(browser: Any, tmp_path: Path) -> None:  # noqa: F811
    random = np.random.default_rng(0)
    count = 50_000
    layout = random.normal(size=(count, 2)) + random.integers(0, 8, (count, 1)) * 3
    space = Space([f"word {row}" for row in range(count)], random.normal(size=(count, 8)))
    path = tmp_path / "map.html"
    Map.of(space, layout=layout, color_by=None).save(path, neighbors=3)
    browser.get(path.as_uri())
    before = settled(browser)
    closest, times = browser.execute_async_script(WHEEL)
    assert closest > 1.5 * before
    assert len(times) > 50
    assert statistics.median(times) <= FRAME_MILLISECONDS, times
