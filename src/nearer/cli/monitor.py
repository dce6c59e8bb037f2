"""`nearer monitor`: whether new vectors come from where the baseline came from."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import nearer
from nearer.cli.destination import require_folder, require_page_destination
from nearer.cli.monitor_input import Lines, Source, divided, opened, paired
from nearer.cli.monitor_telling import Teller, explain
from nearer.cli.options import AsJson, Overwrite, Seed
from nearer.cli.output import print_json, print_next, print_table, write
from nearer.cli.program import ALARMED
from nearer.errors import InputError

if TYPE_CHECKING:
    from nearer.monitor import Delay, Detectable, Watched

EXAMPLES = (
    "nearer monitor readings.parquet --time day --until 2024-03-31 --window 1mo --sequential -o drift.html",
    "nearer monitor before.space after.parquet --window 100 --alpha 0.01 --no-power --json",
)


def monitor(
    baseline: Annotated[
        str,
        typer.Argument(metavar="BASELINE", help="A space or a file of vectors of a time when all was well."),
    ],
    stream: Annotated[
        str | None,
        typer.Argument(
            metavar="STREAM",
            help="A space or a file of vectors; - reads JSON lines of key, vector and time.",
            show_default="BASELINE, after --until",
        ),
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of times; of JSON lines the field.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Rows of BASELINE up to this time are the baseline.")
    ] = None,
    window: Annotated[
        str, typer.Option(help="Rows a window, or a period: 30min 12h 7d 2w 1mo 1y; 10u of a numeric time.")
    ] = "200",
    alpha: Annotated[float, typer.Option(help="Rate of false alarms.")] = 0.05,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="Alpha holds for the whole stream, however long.")
    ] = False,
    tests: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="Tests to run.", show_default="all")
    ] = None,
    block: Annotated[int, typer.Option(metavar="N", help="Rows in a row that depend on each other.")] = 1,
    in_order: Annotated[
        bool,
        typer.Option(
            "--in-order", help="Refuse rows that go backwards in time; do not sort them. Always of -."
        ),
    ] = False,
    state: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the state here, and go on from it.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add a JSON line a window to this file.")
    ] = None,
    power: Annotated[
        bool,
        typer.Option(
            "--power/--no-power",
            help="Measure the smallest changes that a window can show; of - for a page alone.",
        ),
    ] = True,
    delay_for: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Vectors after a change: how many windows until its alarm?"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.html", help="Write a page of it all.")
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Check every window of a stream against a baseline, and say what moved.

    Exit code 3 tells that a window raised an alarm. Without --sequential alpha is the rate of each window;
    with it that of the whole stream, however long.
    """
    _require_places(out, overwrite, log)
    page_only = stream == "-" and out is None  # a stream has told its windows: what is more has no place
    if page_only and delay_for is not None:
        raise typer.BadParameter("--delay-for is told on the page of a stream from -: add -o FILE.html")
    before, after, compared = _sources(baseline, stream, time, until, in_order=in_order)
    changed = None if delay_for is None else opened(delay_for)
    chosen: dict[str, Any] = {} if tests is None else {"tests": tuple(tests.split(","))}
    watcher = nearer.Monitor(
        before.space, alpha, seed, mode="sequential" if sequential else "window",
        block=block, state=state, log=log, **chosen,
    )  # fmt: skip
    if after is None:
        watched = _from_standard_input(watcher, window, time, as_json=as_json)
    else:
        from nearer.monitor import watch  # noqa: PLC0415  (verbs start fast)

        watched = watch(
            watcher, after.space, window, time=time, in_order=in_order,
            as_vectors=compared is not None, where=after.name,
        )  # fmt: skip
        said = (*filter(None, [compared]), *before.notes, *after.notes)
        watched = replace(watched, notes=(*said, *watched.notes))
    from nearer.monitor import texts_of  # noqa: PLC0415  (as above)

    watched = watched.with_texts(texts_of(before.space, watched.named, but=time))
    if power and not page_only and watched.mode == "window" and watched.told:
        watched = watched.with_detectable(watcher.detectable(watched.usual))
    if changed is not None and watched.told:
        watched = watched.with_delay(_delay(watcher, changed, watched.usual))
    if out is not None:
        watched.save(out, overwrite)
    if after is not None:
        _tell(watched, baseline, out, as_json=as_json)
    if watched.alarms:
        raise typer.Exit(ALARMED)


