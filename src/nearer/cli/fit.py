"""`nearer fit words`: word vectors from running text."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

import nearer
from nearer.cli import word_options as word
from nearer.cli.destination import make_folder, require_space_destination
from nearer.cli.options import AsJson, Overwrite, Seed, Threads
from nearer.cli.output import print_facts, print_json, print_next
from nearer.errors import NearerError, StorageError

EXAMPLES = (
    "nearer fit words corpus.txt -o words.space",
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
    """Train word vectors (Word2Vec: skip-gram or CBOW with negative sampling) and save them.

    Ctrl-C saves what was learned so far, as does a checkpoint that cannot be written. One thread gives the
    same bits on every run.
    """
    given = locals()
    model = nearer.Word2Vec(
        **{name: given[name] for name in nearer.Word2Vec.parameter_names() if name in given}
    )
    model.check_parameters()
    require_space_destination(out, overwrite)
    if checkpoint is not None:
        make_folder(checkpoint)
    ended = None
    try:
        model.fit([Path("/dev/stdin") if place == "-" else Path(place) for place in corpus])
    except (KeyboardInterrupt, StorageError) as error:
        if not hasattr(model, "space_"):
            raise
        ended = str(error) or _interrupted(checkpoint)
    _save(model.space_, out, overwrite)
    _report(model, out, as_json)
    if ended:
        typer.echo(f"nearer: {ended}; what was learned so far is saved in {out}", err=True)
        raise typer.Exit(1)


def _interrupted(checkpoint: Path | None) -> str:
    if checkpoint is None:
        return "interrupted (with --checkpoint FOLDER the next run could go on)"
    return "interrupted (the same command with --overwrite goes on)"


def _save(space: nearer.Space, out: Path, overwrite: bool) -> None:
    """Save to `out`; where that fails, what was learned is saved elsewhere if there is any room."""
    try:
        space.save(out, overwrite=overwrite)
    except NearerError as error:
        rescue = _rescued(space)
        if rescue is None:
            raise
        raise StorageError(f"{error}; the trained vectors are in {rescue}") from error


def _rescued(space: nearer.Space) -> Path | None:
    """Where among temporary files the space was saved, or None where there is no room either."""
    try:
        place = Path(tempfile.mkdtemp(prefix="nearer-")) / "words.space"
        space.save(place)
    except (NearerError, OSError):
        return None
    return place


def _report(model: nearer.Word2Vec, out: Path, as_json: bool) -> None:
    report, loss = model.report_, model.loss_curve_.tolist()
    space = model.space_
    if as_json:
        print_json(
            {
                "space": str(out),
                "identity": space.identity,
                "dim": space.dim,
                **vars(report),
                "loss": loss[-1] if loss else None,
                "loss_curve": loss,
            }
        )
        return
    print_facts(
        (
            ("vocabulary", f"{report.vocabulary:,} of {report.distinct:,} different words"),
            ("tokens", f"{report.tokens:,} of {report.tokens_read:,}"),
            ("reading", f"{report.count_seconds:.2f} s"),
            ("training", f"{report.train_seconds:.2f} s, {report.items_per_second:,.0f} words/s"),
            ("epochs", f"{report.epochs:.3g} of {model.epochs}"),
            ("loss", f"{loss[0]:.3f} at first, {loss[-1]:.3f} at the end" if loss else "none yet"),
            ("saved", f"{out} ({len(space):,} x {space.dim})"),
        )
    )
    first = next((key for key in space.keys if len(key) > 3 and key.isalpha()), space.keys[0])
    print_next(
        f"nearer neighbors {out} {first}",
        f"nearer evaluate {out} --similarity PAIRS --analogies QUESTIONS",
        f"nearer map {out} {out.stem}.html",
    )
