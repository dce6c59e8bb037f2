"""Nearer: similar things belong near each other."""

from nearer import errors
from nearer.space import Space, load

__all__ = ["Space", "errors", "load"]
__version__ = "0.1.0"
