"""`nearer fit words`: word vectors from running text."""

from __future__ import annotations

import nearer
from nearer.cli.fit import options as word
from nearer.cli.fit.training import parameters, text_places, train
from nearer.cli.options import AsJson, Overwrite, Seed, Threads

EXAMPLES = (
    "nearer fit words corpus.txt -o words.space",
    "nearer fit words corpus.txt -o joined.space --phrases --epochs 2",
    "nearer fit words corpus.txt -o small.vec --dim 50 --architecture cbow --epochs 2 --threads 1",
)


def words(
    corpus: word.Corpus,
    out: word.Out,
    dim: word.Dim = 100,
    architecture: word.Architecture = "skipgram",
    objective: word.Objective = "negative",
    window: word.Window = 5,
    negative: word.Negative = 5,
    noise_exponent: word.NoiseExponent = 0.75,
    min_count: word.MinCount = 5,
    max_vocabulary: word.MaxVocabulary = None,
    subsample: word.Subsample = 1e-3,
    epochs: word.Epochs = 5,
    learning_rate: word.LearningRate = 0.025,
    least_learning_rate: word.LeastLearningRate = 1e-4,
    shared: word.Shared = 3,
    phrases: word.Phrases = False,
    phrases_from: word.PhrasesFrom = None,
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
    """Train word vectors (Word2Vec: skip-gram or CBOW) and save them.

    Ctrl-C saves what was learned so far, as does a checkpoint that cannot be written. One thread gives the
    same bits on every run.
    """
    given = parameters(nearer.Word2Vec, locals())
    model = nearer.Word2Vec(**{**given, "phrases": word.phrases_to_join(phrases, phrases_from)})
    train(model, text_places(corpus), out, overwrite=overwrite, as_json=as_json)
