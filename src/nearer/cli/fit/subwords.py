"""`nearer fit subwords`: word vectors by character n-grams from running text."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

import nearer
from nearer.cli.destination import require_apart, require_bin_destination
from nearer.cli.fit import options as word
from nearer.cli.fit.training import WholeModel, first_word, parameters, text_places, train
from nearer.cli.options import AsJson, Overwrite, Seed, Threads

EXAMPLES = (
    "nearer fit subwords corpus.txt -o words.space",
    "nearer fit subwords corpus.txt -o words.vec --model model.bin --buckets 200000",
)

Model = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Also keep the whole model, words and n-grams, as fastText's .bin, for words never seen.",
    ),
]


def subwords(
    corpus: word.Corpus,
    out: word.Out,
    model: Model = None,
    dim: word.Dim = 100,
    architecture: word.Architecture = "skipgram",
    min_n: word.MinN = 3,
    max_n: word.MaxN = 6,
    buckets: word.Buckets = 2_000_000,
    window: word.Window = 5,
    negative: word.Negative = 5,
    noise_exponent: word.NoiseExponent = 0.75,
    min_count: word.MinCount = 5,
    max_vocabulary: word.MaxVocabulary = None,
    subsample: word.Subsample = 1e-3,
    epochs: word.Epochs = 5,
    learning_rate: word.LearningRate = 0.05,
    least_learning_rate: word.LeastLearningRate = 1e-4,
    shared: word.Pooled = 8,
    tokenizer: word.Tokenizer = "words",
    errors: word.Errors = "strict",
    memory: word.Memory = None,
    checkpoint: word.Checkpoint = None,
    checkpoint_every: word.CheckpointEvery = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train word vectors by character n-grams (FastText: skip-gram or CBOW) and save them.

    The space holds the words of the text; --model keeps what gives unseen words vectors, too. Ctrl-C saves
    what was learned so far, as does a checkpoint that cannot be written.
    """
    estimator = nearer.FastText(**parameters(nearer.FastText, locals()))
    require_apart(out=out, model=model, checkpoint=checkpoint)
    whole = None
    if model is not None:
        require_bin_destination(model, overwrite)
        save = partial(estimator.save_bin, model, overwrite=overwrite)
        whole = WholeModel(model, save, lambda space: f"nearer neighbors {model} {first_word(space)}like")
    train(estimator, text_places(corpus), out, overwrite=overwrite, as_json=as_json, whole=whole)
