"""How tests of the command line run it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typer.testing import Result

Run = Callable[..., Result]  # `nearer` with arguments, in this process
RunJson = Callable[..., Any]  # the same with --json: its document
