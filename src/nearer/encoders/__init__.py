"""Encoders: one raw item in, one vector out."""

from nearer.encoders.base import Encoder
from nearer.encoders.lookup import Lookup

__all__ = ["Encoder", "Lookup"]
