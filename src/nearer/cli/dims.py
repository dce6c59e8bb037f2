"""`nearer dims`: quality against dimension, beside memory and time, and the smallest that will do."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_file_destination
from nearer.cli.fit import fit_app
from nearer.cli.options import AsJson, Overwrite, Seed, Threads, named_values
from nearer.cli.output import print_json, print_next, write
from nearer.errors import FormatError, InputError, shown

if TYPE_CHECKING:
    from nearer.evaluate import DimensionResult

EXAMPLES = (
    "nearer dims words.space --similarity pairs.tsv --dims 8,16,32 -o dims.html",
    "nearer dims corpus.txt --model words --similarity pairs.tsv --dims 4,8 --seeds 2 --set epochs=1",
)
ENDINGS = (".html", ".png", ".svg")
MODELS = {  # --model -> what is trained: any estimator with parameter dim
    "words": "Word2Vec",
    "subwords": "FastText",
    "docs": "Doc2Vec",
    "glove": "GloVe",
    "ppmi": "PPMI",
}
RESTRICT = 30_000
ELSEWHERE = {  # parameters that --set would give in vain
    "dim": "the model is trained at each of --dims",
    "seed": "runs have the seeds 0, 1, ...; --seeds says how many",
    "threads": "use --threads",
    "show_progress": "all runs share one bar",
    "encode_epochs": "no new documents are encoded here",
}


def dims(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A space, or with --model the text to train on.")
    ],
    model: Annotated[
        Literal["words", "subwords", "docs", "glove", "ppmi"] | None,
        typer.Option(help="Train this model at each dimension.", show_default="SOURCE is a space"),
    ] = None,
    similarity: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Quality: rank correlation with these rated pairs.")
    ] = None,
    analogies: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Quality: accuracy on these questions.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="FILE|COLUMN", help="Quality: accuracy of the 10 nearest neighbours' label."),
    ] = None,
    dimensions: Annotated[
        str | None,
        typer.Option(
            "--dims",
            metavar="N,N,...",
            help="Rising dimensions.",
            show_default="powers of two, and the whole",
        ),
    ] = None,
    reduction: Annotated[
        Literal["pca", "svd", "prefix"] | None,
        typer.Option(
            help="Of a space: principal axes, those through the origin, or the first columns.",
            show_default="pca for metric euclidean, else svd",
        ),
    ] = None,
    tolerance: Annotated[float, typer.Option(help="How far below the best is near enough.")] = 0.01,
    relative: Annotated[bool, typer.Option("--relative", help="As a part of the best.")] = False,
    seeds: Annotated[
        int | None, typer.Option(help="Runs of a model at each dimension.", show_default="3")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the model; may be repeated."),
    ] = None,
    threads: Threads = None,
    restrict: Annotated[
        int | None,
        typer.Option(metavar="N", help="Analogies: only the first N keys.", show_default=str(RESTRICT)),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Draw it: an .html page, a .png or .svg picture."),
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Measure quality at several dimensions and recommend the smallest within a tolerance of the best.

    A space is reduced to each dimension; a model is trained at each, once a seed. Beside the quality stand
    its 95 % interval, that of its difference to the best, megabytes a million vectors, time of a search.
    """
    if out is not None:
        _require_drawable(out, overwrite)
    if restrict is not None and analogies is None:
        raise typer.BadParameter("--restrict goes with --analogies")
    name, evaluator = _judgement(
        similarity, analogies, labels, RESTRICT if restrict is None else restrict, seed
    )
    wanted = None if dimensions is None else _numbers(dimensions)
    given: dict[str, Any] = {"tolerance": tolerance, "relative": relative, "name": name, "seed": seed}
    parameters: dict[str, Any] = {}
    whole = None
    if model is None:
        if settings or threads is not None:
            raise typer.BadParameter("--set and --threads go with --model")
        given |= {"reduction": reduction, "seeds": seeds}
        space = _space(source)
        whole = space.dim
        result = nearer.evaluate.choose_dimension(space, evaluator, wanted, **given)
    else:
        parameters = {**_parameters(settings or []), "threads": threads}
        trained = getattr(nearer, MODELS[model])().set_params(**parameters)
        given |= {"reduction": reduction, "seeds": seeds, "corpus": source}
        result = nearer.evaluate.choose_dimension(trained, evaluator, wanted, **given)
    if out is not None:
        result.plot(out)
    if as_json:
        print_json({"source": source, "file": None if out is None else str(out), **result.to_dict()})
        return
    write(str(result))
    commands = (
        [] if out is None else [f"open {out}" + (" in a browser" if out.suffix.lower() == ".html" else "")]
    )
    commands += _how_to_make(result, source, whole, model, parameters)
    if commands:
        print_next(*commands)


