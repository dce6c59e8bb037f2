"""What a benchmark says: a row a claim, ours beside the peer, or a grid; rendered for docs/benchmarks.md."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One claim, measured side by side in one run.

    Attributes
    ----------
    claim : what is compared ("exact search, 200,000 x 256, 2 threads: faiss as pip installs it").
    ours, peer : what each needed, with unit ("1.21 s"); medians.
    ratio : how many times better ours is.
    target : the least ratio that keeps the claim.
    quality : what was checked to be equal or better ("same ids").
    """

    claim: str
    ours: str
    peer: str
    ratio: float
    target: float
    quality: str

    @property
    def kept(self) -> bool:
        """Whether the claim holds in this run."""
        return self.ratio >= self.target


@dataclass(frozen=True)
class Grid:
    """Figures that compare what is ours with itself: a table of any columns, the first on the left."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    kept: bool = True


Measured = Sequence[Row] | Grid


def kept(measured: Measured) -> bool:
    """Whether every claim holds in this run."""
    return measured.kept if isinstance(measured, Grid) else all(row.kept for row in measured)


def render(measured: Measured) -> str:
    """The rows as a Markdown table, under a line that names machine and date."""
    lines = [f"Measured {datetime.date.today().isoformat()} on {machine()}.", ""]
    if isinstance(measured, Grid):
        lines += [f"| {' | '.join(measured.heads)} |"]
        lines += [f"| --- |{' ---: |' * (len(measured.heads) - 1)}"]
        lines += [f"| {' | '.join(_cells(row))} |" for row in measured.rows]
        return "\n".join(lines) + "\n"
    return "\n".join(lines + _claims(measured)) + "\n"


def _claims(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| claim | Nearer | peer | ratio | target | quality |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        cells = (row.claim, row.ours, row.peer, f"{row.ratio:.2f} x", f"{row.target:g} x", row.quality)
        marked = _cells(cells)
        if not row.kept:
            marked[3] += " (missed)"
        lines.append(f"| {' | '.join(marked)} |")
    return lines


def _cells(cells: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in cells]


def machine() -> str:
    """Processor, cores that may be used, and system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in facts.splitlines() if line.startswith("model name")]
    model = names[0] if names else platform.machine()
    return f"{model} with AVX-512" if " avx512f" in facts else model
