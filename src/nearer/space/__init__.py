"""Space: keys, vectors, a metric, an identity; how it is saved, read and written in other formats."""

from nearer.space.align import align
from nearer.space.align_write import write_aligned
from nearer.space.alignment import Alignment, Fit
from nearer.space.axes import Axis, Evidence, Stability
from nearer.space.axes_removal import RemovalCost
from nearer.space.calibration import Calibration, PairJudgement
from nearer.space.checks import Metric
from nearer.space.load import load
from nearer.space.neighbors import Neighbor, Neighbors
from nearer.space.pretrained import KnownModel, known_models
from nearer.space.quantized import QuantizedSpace
from nearer.space.shipped import KnownByName, Shipped
from nearer.space.space import Space

__all__ = [
    "Alignment",
    "Axis",
    "Calibration",
    "Evidence",
    "Fit",
    "KnownByName",
    "KnownModel",
    "Metric",
    "Neighbor",
    "Neighbors",
    "PairJudgement",
    "QuantizedSpace",
    "RemovalCost",
    "Shipped",
    "Space",
    "Stability",
    "align",
    "known_models",
    "load",
    "write_aligned",
]
