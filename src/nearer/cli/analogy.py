"""`nearer analogy`: man is to king as woman is to what?"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

import nearer
from nearer.cli.options import AsJson, HowMany, SpaceName
from nearer.cli.output import print_json, print_table

EXAMPLES = (
    "nearer analogy glove-6b-50d man king woman",
    "nearer analogy glove-6b-50d --positive paris --positive germany --negative france",
)
THREE = 3


def analogy(
    space: SpaceName,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="A B C", help="A is to B as C is to what?")
    ] = None,
    positive: Annotated[
        list[str] | None, typer.Option("-p", "--positive", help="A key to be near; may be repeated.")
    ] = None,
    negative: Annotated[
        list[str] | None, typer.Option("-n", "--negative", help="A key to be far from; may be repeated.")
    ] = None,
    method: Annotated[Literal["3cosadd", "3cosmul"], typer.Option(help="How cosines combine.")] = "3cosadd",
    k: HowMany = 10,
    as_json: AsJson = False,
) -> None:
    """The answers to an analogy: the keys nearest to B - A + C, without the three themselves."""
    near, far = _terms(words or [], positive or [], negative or [])
    opened = nearer.load(space)
    hits = opened.analogy(near, far, k, method=method)
    if as_json:
        print_json(
            {
                "space": space,
                "identity": opened.identity,
                "positive": near,
                "negative": far,
                "method": method,
                "answers": [{"key": key, "score": score} for key, score in hits],
            }
        )
        return
    print_table(("answer", method), hits, numbers=(method,))


def _terms(words: list[str], positive: list[str], negative: list[str]) -> tuple[list[str], list[str]]:
    """What to be near and what to be far from, by either way of asking."""
    if words and (positive or negative):
        raise typer.BadParameter("give either A B C or --positive and --negative")
    if not words and not positive:
        raise typer.BadParameter("give A B C, or --positive KEY")
    if words and len(words) != THREE:
        raise typer.BadParameter(f"an analogy takes three words A B C, here are {len(words)}")
    return ([words[1], words[2]], [words[0]]) if words else (positive, negative)
