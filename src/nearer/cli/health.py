"""`nearer health`: what is well with a space, and what is not, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import nearer
from nearer.cli.destination import require_page_destination
from nearer.cli.identified import carries_identity, matrix_of
from nearer.cli.options import AsJson, Overwrite, Seed, SpaceName, Threads
from nearer.cli.output import print_json, print_next, print_table, write

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nearer.evaluate import HealthReport

EXAMPLES = (
    "nearer health words.space --counts count -o health.html",
    "nearer health words.space --test queries.space --compare words.space --sample 500",
)


def health(
    space: SpaceName,
    test: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Held-out items, or vectors: are they among those of SPACE?"),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Instead: a column that says 'train', or else, for each item."),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(metavar="SPACE", help="Of the same keys, by another seed; may be repeated."),
    ] = None,
    counts: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|rank",
            help="How often items occur, or 'rank': keys by falling frequency.",
            show_default="the column count, if there is one",
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="Neighbours of an item.")] = 10,
    sample: Annotated[
        int, typer.Option(metavar="N", min=2, help="Items asked for their neighbours, at most.")
    ] = 20_000,
    examples: Annotated[
        int, typer.Option(metavar="N", min=0, help="Keys, or groups of them, named by a measure.")
    ] = 20,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="Write the report as an .html page.")
    ] = None,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Report the health of a space: each figure with its verdict, its meaning and what to do.

    Isotropy, effective dimension, hubness, collapse, duplicates, leakage, outliers, frequency, stability.
    It is a report and no test: the exit code is 0 whatever the verdict.
    """
    from nearer import evaluate  # noqa: PLC0415  (verbs start fast)

    if out is not None:
        require_page_destination(out, overwrite, "report")
    report = evaluate.health(
        nearer.load(space),
        test=None if test is None else _held_out(test),
        split=split,
        others=[nearer.load(other) for other in compare or []],
        counts=counts,
        k=k,
        sample=sample,
        examples=examples,
        seed=seed,
        threads=threads,
    )
    if out is not None:
        report.save(out, overwrite)
    if as_json:
        file = None if out is None else str(out)
        print_json({"space": space, "file": file, "verdict": report.verdict, **report.to_dict()})
        return
    _show(report)
    if out is not None:
        print_next(f"open {out} in a browser")


def _held_out(test: str) -> nearer.Space | NDArray[np.float32]:
    """The test items: a space, or where the file does not say of which, plain vectors."""
    file = Path(test)
    if file.suffix.lower() == ".npy" and file.exists():
        return matrix_of(file)
    given = nearer.load(test)
    return given.vectors if file.exists() and not carries_identity(file) else given


def _show(report: HealthReport) -> None:
    print_table(
        ("measure", "value", "95 %", "reference", "verdict", "meaning", "what to do"),
        [
            (*measure.figures(), measure.verdict, measure.meaning, measure.advice)
            for measure in report.measures
        ],
        numbers=("value", "95 %", "reference"),
    )
    write()
    write(report.about())
    for measure in report.measures:
        if measure.examples and measure.verdict != "good":
            write(f"{measure.name}: {measure.named()}")
    for one in report.skipped:
        write(f"not measured: {one.name}: {one.why}")
