"""One run of `embed`: groups of items are encoded and gathered in parts; what was made before is kept."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.data.items import Item, Items
from nearer.encoders.base import Encoder, metric_of, modality_of
from nearer.encoders.embed_groups import encode_group, groups, hash_items, located
from nearer.errors import InputError
from nearer.progress import Progress
from nearer.space import Space
from nearer.space.shards import Shard, Shards

if TYPE_CHECKING:
    import pyarrow as pa

OnError = Literal["raise", "skip"]
SECONDS_A_PART = 5.0  # of work: about what a kill costs
BYTES_A_PART = 32 << 20  # of vectors


@dataclass(frozen=True)
class Embedded:
    """What `embed` made.

    Attributes
    ----------
    space : the vectors by key; memory-mapped where they were written.
    report : how it went.
    """

    space: Space
    report: EmbedReport

    def __repr__(self) -> str:
        return f"Embedded({self.space!r}, {self.report})"


@dataclass(frozen=True)
class EmbedReport:
    """How an embedding went.

    Attributes
    ----------
    items : vectors made, those of an interrupted run among them.
    resumed : how many of those it had left.
    seconds : of this run.
    items_per_second : made by this run.
    skipped : (key, problem) of the items that were left out, on_error="skip".
    column : of a table, that the items were read from; None where they are no cells of one column.
    """

    items: int
    resumed: int
    seconds: float
    items_per_second: float
    skipped: list[tuple[str, str]] = field(repr=False)
    column: str | None

    def __str__(self) -> str:
        left_out = f", {len(self.skipped):,} left out" if self.skipped else ""
        before = f", {self.resumed:,} of them by the run before" if self.resumed else ""
        return f"{self.items:,} items in {self.seconds:.1f} s{before}{left_out}"


class Run:
    """One pass over the items with an encoder; made by `embed`."""

    def __init__(
        self,
        encoder: Encoder,
        items: Items,
        batch: Mapping[str, int],
        skip: bool,
        show_progress: bool | None,
    ) -> None:
        self.encoder, self.items, self.batch, self.skip = encoder, items, batch, skip
        self.modality, self.show = modality_of(encoder), show_progress
        self.metric = metric_of(encoder)
        self.began = time.perf_counter()
        self.made = self.resumed = 0
        self.skipped: list[tuple[str, str]] = []

    def parts(self, shards: Shards | None, overwrite: bool) -> Iterator[tuple[Shard, Space]]:
        """The parts that are not there yet, as they are made; raises `InputError` if none has a vector."""
        cut = groups(self.items.rows, self.modality)
        with Progress("embedding", self.items.count, "items", self.show) as progress:
            if shards is not None:
                cut = self._pass_over(shards, cut, overwrite, progress)
            part = _Part(self.resumed + len(self.skipped))
            for group in cut:
                self._add(part, group)
                progress.advance(len(group))
                if part.is_full:
                    yield part.shard(), self._space(part)
                    part = _Part(part.stop)
            if self.made + self.resumed == 0:
                raise self._nothing()
            if part.stop > part.start:
                yield part.shard(), self._space(part)

    def gathered(self) -> Space:
        """All vectors in memory."""
        spaces = [space for _, space in self.parts(None, False)]
        tables = [space.items for space in spaces if space.items is not None]
        return self._made(
            [key for space in spaces for key in space.keys],
            np.concatenate([space.vectors for space in spaces]),
            _together(tables) if tables else None,
            self.provenance(),
        )

    def ended(self, space: Space) -> Embedded:
        """The result, once it is written."""
        seconds = time.perf_counter() - self.began
        rate = self.made / max(seconds, 1e-9)
        made = self.made + self.resumed
        report = EmbedReport(made, self.resumed, seconds, rate, self.skipped, self.items.column)
        return Embedded(space, report)

    def _nothing(self) -> InputError:
        """What is wrong where there is no vector."""
        if not self.skipped:
            return InputError("there is no item", file=self.items.where, remedy="give at least one")
        return InputError(f"all {len(self.skipped):,} items were left out; the first: {self.skipped[0][1]}")

    def provenance(self) -> dict[str, Any]:
        """How the space was made; the same after an interruption."""
        told = {"encoder": type(self.encoder).__name__, "source": self.items.where}
        return {"embed": {**told, "column": self.items.column, "skipped": len(self.skipped)}}

    def _pass_over(
        self, shards: Shards, cut: Iterator[list[Item]], overwrite: bool, progress: Progress
    ) -> Iterator[list[Item]]:
        """Read what was encoded before, and see that it is the same; the groups that are left to encode.

        With `overwrite` shards from the first that does not fit are deleted, else that is an error.
        """
        for number in range(len(shards.paths)):
            shard, space = shards.read(number)
            digest, row, held = hashlib.sha256(), shard.start, []
            while row < shard.stop and (group := next(cut, None)) is not None:
                hash_items(digest, group, self.modality)
                row += len(group)
                held += [group] if overwrite else []
                progress.advance(0 if overwrite else len(group), "found again")
            same = row == shard.stop and digest.hexdigest() == shard.digest
            if overwrite and (not same or self._refuses(shard)):
                shards.remove_from(number)
                return chain(held, cut)
            if not same:
                raise InputError(
                    "these are not the items that were embedded before the interruption",
                    file=self.items.where,
                    row=f"rows {shard.start:,} to {shard.stop - 1:,}",
                    remedy="give them as they were, or pass overwrite=True (--overwrite) to start anew",
                )
            if self._refuses(shard):
                raise InputError(
                    f"before the interruption an item was left out: {shard.skipped[0][1]}",
                    remedy="or leave it out again, by on_error='skip' (--on-error skip)",
                )
            self.resumed += len(space)
            self.skipped += shard.skipped
        return cut

    def _refuses(self, shard: Shard) -> bool:
        """Whether items were left out of a shard that may not be."""
        return not self.skip and bool(shard.skipped)

    def _add(self, part: _Part, group: list[Item]) -> None:
        """Encode a group; raises what is wrong with its first item, unless that is to be skipped."""
        vectors, failures = encode_group(group, self._encode, self.encoder.dim, until_first=not self.skip)
        where = self.items.where
        for failure in failures:
            error = located(failure.error, group[failure.place], where)
            if not self.skip:
                raise error
            part.skipped.append((group[failure.place].key, str(error)))
            self.skipped.append(part.skipped[-1])
        failed = {failure.place for failure in failures}
        part.items += [item._replace(value=None) for place, item in enumerate(group) if place not in failed]
        part.vectors.append(vectors)
        part.stop += len(group)
        hash_items(part.digest, group, self.modality)
        self.made += len(vectors)

    def _encode(self, items: Sequence[Any]) -> NDArray[np.float32]:
        return self.encoder.encode_document(items, show_progress=False, **self.batch)

    def _space(self, part: _Part) -> Space:
        """The vectors of a part."""
        payload = None
        if self.items.payload is not None:
            payload = _payload([item.kept for item in part.items], self.items.payload)
        keys = [item.key for item in part.items]
        return self._made(keys, np.concatenate(part.vectors), payload, {})

    def _made(
        self, keys: list[str], vectors: NDArray[np.float32], items: Any, provenance: dict[str, Any]
    ) -> Space:
        """A space of what is known to be right: keys were compared as they were read."""
        return Space._of(
            keys,
            vectors,
            self.metric,
            items=items,
            identity=self.encoder.identity,
            provenance=json.dumps(provenance),
        )


class _Part:
    """Groups that become one shard."""

    def __init__(self, start: int) -> None:
        self.start = self.stop = start
        self.began = time.perf_counter()
        self.digest = hashlib.sha256()
        self.items: list[Item] = []
        self.vectors: list[NDArray[np.float32]] = []
        self.skipped: list[tuple[str, str]] = []

    @property
    def is_full(self) -> bool:
        """Whether enough work is in it to write it down."""
        size = sum(block.nbytes for block in self.vectors)
        return size >= BYTES_A_PART or time.perf_counter() - self.began >= SECONDS_A_PART

    def shard(self) -> Shard:
        """What it holds."""
        return Shard(self.start, self.stop, self.digest.hexdigest(), self.skipped)


def _payload(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  (heavy: paid for where it is needed)

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _together(tables: list[pa.Table]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    return pa.concat_tables(tables)
