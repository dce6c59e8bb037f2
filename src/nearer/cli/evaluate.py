"""`nearer evaluate`: how well a space does on tests of word similarity and analogies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import nearer
from nearer.cli.options import AsJson, Seed, SpaceName
from nearer.cli.output import print_json, write

EXAMPLES = (
    "nearer evaluate words.space --similarity pairs.tsv --analogies questions.txt",
    "nearer evaluate glove-6b-50d --analogies questions.txt --restrict 30000 --json",
)


def evaluate(
    space: SpaceName,
    similarity: Annotated[
        list[Path] | None,
        typer.Option(
            "--similarity", metavar="FILE", help="Rated pairs: word, word, rating; may be repeated."
        ),
    ] = None,
    analogies: Annotated[
        list[Path] | None,
        typer.Option(
            "--analogies", metavar="FILE", help="Questions as in questions-words.txt; may be repeated."
        ),
    ] = None,
    restrict: Annotated[
        int,
        typer.Option(metavar="N", help="Analogies: only the first N keys; more than there are is all."),
    ] = 30_000,
    method: Annotated[
        Literal["3cosadd", "3cosmul"], typer.Option(help="Analogies: how cosines combine.")
    ] = "3cosadd",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Judge a space on word similarity (Spearman, Pearson) and on analogies (accuracy by section).

    Every figure comes with its 95 % bootstrap interval. Items with a word that the space does not hold are
    left out; the coverage says how many are left.
    """
    from nearer import evaluate as judge  # noqa: PLC0415  (verbs start fast)

    if not similarity and not analogies:
        raise typer.BadParameter("give a test: --similarity FILE or --analogies FILE")
    opened = nearer.load(space)
    similar = [(file, judge.similarity(opened, file, seed=seed)) for file in similarity or []]
    asked = [
        (file, judge.analogies(opened, file, restrict=restrict, method=method, seed=seed))
        for file in analogies or []
    ]
    if as_json:
        print_json(
            {
                "space": space,
                "identity": opened.identity,
                "similarity": [{"file": str(file), **result.to_dict()} for file, result in similar],
                "analogies": [{"file": str(file), **result.to_dict()} for file, result in asked],
            }
        )
        return
    for file, result in [*similar, *asked]:
        write(f"{file}\n{result}\n")
