"""`nearer breaks`: when themes rose or fell in a collection with times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_file_destination
from nearer.cli.options import AsJson, Overwrite, Seed, SpaceName
from nearer.cli.output import print_json, print_next, print_table, write
from nearer.errors import FormatError, SpaceMismatch, shown

if TYPE_CHECKING:
    from nearer.monitor import Breaks

EXAMPLES = (
    "nearer breaks diary.space --time month --theme tea=tea1,tea2",
    'nearer breaks diary.space --time month --text "games=king and queen" --encoder a.model -o themes.html',
)

Period = Literal["day", "month", "year"]


def breaks(
    space: SpaceName,
    time: Annotated[str, typer.Option(metavar="COLUMN", help="Column of times that the space keeps.")],
    theme: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=KEY,KEY", help="A theme by keys of the space; again for more."),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A theme by words, with --encoder; NAME=TEXT names it."),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="The encoder that made the space, for --text.")
    ] = None,
    period: Annotated[
        Period | None, typer.Option(help="Part of the calendar.", show_default="equal times are one")
    ] = None,
    top: Annotated[
        float, typer.Option(help="Share of all items that count as being about a theme; 0: mean scores.")
    ] = 0.01,
    alpha: Annotated[float, typer.Option(help="Chance of a break, if no theme changed.")] = 0.05,
    least: Annotated[int, typer.Option(min=1, help="Periods on each side of a break.")] = 2,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="A page with charts, .html.")
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """When themes rose or fell through time, with interval and p-value, and the items behind it.

    A theme is named by keys, or by a text that the space's own encoder reads. All themes together err with
    chance ALPHA.
    """
    from nearer import monitor  # noqa: PLC0415  (verbs start fast)

    if out is not None:
        if out.suffix.lower() != ".html":
            raise FormatError(f"no page is written as {shown(out.suffix)}", file=out, remedy="end in .html")
        require_file_destination(out, overwrite)
    opened = nearer.load(space)
    themes = {**_keyed(theme or []), **_told(text or [], encoder, opened)}
    if not themes:
        raise typer.BadParameter("name a theme: --theme NAME=KEY,KEY or --text TEXT --encoder NAME")
    found = monitor.breaks(
        opened, time, themes, period=period, top=top or None, alpha=alpha, least=least, seed=seed
    )
    if out is not None:
        found.save(out, overwrite)
    if as_json:
        print_json({"space": space, **found.to_dict(), "file": None if out is None else str(out)})
        return
    _show(found)
    if out is not None:
        print_next(f"open {out} in a browser")


def _show(found: Breaks) -> None:
    heads = ("theme", "what", "at", "95 %", "level", "p", "item")
    rows = [(*row[:5], "" if row[1] == "steady" else f"{row[5]:.4f}", row[6]) for row in found.rows()]
    print_table(heads, rows)
    write(f"\n{found.about()}")


def _keyed(themes: list[str]) -> dict[str, Any]:
    """Themes by keys, NAME=KEY,KEY."""
    parted = {}
    for theme in themes:
        name, sign, keys = theme.partition("=")
        if not sign or not name or not keys:
            raise typer.BadParameter(f"--theme {theme} is not NAME=KEY,KEY")
        parted[name] = [key for key in keys.split(",") if key]
    return parted


def _told(texts: list[str], name: str | None, space: nearer.Space) -> dict[str, Any]:
    """Themes by texts, read by the encoder that made the space."""
    if not texts:
        return {}
    if name is None:
        raise typer.BadParameter("--text needs --encoder, the encoder that made the space")
    encoder = nearer.encoder(name)
    if encoder.identity != space.identity:
        raise SpaceMismatch(
            f"the encoder {name} has identity {encoder.identity[:12]}, the space has {space.identity[:12]}: "
            "vectors of different spaces cannot be compared",
            remedy="name the encoder that made the space, or embed the items with this one",
        )
    named = [text.partition("=") for text in texts]
    read = encoder.encode_query([words if sign else label for label, sign, words in named])
    return {label: vector for (label, _, _), vector in zip(named, read, strict=True)}
