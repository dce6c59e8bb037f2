"""The first picture: animal words and computer words of pretrained vectors, each among its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nearer
from nearer.cli.output import print_table, write
from nearer.cli.tour.left_out import left_out
from nearer.cli.tour.shipped import shipped_lines
from nearer.errors import ModelNotFound

MODEL = "glove-6b-50d"
BOTH = "both"
ASKED = ("lion", "computer", "mouse")  # words whose neighbours are shown


def article(folder: Path, quiet: bool) -> dict[str, Any]:
    """Draw and judge the two groups; returns what was found, and the files in `folder`."""
    try:
        space = nearer.load(MODEL)
    except ModelNotFound as missing:
        return left_out(str(missing), quiet)
    group_of = {word: group for word, group in map(str.split, shipped_lines("groups.tsv")) if word in space}
    judged = judge(space, group_of)
    near = {word: space.neighbors(word, 5) for word in ASKED}
    if not quiet:
        write(f"{MODEL}: {len(space):,} words, {space.dim} dimensions; {len(group_of)} of them are drawn\n")
        print_table(("word", "nearest"), [(word, "  ".join(hits.keys)) for word, hits in near.items()])
        write(f"\n{judged}")
    return {
        "model": MODEL,
        "silhouette": judged.to_dict(),
        "neighbors": {word: hits.keys for word, hits in near.items()},
        "files": draw(space, group_of, folder),
    }


def judge(space: nearer.Space, group_of: dict[str, str]) -> Any:
    """Silhouette of the two groups in all dimensions; words that belong to both are left out."""
    from nearer.evaluate import silhouette  # noqa: PLC0415  (verbs start fast)

    return silhouette(space, {word: group for word, group in group_of.items() if group != BOTH})


def draw(space: nearer.Space, group_of: dict[str, str], folder: Path) -> list[Path]:
    """The map as a picture and as a page, coloured by group."""
    from nearer.maps import Map  # noqa: PLC0415  (verbs start fast)

    chart = Map.of(
        space[list(group_of)],
        color_by=list(group_of.values()),
        title="Animal words and computer words",
        perplexity=15,
        threads=1,
    )
    return [chart.save(folder / f"animals-and-computers.{ending}") for ending in ("png", "html")]
