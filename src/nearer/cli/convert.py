"""`nearer convert`: the same vectors in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_space_destination
from nearer.cli.options import AsJson, Overwrite
from nearer.cli.output import print_facts, print_json

EXAMPLES = (
    "nearer convert words.space words.vec",
    "nearer convert words.space small.space --dim 16 --quantize int8",
)


def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="A space, a file of vectors or a known model.")],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="Where to write; the ending says the format, see `nearer fit words --help`."
        ),
    ],
    source_format: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="Format of IN, such as word2vec or glove.",
            show_default="by ending",
        ),
    ] = None,
    dim: Annotated[int | None, typer.Option(help="Fewer dimensions.", show_default="those of IN")] = None,
    reduction: Annotated[
        Literal["pca", "svd", "prefix"],
        typer.Option(help="With --dim: principal axes, those through the origin, or the first columns."),
    ] = "pca",
    quantize: Annotated[
        Literal["f16", "int8", "binary"] | None,
        typer.Option(help="Fewer bits; a .space folder keeps them.", show_default="float32"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write a space in another format, in fewer dimensions or in fewer bits.

    A .space folder and .parquet keep everything. What another format cannot keep is said; a key that it
    cannot hold is refused before anything is written. What fewer bits lose in recall@10 is measured.
    """
    require_space_destination(target, overwrite)
    space = nearer.load(source, format=source_format)
    if dim is not None:
        space = space.truncate(dim) if reduction == "prefix" else space.reduce(dim, reduction)
    report = None
    if quantize is not None:
        space = space.quantize(quantize)
        report = space.report()
    space.save(target, overwrite=overwrite)
    if as_json:
        written = {"from": source, "to": str(target), "n": len(space), "dim": space.dim}
        print_json({**written, **({} if report is None else {"quantized": report})})
        return
    print_facts((("written", target), ("keys", len(space)), ("dim", space.dim), *_facts(report)))


def _facts(report: dict[str, Any] | None) -> list[tuple[str, str]]:
    """What became of the vectors in codes."""
    if report is None:
        return []
    loss = report["loss"]
    low, high = loss["interval"]
    size = f"{report['bytes_per_item']} bytes a vector, {report['times_smaller']:.1f} times smaller"
    recall = f"{loss['recall']:.3f} ({low:.3f} to {high:.3f}), {loss['rescored']:.3f} of 40 scored again"
    return [("codes", f"{report['kind']}, {size}"), ("recall@10", recall)]
