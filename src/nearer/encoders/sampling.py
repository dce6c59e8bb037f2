"""Some or all items of a store, read again for another encoder."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from nearer.data.item_tables import ITEM_NAMES, ItemColumns
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
    source, key, column : the items, as `nearer.embed` takes them; None: the payload of `store`, and there the
        column that it was embedded from.

    `provenance["embed"]` of the sample names the column that was read.

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
        column = own_column(store, modality_of(opened), column)
    order = np.random.default_rng(seed).permutation(len(store))[:sample]
    wanted = {store.keys[row] for row in order}
    columns = ItemColumns(key, column, (), as_written_of(opened))
    items: dict[str, Any] = {}
    read = read_items(source, modality_of(opened), columns)
    for item in read.rows:
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
    made = embed(opened, items, show_progress=show_progress).space
    told = {**made.provenance["embed"], "source": read.where, "column": read.column}
    return Space(made.keys, made.vectors, made.metric, identity=made.identity, provenance={"embed": told})


def own_column(store: Space, modality: str | None, column: str | None) -> str | None:
    """The payload column that holds the items of `store`; None where rows as a whole are items.

    It is `column` where that is given, or the one that the store was embedded from, as its provenance tells;
    where that tells none, one of the names customary for the modality, and nothing else. Raises `InputError`
    where that column was not kept, and where there is none of these.
    """
    if column is not None or modality == "table":
        return column
    kept = [] if store.items is None else store.items.column_names
    embedded = store.provenance.get("embed")
    told = embedded.get("column") if isinstance(embedded, dict) else None
    if told is not None and told not in kept:
        raise InputError(
            f"the store was embedded from the column {shown(told)}, and kept only {', '.join(kept)}",
            remedy="give the items: source=..., column=..., on the command line --texts TABLE --column NAME; "
            f"or embed it with --keep {told}",
        )
    lower = {name.lower(): name for name in reversed(kept)}
    known = (lower[name] for name in ITEM_NAMES.get(modality or "", ()) if name in lower)
    found = told or next(known, None)
    if found is None:
        raise InputError(
            f"which column holds the items is not clear: the store does not tell, and has {', '.join(kept)}",
            remedy='name it, as column="NAME" (--column NAME)',
        )
    return str(found)


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
