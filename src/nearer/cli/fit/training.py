"""What every `nearer fit` verb does with its model: train it, save what was learned, say how it went."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import nearer
from nearer.cli.destination import make_folder, require_space_destination
from nearer.cli.output import print_facts, print_json, print_next, size_of
from nearer.errors import NearerError, StorageError

Facts = list[tuple[str, object]]


@dataclass(frozen=True)
class WholeModel:
    """The whole fitted model, which is saved beside its space.

    `save` writes it to `path`; `step` gives a command that one may want to run next on it.
    """

    path: Path
    save: Callable[[], None]
    step: Callable[[nearer.Space], str]


def model_fact(path: Path) -> tuple[str, object]:
    """Where a saved model is, and its size."""
    files = path.rglob("*") if path.is_dir() else (path,)
    return ("model", f"{path} ({size_of(sum(file.stat().st_size for file in files))})")


def parameters(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a verb's options that are parameters of the model."""
    return {name: given[name] for name in kind.parameter_names() if name in given}


def text_places(corpus: list[str]) -> list[Path]:
    """The places a verb was given text in; - is standard input."""
    return [Path("/dev/stdin") if place == "-" else Path(place) for place in corpus]


def train(
    model: Any,
    data: Any,
    out: Path,
    *,
    overwrite: bool,
    as_json: bool,
    whole: WholeModel | None = None,
    facts: Callable[[Any], Facts] | None = None,
    steps: Callable[[nearer.Space, Path], list[str]] | None = None,
    beside: tuple[Any, ...] = (),
) -> None:
    """Fit `model` to `data`, save its space to `out` and report; what Ctrl-C left is saved too.

    `whole` is saved too, where it is given. `facts` gives what people are shown of the fitted model, `steps`
    what they may want to do next; None: what all word models have. `beside` is what `fit` takes besides.
    """
    model.check_parameters()
    require_space_destination(out, overwrite)
    if model.checkpoint is not None:
        make_folder(Path(model.checkpoint))
    ended = None
    try:
        model.fit(data, *beside)
    except (KeyboardInterrupt, StorageError) as error:
        if not hasattr(model, "space_"):
            raise
        ended = str(error) or interrupted(model.checkpoint)
    save_space(model.space_, out, overwrite)
    if whole is not None:
        _save_whole(whole, out)
    if as_json:
        _print_document(model, out, whole)
    else:
        told = [*(facts or word_facts)(model), saved_fact(model.space_, out)]
        commands = (steps or next_steps)(model.space_, out)
        if whole is not None:
            told.append(model_fact(whole.path))
            commands.append(whole.step(model.space_))
        print_facts(told)
        print_next(*commands)
    if ended:
        typer.echo(f"nearer: {ended}; what was learned so far is saved in {out}", err=True)
        raise typer.Exit(1)


def _save_whole(whole: WholeModel, out: Path) -> None:
    try:
        whole.save()
    except NearerError as error:
        raise StorageError(f"{error}; the trained vectors are saved in {out}") from error


def save_space(space: nearer.Space, out: Path, overwrite: bool) -> None:
    """Save to `out`; where that fails, what was learned is saved elsewhere if there is any room."""
    try:
        space.save(out, overwrite=overwrite)
    except NearerError as error:
        rescue = _rescued(space)
        if rescue is None:
            raise
        raise StorageError(f"{error}; the trained vectors are in {rescue}") from error


def word_facts(model: Any) -> Facts:
    """What people are shown of a fitted word model."""
    report = model.report_
    return [
        ("vocabulary", f"{report.vocabulary:,} of {report.distinct:,} different words"),
        ("tokens", f"{report.tokens:,} of {report.tokens_read:,}"),
        *training_facts(model),
    ]


def training_facts(model: Any) -> Facts:
    """Times, epochs and loss of a model that was trained in epochs."""
    report, loss = model.report_, model.loss_curve_.tolist()
    rate = f"{report.items_per_second:,.0f} {model.items_name}/s"
    return [
        ("reading", f"{report.count_seconds:.2f} s"),
        ("training", f"{report.train_seconds:.2f} s, {rate}"),
        ("epochs", f"{report.epochs:.3g} of {model.epochs}"),
        ("loss", f"{loss[0]:.3f} at first, {loss[-1]:.3f} at the end" if loss else "none yet"),
    ]


def saved_fact(space: nearer.Space, out: Path) -> tuple[str, object]:
    """Where the space is, and its size."""
    return ("saved", f"{out} ({len(space):,} x {space.dim})")


def next_steps(space: nearer.Space, out: Path) -> list[str]:
    """Commands that one may want to run next on a space of words."""
    return [
        f"nearer neighbors {out} {first_word(space)}",
        f"nearer evaluate {out} --similarity PAIRS --analogies QUESTIONS",
        f"nearer map {out} {out.stem}.html",
    ]


def first_word(space: nearer.Space) -> str:
    """The most frequent word that makes a good example."""
    return next((key for key in space.keys if len(key) > 3 and key.isalpha()), space.keys[0])


def _print_document(model: Any, out: Path, whole: WholeModel | None) -> None:
    loss = model.loss_curve_.tolist()
    print_json(
        {
            "space": str(out),
            "model": None if whole is None else str(whole.path),
            "identity": model.space_.identity,
            "dim": model.space_.dim,
            **vars(model.report_),
            "loss": loss[-1] if loss else None,
            "loss_curve": loss,
        }
    )


def interrupted(checkpoint: object) -> str:
    """How to go on after Ctrl-C."""
    if checkpoint is None:
        return "interrupted (with --checkpoint FOLDER the next run could go on)"
    return "interrupted (the same command with --overwrite goes on)"


def _rescued(space: nearer.Space) -> Path | None:
    """Where among temporary files the space was saved, or None where there is no room either."""
    try:
        place = Path(tempfile.mkdtemp(prefix="nearer-")) / "words.space"
        space.save(place)
    except (NearerError, OSError):
        return None
    return place
