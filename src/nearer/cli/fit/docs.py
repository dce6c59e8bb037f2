"""`nearer fit docs`: vectors of documents."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_apart, require_model_destination
from nearer.cli.fit import options as word
from nearer.cli.fit.training import Facts, WholeModel, parameters, train, word_facts
from nearer.cli.options import AsJson, Overwrite, Seed, Threads

EXAMPLES = (
    "nearer fit docs corpus.txt -o docs.space --empty skip",
    "nearer fit docs news.csv --key id --text body -o docs.space --model docs.doc2vec --min-count 2",
)

Documents = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="A file with a document a line, a folder with a document a file, or a table: .parquet .csv .tsv",
    ),
]
Model = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Save the model too, for Doc2Vec.load and encode.", show_default="none"),
]
Architecture = Annotated[
    Literal["dbow", "dm"],
    word.training(
        help="A document predicts its words, or a document and the words around a word predict it."
    ),
]
Combine = Annotated[Literal["mean", "concat"], word.training(help="How dm puts vectors together.")]
TrainWords = Annotated[bool, word.training("--train-words", help="Train word vectors too, with dbow.")]
Epochs = Annotated[int, word.training(help="Passes over the documents.")]
Shared = Annotated[int, word.training(help="Words in a row that share one draw of negatives.")]
Column = Annotated[str | None, word.reading(metavar="COL", help="Column of keys.", show_default="key or id")]
Text = Annotated[str | None, word.reading(metavar="COL", help="Column of texts.", show_default="text")]
Tags = Annotated[str | None, word.reading(metavar="COL", help="Column of tags.", show_default="the key")]
Empty = Annotated[
    Literal["error", "skip"], word.reading(help="Documents without a known word: an error, or left out.")
]


def docs(
    documents: Documents,
    out: word.Out,
    model: Model = None,
    key: Column = None,
    text: Text = None,
    tags: Tags = None,
    dim: word.Dim = 100,
    architecture: Architecture = "dbow",
    combine: Combine = "mean",
    train_words: TrainWords = False,
    objective: word.Objective = "negative",
    window: word.Window = 5,
    negative: word.Negative = 5,
    noise_exponent: word.NoiseExponent = 0.75,
    min_count: word.MinCount = 5,
    max_vocabulary: word.MaxVocabulary = None,
    subsample: word.Subsample = 1e-3,
    epochs: Epochs = 10,
    learning_rate: word.LearningRate = 0.025,
    least_learning_rate: word.LeastLearningRate = 1e-4,
    shared: Shared = 2,
    tokenizer: word.Tokenizer = "words",
    errors: word.Errors = "strict",
    empty: Empty = "error",
    checkpoint: word.Checkpoint = None,
    checkpoint_every: word.CheckpointEvery = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train vectors of documents (Doc2Vec: PV-DBOW or PV-DM) and save them.

    Ctrl-C saves what was learned so far, as does a checkpoint that cannot be written. One thread gives the
    same bits on every run.
    """
    doc2vec = nearer.Doc2Vec(**parameters(nearer.Doc2Vec, locals()))
    require_apart(out=out, model=model, checkpoint=checkpoint)
    whole = None
    if model is not None:
        require_model_destination(model, overwrite)
        judge = f"nearer evaluate {model} --task sts --pairs PAIRS"
        whole = WholeModel(model, partial(doc2vec.save, model, overwrite=overwrite), lambda _: judge)
    train(
        doc2vec, documents, out, overwrite=overwrite, as_json=as_json, whole=whole, facts=_facts, steps=_steps
    )


def _facts(model: Any) -> Facts:
    n = len(model.skipped_)
    left_out = f"{n:,} document{'s' * (n > 1)} without a known word"
    return [*([("left out", left_out)] if n else []), *word_facts(model)]


def _steps(space: nearer.Space, out: Path) -> list[str]:
    return [f"nearer neighbors {out} {shlex.quote(space.keys[0])}", f"nearer map {out} {out.stem}.html"]
