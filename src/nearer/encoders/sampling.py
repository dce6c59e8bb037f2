"""Some or all items of a store, read again for another encoder."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from nearer.data.item_tables import ItemColumns
from nearer.data.items import read_items
from nearer.encoders.base import Encoder, as_written_of, modality_of, require_protocol
from nearer.encoders.embed import embed
from nearer.encoders.opening import encoder as open_encoder
from nearer.errors import InputError, ParameterError, shown
from nearer.space import Space


def embed_sample(
    store: Space,
    encoder: Encoder | str | os.PathLike[str],
    sample: int,
    source: Any = None,
    *,
    key: str | None = None,
    column: str | None = None,
    seed: int = 0,
    show_progress: bool | None = None,
) -> Space:
    """`sample` items of `store`, drawn by `seed`, embedded by another encoder under their keys.

    Parameters
    ----------
    store : says which keys there are; their items are in a payload column, or in `source`.
    sample : items to draw; all where there are fewer. Only their raw items are held in memory.
    source, key, column : the items, as `nearer.embed` takes them; None: the payload of `store`.

    Raises `InputError` for a store without payload where no source is given, for a source that holds none of
    the keys, and what `nearer.embed` raises; `ParameterError` for an encoder that reads keys, not items.
    """
    opened = open_encoder(encoder) if isinstance(encoder, str | os.PathLike) else encoder
    require_protocol(opened)
    if modality_of(opened) == "key":
        raise ParameterError(
            f"{type(opened).__name__} reads keys, no items", remedy="give its space as the new one instead"
        )
    if source is None:
        source, key = payload_of(store), "key"
    order = np.random.default_rng(seed).permutation(len(store))[:sample]
    wanted = {store.keys[row] for row in order}
    columns = ItemColumns(key, column, (), as_written_of(opened))
    items: dict[str, Any] = {}
    for item in read_items(source, modality_of(opened), columns).rows:
        if item.key not in wanted:
            continue
        if item.problem is not None:
            raise item.problem
        items[item.key] = item.value
    if not items:
        place = source if isinstance(source, str | os.PathLike) else None
        raise InputError(
            f"holds none of the {len(wanted):,} keys drawn; the first is {shown(store.keys[order[0]])}"
            if len(order)
            else "the store is empty",
            file=place,
            remedy="name the column of the keys",
        )
    return embed(opened, items, show_progress=show_progress).space


def payload_of(store: Space) -> Any:
    """Keys and payload of a store as a table, the keys first."""
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    if store.items is None:
        raise InputError(
            "the store has no payload columns to embed again",
            remedy="give the items: source=..., on the command line --texts TABLE",
        )
    columns = dict(zip(store.items.column_names, store.items.columns, strict=True))
    return pa.table({"key": list(store.keys), **columns})
