"""`nearer map`: a space as a picture."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import nearer
from nearer.cli.destination import require_file_destination
from nearer.cli.keys import keys_in
from nearer.cli.options import AsJson, Overwrite, Seed, SpaceName
from nearer.cli.output import print_facts, print_json, print_next, size_of
from nearer.errors import FormatError, shown

if TYPE_CHECKING:
    from nearer.maps import Map

EXAMPLES = (
    "nearer map words.space words.html --top 500",
    "nearer map glove-6b-50d lion.png --around lion --top 100 --perplexity 15",
)
ENDINGS = (".html", ".png", ".svg")
TOP, AROUND = 2_000, 200  # points drawn where --top is not given


def draw_map(
    space: SpaceName,
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="An .html page (pan, zoom, find), or a .png or .svg picture."),
    ],
    keys: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the keys in this file, one a line.")
    ] = None,
    around: Annotated[str | None, typer.Option(metavar="KEY", help="Draw what lies nearest to KEY.")] = None,
    top: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Points: the first N, or nearest N.",
            show_default=f"{TOP}, or {AROUND} around",
        ),
    ] = None,
    color_by: Annotated[
        str, typer.Option(metavar="clusters|none|COLUMN", help="What colours the points.")
    ] = "clusters",
    title: Annotated[
        str | None, typer.Option(help="The line above the picture.", show_default="size")
    ] = None,
    perplexity: Annotated[float, typer.Option(help="Neighbours that count for a point.")] = 30.0,
    threads: Annotated[
        int | None, typer.Option(help="CPU threads.", show_default="1 up to 5,000 points, then all cores")
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Draw a space by t-SNE: an offline HTML page, or a picture with labels that do not overlap."""
    from nearer.maps import Map  # noqa: PLC0415  (verbs start fast)

    if keys is not None and (around is not None or top is not None):
        raise typer.BadParameter("--keys goes with neither --around nor --top")
    if out.suffix.lower() not in ENDINGS:
        raise FormatError(
            f"no map is written as {shown(out.suffix)}", file=out, remedy="end in .html, .png, .svg"
        )
    require_file_destination(out, overwrite)
    begin = time.perf_counter()
    chosen = _chosen(nearer.load(space), keys, around, top)
    chart = Map.of(
        chosen,
        color_by=None if color_by == "none" else color_by,
        title=title,
        perplexity=perplexity,
        seed=seed,
        threads=threads,
    )
    chart.save(out)
    _report(chart, out, time.perf_counter() - begin, as_json)


def _report(chart: Map, out: Path, seconds: float, as_json: bool) -> None:
    sizes = Counter(chart.groups.labels.tolist())
    groups = [{"name": name, "points": sizes[place]} for place, name in enumerate(chart.groups.names)]
    size, points = out.stat().st_size, len(chart.space)
    if as_json:
        print_json({"file": str(out), "bytes": size, "points": points, "groups": groups, "seconds": seconds})
        return
    print_facts(
        (
            ("drawn", f"{out} ({size_of(size)}) in {seconds:.1f} s"),
            ("points", points),
            *(("group", f"{group['points']:>6,}  {group['name']}") for group in groups),
        )
    )
    print_next(f"open {out}" + (" in a browser" if out.suffix.lower() == ".html" else ""))


def _chosen(space: nearer.Space, keys: Path | None, around: str | None, top: int | None) -> nearer.Space:
    """The part of the space that is drawn."""
    if keys is not None:
        return space[keys_in(keys)]
    if around is not None:
        return space[[around, *space.neighbors(around, top or AROUND).keys]]
    return space[: top or TOP]
