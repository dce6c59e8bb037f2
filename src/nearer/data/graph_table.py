"""Edges and pairs of nodes as tables, which `Graph.read` takes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from nearer.data.graph import Graph


def edge_table(graph: Graph) -> pa.Table:
    """Every edge of `graph` once, as source, target and, if it has weights, weight; self-loops too."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    sources = np.repeat(np.arange(len(graph), dtype=np.uint32), graph.degrees)
    kept = slice(None) if graph.directed else sources <= graph.indices
    keys = pa.array(graph.keys, pa.string())
    columns: dict[str, Any] = {
        "source": keys.take(sources[kept]),
        "target": keys.take(graph.indices[kept]),
    }
    if graph.weights is not None:
        columns["weight"] = pa.array(graph.weights[kept])
    return pa.table(columns)


def pair_table(pairs: Sequence[tuple[str, str]]) -> pa.Table:
    """Pairs of keys as source and target."""
    import pyarrow as pa  # noqa: PLC0415

    sources, targets = zip(*pairs, strict=True)
    return pa.table({"source": pa.array(sources, pa.string()), "target": pa.array(targets, pa.string())})
