"""`backfill`: the items of a store get vectors of the new model, while it stays searchable."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from nearer.encoders.base import Encoder, modality_of, require_protocol
from nearer.encoders.embed import embed
from nearer.encoders.embed_run import Embedded
from nearer.encoders.opening import encoder as open_encoder
from nearer.encoders.sampling import own_column, payload_of
from nearer.errors import InputError, shown
from nearer.space import Space
from nearer.space.alignment import custody_of
from nearer.space.identity import require_same


def backfill(
    rest: Space,
    encoder: Encoder | str | os.PathLike[str],
    source: Any = None,
    *,
    out: str | os.PathLike[str],
    key: str | None = None,
    column: str | None = None,
    keep: Sequence[str] = (),
    batch_size: int | None = None,
    overwrite: bool = False,
    show_progress: bool | None = None,
) -> Embedded:
    """Re-embed every item of `rest` by the new model, as a space of that model's identity at `out`.

    It is `nearer.embed` bound to a store: what is finished stands in `OUT.parts`, a killed run goes on after
    it when it is called again, and `search.Halfway.open(rest, out)` searches what is finished together with
    the rest. The space that it ends with knows nothing of the map any more: its identity is the encoder's.

    Parameters
    ----------
    rest : the store, aligned (or still the old one): its keys are re-embedded.
    encoder : of the new model, or what `nearer.encoder` opens.
    source : the items, as `nearer.embed` takes them; None: the payload column that `rest` was embedded from
        (or `column`), and the new space then keeps the whole payload.
    key, column, keep, batch_size, overwrite : as `nearer.embed` takes them.

    `report.column` names the column that was read, as the provenance of the new space does.

    Raises `SpaceMismatch` where `rest` is aligned to another model, or was changed after it was aligned,
    `InputError` where it is the new
    model's already, for a store without payload or without the column that it was embedded from, and for a
    source without some of its keys, and what `nearer.embed` raises.
    """
    opened = open_encoder(encoder) if isinstance(encoder, str | os.PathLike) else encoder
    require_protocol(opened)
    if rest.identity == opened.identity:
        raise InputError(
            f"the store has the encoder's identity, {rest.identity[:12]}, already: nothing to re-embed",
            remedy="name the encoder of the new model",
        )
    told = custody_of(rest)
    if told:
        require_same(
            opened.identity,
            str(told["target_identity"]),
            "the encoder",
            "re-embed by the model that the store was aligned to, or align it to this one",
        )
    if source is None:
        source, key = payload_of(rest), "key"
        column = own_column(rest, modality_of(opened), column)
        keep = source.column_names[1:]
    made = embed(
        opened,
        source,
        key=key,
        column=column,
        keep=keep,
        out=out,
        batch_size=batch_size,
        overwrite=overwrite,
        show_progress=show_progress,
    )
    missing = [name for name in rest.keys if name not in made.space]
    if missing:
        raise InputError(
            f"{len(missing):,} of {len(rest):,} keys of the store are not among the items; the first is "
            f"{shown(missing[0])}",
            file=out,
            remedy="what is there was embedded; add the missing items to the source, and pass overwrite=True",
        )
    return made
