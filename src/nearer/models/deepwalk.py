"""DeepWalk: nodes that uniform random walks find near each other lie near each other.

graph -> walks (signal) -> one vector a node (lookup) -> the word engine (kernel) -> Space
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

from nearer.kernels.words import Objective
from nearer.models.node2vec import WALKED, WALKING, WalkModel


class DeepWalk(WalkModel):
    """Node vectors by skip-gram over random walks (Perozzi, Al-Rfou and Skiena 2014).

    A walk goes on to any neighbour alike, in a weighted graph in proportion to the weight. The paper trains
    by hierarchical softmax, and on social networks with dim=128, 80 walks of 40 and a window of 10.

    Parameters
    ----------
    dim : dimension of the vectors.
    walks : walks that start at each node.
    length : nodes of a walk.
    metapath : node types that walks follow, a cycle such as ["author", "paper"]; with p = q = 1. None: any.
    objective : "negative" or "hierarchical", as in `Word2Vec`.
    window : largest distance on a walk between centre and context; drawn from 1..window for every centre.
    negative : negative samples a centre.
    noise_exponent : negatives are drawn in proportion to visits ** noise_exponent.
    subsample : threshold that thins out nodes visited more often; 0: none.
    epochs : passes over the walks, which are the same in each.
    learning_rate, least_learning_rate : start and end of the linear decay; both are lowered on graphs of so
        few nodes that walks keep coming back to them, where steps would add up.
    shared : centres in a row that share one draw of negatives; 1 where walks keep coming back.
    checkpoint : folder where the run is saved every `checkpoint_every` seconds and resumed from.
    threads : None uses every core. Walks are the same whatever it is; one thread gives the same bits on every
        run, more the same quality.
    seed : of everything random.
    show_progress : None shows progress on a terminal only.

    Attributes
    ----------
    space_ : Space, a vector a node that has an edge, in the graph's order; column ``degree`` in its items.
    isolated_ : list of str, nodes without an edge, or that no walk came to (along a metapath, or in a
        directed graph).
    loss_curve_ : float64 array, mean loss of a pair of nodes; 20 values an epoch, or fewer.
    report_ : `FitReport`; its tokens are the nodes of all walks, were none to end early.

    Ctrl-C raises `KeyboardInterrupt` with the learned attributes set; `fit` again goes on from there.
    """

    constraints: ClassVar = WALKING
    deciding = WALKED

    def __init__(
        self,
        dim: int = 128,
        walks: int = 80,
        length: int = 40,
        metapath: Sequence[str] | None = None,
        objective: Objective = "negative",
        window: int = 10,
        negative: int = 7,
        noise_exponent: float = 0.75,
        subsample: float = 0.0,
        epochs: int = 1,
        learning_rate: float = 0.03,
        least_learning_rate: float = 1e-4,
        shared: int = 3,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> None:
        self.dim = dim
        self.walks = walks
        self.length = length
        self.metapath = metapath
        self.objective = objective
        self.window = window
        self.negative = negative
        self.noise_exponent = noise_exponent
        self.subsample = subsample
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.least_learning_rate = least_learning_rate
        self.shared = shared
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.threads = threads
        self.seed = seed
        self.show_progress = show_progress
