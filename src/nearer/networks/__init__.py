"""Networks that are trained: what reads raw items, and the torch module that turns them into vectors.

Torch is loaded by the files that hold modules, and only when one is built.
"""

from nearer.networks.base import Network, Plan, Prepared
from nearer.networks.vectors import MLP

__all__ = ["MLP", "Network", "Plan", "Prepared"]
