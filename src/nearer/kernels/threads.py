"""How many threads a kernel runs on."""

from __future__ import annotations

import os

from nearer.errors import ParameterError, shown


def thread_count(threads: int | None) -> int:
    """`threads`, or one a core that this process may use; raises `ParameterError` below 1."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise ParameterError(f"threads={shown(threads)} is below 1")
    return int(threads)
