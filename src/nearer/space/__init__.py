"""Space: keys, vectors, a metric, an identity; how it is saved, read and written in other formats."""

from nearer.space.space import Metric, Space

__all__ = ["Metric", "Space"]
