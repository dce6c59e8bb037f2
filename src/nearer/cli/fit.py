"""`nearer fit words`: word vectors from running text."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

import nearer
from nearer.cli.destination import require_space_destination
from nearer.cli.options import AsJson, Overwrite, Seed, Threads
from nearer.cli.output import print_facts, print_json, print_next
from nearer.errors import NearerError, StorageError

EXAMPLES = (
    "nearer fit words corpus.txt -o words.space",
    "nearer fit words corpus.txt -o small.vec --dim 50 --architecture cbow --epochs 2 --threads 1",
)

Training = "Training"
Reading = "Reading"


def words(
    corpus: Annotated[
        list[str],
        typer.Argument(
            metavar="CORPUS", help="Text: files (.gz, .zst, .parquet too), folders, quoted globs; - is stdin."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT",
            help="Where to save; the ending says the format: .space .txt .vec .bin .tsv .parquet .npz .npy",
        ),
    ],
    dim: Annotated[int, typer.Option(help="Dimension of the vectors.", rich_help_panel=Training)] = 100,
    architecture: Annotated[
        Literal["skipgram", "cbow"], typer.Option(help="What predicts what.", rich_help_panel=Training)
    ] = "skipgram",
    objective: Annotated[
        Literal["negative"], typer.Option(help="Negative sampling.", rich_help_panel=Training)
    ] = "negative",
    window: Annotated[
        int, typer.Option(help="Largest distance of centre and context.", rich_help_panel=Training)
    ] = 5,
    negative: Annotated[
        int, typer.Option(help="Negative samples a centre.", rich_help_panel=Training)
    ] = 5,
    noise_exponent: Annotated[
        float, typer.Option(help="Negatives by count to this power.", rich_help_panel=Training)
    ] = 0.75,
    subsample: Annotated[
        float, typer.Option(help="Thin out words above this share; 0: none.", rich_help_panel=Training)
    ] = 1e-3,
    epochs: Annotated[int, typer.Option(help="Passes over the text.", rich_help_panel=Training)] = 5,
    learning_rate: Annotated[
        float, typer.Option(help="Start of the linear decay.", rich_help_panel=Training)
    ] = 0.025,
    least_learning_rate: Annotated[
        float, typer.Option(help="End of the linear decay.", rich_help_panel=Training)
    ] = 1e-4,
    shared: Annotated[
        int, typer.Option(help="Centres that share a draw of negatives.", rich_help_panel=Training)
    ] = 3,
    min_count: Annotated[
        int, typer.Option(help="Drop words seen less often.", rich_help_panel=Reading)
    ] = 5,
    max_vocabulary: Annotated[
        int | None,
        typer.Option(help="Keep the most frequent words.", show_default="all", rich_help_panel=Reading),
    ] = None,
    tokenizer: Annotated[
        Literal["words", "whitespace"],
        typer.Option(help="Runs of letters and digits, lower-cased; or as spaced.", rich_help_panel=Reading),
    ] = "words",
    errors: Annotated[
        Literal["strict", "replace"],
        typer.Option(help="Refuse bytes that are not UTF-8, or skip them.", rich_help_panel=Reading),
    ] = "strict",
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Room for word ids, such as 2GB; more go to disk.",
            show_default="no limit",
            rich_help_panel=Reading,
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Save the run here, and resume it from here.")
    ] = None,
    checkpoint_every: Annotated[float, typer.Option(metavar="SECONDS", help="Between checkpoints.")] = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train word vectors (Word2Vec: skip-gram or CBOW with negative sampling) and save them.

    Ctrl-C saves what was learned so far. One thread gives the same bits on every run.
    """
    model = nearer.Word2Vec(
        dim=dim,
        architecture=architecture,
        objective=objective,
        window=window,
        negative=negative,
        noise_exponent=noise_exponent,
        min_count=min_count,
        max_vocabulary=max_vocabulary,
        subsample=subsample,
        epochs=epochs,
        learning_rate=learning_rate,
        least_learning_rate=least_learning_rate,
        shared=shared,
        tokenizer=tokenizer,
        errors=errors,
        memory=memory,
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        threads=threads,
        seed=seed,
    )
    model.check_parameters()
    require_space_destination(out, overwrite)
    try:
        model.fit([Path("/dev/stdin") if place == "-" else Path(place) for place in corpus])
    except KeyboardInterrupt:
        if not hasattr(model, "space_"):
            raise
    _save(model.space_, out, overwrite)
    _report(model, out, as_json)
    if model.report_.interrupted:
        raise typer.Exit(1)


def _save(space: nearer.Space, out: Path, overwrite: bool) -> None:
    """Save to `out`; where that fails, what was learned is saved elsewhere if there is any room."""
    try:
        space.save(out, overwrite=overwrite)
    except NearerError as error:
        with suppress(NearerError, OSError):
            rescue = Path(tempfile.mkdtemp(prefix="nearer-")) / "words.space"
            space.save(rescue)
            raise StorageError(f"{error}; the trained vectors are in {rescue}") from error
        raise


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
    epochs = f"{report.epochs:.3g} of {model.epochs} epochs" if report.interrupted else f"{model.epochs} epochs"
    print_facts(
        (
            ("vocabulary", f"{report.vocabulary:,} of {report.distinct:,} different words"),
            ("tokens", f"{report.tokens:,} of {report.tokens_read:,}"),
            ("reading", f"{report.count_seconds:.2f} s"),
            ("training", f"{report.train_seconds:.2f} s, {epochs}, {report.items_per_second:,.0f} words/s"),
            ("loss", f"{loss[0]:.3f} at first, {loss[-1]:.3f} at the end" if loss else "none yet"),
            ("saved", f"{out} ({len(space):,} x {space.dim})"),
        )
    )
    if report.interrupted:
        typer.echo("nearer: interrupted; what was learned so far is saved", err=True)
    first = next((word for word in space.keys if len(word) > 3 and word.isalpha()), space.keys[0])
    print_next(
        f"nearer neighbors {out} {first}",
        f"nearer evaluate {out} --similarity PAIRS --analogies QUESTIONS",
        f"nearer map {out} {out.stem}.html",
    )
