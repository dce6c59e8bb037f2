"""A map as one HTML file that works offline: data, script and style are inside, and nothing is fetched.

The files of `page/` are put together here: the modules in the order of their imports, without the import
lines, as one script. A content policy with the hashes of script and style forbids every other script, and
every request, whatever a key may hold.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.maps.columns import columns_of
from nearer.maps.neighbours import nearest_rows
from nearer.maps.palette import MARKS, colour, mark

if TYPE_CHECKING:
    from nearer.maps.map import Map

MODULES = (
    "data.js",
    "camera.js",
    "grid.js",
    "webgl.js",
    "raster.js",
    "labels.js",
    "search.js",
    "panel.js",
    "gestures.js",
    "scene.js",
    "main.js",
)
SCORES = {"cosine": "Nearest by cosine", "dot": "Nearest by dot product", "euclidean": "Nearest by distance"}


def page(chart: Map, neighbors: int, *, show_progress: bool | None = None) -> bytes:
    """The bytes of the page (UTF-8) with `neighbors` nearest neighbours of each point."""
    script, style = script_text(), source("page.css")
    policy = (
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "POLICY": policy,
        "TITLE": html.escape(printable(chart.title)),
        "DESCRIPTION": html.escape(
            f"{printable(chart.title)}: map of {len(chart.space):,} points. Arrow keys move, plus and minus "
            "zoom, zero shows all, Enter selects the point in the middle, slash finds."
        ),
        "STYLE": style,
        "DATA": json_for_html(content(chart, neighbors, show_progress)),
        "SCRIPT": script,
    }
    return re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], source("page.html")).encode()


def content(chart: Map, neighbors: int, show_progress: bool | None) -> dict[str, object]:
    """All that the page's script reads."""
    return {
        "keys": chart.space.keys,
        "columns": columns_of(chart.space),
        "positions": packed(unit_square(chart.positions), "<f4"),
        "groups": packed(chart.groups.labels, "u1"),
        "legend": [
            {
                "name": name,
                "light": colour(group),
                "dark": colour(group, dark=True),
                "mark": MARKS.index(mark(group)),
            }
            for group, name in enumerate(chart.groups.names)
        ],
        "order": packed(chart.order, "<u4"),
        "nearest": nearest(chart, neighbors, show_progress),
    }


def nearest(chart: Map, neighbors: int, show_progress: bool | None) -> dict[str, object]:
    """Rows and scores of the nearest neighbours in the original space; scores as steps of a 16-bit scale."""
    space = chart.space
    n = len(space)
    found = nearest_rows(space.vectors, min(neighbors, n - 1), space.metric, show_progress=show_progress)
    low = float(found.scores.min(initial=np.inf)) if found.scores.size else 0.0
    high = float(found.scores.max(initial=-np.inf)) if found.scores.size else 1.0
    steps = np.rint((found.scores - low) * (65535 / (high - low or 1.0)))
    wide = n > 65536
    return {
        "k": found.rows.shape[1],
        "ids": packed(found.rows, "<u4" if wide else "<u2"),
        "wide": wide,
        "scores": packed(steps, "<u2"),
        "low": low,
        "high": high,
        "title": SCORES[space.metric] if found.rows.size else "",
    }


def unit_square(positions: NDArray[np.float32]) -> NDArray[np.float64]:
    """Positions moved and scaled into [-1, 1], with y downwards as on a screen."""
    wide = positions.astype(np.float64)
    low, high = wide.min(axis=0), wide.max(axis=0)
    half = float((high - low).max()) / 2 or 1.0
    centred: NDArray[np.float64] = (wide - (low + high) / 2) / half * (1.0, -1.0)
    return centred


def packed(values: ArrayLike, dtype: str) -> str:
    """`values` as little-endian bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode("ascii")


def json_for_html(value: object) -> str:
    """JSON in ASCII that holds no character with a meaning in HTML, so no key can end its script element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def printable(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def script_text() -> str:
    """The modules of the page as one script: no imports, no exports."""
    joined = "\n".join(source(name) for name in MODULES)
    return re.sub(r"^export ", "", re.sub(r"^import .*\n", "", joined, flags=re.M), flags=re.M)


def source(name: str) -> str:
    """Text of a file of `page/`."""
    from importlib.resources import files  # noqa: PLC0415  (slow to load, and seldom needed)

    return files("nearer.maps").joinpath("page", name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """What a content policy calls a script or style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
