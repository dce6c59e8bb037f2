"""`nearer recommend`: what to suggest to users, known or new, by a saved recommender; and what is alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import nearer
from nearer.cli.destination import require_file_destination
from nearer.cli.options import AsJson, HowMany, Overwrite, Threads
from nearer.cli.output import print_facts, print_json, print_table, write
from nearer.errors import ParameterError, shown

if TYPE_CHECKING:
    from nearer.recommend import Recommendations

EXAMPLES = (
    "nearer recommend items.model --user ann -k 5 --why 2",
    "nearer recommend items.model --items tea,scones --diversity 0.3",
    "nearer recommend items.model --all -k 20 -o suggestions.parquet",
    "nearer recommend items.model --similar tea",
)
ASKED = ("--user", "--items", "--all", "--similar")


def recommend(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help="A folder that a recommender was saved in, by `fit items`."),
    ],
    user: Annotated[list[str] | None, typer.Option(help="A user who is known; may be repeated.")] = None,
    items: Annotated[
        str | None, typer.Option(help="What somebody new chose, with commas between the items.")
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="All users who are known, into the file --out.")
    ] = False,
    similar: Annotated[
        list[str] | None, typer.Option(help="An item: what is most alike to it; may be repeated.")
    ] = None,
    k: HowMany = 10,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Suggest what a user has already, too.")
    ] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Only items with this value; of one column any of its values, of several columns all.",
        ),
    ] = None,
    item_table: Annotated[
        Path | None,
        typer.Option(help="A table of items with the columns for --where.", show_default="as it was saved"),
    ] = None,
    diversity: Annotated[
        float, typer.Option(help="0 to 1: how much likeness to earlier suggestions counts against an item.")
    ] = 0.0,
    why: Annotated[int, typer.Option(help="How many past items to give as reasons, with their shares.")] = 0,
    allow_unknown: Annotated[
        bool,
        typer.Option(
            "--allow-unknown",
            help="Unknown users get what is popular, unknown items are left out; it is said.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a .parquet table instead of printing.")
    ] = None,
    overwrite: Overwrite = False,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """What to suggest to known users, to somebody new, or to all users; or what is like an item."""
    from nearer.recommend import TableFile  # noqa: PLC0415  (verbs start fast)

    asked = (user, items, everyone, similar)
    _require_one_question(asked, out)
    if out is not None:
        TableFile(out, overwrite)
        require_file_destination(out, overwrite)
    opened = nearer.recommender(model)
    kind = type(opened).__name__
    if threads is not None:
        opened.set_params(threads=threads)
    if item_table is not None:
        opened.describe_items(item_table)
    if similar:
        if where or diversity or why or include_seen or allow_unknown:
            raise ParameterError(
                "--similar is likeness alone, and goes with no --where, --diversity or --why"
            )
        named = "cosine" if hasattr(opened, "item_space_") else "weight"
        near = {key: list(map(tuple, opened.similar_items(key, k))) for key in similar}
        _show_similar(model, near, named, as_json)
        return
    wishes: dict[str, Any] = {
        "exclude_seen": not include_seen,
        "where": conditions(where),
        "diversity": diversity,
        "why": why,
    }
    if everyone and out is not None:
        rows = opened.save_recommendations(out, None, k, **wishes, overwrite=overwrite)
        _show_saved(model, kind, out, len(opened.interactions_.users), rows, as_json)
        return
    if items is not None:
        chosen = [part.strip() for part in items.split(",") if part.strip()]
        made = opened.recommend_for(chosen, k, **wishes, unknown="skip" if allow_unknown else "error")
    else:
        made = opened.recommend(user, k, **wishes, unknown="popularity" if allow_unknown else "error")
    if out is not None:
        made.save(out, overwrite)
        _show_saved(model, kind, out, len(made), int((made.items >= 0).sum()), as_json)
    else:
        _show(model, kind, made, as_json)


def conditions(where: list[str] | None) -> dict[str, list[str]] | None:
    """Columns and their allowed values; raises `ParameterError` for a text without an equals sign."""
    if not where:
        return None
    found: dict[str, list[str]] = {}
    for text in where:
        column, equals, value = text.partition("=")
        if not column or not equals:
            raise ParameterError(f"--where {shown(text)} is no condition", remedy="write it COLUMN=VALUE")
        found.setdefault(column, []).append(value)
    return found


def _require_one_question(asked: tuple[object, ...], out: Path | None) -> None:
    """Raise `ParameterError` unless one question is asked, in a way that can be answered."""
    given = [name for name, value in zip(ASKED, asked, strict=True) if value]
    if len(given) != 1:
        problem = f"{' and '.join(given)} are two questions" if given else "nothing is asked for"
        raise ParameterError(problem, remedy=f"give one of {', '.join(ASKED)}")
    if given == ["--all"] and out is None:
        raise ParameterError("--all goes into a file", remedy="add -o NAME.parquet")
    if given == ["--similar"] and out is not None:
        raise ParameterError("what is like an item is printed, not saved", remedy="leave out -o")


def _show(path: Path, kind: str, made: Recommendations, as_json: bool) -> None:
    if as_json:
        answers = [
            {
                "user": name,
                "source": source,
                "skipped": made.skipped[row] if made.skipped else 0,
                "suggestions": [
                    {
                        "item": found.item,
                        "score": found.score,
                        "why": [{"item": reason.item, "share": reason.share} for reason in found.why],
                    }
                    for found in made.of(row)
                ],
            }
            for row, (name, source) in enumerate(zip(made.users, made.sources, strict=True))
        ]
        print_json({"model": str(path), "kind": kind, "answers": answers})
        return
    told = made.why is not None
    rows: list[tuple[object, ...]] = []
    for row, name in enumerate(made.users):
        for rank, found in enumerate(made.of(row), start=1):
            because = ", ".join(f"{reason.item} {reason.share:.0%}" for reason in found.why)
            rows.append(
                (name if rank == 1 else "", rank, found.item, found.score, *([because] if told else []))
            )
    heads = ("user", "rank", "item", "score", *(["because of"] if told else []))
    print_table(heads, rows, numbers=("rank", "score"))
    for row, name in enumerate(made.users):
        if not made.of(row):
            write(f"{name}: no item is left to suggest")
        if made.said_of(row):
            write(f"{name}{made.said_of(row)}")


def _show_similar(path: Path, found: dict[str, list[tuple[Any, ...]]], named: str, as_json: bool) -> None:
    if as_json:
        answers = [
            {"item": key, "neighbors": [{"item": near, "score": score} for near, score in hits]}
            for key, hits in found.items()
        ]
        print_json({"model": str(path), "answers": answers})
        return
    print_table(
        ("item", "alike", named),
        [(key if place == 0 else "", *hit) for key, hits in found.items() for place, hit in enumerate(hits)],
        numbers=(named,),
    )


def _show_saved(path: Path, kind: str, out: Path, users: int, rows: int, as_json: bool) -> None:
    facts = {"model": str(path), "kind": kind, "out": str(out), "users": users, "rows": rows}
    if as_json:
        print_json(facts)
    else:
        print_facts(facts.items())
