"""Word similarity and analogies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import nearer
from nearer.cli.evaluate.judged import Judged

Method = Literal["3cosadd", "3cosmul"]


def judged(
    name: str,
    similarity: Sequence[Path],
    analogies: Sequence[Path],
    restrict: int,
    method: Method,
    seed: int,
) -> Judged:
    """The results of each file of pairs and of questions."""
    space = nearer.load(name)
    similar = [(file, nearer.evaluate.similarity(space, file, seed=seed)) for file in similarity]
    asked = [
        (file, nearer.evaluate.analogies(space, file, restrict=restrict, method=method, seed=seed))
        for file in analogies
    ]
    document = {
        "similarity": [{"file": str(file), **result.to_dict()} for file, result in similar],
        "analogies": [{"file": str(file), **result.to_dict()} for file, result in asked],
    }
    return Judged(space.identity, [(str(file), result) for file, result in [*similar, *asked]], document)
