"""Judges of graphs: links that were held out, and labels of nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer

import nearer
from nearer.cli.evaluate.judged import Judged

Operator = Literal["metric", "hadamard", "average", "l1", "l2"]
FRACTIONS = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9"


def links(
    name: str,
    pairs: Path,
    non_edges: Path,
    operator: Operator,
    learn_edges: Path | None,
    learn_non_edges: Path | None,
    seed: int,
) -> Judged:
    """How well the edges in `pairs` are told from those in `non_edges`."""
    space = nearer.load(name)
    result = nearer.evaluate.links(
        space,
        pairs,
        non_edges,
        operator=operator,
        learn_edges=learn_edges,
        learn_non_edges=learn_non_edges,
        seed=seed,
    )
    return Judged(space.identity, [(str(pairs), result)], {"links": result.to_dict()})


def nodes(
    name: str, labels: str, columns: list[str] | None, fractions: str, shuffles: int, seed: int
) -> Judged:
    """How well labels of nodes are foretold by the share of them that is learned from."""
    shares = _shares(fractions)
    space = nearer.load(name)
    result = nearer.evaluate.nodes(
        space, labels, fractions=shares, shuffles=shuffles, columns=columns, seed=seed
    )
    return Judged(space.identity, [(labels, result)], {"nodes": result.to_dict()})


def _shares(fractions: str) -> list[float]:
    """The numbers between commas."""
    try:
        return [float(share) for share in fractions.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--fractions {fractions} is no list of numbers, as 0.1,0.5,0.9") from None