def _how_to_make(
    result: DimensionResult, source: str, whole: int | None, model: str | None, parameters: dict[str, Any]
) -> list[str]:
    """The command that makes the recommended space, where that is not the one of `whole` dimensions."""
    if model is not None:
        options = [*_options(model, parameters), f"--dim {result.recommended}"]
        return [f"nearer fit {model} {shlex.quote(source)} -o OUT.space {' '.join(options)}"]
    if result.recommended == whole and result.reduction != "pca":  # which takes the mean away
        return []
    step = f"--dim {result.recommended} --reduction {result.reduction}"
    return [f"nearer convert {shlex.quote(source)} OUT.space {step}"]


def _space(source: str) -> nearer.Space:
    """The space; of a file that is none the message also says how a text is trained on."""
    try:
        return nearer.load(source)
    except InputError as error:
        training = "to train on a text, add --model words"
        remedy = training if error.remedy is None else f"{error.remedy}; {training}"
        raise type(error)(error.problem, file=error.file, row=error.row, remedy=remedy) from error


def _options(model: str, parameters: dict[str, Any]) -> list[str]:
    """Parameters as the options of the verb that trains the model; those that it has anyway are left out."""
    verbs = typer.main.get_command(fit_app)
    assert isinstance(verbs, typer.core.TyperGroup)
    taken = {option.name: option for option in verbs.commands[model].params}
    written = []
    for name, value in parameters.items():
        option = taken[name]
        if value is None or value == option.default:
            continue
        if isinstance(value, bool):
            written.append((option.opts if value else option.secondary_opts)[0])
        else:
            written.append(f"{option.opts[0]} {shlex.quote(str(value))}")
    return written


def _judgement(
    similarity: Path | None, analogies: Path | None, labels: str | None, restrict: int, seed: int
) -> tuple[str, Callable[[nearer.Space], Any]]:
    """What the quality is called, and how a space is judged."""
    from nearer import evaluate  # noqa: PLC0415  (verbs start fast)

    judges: dict[str, tuple[object, Callable[[nearer.Space], Any]]] = {
        "similarity": (similarity, lambda space: evaluate.similarity(space, similarity, seed=seed)),
        "analogies": (
            analogies,
            lambda space: evaluate.analogies(space, analogies, restrict=restrict, seed=seed),
        ),
        "k-NN accuracy": (labels, lambda space: evaluate.knn(space, labels or "", seed=seed)),
    }
    asked = [(name, judge) for name, (file, judge) in judges.items() if file is not None]
    if len(asked) != 1:
        raise typer.BadParameter("give one test: --similarity FILE, --analogies FILE or --labels FILE")
    return asked[0]


def _numbers(text: str) -> list[Any]:
    """The numbers between the commas; what is none stays text, and is refused by name later."""
    parts = [part.strip() for part in text.split(",")]
    return [int(part) if part.isdecimal() and part.isascii() else part for part in parts if part]


def _parameters(settings: list[str]) -> dict[str, Any]:
    """Names and values of --set that change what is trained."""
    found = named_values(settings)
    for name in found:
        if name in ELSEWHERE:
            raise typer.BadParameter(f"--set {name}={found[name]} would change nothing: {ELSEWHERE[name]}")
    return found


def _require_drawable(out: Path, overwrite: bool) -> None:
    if out.suffix.lower() not in ENDINGS:
        raise FormatError(
            f"no curve is written as {shown(out.suffix)}", file=out, remedy="end in .html, .png, .svg"
        )
    require_file_destination(out, overwrite)
