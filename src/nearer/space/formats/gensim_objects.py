"""gensim `KeyedVectors` objects, in memory; gensim itself is loaded only to make one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nearer.errors import InputError, MissingExtra
from nearer.space.checks import Metric
from nearer.space.space import Space

if TYPE_CHECKING:
    import pyarrow as pa

COUNT = "count"


def from_gensim(vectors: Any, metric: Metric = "cosine") -> Space:
    """The space in a `KeyedVectors`, or in a model that has one as `wv`.

    Word counts, where they are known, become the payload column `count`. Raises `InputError` for any other
    object and for keys that are not strings.
    """
    vectors = getattr(vectors, "wv", vectors)
    if not hasattr(vectors, "index_to_key") or not hasattr(vectors, "vectors"):
        raise InputError(f"{type(vectors).__name__} is no KeyedVectors", remedy="pass model.wv")
    made = {"imported": {"format": "gensim", "class": type(vectors).__name__}}
    return Space(vectors.index_to_key, vectors.vectors, metric, _counts(vectors), provenance=made)


def to_gensim(space: Space) -> Any:
    """A gensim `KeyedVectors` with the keys, the vectors and, if there is a payload column `count`, counts.

    Raises `MissingExtra` where gensim is not installed.
    """
    try:
        from gensim.models import KeyedVectors  # noqa: PLC0415  (not a dependency)
    except ImportError:
        raise MissingExtra("gensim is not installed", remedy="pip install gensim") from None
    vectors = KeyedVectors(vector_size=space.dim, count=0)
    vectors.add_vectors(space.keys, np.array(space.vectors))
    if space.items is not None and COUNT in space.items.column_names:
        for key, count in zip(space.keys, space.items.column(COUNT).to_pylist(), strict=True):
            vectors.set_vecattr(key, COUNT, count)
    return vectors


def _counts(vectors: Any) -> pa.Table | None:
    counts = getattr(vectors, "expandos", {}).get(COUNT)
    if counts is None or len(counts) != len(vectors.index_to_key):
        return None
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    return pa.table({COUNT: [int(count) for count in counts]})
