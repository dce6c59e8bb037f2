"""Nearer: similar things belong near each other."""

from nearer import errors
from nearer.space import Space

__all__ = ["Space", "errors"]
__version__ = "0.1.0"
