"""`nearer align`: what a store keeps if its vectors are mapped to a new model, and the mapped vectors."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_page_destination, require_space_destination
from nearer.cli.options import (
    AsJson,
    EncoderSettings,
    Overwrite,
    Seed,
    SpaceName,
    Threads,
    named_values,
    saved_space,
)
from nearer.cli.output import print_json, print_next, write
from nearer.errors import FormatError, StorageError, shown

if TYPE_CHECKING:
    from nearer.evaluate import UpgradeResult

EXAMPLES = (
    "nearer align words.space turned.space --sample 500 -k 2 -o aligned.space --report report.html",
    "nearer align words.space turned.space --sample 500 -k 2 --json",
)


def align(
    old: SpaceName,
    new: Annotated[
        str,
        typer.Argument(
            metavar="NEW",
            help="The new model: a space that holds some of the keys, or an encoder, which embeds a sample.",
        ),
    ],
    sample: Annotated[int, typer.Option(metavar="N", help="Items that both models embed.")] = 5000,
    k: Annotated[int, typer.Option("-k", "--k", help="Neighbours that the overlap looks at.")] = 10,
    method: Annotated[
        Literal["orthogonal", "linear", "affine"] | None,
        typer.Option(help="Kind of map.", show_default="orthogonal or affine, whichever overlaps more"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Write all vectors, aligned, as a .space folder."),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Write OUT even if the decision is to re-embed.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the report as a page.")
    ] = None,
    map_folder: Annotated[
        Path | None, typer.Option("--map", metavar="FOLDER", help="Save the map itself.")
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", help="Items of OLD, for an encoder.", show_default="OLD's payload"),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Column of items.", show_default="that OLD was embedded from"),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of keys in TABLE.", show_default="key or id")
    ] = None,
    settings: EncoderSettings = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="FILE|COLUMN", help="Also measure what neighbours' labels lose."),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option(metavar="SPACE", help="Queries by the new model.", show_default="held-out items"),
    ] = None,
    old_queries: Annotated[
        str | None, typer.Option(metavar="SPACE", help="The same queries by the old model.")
    ] = None,
    qrels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also measure the recall of what was judged relevant.")
    ] = None,
    accept: Annotated[float, typer.Option(help="Align from this overlap on.")] = 0.8,
    reject: Annotated[float, typer.Option(help="Re-embed below this overlap.")] = 0.5,
    most_loss: Annotated[
        float, typer.Option(help="Do not align where the loss of labels or recall is surely more.")
    ] = 0.05,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Map a store to a new model, fitted on a sample; measure what it keeps, and decide.

    The decision is to align, to read both while re-embedding, or to re-embed. Aligned vectors have an
    identity of their own and tell where they come from. OUT is written in blocks: a killed run goes on where
    it was.
    """
    _require_destinations(out, report, map_folder, overwrite)
    before, read = nearer.load(old), None
    if _is_space(new):
        if texts is not None or column is not None or settings:
            raise typer.BadParameter("--texts, --column and --set go with an encoder, and NEW is a space")
        after = nearer.load(new)
    else:
        from nearer.encoders import embed_sample  # noqa: PLC0415  (verbs start fast)

        encoder = nearer.encoder(new, **named_values(settings or []))
        after = embed_sample(before, encoder, sample, texts, key=key, column=column, seed=seed)
        read = after.provenance["embed"]["column"]
    result = nearer.evaluate.upgrade(
        before,
        after,
        sample=sample,
        k=k,
        queries=None if queries is None else nearer.load(queries),
        old_queries=None if old_queries is None else nearer.load(old_queries),
        methods=("orthogonal", "affine") if method is None else (method,),
        labels=labels,
        qrels=None if qrels is None else str(qrels),
        accept=accept,
        reject=reject,
        most_loss=most_loss,
        seed=seed,
        threads=threads,
    )
    written = out if out is not None and (anyway or result.decision != "re-embed") else None
    if written is not None:
        _write(result, before, written, overwrite)
    if map_folder is not None:
        result.alignment.save(map_folder, overwrite=overwrite)
    if report is not None:
        result.save(report, overwrite=overwrite)
    if as_json:
        file = None if written is None else str(written)
        print_json({"source": old, "column": read, "file": file, **result.to_dict()})
        return
    write(f"column of items  {read}\n" * (read is not None) + str(result))
    _print_next(written, out, report)


def _is_space(name: str) -> bool:
    """Whether `name` is a space: a saved one, a file of vectors, or a known space; else it is an encoder."""
    from nearer.space import known_models  # noqa: PLC0415  (verbs start fast)
    from nearer.space.formats import format_of  # noqa: PLC0415

    path = Path(name)
    if path.exists():
        return saved_space(name) is not None or (path.is_file() and format_of(path) is not None)
    return name in {model.name for model in known_models()}


def _write(result: UpgradeResult, before: nearer.Space, out: Path, overwrite: bool) -> None:
    """Write the aligned store; its provenance also says what was measured."""
    from nearer.space import write_aligned  # noqa: PLC0415  (verbs start fast)

    low, high = result.interval
    told: dict[str, Any] = {
        "decision": result.decision,
        f"overlap@{result.k}": {"value": result.value, "interval": [low, high]},
        "candidates": result.candidates,
        "scores": result.scores["aligned"],
    }
    write_aligned(result.alignment, before, out, told={"upgrade": told}, overwrite=overwrite)


def _print_next(written: Path | None, out: Path | None, report: Path | None) -> None:
    if out is not None and written is None:
        write(f"\n{out} was not written: the decision is to re-embed (--anyway writes it)")
    commands = [] if written is None else [f"nearer info {shlex.quote(str(written))}"]
    commands += [] if report is None else [f"open {report} in a browser"]
    if commands:
        print_next(*commands)


def _require_destinations(
    out: Path | None, report: Path | None, map_folder: Path | None, overwrite: bool
) -> None:
    """Raise before the work where a result could not be written."""
    if out is not None:
        if out.suffix not in ("", ".space"):
            raise FormatError(
                f"{shown(out.suffix)} keeps no chain of custody", file=out, remedy="end in .space"
            )
        require_space_destination(out, overwrite)
    if report is not None:
        require_page_destination(report, overwrite, "report")
    if map_folder is not None and map_folder.exists() and not overwrite:
        raise StorageError("already exists", file=map_folder, remedy="add --overwrite to replace it")