def _sources(
    baseline: str, stream: str | None, time: str | None, until: str | None, *, in_order: bool
) -> tuple[Source, Source | None, str | None]:
    """Baseline, stream (None: standard input), and what is to be said of comparing their spaces."""
    if stream is None:
        if until is None or time is None:
            raise typer.BadParameter("give STREAM, or --time COLUMN and --until TIME to divide BASELINE")
        return (*divided(opened(baseline), time, until, in_order=in_order), None)
    if until is not None:
        raise typer.BadParameter("--until divides BASELINE, and STREAM is given: leave one of them out")
    before = opened(baseline)
    return (before, None, None) if stream == "-" else paired(before, opened(stream))


def _delay(watcher: nearer.Monitor, changed: Source, size: int) -> Delay:
    """How many windows of `size` such rows pass until the alarm."""
    from nearer.monitor import delay  # noqa: PLC0415  (verbs start fast)

    tests = watcher.tests if watcher.mode == "window" else None
    rows = changed.space if changed.states else changed.space.vectors
    try:
        return delay(
            watcher.baseline, rows, size, watcher.alpha, mode=watcher.mode, seed=watcher.seed, tests=tests
        )
    except InputError as error:
        raise InputError(error.problem, file=changed.name, row=error.row, remedy=error.remedy) from None


def _from_standard_input(watcher: nearer.Monitor, window: str, time: str | None, *, as_json: bool) -> Watched:
    """Tell each window as it is full."""
    from nearer.monitor import Watched, stream  # noqa: PLC0415  (verbs start fast)

    told, lines, teller = [], Lines(sys.stdin, time), Teller(as_json=as_json)
    if watcher.windows:
        teller.note(
            f"standard input is taken for what follows the {watcher.windows:,} windows checked before"
        )
    for one in stream(watcher, lines, window, where=lines.where):
        teller.tell(one)
        told.append(one)
    if not told:
        raise InputError("the stream ended before its first window was full", file="standard input",
                         remedy=f"use a window smaller than {window}")  # fmt: skip
    watched = Watched(tuple(told), (), len(watcher.baseline.rows), watcher.alpha, watcher.mode)
    teller.end(watched, left=lines.items - sum(one.verdict.n for one in told))
    return watched


def _require_places(out: Path | None, overwrite: bool, log: Path | None) -> None:
    if out is not None:
        require_page_destination(out, overwrite)
    if log is not None:
        require_folder(log.parent)


def _tell(watched: Watched, baseline: str, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        document = watched.to_dict()
        print_json({"baseline": baseline, "file": None if out is None else str(out), **document})
        return
    from nearer.monitor import HEADS  # noqa: PLC0415  (verbs start fast)

    if watched.told:
        print_table(HEADS, [told.cells() for told in watched.told], numbers=("window", "rows", "p", "effect"))
        write()
    write(watched.meaning)
    for note in watched.notes:
        write(f"note: {note}")
    explain(watched)
    if watched.detectable is not None:
        _power(watched.detectable)
    if watched.delay is not None:
        write(f"\n{watched.delay.meaning}")
    if out is not None:
        print_next(f"open {out} in a browser")


def _power(detectable: Detectable) -> None:
    write()
    print_table(
        ("change", "smallest found", "counted in", "power seen", "95 % interval"),
        [effect.cells() for effect in detectable.effects],
        numbers=("smallest found", "power seen"),
    )
    write(f"\n{detectable.meaning}")
