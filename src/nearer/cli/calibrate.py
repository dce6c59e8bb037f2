"""`nearer calibrate`: what a score of a space means."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_page_destination
from nearer.cli.options import AsJson, Overwrite, Seed, SpaceName
from nearer.cli.output import print_json, print_next, write
from nearer.errors import InputError, NearerError, UnknownKey

EXAMPLES = (
    "nearer calibrate words.space --score 0.7 --frequency rank -o words.html",
    "nearer calibrate words.space matches.tsv --method platt --score 0.5 -o words.json",
)
RATE = 0.01


def calibrate(
    space: SpaceName,
    pairs: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PAIRS]",
            help="Pairs of keys labelled 1 (match) or 0: a table or file of three columns.",
            show_default=False,
        ),
    ] = None,
    scores: Annotated[
        list[float] | None,
        typer.Option("--score", metavar="S", help="Say what this score means; may be repeated."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--false-match-rate",
            help="Of searches without a match, to be answered.",
            show_default="0.01, or the smallest that so few keys can keep",
        ),
    ] = None,
    frequency: Annotated[
        str | None,
        typer.Option(
            metavar="rank|COLUMN", help="By frequency, too: rows are in its order, or a column of counts."
        ),
    ] = None,
    method: Annotated[
        Literal["isotonic", "platt"], typer.Option(help="Of the probability that PAIRS teach.")
    ] = "isotonic",
    columns: Annotated[
        str | None,
        typer.Option(metavar="A,B,LABEL", help="Columns of PAIRS.", show_default="by their names"),
    ] = None,
    sample: Annotated[
        int, typer.Option(help="Random pairs; the smallest p-value is 1 / (1 + sample).")
    ] = 100_000,
    queries: Annotated[int, typer.Option(help="Keys that search all others.")] = 2_000,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="A page (.html), or the calibration (.json)."),
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Tell what a score means: beside random pairs, in a search without a match, as a probability.

    A search finds the best of all keys, so a score that is rare among random pairs may be common among first
    hits. `nearer search --false-match-rate` says "no match" by the threshold that is told here.
    """
    if out is not None:
        require_page_destination(out, overwrite, "calibration", ".json")
    if columns is not None and pairs is None:
        raise typer.BadParameter("--columns goes with PAIRS")
    given: dict[str, Any] = {"sample": sample, "queries": queries, "by_frequency": frequency}
    found = _calibrated(nearer.load(space), pairs, columns, {**given, "method": method, "seed": seed})
    if rate is None:
        rate = max(RATE, math.ceil(1e4 * found.smallest_rate) / 1e4)
    threshold, interval = found.threshold(rate), found.false_match_interval(rate)
    asked = scores or []
    meanings = [found.meaning(score) for score in asked]
    if out is not None and out.suffix.lower() == ".json":
        found.save(out, overwrite)
    elif out is not None:
        found.page(asked).save(out, overwrite)
    if as_json:
        said = {"rate": rate, "threshold": threshold, "interval": list(interval)}
        print_json(
            {
                "space": space,
                "file": None if out is None else str(out),
                **found.to_dict(),
                "false_match": said,
                "scores": [_told(found, score, said) for score, said in zip(asked, meanings, strict=True)],
            }
        )
        return
    write(str(found))
    write()
    low, high = (100 * end for end in interval)
    write(
        f"search: answer above {threshold:.4f}, and of queries without a match at most {100 * rate:.3g} % "
        f"are answered (this calibration: {low:.2f} to {high:.2f} %, 95 %)"
    )
    for line in meanings:
        write(line)
    commands = [f"nearer search {space} QUERY --false-match-rate {rate:g}"]
    if out is not None and out.suffix.lower() != ".json":
        commands.append(f"open {out} in a browser")
    print_next(*commands)


def _told(found: nearer.space.Calibration, score: float, said: str) -> dict[str, Any]:
    """What a score means, for programs."""
    return {
        "score": score,
        "percentile": found.percentile(score),
        "percentile_interval": list(found.percentile_interval(score)),
        "p_value": found.p_value(score),
        "search_p_value": found.search_p_value(score),
        "probability": None if found.match is None else found.probability(score),
        "meaning": said,
    }


def _calibrated(
    space: nearer.Space, pairs: Path | None, columns: str | None, given: dict[str, Any]
) -> nearer.space.Calibration:
    """The calibration; an error in a pair names its file and row."""
    if pairs is None:
        return space.calibrate(None, **given)
    named = None if columns is None else columns.split(",")
    name, read = nearer.evaluate.read_text_pairs(pairs, named)
    try:
        return space.calibrate([(pair.first, pair.second, pair.score) for pair in read], **given)
    except (InputError, UnknownKey) as error:
        if error.file != "pairs":
            raise
        row = read[error.row].row if isinstance(error.row, int) else error.row
        raise _placed(error, name, row) from None


def _placed(error: NearerError, file: str, row: int | str | None) -> NearerError:
    return type(error)(error.problem, file=file, row=row, remedy=error.remedy)
