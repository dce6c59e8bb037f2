"""`nearer neighbors`: the keys nearest to a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import nearer
from nearer.cli.options import AsJson, HowMany, SpaceName
from nearer.cli.output import print_json, print_table
from nearer.encoders import Subword

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXAMPLES = ("nearer neighbors glove-6b-50d lion computer -k 5",)


def neighbors(
    space: SpaceName,
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="Keys of the space.")],
    k: HowMany = 10,
    as_json: AsJson = False,
) -> None:
    """The keys nearest to each KEY, nearest first, with their scores; a higher score is nearer.

    With a fastText model, KEY may be a word that was never seen.
    """
    opened = nearer.load(space)
    found = {key: opened.neighbors(_query(opened, space, key), k) for key in keys}
    if as_json:
        answers = [
            {"key": key, "neighbors": [{"key": near, "score": score} for near, score in hits]}
            for key, hits in found.items()
        ]
        print_json({"space": space, "identity": opened.identity, "metric": opened.metric, "answers": answers})
        return
    print_table(
        ("key", "neighbor", opened.metric),
        [(key if place == 0 else "", *hit) for key, hits in found.items() for place, hit in enumerate(hits)],
        numbers=(opened.metric,),
    )


def _query(opened: nearer.Space, name: str, key: str) -> str | NDArray[np.float32]:
    """The key, or its vector where it is unseen and a model of n-grams makes one."""
    if key in opened:
        return key
    encoder = nearer.encoder(name)
    vector: NDArray[np.float32] | str = encoder.encode([key])[0] if isinstance(encoder, Subword) else key
    return vector
