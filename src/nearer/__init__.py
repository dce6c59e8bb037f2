"""Nearer: similar things belong near each other."""

from nearer import errors
from nearer.models import Word2Vec
from nearer.space import Space, load

__all__ = ["Space", "Word2Vec", "errors", "load"]
__version__ = "0.1.0"
