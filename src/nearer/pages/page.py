"""One self-contained HTML page, built from top to bottom: headings, paragraphs, facts, tables, figures."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from nearer.errors import FormatError, shown
from nearer.replace import new_file

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #667; --line: #d5d9de;
  --mark: #0b6bcb; --other: #c2571a; --soft: #9ab; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #16191d; --faint: #9aa3ad;
  --line: #343a41; --mark: #6cb2ff; --other: #f0955c; --soft: #567; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere; }
th, td:first-child { overflow-wrap: break-word; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th { color: var(--faint); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dd { margin: 0; }
dt { color: var(--faint); } figure { margin: 1rem 0; } figcaption { color: var(--faint); }
svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
.alarm { color: var(--other); font-weight: 600; }
"""


class Page:
    """A page under `title`; each method adds to its end and returns the page, so that calls can be chained.

    All text is escaped. A content policy forbids every script and every request, whatever a key may hold.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._parts: list[str] = [f"<h1>{_text(title)}</h1>"]

    def heading(self, text: str) -> Page:
        """A heading of the second order."""
        return self._add(f"<h2>{_text(text)}</h2>")

    def paragraph(self, text: str, *, alarm: bool = False) -> Page:
        """A paragraph; `alarm` sets it apart."""
        return self._add(f'<p class="alarm">{_text(text)}</p>' if alarm else f"<p>{_text(text)}</p>")

    def facts(self, facts: Iterable[tuple[str, object]]) -> Page:
        """Names and values, a line each."""
        lines = "".join(f"<dt>{_text(name)}</dt><dd>{_text(cell(value))}</dd>" for name, value in facts)
        return self._add(f"<dl>{lines}</dl>")

    def table(
        self, heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[str] = ()
    ) -> Page:
        """A table; the columns named in `numbers` are set to the right."""
        kinds = [' class="number"' if head in numbers else "" for head in heads]
        top = "".join(f"<th{kind}>{_text(head)}</th>" for kind, head in zip(kinds, heads, strict=True))
        body = "".join(
            "<tr>"
            + "".join(f"<td{kind}>{_text(cell(value))}</td>" for kind, value in zip(kinds, row, strict=True))
            + "</tr>"
            for row in rows
        )
        return self._add(f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>")

    def figure(self, svg: str, caption: str) -> Page:
        """A chart of `nearer.pages`, as it is, with its caption, which is also what a screen reader says."""
        return self._add(f"<figure>{svg}<figcaption>{_text(caption)}</figcaption></figure>")

    def html(self) -> str:
        """The whole page."""
        digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{_text(self.title)}</title><style>{STYLE}</style></head>\n<body>\n"
            + "\n".join(self._parts)
            + "\n</body></html>\n"
        )

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the page to `path`, which ends in .html; after a kill the old or the new is there, whole.

        Raises `FormatError` for another ending, `StorageError` where `path` exists and `overwrite` is false.
        """
        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise FormatError(
                f"no page is written as {shown(target.suffix)}", file=target, remedy="end in .html"
            )
        with new_file(target, overwrite) as handle:
            handle.write(self.html().encode("utf-8", "backslashreplace"))

    def _add(self, part: str) -> Page:
        self._parts.append(part)
        return self


def cell(value: object) -> str:
    """A value as a table shows it: numbers with separators or four digits, None as a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if 0 < abs(value) < 1e-3 else f"{value:,.4f}"
    return str(value)


def _text(value: str) -> str:
    """Escaped, with control characters shown."""
    shown_ = "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in value
    )
    return html.escape(shown_)
