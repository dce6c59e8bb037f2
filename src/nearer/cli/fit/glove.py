"""`nearer fit glove`: word vectors from co-occurrence counts."""

from __future__ import annotations

from typing import Annotated, Literal

import nearer
from nearer.cli.fit import options as word
from nearer.cli.fit.training import parameters, text_places, train
from nearer.cli.options import AsJson, Overwrite, Seed, Threads

EXAMPLES = (
    "nearer fit glove corpus.txt -o glove.space",
    "nearer fit glove corpus.txt -o glove.txt --dim 50 --window 10 --epochs 25 --memory 1GB --threads 1",
)

Window = Annotated[int, word.training(help="Largest distance at which words occur together.")]
Symmetric = Annotated[
    bool, word.training("--symmetric/--left-only", help="Contexts on both sides of a word, or on its left.")
]
Weighting = Annotated[
    Literal["harmonic", "flat"], word.training(help="An occurrence counts 1 / distance, or 1.")
]
XMax = Annotated[float, word.training(help="Weight from which a pair counts in full.")]
Alpha = Annotated[float, word.training(help="Exponent of the weighting of pairs below that.")]
Epochs = Annotated[int, word.training(help="Passes over the co-occurrences.")]
LearningRate = Annotated[float, word.training(help="Learning rate of AdaGrad.")]
Memory = Annotated[str | None, word.room("word ids and for counting")]


def glove(
    corpus: word.Corpus,
    out: word.Out,
    dim: word.Dim = 100,
    window: Window = 15,
    symmetric: Symmetric = True,
    weighting: Weighting = "harmonic",
    x_max: XMax = 100.0,
    alpha: Alpha = 0.75,
    min_count: word.MinCount = 5,
    max_vocabulary: word.MaxVocabulary = None,
    epochs: Epochs = 15,
    learning_rate: LearningRate = 0.05,
    tokenizer: word.Tokenizer = "words",
    errors: word.Errors = "strict",
    memory: Memory = None,
    checkpoint: word.Checkpoint = None,
    checkpoint_every: word.CheckpointEvery = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train word vectors on co-occurrence counts (GloVe) and save them: word plus context vectors.

    Ctrl-C saves what was learned so far, as does a checkpoint that cannot be written. One thread gives the
    same bits on every run.
    """
    model = nearer.GloVe(**parameters(nearer.GloVe, locals()))
    train(model, text_places(corpus), out, overwrite=overwrite, as_json=as_json)
