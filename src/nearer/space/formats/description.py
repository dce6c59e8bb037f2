"""What Parquet and .npz files carry beside keys and vectors: metric, identity and provenance, as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import shown
from nearer.space.checks import METRICS, Metric, is_identity
from nearer.space.identity import content_identity
from nearer.space.space import Space


def describe(space: Space) -> bytes:
    """JSON of metric, identity and provenance, and the identity of the content they belong to."""
    content = content_identity(space.keys, space.vectors, space.metric)
    return json.dumps(
        {
            "format": "nearer",
            "version": 1,
            "metric": space.metric,
            "identity": space.identity,
            "content": content,
            "provenance": space.provenance,
        },
        sort_keys=True,
    ).encode()


def described(
    text: bytes | None, keys: list[str], vectors: NDArray[np.float32]
) -> tuple[Metric, str | None, dict[str, Any]]:
    """Metric, identity and provenance for `keys` and `vectors`.

    The identity and the provenance hold only if keys and vectors are still those described: other programs
    keep the description when they change the rows. Raises `ValueError` for text that is no description.
    """
    if text is None:
        return "cosine", None, {}
    fields = json.loads(text)
    if not isinstance(fields, dict) or fields.get("metric") not in METRICS:
        raise ValueError(f"{shown(text)} does not describe a space")
    metric: Metric = fields["metric"]
    identity, made = fields.get("identity"), fields.get("provenance")
    if not is_identity(identity) or not isinstance(made, dict):
        raise ValueError(f"{shown(text)} does not describe a space")
    whole = fields.get("content") == content_identity(keys, vectors, metric)
    return (metric, identity, made) if whole else (metric, None, {})
