"""Semantic textual similarity: pairs of texts that an encoder scores, or keys of a space."""

from __future__ import annotations

from pathlib import Path

import nearer
from nearer.cli.evaluate.encoders import Timed
from nearer.cli.evaluate.judged import Judged


def judged(name: str, pairs: Path, columns: list[str] | None, seed: int) -> Judged:
    """Spearman's and Pearson's correlation of the encoder `name` with the ratings of `pairs`."""
    return compared(Timed(name, nearer.encoder(name)), pairs, columns, seed)


def compared(encoder: Timed, pairs: Path, columns: list[str] | None, seed: int) -> Judged:
    """The same, of an encoder that is timed."""
    from nearer.encoders import Lookup  # noqa: PLC0415  (verbs start fast)

    opened = encoder.encoder
    scored = opened.space if isinstance(opened, Lookup) else encoder  # a space tells what it lacks
    result = nearer.evaluate.sts(scored, pairs, columns=columns, seed=seed)
    measures = [("Spearman", result.spearman), ("Pearson", result.pearson)]
    document = {"sts": result.to_dict()}
    return Judged(encoder.identity, [(str(pairs), result)], document, measures=measures)
