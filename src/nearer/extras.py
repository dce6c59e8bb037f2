"""The one gate to optional libraries: what is missing is one error with the line that installs it."""

from __future__ import annotations

import importlib
from typing import Any

from nearer.errors import MissingExtra


def require(module: str, extra: str, purpose: str) -> Any:
    """The optional library `module`, imported; `purpose` says what needs it ("images").

    Raises `MissingExtra` with the exact install line of Nearer's extra, for a library that is not installed
    and for one that cannot be loaded.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        missing = isinstance(error, ModuleNotFoundError) and error.name == package
        problem = "is not installed" if missing else f"cannot be loaded ({error})"
        raise MissingExtra(
            f"{purpose} needs {package}, which {problem}", remedy=f'pip install "nearer[{extra}]"'
        ) from None
