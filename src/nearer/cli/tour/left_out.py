"""What a part of the tour says where something it needs is not installed."""

from __future__ import annotations

from typing import Any

from nearer.cli.output import write


def left_out(reason: str, quiet: bool) -> dict[str, Any]:
    """The result of a part that is left out; `reason` ends with the command that installs what is missing."""
    if not quiet:
        write(f"left out: {reason}")
    return {"left_out": reason, "files": []}
