"""Semantic textual similarity: pairs of texts that an encoder scores, or keys of a space."""

from __future__ import annotations

from pathlib import Path

import nearer
from nearer.cli.evaluate.judged import Judged


def judged(name: str, pairs: Path, columns: list[str] | None, seed: int) -> Judged:
    """Spearman's and Pearson's correlation with the ratings of `pairs`."""
    from nearer.encoders import Lookup  # noqa: PLC0415  (verbs start fast)

    encoder = nearer.encoder(name)
    scored = encoder.space if isinstance(encoder, Lookup) else encoder  # a space tells what it lacks
    result = nearer.evaluate.sts(scored, pairs, columns=columns, seed=seed)
    return Judged(encoder.identity, [(str(pairs), result)], {"sts": result.to_dict()})
