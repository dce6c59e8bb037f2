"""`nearer breaks`: when named themes rose or fell, and the items behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import nearer
from nearer.cli.destination import require_page_destination
from nearer.cli.keys import listed_keys
from nearer.cli.options import AsJson, Overwrite, Seed, SpaceName
from nearer.cli.output import print_json, print_next, print_table, write
from nearer.errors import SpaceMismatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nearer.monitor import Breaks

EXAMPLES = (
    "nearer breaks speeches.space --time year --theme trade=tariff,export --theme peace=treaty,truce",
    "nearer breaks speeches.space --time year --theme trade=tariff,export --alpha 0.01 -o breaks.html",
)


def breaks(
    space: SpaceName,
    time: Annotated[
        str, typer.Option(metavar="COLUMN", help="Of the items: numbers, dates or ISO 8601 texts.")
    ],
    theme: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=KEYS|@FILE", help="A theme and the keys that name it; may be repeated."),
    ] = None,
    theme_text: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=TEXT", help="A theme and a text for --encoder; may be repeated."),
    ] = None,
    encoder: Annotated[str | None, typer.Option(help="That made the space: encodes --theme-text.")] = None,
    per: Annotated[
        Literal["value", "year", "month", "day"], typer.Option(help="How times are grouped.")
    ] = "value",
    share: Annotated[
        float | None,
        typer.Option(help="Count this part of all items, those that score highest, instead of mean scores."),
    ] = None,
    alpha: Annotated[float, typer.Option(help="Chance of a break in any theme that never changed.")] = 0.05,
    block: Annotated[int, typer.Option(min=1, help="Times exchanged as one, for levels that wander.")] = 1,
    permutations: Annotated[int, typer.Option(min=1, help="Exchanged series of a test.")] = 1999,
    items: Annotated[int, typer.Option(min=0, help="Items named behind a break.")] = 5,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="An .html page.")] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """When named themes rose or fell in items with times, how sure that is, and the items behind."""
    from nearer.monitor import breaks as find_breaks  # noqa: PLC0415  (verbs start fast)

    if out is not None:
        require_page_destination(out, overwrite)
    by_keys = {name: listed_keys(keys) for name, keys in _named("--theme", theme or [])}
    by_text = dict(_named("--theme-text", theme_text or []))
    if not by_keys and not by_text:
        raise typer.BadParameter("name a theme: --theme NAME=KEYS or --theme-text NAME=TEXT")
    if twice := sorted(by_keys.keys() & by_text.keys()):
        raise typer.BadParameter(f"theme {twice[0]} is given as keys and as a text")
    opened = nearer.load(space)
    vectors = _encoded(opened, space, by_text, encoder)
    found = find_breaks(
        opened,
        time,
        {**by_keys, **vectors},
        per=per,
        share=share,
        alpha=alpha,
        block=block,
        permutations=permutations,
        items=items,
        seed=seed,
    )
    if out is not None:
        found.save(out, overwrite)
    if as_json:
        print_json(found.to_dict())
        return
    _show(found, out)


def _named(option: str, given: list[str]) -> list[tuple[str, str]]:
    """Names and what stands behind them, of NAME=VALUE."""
    found: list[tuple[str, str]] = []
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise typer.BadParameter(f"{option} {text} is not NAME=VALUE")
        if name.strip() in dict(found):
            raise typer.BadParameter(f"{option} {name.strip()} is given twice")
        found.append((name.strip(), value))
    return found


def _encoded(
    space: nearer.Space, name: str, texts: dict[str, str], encoder: str | None
) -> dict[str, NDArray[np.float32]]:
    """Vectors of the texts, by the encoder that made the space."""
    if not texts:
        return {}
    if encoder is None:
        raise typer.BadParameter("--theme-text needs --encoder: the one that made the space")
    opened = nearer.encoder(encoder)
    if opened.identity != space.identity:
        raise SpaceMismatch(
            f"{encoder} has identity {opened.identity[:12]}, {name} has {space.identity[:12]}: "
            "vectors of different spaces cannot be compared",
            remedy="give the encoder that made the space, or embed the items again by this one",
        )
    rows = opened.encode(list(texts.values()), show_progress=False)
    return {theme: rows[place][None] for place, theme in enumerate(texts)}


def _show(found: Breaks, out: Path | None) -> None:
    heads, rows = found.heads, found.rows()
    print_table(heads, rows)
    write(f"\n{found.verdict()}")
    if out is not None:
        print_next(f"open {out} in a browser")
