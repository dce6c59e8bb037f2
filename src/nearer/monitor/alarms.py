"""Verdicts on their way out: to the log of Python, and to a file of JSON lines."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from nearer.monitor.verdict import Verdict
from nearer.replace import storage_errors

logger = logging.getLogger("nearer.monitor")
logger.addHandler(logging.NullHandler())  # nothing on the terminal unless somebody asks for it


def logged(verdict: Verdict) -> None:
    """One record a window in the logger "nearer.monitor": a warning for an alarm, else of level info."""
    logger.log(logging.WARNING if verdict.alarm else logging.INFO, "%s", verdict)


def append_line(path: Path, verdict: Verdict) -> None:
    """Append the verdict as one line of JSON; it is on disk when this returns.

    A line that a killed process left unfinished is closed first. Raises `StorageError`.
    """
    line = json.dumps(verdict.to_dict(), allow_nan=False) + "\n"
    with storage_errors(path), path.open("a+b") as handle:
        if handle.tell() and not _ends_in_newline(handle.fileno()):
            line = "\n" + line
        handle.write(line.encode())
        handle.flush()
        os.fsync(handle.fileno())


def _ends_in_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, 1, size - 1) == b"\n"
