"""Judges by labels: k nearest neighbours and the logistic probe, and clustering."""

from __future__ import annotations

import nearer
from nearer.cli.evaluate.judged import Judged
from nearer.cli.evaluate.sources import documents


def probed(
    name: str, encoder: str | None, labels: str, columns: list[str] | None, k: int, folds: int, seed: int
) -> Judged:
    """How well labels are foretold by neighbours and by a linear classifier."""
    space = documents(name, encoder)
    near = nearer.evaluate.knn(space, labels, k=k, columns=columns, seed=seed)
    linear = nearer.evaluate.probe(space, labels, folds=folds, columns=columns, seed=seed)
    document = {"knn": near.to_dict(), "probe": linear.to_dict()}
    return Judged(space.identity, [(labels, near), (labels, linear)], document)


def clustered(name: str, encoder: str | None, labels: str, columns: list[str] | None, seed: int) -> Judged:
    """How far clusters agree with labels."""
    space = documents(name, encoder)
    result = nearer.evaluate.clustering(space, labels, columns=columns, seed=seed)
    return Judged(space.identity, [(labels, result)], {"clustering": result.to_dict()})
