"""A corpus with a known structure: every sentence is about one topic, among words of none."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

TOPICS, WORDS, COMMON = 8, 25, 60


def topic_sentences(
    sentences: int = 4_000, length: int = 12, about: float = 0.23, seed: int = 0
) -> list[str]:
    """Sentences whose words are of the sentence's topic with probability `about`, else of any or none.

    `random.Random` is the same on every machine and Python, so stored results stay comparable.
    """
    source = random.Random(seed)
    anything = [f"t{t}w{w}" for t in range(TOPICS) for w in range(WORDS)] + [f"c{c}" for c in range(COMMON)]
    return [
        " ".join(
            f"t{topic}w{source.randrange(WORDS)}" if source.random() < about else source.choice(anything)
            for _ in range(length)
        )
        for topic in (source.randrange(TOPICS) for _ in range(sentences))
    ]


def topic_precision(vectors: Mapping[str, Any], k: int = 20) -> float:
    """Share of the k nearest topic words (cosine) that are of a word's own topic; chance is 24 in 199."""
    names = [f"t{t}w{w}" for t in range(TOPICS) for w in range(WORDS)]
    rows = np.array([vectors[name] for name in names], dtype=np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argsort(-similarity, axis=1)[:, :k]
    return float((nearest // WORDS == np.arange(len(names))[:, None] // WORDS).mean())
