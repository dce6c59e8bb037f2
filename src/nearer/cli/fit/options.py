"""The options of the `nearer fit` verbs, in the words of the help; defaults stand with the verb."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

import nearer

training = partial(typer.Option, rich_help_panel="Training")
reading = partial(typer.Option, rich_help_panel="Reading")


def _named(places: list[str]) -> list[str]:
    """Refuse an empty name, which as a path is the current directory."""
    if "" in places:
        raise typer.BadParameter('the path is empty; for the current directory, give "."')
    return places


Corpus = Annotated[
    list[str],
    typer.Argument(
        callback=_named,
        metavar="CORPUS",
        help="Text: files (.gz, .zst, .parquet too), folders, quoted globs; - is stdin.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "-o",
        "--out",
        metavar="OUT",
        help="Where to save; the ending says the format: .space .txt .vec .bin .tsv .parquet .npz .npy",
    ),
]
Checkpoint = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Save the run here, and resume it from here.")
]
CheckpointEvery = Annotated[float, typer.Option(metavar="SECONDS", help="Between checkpoints.")]

Dim = Annotated[int, training(help="Dimension of the vectors.")]
Architecture = Annotated[
    Literal["skipgram", "cbow"], training(help="A word predicts its context, or is predicted by it.")
]
Objective = Annotated[
    Literal["negative", "hierarchical"],
    training(help="Negative sampling, or hierarchical softmax (no negatives, no sharing)."),
]
MinN = Annotated[int, training(help="Characters of the shortest n-grams; the marks < and > count.")]
MaxN = Annotated[int, training(help="Characters of the longest n-grams.")]
Buckets = Annotated[int, training(help="Buckets that n-grams are hashed into.")]
Pooled = Annotated[int, training(help="Centres in a row that pool their negatives.")]
Window = Annotated[int, training(help="Largest distance between centre and context, in words.")]
Negative = Annotated[int, training(help="Negative samples a centre.")]
NoiseExponent = Annotated[float, training(help="Negatives are drawn by count to this power.")]
Subsample = Annotated[float, training(help="Words above this share of the text are thinned out; 0: none.")]
Epochs = Annotated[int, training(help="Passes over the text.")]
LearningRate = Annotated[float, training(help="Start of the linear decay.")]
LeastLearningRate = Annotated[float, training(help="End of the linear decay.")]
Shared = Annotated[int, training(help="Centres in a row that share one draw of negatives.")]

Phrases = Annotated[bool, reading("--phrases", help="Find phrases (new_york) first, and join them.")]
PhrasesFrom = Annotated[
    Path | None,
    reading(metavar="FILE", help="Join the phrases that `nearer fit phrases` saved.", show_default="none"),
]
MinCount = Annotated[int, reading(help="Words seen less often are dropped.")]
MaxVocabulary = Annotated[
    int | None, reading(help="Keep this many words, the most frequent.", show_default="all")
]
Tokenizer = Annotated[
    Literal["words", "whitespace"], reading(help="Runs of letters and digits, lower-cased; or as spaced.")
]
Errors = Annotated[
    Literal["strict", "replace"], reading(help="Bytes that are not UTF-8: an error, or separators.")
]


def room(things: str) -> typer.models.OptionInfo:
    """The option that bounds the memory for `things`."""
    option: typer.models.OptionInfo = reading(
        metavar="SIZE", help=f"Room for {things}, such as 2GB; more goes to disk.", show_default="no limit"
    )
    return option


Memory = Annotated[str | None, room("word ids")]


def phrases_to_join(learn: bool, saved: Path | None) -> nearer.Phrases | None:
    """The phrases that --phrases and --phrases-from ask for."""
    if learn and saved is not None:
        raise typer.BadParameter("--phrases finds phrases and --phrases-from reads them; give one of the two")
    if saved is not None:
        return nearer.Phrases.load(saved)
    return nearer.Phrases() if learn else None
