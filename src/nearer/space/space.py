"""`Space`: keys, vectors, a metric and an identity; the value every model makes and every use takes."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, UnknownKey, shown
from nearer.space import checks, queries, show
from nearer.space.checks import Metric
from nearer.space.identity import content_identity, derived_identity
from nearer.space.keys import Keys
from nearer.space.neighbors import Neighbor, Neighbors
from nearer.space.spelling import nearest_spellings

if TYPE_CHECKING:
    import pyarrow as pa

    from nearer.space.axes import Axis
    from nearer.space.axes_examples import Examples
    from nearer.space.calibration import Calibration
    from nearer.space.quantized import QuantizedSpace

Query = str | ArrayLike  # a key, or a vector (dim,)


class Space:
    """Vectors by key, with the metric that compares them. Immutable.

    Parameters
    ----------
    keys : n distinct strings.
    vectors : array (n, dim) of finite numbers, stored as float32, C order, read-only. A read-only float32
        array in C order, such as a memory map, is kept without a copy.
    metric : "cosine", "dot" or "euclidean".
    items : payload columns, a pyarrow Table (or what `pyarrow.table` takes) of n rows without a column "key".
    identity : 64 hexadecimal digits of the encoder that made the vectors; None: the content is the identity.
    provenance : how the space was made, a dict that JSON can hold.

    Raises `InputError` naming key and row, and `ParameterError` for a metric or identity that is none.
    """

    def __init__(
        self,
        keys: Iterable[str],
        vectors: ArrayLike,
        metric: Metric = "cosine",
        items: pa.Table | Mapping[str, ArrayLike] | None = None,
        *,
        identity: str | None = None,
        provenance: dict[str, Any] | None = None,
    ) -> None:
        names = checks.checked_keys(keys)
        matrix = checks.checked_matrix(vectors)
        checks.require_same_length(names, matrix)
        rows = dict(zip(names, range(len(names)), strict=True))
        if len(rows) != len(names):
            checks.require_distinct(names)
        checks.require_finite(names, matrix)
        self._set(
            names,
            matrix,
            checks.checked_metric(metric),
            items=checks.checked_items(items, len(names)),
            identity=checks.checked_identity(identity),
            provenance=checks.checked_provenance(provenance),
        )
        self.__dict__["_rows"] = rows

    @classmethod
    def _of(
        cls,
        keys: list[str],
        vectors: NDArray[np.float32],
        metric: Metric,
        *,
        items: pa.Table | Callable[[], pa.Table | None] | None,
        identity: str | Callable[[], str] | None,
        provenance: str,
    ) -> Space:
        """A space of values that are known to be right: parts of a space, or read unverified on request."""
        space = object.__new__(cls)
        space._set(keys, vectors, metric, items=items, identity=identity, provenance=provenance)
        return space

    def _set(
        self,
        keys: list[str],
        vectors: NDArray[np.float32],
        metric: Metric,
        *,
        items: pa.Table | Callable[[], pa.Table | None] | None,
        identity: str | Callable[[], str] | None,
        provenance: str,
    ) -> None:
        """Fill the fields; what costs time may be a function, called when it is asked for."""
        vectors.flags.writeable = False
        self._vectors = vectors
        self._describe(keys, metric, items=items, identity=identity, provenance=provenance)

    def _describe(
        self,
        keys: list[str],
        metric: Metric,
        *,
        items: pa.Table | Callable[[], pa.Table | None] | None,
        identity: str | Callable[[], str] | None,
        provenance: str,
    ) -> None:
        """Fill all fields but the vectors."""
        self._keys = Keys(keys)
        self._metric: Metric = metric
        self._items = items
        self._identity = identity
        self._provenance = provenance

    @property
    def keys(self) -> list[str]:
        """The keys, in row order; the list cannot be changed."""
        return self._keys

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Read-only float32 array (n, dim)."""
        return self._vectors

    @property
    def metric(self) -> Metric:
        """How two vectors are compared."""
        return self._metric

    @property
    def dim(self) -> int:
        """Number of columns of `vectors`."""
        return int(self._vectors.shape[1])

    @property
    def items(self) -> pa.Table | None:
        """Payload columns, one row a key, or None."""
        if callable(self._items):
            self._items = self._items()
        return self._items

    @property
    def has_items(self) -> bool:
        """Whether there are payload columns."""
        return self._items is not None

    @property
    def provenance(self) -> dict[str, Any]:
        """How the space was made; a fresh copy."""
        made: dict[str, Any] = json.loads(self._provenance)
        return made

    @cached_property
    def identity(self) -> str:
        """SHA-256 of what decides a vector's meaning (64 hexadecimal digits)."""
        if self._identity is None:
            return self._content
        return self._identity if isinstance(self._identity, str) else self._identity()

    def row(self, key: str) -> int:
        """Row of `key`.

        Raises `UnknownKey`, which offers the nearest spellings; finding those takes a moment in a large
        space, so ask `key in space` first where a miss is usual.
        """
        try:
            return self._rows[key]
        except (KeyError, TypeError):
            raise self._unknown(key) from None

    def rows(self, keys: Iterable[str]) -> NDArray[np.intp]:
        """Rows of `keys`, shape (m,); raises `UnknownKey` for the first that is missing."""
        return np.fromiter((self.row(key) for key in keys), dtype=np.intp)

    def take(self, rows: ArrayLike) -> Space:
        """The rows numbered in `rows`, or where the boolean mask `rows` is true; the same identity."""
        chosen = np.asarray(rows)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool and len(chosen) == len(self) else chosen
        if chosen.size and (chosen.dtype.kind not in "iu" or chosen.ndim != 1):
            raise ParameterError(
                f"rows are {chosen.dtype} of shape {chosen.shape}",
                remedy=f"pass row numbers, or a mask of {len(self):,} booleans",
            )
        chosen = chosen.astype(np.intp)
        outside = chosen[(chosen < -len(self)) | (chosen >= len(self))]
        if outside.size:
            raise ParameterError(f"row {outside[0]} is outside a space of {len(self):,} rows")
        keys = [self._keys[row] for row in chosen]
        checks.require_distinct(keys)
        items = None if self.items is None else self.items.take(chosen % max(len(self), 1))
        return self._part(keys, chosen, items)

    def neighbors(self, query: Query, k: int = 10, exclude: Iterable[str] = ()) -> Neighbors:
        """The `k` keys nearest to a key or to a vector (dim,), nearest first.

        Parameters
        ----------
        query : a key, which is itself left out of the answer, or a vector.
        k : how many, at least 1; a smaller space gives all it has.
        exclude : keys to leave out.

        Returns
        -------
        Neighbors, a list of (key, score). The score is the cosine, the dot product or the negative Euclidean
        distance, by `metric`: higher is nearer. A zero vector has cosine 0 with everything. Equal scores
        stand in row order.

        Raises `UnknownKey` and `ParameterError`.
        """
        k = _count(k)
        vector = self._vector(query)
        names = {exclude} if isinstance(exclude, str) else set(exclude)
        excluded = {self._rows[name] for name in names if name in self._rows}
        if isinstance(query, str):
            excluded.add(self._rows[query])
        return self._best(self._scorer.scores(vector), k, excluded)

    def similarity(self, a: Query, b: Query) -> float:
        """How near two keys or vectors are, by `metric`: cosine, dot product, negative Euclidean distance."""
        return queries.pair_score(self._vector(a), self._vector(b), self._metric)

    def analogy(
        self,
        positive: str | Sequence[Query],
        negative: str | Sequence[Query] = (),
        k: int = 10,
        method: Literal["3cosadd", "3cosmul"] = "3cosadd",
    ) -> Neighbors:
        """Keys near `positive` and far from `negative`: `analogy(["king", "woman"], ["man"])` finds queen.

        Parameters
        ----------
        positive, negative : keys or vectors; the keys among them are left out of the answer.
        method : "3cosadd", the cosine with the sum of unit vectors (Mikolov et al., 2013), or "3cosmul", the
            product of cosines shifted to [0, 1], divided by that of the negative ones plus 0.001 (Levy &
            Goldberg, 2014). Both are defined by cosines and use them whatever the metric.

        Raises `UnknownKey` and `ParameterError`.
        """
        k = _count(k)
        if method not in ("3cosadd", "3cosmul"):
            raise ParameterError(f"method is {shown(method)}", remedy="use '3cosadd' or '3cosmul'")
        wanted, unwanted = _listed(positive), _listed(negative)
        if not wanted:
            raise ParameterError("positive is empty", remedy="pass at least one key or vector")
        with_, without = self._stacked(wanted), self._stacked(unwanted)
        compute = queries.three_cos_add if method == "3cosadd" else queries.three_cos_mul
        scores = compute(self._scorer, with_, without)
        if scores is None:
            raise ParameterError("positive and negative cancel out", remedy="pass words that differ")
        return self._best(scores, k, {self.row(q) for q in [*wanted, *unwanted] if isinstance(q, str)})

    def axis(
        self,
        positive: Examples,
        negative: Examples = (),
        *,
        method: Literal["means", "pairs"] = "means",
        alpha: float | None = None,
        permutations: int = 1999,
        seed: int = 0,
    ) -> Axis:
        """The direction from `negative` to `positive` examples, with what tells whether it is one.

        `axis(["lion", "tiger", "wolf"], ["laptop", "keyboard", "cpu"])`. Examples are keys or vectors.

        Parameters
        ----------
        negative : none: the axis runs from the mean of the space.
        method : "means", from mean to mean; "pairs", the mean of the unit offsets positive[i] - negative[i].
        alpha : refuse examples that are too few to be significant at this rate; None takes any number.
        permutations : draws of each null, at least 19; labels of few examples are enumerated instead.

        Separation is that of examples left out; `Evidence` says how the p-values are made. Raises
        `UnknownKey`, `ParameterError` for examples that make no axis, `InputError` for sides that are one.
        """
        from nearer.space.axes_fit import fit_axis  # noqa: PLC0415  (it names this class)

        return fit_axis(self, positive, negative, method, alpha, permutations, seed)

    def without(self, axis: Axis) -> Space:
        """The space with the direction of `axis` projected out of every vector (Bolukbasi et al., 2016).

        Its identity is another; `axis.removal_cost()` measures what that costs and what it leaves. Raises
        `SpaceMismatch` for an axis of another space.
        """
        from nearer.space.axes_removal import removed  # noqa: PLC0415  (as above)

        return removed(self, axis)

    def odd_one_out(self, keys: Sequence[str]) -> str:
        """The key that is least similar, on average, to the others of `keys`; at least three."""
        names = list(keys)
        if isinstance(keys, str) or len(set(names)) < 3:
            raise ParameterError(f"keys are {shown(keys)}", remedy="pass at least three different keys")
        similar = queries.mean_similarities(self._vectors[self.rows(names)], self._metric)
        return names[int(similar.argmin())]

    def normalized(self) -> Space:
        """The space with every vector scaled to length 1; zero vectors stay. Its identity is another."""
        return self._changed(queries.unit(self._vectors).astype(np.float32), "normalized", {}, True)

    def truncate(self, dim: int) -> Space:
        """The first `dim` columns, for spaces whose first columns tell most: nested ones (Kusupati et al.,
        2022, "Matryoshka") and the output of `reduce`. Its identity is another, unless `dim` is that of the
        space.

        Lengths shrink; with metric "dot" or "euclidean", `truncate(dim).normalized()` makes them 1 again.
        Raises `ParameterError` for a `dim` that is no whole number from 1 to that of the space.
        """
        dim = checks.checked_dim(dim, self.dim)
        if dim == self.dim:
            return self
        return self._changed(
            np.ascontiguousarray(self._vectors[:, :dim]), "truncated", {"dim": dim}, {"dim": dim}
        )

    def reduce(self, dim: int, method: Literal["pca", "svd"] = "pca") -> Space:
        """The coordinates on the `dim` principal axes, the strongest first; its identity is another.

        Parameters
        ----------
        method : "pca", axes through the mean of the vectors: the best `dim` directions for Euclidean
            distances. "svd", axes through the origin: the best for dot products, which all axes together keep
            as they are, and with them cosines.

        The axes are computed in double precision, their signs fixed, so the same space gives the same bits;
        their digest enters the identity. `provenance["reduced"]` holds the part of the variance (of the
        squared length for "svd") that is kept. Since axes come by strength, `reduce(d).truncate(c)` has the
        vectors of `reduce(c)`.

        Raises `ParameterError` for a `dim` that is no whole number from 1 to that of the space and for an
        unknown method, `InputError` for an empty space.
        """
        from nearer.space import reduction  # noqa: PLC0415  (`import nearer` stays light)

        dim = checks.checked_dim(dim, self.dim)
        if method not in reduction.METHODS:
            raise ParameterError(f"method is {shown(method)}", remedy="use 'pca' or 'svd'")
        if len(self) == 0:
            raise InputError("the space is empty: it has no principal axes", remedy="pass a space with keys")
        axes = reduction.principal_axes(self._vectors, dim, method)
        step = {"method": method, "dim": dim}
        return self._changed(
            axes.project(self._vectors),
            "reduced",
            {**step, "projection": axes.digest()},
            {**step, "share": axes.share},
        )

    def quantize(
        self,
        kind: Literal["f16", "int8", "binary"],
        *,
        sample: int = 500,
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> QuantizedSpace:
        """The space in fewer bits, with what that loses in recall@10 measured; its identity is another.

        Parameters
        ----------
        kind : "f16" (half precision), "int8" (a scale a vector) or "binary" (the signs and a scale a vector);
            `nearer.space.codes` says how values are coded and how far they can be off.
        sample : queries that the loss is measured on, keys drawn at random by `seed`; all if there are fewer.

        Returns
        -------
        QuantizedSpace: a space that holds codes, decodes them when vectors are asked for, and is saved as
        codes. Its `loss` is a `NeighborLoss`.

        Raises `ParameterError` for an unknown kind or a sample below 1, `InputError` for fewer than two keys.
        """
        from nearer.space.quantized import quantized  # noqa: PLC0415  (it makes spaces: it imports this one)

        return quantized(self, kind, sample, seed, show_progress)

    def calibrate(
        self,
        pairs: Iterable[Sequence[Any]] | None = None,
        *,
        sample: int = 100_000,
        queries: int | Space | ArrayLike = 2_000,
        by_frequency: str | ArrayLike | None = None,
        method: Literal["isotonic", "platt"] = "isotonic",
        seed: int = 0,
        show_progress: bool | None = None,
    ) -> Calibration:
        """What scores of this space mean: beside random pairs, beside searches without a match, by labels.

        Parameters
        ----------
        pairs : (a, b, label) with keys or vectors and the label 1 for a match, 0 for none; at least 10 of
            each. They give `probability`, and keys labelled a match are no false match of each other.
        sample : pairs drawn at random for the background, independently; every pair where there are no more.
            The smallest p-value is 1 / (1 + sample).
        queries : how many keys, drawn at random, search all others for what the best of them scores by
            chance; or queries that are known to have no match: vectors (m, dim), or a space of the same
            identity.
        by_frequency : pairs by the frequency of both keys, too: "rank" where rows are in order of it, as in
            spaces of words; the name of a column of counts; or counts (n,).
        method : of `probability`: "isotonic" takes any rising form, and wants about 1,000 pairs; "platt" is a
            logistic function, and wants fewer.

        Returns
        -------
        Calibration: percentile, p_value, threshold, probability of any score, bound to this identity.

        Raises `InputError` for fewer than two keys, vectors that are all the same, pairs that are none (the
        row is named) or of one label; `UnknownKey`; `ParameterError`; `SpaceMismatch` for other queries.
        """
        from nearer.space.calibrate import calibrated  # noqa: PLC0415  (it knows spaces: it imports this one)

        return calibrated(
            self,
            pairs,
            sample=sample,
            queries=queries,
            by_frequency=by_frequency,
            method=method,
            seed=seed,
            show_progress=show_progress,
        )

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write to `path` in the format of its ending; a `.space` folder keeps everything (docs/format.md).

        After a kill at any instant the old or the new is there and whole; `.npy` and `.tsv` are two files,
        vectors and keys, each of them whole, of which only one may be new after a kill.

        Raises `StorageError` where `path` exists and `overwrite` is false, and where the disk is full or
        cannot be written; `FormatError` for a key that the format cannot hold.
        """
        from nearer.space import formats  # noqa: PLC0415  (formats make spaces: they import this module)

        formats.write(self, path, overwrite=overwrite)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._rows

    @overload
    def __getitem__(self, key: str) -> NDArray[np.float32]: ...
    @overload
    def __getitem__(self, key: slice | list[str] | tuple[str, ...] | NDArray[np.str_]) -> Space: ...
    def __getitem__(
        self, key: str | slice | list[str] | tuple[str, ...] | NDArray[np.str_]
    ) -> NDArray[np.float32] | Space:
        """The vector of a key; a part of the space for a slice of rows or a list of keys."""
        if isinstance(key, str):
            vector: NDArray[np.float32] = self._vectors[self.row(key)]
            return vector
        if isinstance(key, slice):
            return self._slice(key)
        if isinstance(key, list | tuple | np.ndarray):
            return self.take(self.rows(key))
        raise ParameterError(
            f"a space is not indexed by {shown(key)}",
            remedy="use a key, a list of keys or a slice; take() for rows",
        )

    def __repr__(self) -> str:
        return show.line(self)

    def _repr_html_(self) -> str:
        return show.table(self)

    def __copy__(self) -> Space:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Space:
        return self  # nobody can change it, and estimators that hold a space are cloned

    def __getstate__(self) -> dict[str, Any]:
        return {
            "keys": list(self._keys),
            "vectors": self._vectors,
            "metric": self._metric,
            "items": self.items,
            "identity": self.identity,
            "provenance": self._provenance,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._set(**state)

    @cached_property
    def _content(self) -> str:
        """Digest of keys, vectors and metric (64 hexadecimal digits), whatever the identity."""
        return content_identity(self._keys, self._vectors, self._metric)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return dict(zip(self._keys, range(len(self._keys)), strict=True))

    @cached_property
    def _scorer(self) -> queries.Scorer:
        return queries.Scorer(self._vectors, self._metric)

    def _part(self, keys: list[str], rows: NDArray[np.intp] | slice, items: pa.Table | None) -> Space:
        """Some rows of this space: the same identity, because a vector means what it meant."""
        return Space._of(
            keys,
            np.ascontiguousarray(self._vectors[rows]),
            self._metric,
            items=items,
            identity=self._same_identity(),
            provenance=self._provenance,
        )

    def _changed(
        self, vectors: NDArray[np.float32], step: str, parameters: dict[str, object], told: object
    ) -> Space:
        """This space with other vectors: `parameters` of the `step` decide them, provenance says `told`."""
        return Space._of(
            self._keys,
            vectors,
            self._metric,
            items=self._items,
            identity=lambda: derived_identity(self.identity, step, **parameters),
            provenance=json.dumps({**self.provenance, step: told}),
        )

    def _same_identity(self) -> str | Callable[[], str]:
        """The identity, or where finding it takes time, what will find it."""
        known = self.__dict__.get("identity", self._identity)
        return known if isinstance(known, str) else lambda: self.identity

    def _slice(self, part: slice) -> Space:
        items = self.items
        if items is not None:
            items = items.take(np.arange(len(self))[part])
        return self._part(self._keys[part], part, items)

    def _vector(self, query: Query) -> NDArray[np.float32]:
        """The vector of a key, or a vector checked against `dim`."""
        if isinstance(query, str):
            return self[query]
        try:
            vector: NDArray[np.float32] = checks.checked_matrix(np.asarray(query)[None])[0]
        except (InputError, ValueError):
            raise ParameterError(f"the query is {shown(query)}", remedy="pass a key or a vector") from None
        if vector.shape != (self.dim,):
            raise ParameterError(
                f"the query has {vector.size} values in a space of {self.dim} columns",
                remedy="pass a vector (dim,)",
            )
        if not np.isfinite(vector).all():
            raise ParameterError("the query holds NaN or infinity", remedy="pass finite numbers")
        return vector

    def _stacked(self, items: list[Query]) -> NDArray[np.float32]:
        return np.array([self._vector(item) for item in items], dtype=np.float32).reshape(-1, self.dim)

    def _best(self, scores: queries.Scores, k: int, excluded: set[int]) -> Neighbors:
        rows = queries.best_rows(scores, k, excluded)
        return Neighbors(Neighbor(self._keys[row], float(scores[row])) for row in rows)

    def _unknown(self, key: object) -> UnknownKey:
        if not isinstance(key, str):
            return UnknownKey(f"{shown(key)} is {type(key).__name__}", remedy="keys are strings")
        near = nearest_spellings(key, self._rows)
        offer = f"did you mean {', '.join(shown(other) for other in near)}?" if near else None
        return UnknownKey(f"{shown(key)} is not in this space of {len(self):,} keys", remedy=offer)


def _count(k: int) -> int:
    try:
        number = operator.index(k)
    except TypeError:
        number = 0
    if number < 1 or isinstance(k, bool):
        raise ParameterError(f"k is {shown(k)}", remedy="pass a whole number of at least 1")
    return number


def _listed(queries_: str | Sequence[Query]) -> list[Query]:
    return [queries_] if isinstance(queries_, str) else list(queries_)
