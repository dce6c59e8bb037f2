"""Word similarity and analogies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import nearer
from nearer.cli.evaluate.judged import Judged
from nearer.errors import InputError

Method = Literal["3cosadd", "3cosmul"]


def judged(
    name: str,
    similarity: Sequence[Path],
    analogies: Sequence[Path],
    restrict: int,
    method: Method,
    seed: int,
) -> Judged:
    """The results of each file of pairs and of questions; the first that fails does not hide the others."""
    space = nearer.load(name)
    tests: dict[str, tuple[Sequence[Path], Callable[[Path], Any]]] = {
        "similarity": (similarity, lambda file: nearer.evaluate.similarity(space, file, seed=seed)),
        "analogies": (
            analogies,
            lambda file: nearer.evaluate.analogies(space, file, restrict=restrict, method=method, seed=seed),
        ),
    }
    results: list[tuple[str, object]] = []
    document: dict[str, list[dict[str, Any]]] = {test: [] for test in tests}
    first: InputError | None = None
    for test, (files, judge) in tests.items():
        for file in files:
            try:
                result = judge(file)
            except InputError as error:
                first = first or error
                continue
            results.append((str(file), result))
            document[test].append({"file": str(file), **result.to_dict()})
    return Judged(space.identity, results, document, first)
