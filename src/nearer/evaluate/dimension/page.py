"""The result as one HTML page that works offline: picture, table and script are inside, nothing is fetched.

A content policy with the hashes of script and style forbids every other script, and every request.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from nearer.evaluate.dimension.figure import render
from nearer.evaluate.dimension.result import KINDS, MEGABYTE, cells

if TYPE_CHECKING:
    from nearer.evaluate.dimension.result import DimensionResult


def page(result: DimensionResult) -> bytes:
    """The bytes of the page (UTF-8)."""
    script, style = source("page.js"), source("page.css")
    policy = (
        f"default-src 'none'; img-src data:; script-src '{digest(script)}'; style-src '{digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    picture = base64.b64encode(render(result, "svg")).decode("ascii")
    parts = {
        "POLICY": policy,
        "TITLE": html.escape(printable(f"{result.name} against dimension")),
        "STYLE": style,
        "PICTURE": f"data:image/svg+xml;base64,{picture}",
        "VERDICT": html.escape(printable(result.verdict())).replace("\n", "<br>"),
        "RULE": html.escape(result.rule),
        "TOLERANCE": f"{result.tolerance:g}",
        "RELATIVE": " checked" if result.relative else "",
        "TABLE": table(result),
        "DATA": json_for_html(data(result)),
        "SCRIPT": script,
    }
    return re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], source("page.html")).encode()


def table(result: DimensionResult) -> str:
    """Rows of the table, heads first."""
    trained = result.reduction == "training"
    heads = ["dimension", result.name, "95 %", "to the best", "95 %", *(f"{kind} MB" for kind in KINDS)]
    heads += ["search ms", *(["training s"] if trained else [])]
    lines = [f"<tr>{''.join(f'<th>{html.escape(printable(head))}</th>' for head in heads)}</tr>"]
    for row in result.rows:
        shown = [*cells(row), *([f"{row.train_seconds:.1f}"] if trained else [])]
        inside = "".join(f"<td>{html.escape(cell)}</td>" for cell in shown)
        chosen = ' class="chosen"' if row.dim == result.recommended else ""
        lines.append(f"<tr{chosen}>{inside}</tr>")
    return "\n".join(lines)


def data(result: DimensionResult) -> dict[str, object]:
    """What the page's script reads."""
    return {
        "dims": [row.dim for row in result.rows],
        "quality": [row.quality for row in result.rows],
        "megabytes": [[row.bytes_per_million[kind] / MEGABYTE for kind in KINDS] for row in result.rows],
    }


def json_for_html(value: object) -> str:
    """JSON in ASCII that holds no character with a meaning in HTML."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def printable(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def source(name: str) -> str:
    """Text of a file of `page/`."""
    return files("nearer.evaluate.dimension").joinpath("page", name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """What a content policy calls a script or style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
