"""Judges by labels: k nearest neighbours and the logistic probe, and clustering."""

from __future__ import annotations

from collections.abc import Mapping

import nearer
from nearer.cli.evaluate.encoders import Timed
from nearer.cli.evaluate.judged import Judged
from nearer.cli.evaluate.sources import labelled


def probed(
    name: str,
    encoder: Timed | None,
    labels: str | None,
    columns: list[str] | None,
    roles: Mapping[str, str],
    k: int,
    folds: int,
    seed: int,
) -> Judged:
    """How well labels are foretold by neighbours and by a linear classifier."""
    space, by = labelled(name, encoder, labels, roles)
    near = nearer.evaluate.knn(space, by, k=k, columns=columns, seed=seed)
    linear = nearer.evaluate.probe(space, by, folds=folds, columns=columns, seed=seed)
    document = {"knn": near.to_dict(), "probe": linear.to_dict()}
    measures = [(f"{k}-NN", near.accuracy), ("probe", linear.accuracy), ("macro-F1", linear.macro_f1)]
    return Judged(space.identity, [(by, near), (by, linear)], document, measures=measures)


def clustered(
    name: str,
    encoder: Timed | None,
    labels: str | None,
    columns: list[str] | None,
    roles: Mapping[str, str],
    seed: int,
) -> Judged:
    """How far clusters agree with labels."""
    space, by = labelled(name, encoder, labels, roles)
    result = nearer.evaluate.clustering(space, by, columns=columns, seed=seed)
    measures = [("V-measure", result.v_measure), ("ARI", result.ari)]
    return Judged(space.identity, [(by, result)], {"clustering": result.to_dict()}, measures=measures)
