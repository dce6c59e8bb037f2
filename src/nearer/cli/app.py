"""The program: its verbs, and what stands before a verb."""

from __future__ import annotations

from typing import Annotated

import typer

import nearer
from nearer.cli import (
    align,
    analogy,
    axis,
    backfill,
    breaks,
    calibrate,
    changes,
    convert,
    dims,
    embed,
    evaluate,
    health,
    info,
    map,
    models,
    monitor,
    neighbors,
    recommend,
    search,
    split,
    tour,
)
from nearer.cli.examples import shown
from nearer.cli.fit import fit_app
from nearer.cli.program import Program

SETTINGS = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="nearer",
    cls=Program,
    help="Vectors where similar things lie near each other: train or load them, judge, search and draw them.",
    context_settings=SETTINGS,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("tour", epilog=shown(tour.EXAMPLES))(tour.tour)
app.add_typer(fit_app, name="fit")
app.command("split", epilog=shown(split.EXAMPLES))(split.split)
app.command("embed", epilog=shown(embed.EXAMPLES))(embed.embed)
app.command("info", epilog=shown(info.EXAMPLES))(info.info)
app.command("neighbors", epilog=shown(neighbors.EXAMPLES))(neighbors.neighbors)
app.command("analogy", epilog=shown(analogy.EXAMPLES))(analogy.analogy)
app.command("axis", epilog=shown(axis.EXAMPLES))(axis.axis)
app.command("evaluate", epilog=shown(evaluate.EXAMPLES))(evaluate.evaluate)
app.command("calibrate", epilog=shown(calibrate.EXAMPLES))(calibrate.calibrate)
app.command("health", epilog=shown(health.EXAMPLES))(health.health)
app.command("dims", epilog=shown(dims.EXAMPLES))(dims.dims)
app.command("changes", epilog=shown(changes.EXAMPLES))(changes.changes)
app.command("align", epilog=shown(align.EXAMPLES))(align.align)
app.command("backfill", epilog=shown(backfill.EXAMPLES))(backfill.backfill)
app.command("search", epilog=shown(search.EXAMPLES))(search.search)
app.command("recommend", epilog=shown(recommend.EXAMPLES))(recommend.recommend)
app.command("breaks", epilog=shown(breaks.EXAMPLES))(breaks.breaks)
app.command("monitor", epilog=shown(monitor.EXAMPLES))(monitor.monitor)
app.command("map", epilog=shown(map.EXAMPLES))(map.draw_map)
app.command("convert", epilog=shown(convert.EXAMPLES))(convert.convert)
app.command("models", epilog=shown(models.EXAMPLES))(models.models)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"nearer {nearer.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _before_verb(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
