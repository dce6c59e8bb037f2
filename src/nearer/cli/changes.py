"""`nearer changes`: did the axes turn between two spaces, or did items change meaning?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import nearer
from nearer.cli.destination import require_page_destination
from nearer.cli.options import AsJson, Overwrite, Seed
from nearer.cli.output import print_json, print_next, write

EXAMPLES = (
    "nearer changes words.space later.space",
    "nearer changes words.space later.space --repeat-before again.space -o changes.html",
)


def changes(
    before: Annotated[
        str, typer.Argument(metavar="BEFORE", help="A space: folder, file of vectors, or known model.")
    ],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Another that holds some of the same keys.")],
    repeat_before: Annotated[
        list[str] | None,
        typer.Option(metavar="SPACE", help="BEFORE trained again with another seed; may be repeated."),
    ] = None,
    repeat_after: Annotated[
        list[str] | None, typer.Option(metavar="SPACE", help="AFTER likewise; may be repeated.")
    ] = None,
    method: Annotated[
        Literal["orthogonal", "linear", "affine"],
        typer.Option(help="The map: turned and mirrored, any matrix, or one with an offset."),
    ] = "orthogonal",
    fdr: Annotated[float, typer.Option(help="Share of chance among the flagged that is allowed.")] = 0.05,
    k: Annotated[int, typer.Option("-k", "--k", help="How many items to show.")] = 20,
    neighbors: Annotated[int, typer.Option(help="Nearest keys that are compared.")] = 25,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="Write a report: an .html page.")
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Tell turned axes from items that changed meaning, in two spaces that share keys.

    The best map carries BEFORE to AFTER; what lies further off than noise changed. Noise is known from
    repeats with other seeds, or, without any, from the keys in general.
    """
    if out is not None:
        require_page_destination(out, overwrite, "report")
    result = nearer.evaluate.changes(
        nearer.load(before),
        nearer.load(after),
        repeats_before=[nearer.load(name) for name in repeat_before or ()],
        repeats_after=[nearer.load(name) for name in repeat_after or ()],
        method=method,
        fdr=fdr,
        k=k,
        neighbors=neighbors,
        seed=seed,
    )
    if out is not None:
        result.page(f"Changes from {before} to {after}").save(out, overwrite)
    if as_json:
        files = {"before": before, "after": after, "file": None if out is None else str(out)}
        print_json({**files, **result.to_dict()})
        return
    write(str(result))
    if out is not None:
        print_next(f"open {out} in a browser")
