"""Networks that are trained: what reads raw items, and the torch module that turns them into vectors.

Torch is loaded by the files that hold modules, and only when one is built.
"""

from nearer.networks.audio import LogMelCNN
from nearer.networks.base import Network, Plan, Prepared
from nearer.networks.image import ResNet
from nearer.networks.table import TableNetwork
from nearer.networks.text import Transformer
from nearer.networks.vectors import MLP
from nearer.networks.wave import WaveEncoder

__all__ = [
    "MLP",
    "LogMelCNN",
    "Network",
    "Plan",
    "Prepared",
    "ResNet",
    "TableNetwork",
    "Transformer",
    "WaveEncoder",
]
