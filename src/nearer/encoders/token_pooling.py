"""Pooling of tokens: the vectors of a text's tokens become one (Reimers & Gurevych 2019, Sentence-BERT)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def pooled(hidden: Floats, modes: tuple[str, ...]) -> Floats:
    """One vector of the vectors of a text's tokens, `hidden` (tokens, width): (modes * width,).

    Modes: "cls": the first token's; "lasttoken": the last one's; "max": by dimension; "mean";
    "mean_sqrt_len_tokens": the sum over the root of their number; "weightedmean": the i-th token counts i.
    """
    return np.concatenate([_pooled(hidden, mode) for mode in modes])


def _pooled(hidden: Floats, mode: str) -> Floats:
    if mode == "cls":
        return np.asarray(hidden[0])
    if mode == "lasttoken":
        return np.asarray(hidden[-1])
    if mode == "max":
        return np.asarray(hidden.max(axis=0))
    if mode == "weightedmean":
        places = np.arange(1, len(hidden) + 1, dtype=np.float32)
        return np.asarray((hidden * places[:, None]).sum(axis=0) / places.sum())
    total = hidden.sum(axis=0)
    count = len(hidden) if mode == "mean" else len(hidden) ** 0.5
    return np.asarray(total / np.float32(count))
