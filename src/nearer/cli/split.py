"""`nearer split`: edges held out of a graph, and pairs that are no edge, to judge link prediction by."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

import nearer
from nearer.cli.destination import make_folder, require_file_destination
from nearer.cli.options import AsJson, Overwrite, Seed
from nearer.cli.output import print_facts, print_json, print_next

EXAMPLES = (
    "nearer split edges.csv -o held-out",
    "nearer split edges.csv --fraction 0.2 --weight strength --seed 1 -o held-out --json",
)
FILES = ("train.parquet", "test.parquet", "non_edges.parquet")


def split(
    edges: Annotated[
        Path,
        typer.Argument(
            metavar="EDGES",
            help="Edges: .parquet, .csv or .tsv with a line of names; other text has two or three columns "
            "between blanks.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write into.")],
    fraction: Annotated[float, typer.Option(help="Share of the edges that is held out.")] = 0.5,
    directed: Annotated[bool, typer.Option("--directed", help="An edge leads one way only.")] = False,
    source: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Where edges start.", show_default="by name")
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Where they end.", show_default="by name")
    ] = None,
    weight: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Their weights.", show_default="by name")
    ] = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Hold out a share of the edges, and draw as many pairs that are no edge.

    What is left stays as connected as the whole. It goes to train.parquet, the edges held out to
    test.parquet, the others to non_edges.parquet: fit a graph model on the first, judge it by the other two.
    """
    if not 0 < fraction < 1:
        raise typer.BadParameter(f"--fraction {fraction:g} is not between 0 and 1")
    if out.is_dir():
        for name in FILES:
            require_file_destination(out / name, overwrite)
    from nearer.recommend import TableFile  # noqa: PLC0415  (verbs start fast)

    graph = nearer.Graph.read(edges, directed=directed, source=source, target=target, weight=weight)
    parts = graph.split(fraction, seed)
    make_folder(out)
    for name, table in zip(FILES, parts.tables(), strict=True):
        with TableFile(out / name, overwrite) as file:
            file.write(table)
    counts = {"nodes": len(graph), "train": parts.train.edges, "test": len(parts.test)}
    if as_json:
        print_json({"edges": str(edges), "to": str(out), **counts, "non_edges": len(parts.non_edges)})
        return
    print_facts([("written", out), *counts.items(), ("non-edges", len(parts.non_edges))])
    train, test, non_edges = (shlex.quote(str(out / name)) for name in FILES)
    print_next(
        f"nearer fit graph {train} -o nodes.space{' --directed' * graph.directed}",
        f"nearer evaluate nodes.space --task links --pairs {test} --non-edges {non_edges}",
    )
