"""Ranking: recommendations against what users chose later."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import nearer
from nearer.cli.evaluate.judged import Judged

UnknownItems = Literal["error", "miss"]


def judged(
    name: str, test: Path, train: Path | None, k: int, unknown_items: UnknownItems, seed: int
) -> Judged:
    """Recall, nDCG, MAP and more over all items, of a saved recommender or a table of recommendations."""
    opened: Any = nearer.recommender(name) if Path(name).is_dir() else name
    result = nearer.evaluate.ranking(
        opened,
        str(test),
        k=k,
        train=None if train is None else str(train),
        unknown_items=unknown_items,
        seed=seed,
    )
    identity = getattr(getattr(opened, "item_space_", None), "identity", None)
    return Judged(identity, [(str(test), result)], {"ranking": result.to_dict()})
