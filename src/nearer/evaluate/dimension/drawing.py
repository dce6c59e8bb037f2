"""The curve as a picture, or as one HTML page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nearer.errors import FormatError, StorageError, shown
from nearer.evaluate.dimension.figure import render
from nearer.evaluate.dimension.page import page
from nearer.replace import new_file

if TYPE_CHECKING:
    from nearer.evaluate.dimension.result import DimensionResult

ENDINGS = (".png", ".svg", ".html")


def draw(result: DimensionResult, path: str | os.PathLike[str]) -> Path:
    """Write `result` as the ending of `path` says; see `DimensionResult.plot`."""
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise FormatError(
            f"no curve is written as {shown(target.suffix)}", file=target, remedy="end in .png, .svg or .html"
        )
    if not target.parent.is_dir():
        raise StorageError("the folder does not exist", file=target, remedy="create it first")
    content = page(result) if ending == ".html" else render(result, "png" if ending == ".png" else "svg")
    with new_file(target, overwrite=True) as file:
        file.write(content)
    return target
