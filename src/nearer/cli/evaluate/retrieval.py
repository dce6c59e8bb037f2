"""Retrieval: documents ranked for queries, against judgements."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import nearer
from nearer.cli.evaluate.encoders import Timed
from nearer.cli.evaluate.judged import Judged
from nearer.cli.evaluate.sources import documents, queries

Gain = Literal["linear", "exponential"]
Unknown = Literal["error", "skip"]


def judged(
    name: str,
    encoder: Timed | None,
    asked: Path,
    qrels: Path,
    columns: list[str] | None,
    k: int,
    gain: Gain,
    unknown: Unknown,
    seed: int,
) -> Judged:
    """nDCG, recall, MRR and MAP of the documents called `name`."""
    space = documents(name, encoder)
    result = nearer.evaluate.retrieval(
        space,
        queries(asked, encoder, space),
        qrels,
        k,
        gain=gain,
        unknown=unknown,
        columns=columns,
        seed=seed,
    )
    document = {"retrieval": result.to_dict()}
    return Judged(space.identity, [(str(qrels), result)], document, measures=list(result.metrics.items()))
