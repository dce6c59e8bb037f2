"""Learning and joining phrases as the papers say, a line and a pair at a time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise

Pair = tuple[str, ...]  # a word, connectors, a word
Lines = list[list[str]]


def pairs_of(line: list[str], connectors: Collection[str]) -> Iterator[Pair]:
    """Every word with the next that is no connector, and the connectors between."""
    places = [place for place, word in enumerate(line) if word not in connectors]
    for first, second in pairwise(places):
        yield tuple(line[first : second + 1])


def twin_phrases(
    lines: Lines, score: str, threshold: float, min_count: int, connectors: Collection[str]
) -> dict[Pair, tuple[int, float]]:
    """Count and score of every pair above the threshold."""
    words = Counter(word for line in lines for word in line if word not in connectors)
    pairs = Counter(pair for line in lines for pair in pairs_of(line, connectors))
    tokens = sum(map(len, lines))
    found = {}
    for pair, count in pairs.items():
        a, b = words[pair[0]], words[pair[-1]]
        if count < min_count:
            continue
        if score == "mikolov":
            value = (count - min_count) / (a * b) * (len(words) + len(pairs))
        else:
            value = math.log((count / tokens) / (a / tokens * (b / tokens))) / -math.log(count / tokens)
        if value > threshold:
            found[pair] = (count, value)
    return found


def twin_join(line: list[str], phrases: Collection[Pair], connectors: Collection[str], by: str) -> list[str]:
    """Greedily from left to right: the first word that ends a phrase with the one before it closes it."""
    joined: list[str] = []
    at = 0
    while at < len(line):
        end = at + 1
        while end < len(line) and line[end] in connectors:
            end += 1
        pair = tuple(line[at : end + 1])
        if line[at] not in connectors and end < len(line) and pair in phrases:
            joined.append(by.join(pair))
            at = end + 1
        else:
            joined.append(line[at])
            at += 1
    return joined
