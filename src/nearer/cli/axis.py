"""`nearer axis`: a direction from examples, what proves it, its ends, and a space without it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import nearer
from nearer.cli.destination import require_page_destination, require_space_destination
from nearer.cli.keys import listed_keys
from nearer.cli.options import AsJson, HowMany, Overwrite, Seed, SpaceName
from nearer.cli.output import print_facts, print_json, print_next, print_table, write

if TYPE_CHECKING:
    from nearer.space import Axis, RemovalCost

EXAMPLES = (
    "nearer axis words.space --positive list,tuple,dict --negative import,module,package -k 5",
    "nearer axis glove-6b-50d --positive she,her,woman,mother --negative he,his,man,father "
    "--project nurse,engineer -o gender.html",
)


def axis(
    space: SpaceName,
    positive: Annotated[
        str, typer.Option(metavar="KEYS|@FILE", help="Keys between commas, or @FILE with one a line.")
    ],
    negative: Annotated[
        str, typer.Option(metavar="KEYS|@FILE", help="The other side; without, the mean of the space.")
    ] = "",
    method: Annotated[
        Literal["means", "pairs"],
        typer.Option(help="From mean to mean, or the mean offset of pairs in the order given."),
    ] = "means",
    alpha: Annotated[
        float | None, typer.Option(help="Refuse examples too few to be significant at this rate.")
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option("--project", metavar="KEYS|@FILE", help="Score these keys; may be repeated."),
    ] = None,
    k: HowMany = 10,
    remove: Annotated[
        Path | None,
        typer.Option(
            "--remove", metavar="OUT", help="Save the space without this direction, and say the cost."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="An .html page, or the axis as .json."),
    ] = None,
    permutations: Annotated[int, typer.Option(min=19, help="Draws of each null.")] = 1999,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """A direction from examples: how well it separates, whether that is chance, and what lies at its ends."""
    if out is not None:
        require_page_destination(out, overwrite, "axis", ".json")
    if remove is not None:
        require_space_destination(remove, overwrite)
    opened = nearer.load(space)
    made = opened.axis(
        listed_keys(positive),
        listed_keys(negative),
        method=method,
        alpha=alpha,
        permutations=permutations,
        seed=seed,
    )
    asked = [key for part in project or [] for key in listed_keys(part)]
    scores = list(zip(asked, made.project(asked).tolist(), strict=True)) if asked else []
    cost = None
    if remove is not None:
        cost = made.removal_cost(seed=seed)
        opened.without(made).save(remove, overwrite=overwrite)
    if out is not None:
        made.save(out, overwrite) if out.suffix.lower() == ".json" else made.page().save(out, overwrite)
    _report(made, scores, cost, k, as_json)
    if not as_json:
        _tell_files(remove, out)


def _report(
    made: Axis, scores: list[tuple[str, float]], cost: RemovalCost | None, k: int, as_json: bool
) -> None:
    best, worst = made.best(k), made.worst(k)
    if as_json:
        print_json(
            {
                **made.to_dict(),
                "best": [list(hit) for hit in best],
                "worst": [list(hit) for hit in worst],
                "projected": [list(score) for score in scores],
                "removal": None if cost is None else cost.to_dict(),
            }
        )
        return
    print_facts(made.facts())
    write()
    print_table(
        ("highest", "score", "lowest", "score "),
        [(*high, *low) for high, low in zip(best, worst, strict=True)],
        numbers=("score", "score "),
    )
    if scores:
        write()
        print_table(("projected", "score"), scores, numbers=("score",))
    if cost is not None:
        write()
        print_facts(cost.facts())


def _tell_files(remove: Path | None, out: Path | None) -> None:
    commands = [f"nearer info {remove}"] if remove is not None else []
    if out is not None and out.suffix.lower() != ".json":
        commands.append(f"open {out} in a browser")
    if commands:
        print_next(*commands)
