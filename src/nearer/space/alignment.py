"""`Alignment`: a map from the vectors of one identity to those of another, with its chain of custody."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError
from nearer.space.align_fit import Map, Method
from nearer.space.checks import Metric, checked_matrix, first_not_finite
from nearer.space.identity import derived_identity, header, require_same
from nearer.space.queries import as_compared
from nearer.space.reduction import one_thread
from nearer.space.space import Space

BLOCK = 8192  # rows that are widened to double precision at a time
STEP, MEASURED = "aligned", "upgrade"


@dataclass(frozen=True)
class Fit:
    """How well keys that had no say in a map land where they are.

    Attributes
    ----------
    n : keys held out.
    cosine : mean cosine of an aligned vector with the target's vector of the same key.
    chance : the same with the vector of another key, drawn at random: what a map that knows nothing gives.
    explained : 1 - sum of squared residuals / sum of squares about the mean of the target, at most 1; of
        unit vectors where the target's metric is "cosine".
    """

    n: int
    cosine: float
    chance: float
    explained: float


@dataclass(frozen=True, eq=False)
class Alignment:
    """A map from one identity to another, made by `nearer.align`.

    x -> (x - source_centre) @ matrix + target_centre, where x is first scaled to length 1 if the metric
    of the source is "cosine".

    Attributes
    ----------
    matrix : float32 (source dim, target dim), read-only.
    source_centre, target_centre : float32 (dim,) of their side; zeros where nothing is centred.
    method : "orthogonal", "linear" or "affine".
    ridge : strength of the penalty, in units of the mean squared column; 0 for orthogonal maps.
    source_identity, target_identity : what is carried, and whose space it is carried into.
    source_metric, target_metric : how each side compares.
    n : keys that the map was fitted on.
    fit : how well held-out keys land, or None where none were held out.
    """

    matrix: NDArray[np.float32]
    source_centre: NDArray[np.float32]
    target_centre: NDArray[np.float32]
    method: Method
    ridge: float
    source_identity: str
    target_identity: str
    source_metric: Metric
    target_metric: Metric
    n: int
    fit: Fit | None

    @property
    def source_dim(self) -> int:
        """Columns of the vectors that are carried."""
        return int(self.matrix.shape[0])

    @property
    def target_dim(self) -> int:
        """Columns of what comes out."""
        return int(self.matrix.shape[1])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the map: its numbers and how each side is prepared (64 hexadecimal digits)."""
        digest = hashlib.sha256(header("map", source=self.source_metric, target=self.target_metric))
        for part in (self.matrix, self.source_centre, self.target_centre):
            digest.update(header("part", shape=list(part.shape)))
            digest.update(np.ascontiguousarray(part, dtype="<f4").data)
        return digest.hexdigest()

    @cached_property
    def identity(self) -> str:
        """Identity of aligned vectors: neither that of the source nor that of the target."""
        return derived_identity(self.source_identity, STEP, map=self.digest, target=self.target_identity)

    @property
    def custody(self) -> dict[str, Any]:
        """Where aligned vectors come from, as their provenance tells it; JSON can hold it."""
        return {
            "identity": self.identity,
            "source_identity": self.source_identity,
            "target_identity": self.target_identity,
            "method": self.method,
            "ridge": self.ridge,
            "n": self.n,
            "map": self.digest,
            "fit": None if self.fit is None else asdict(self.fit),
        }

    def transform(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """Vectors (n, source dim) of the source as float32 (n, target dim) near those of the target.

        Computed in double precision and rounded once. Zero vectors stay what they are under "cosine". Raises
        `InputError` for another number of columns, NaN or infinity.
        """
        matrix = checked_matrix(vectors)
        if matrix.shape[1] != self.source_dim:
            raise InputError(
                f"vectors have {matrix.shape[1]} columns, the map takes {self.source_dim}",
                remedy=f"pass vectors of identity {self.source_identity[:12]}",
            )
        if (place := first_not_finite(matrix)) is not None:
            raise InputError(
                f"the vector holds {matrix[place]} in column {place[1]}",
                file="vectors",
                row=place[0],
                remedy="every value must be a finite float32",
            )
        move = Map(*(part.astype(np.float64) for part in self._parts))
        out = np.empty((len(matrix), self.target_dim), np.float32)
        with one_thread():
            for start in range(0, len(matrix), BLOCK):
                rows = slice(start, start + BLOCK)
                out[rows] = move(as_compared(matrix[rows], self.source_metric))
        return out

    def apply(self, space: Space) -> Space:
        """`space` carried into the target: same keys and payload, the target's metric, its own identity.

        `provenance["aligned"]` holds the chain of custody: of a space that was itself aligned before, its
        record is the "source" of the new one, with what was measured of it. Raises `SpaceMismatch` for a
        space of another identity than the source, naming both.
        """
        require_same(
            space.identity,
            self.source_identity,
            "the space",
            "align it by a map of its own: nearer.align(space, target)",
        )
        return Space._of(
            list(space.keys),
            self.transform(space.vectors),
            self.target_metric,
            items=lambda: space.items,
            identity=self.identity,
            provenance=json.dumps(self._told(space.provenance)),
        )

    def _told(self, before: dict[str, Any]) -> dict[str, Any]:
        """The provenance of aligned vectors of a space with the provenance `before`."""
        told = {name: value for name, value in before.items() if name not in (STEP, MEASURED)}
        earlier = {name: before[name] for name in (MEASURED,) if name in before}
        if STEP in before:
            return {**told, STEP: {**self.custody, "source": {**before[STEP], **earlier}}}
        return {**told, **earlier, STEP: self.custody}

    def save(self, path: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the map as a folder `path`: `alignment.json` and `map.safetensors`, each under its hash.

        After a kill the old or the new is there, whole. Raises `StorageError` where `path` exists and
        `overwrite` is false, where it is no alignment, and where the disk is full or cannot be written.
        """
        from nearer.space import alignment_files  # noqa: PLC0415  (it makes alignments: it imports this one)

        alignment_files.write(self, path, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Alignment:
        """The map saved at `path`; raises `IntegrityError` for files that are missing or edited."""
        from nearer.space import alignment_files  # noqa: PLC0415  (as above)

        return alignment_files.read(path)

    @property
    def _parts(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        return self.matrix, self.source_centre, self.target_centre

    def __repr__(self) -> str:
        fit = "" if self.fit is None else f", held-out cosine {self.fit.cosine:.3f}"
        return (
            f"Alignment({self.method}, {self.source_identity[:12]} ({self.source_dim}) -> "
            f"{self.target_identity[:12]} ({self.target_dim}), {self.n:,} keys{fit})"
        )


def custody_of(space: Space) -> dict[str, Any]:
    """The last record of the chain of custody of an aligned space; empty for one that was never aligned.

    Raises `SpaceMismatch` for a space made of an aligned one (reduced, without an axis): its vectors no
    longer lie in the coordinates of the target.
    """
    told = space.provenance.get(STEP)
    if not isinstance(told, dict):
        return {}
    require_same(
        space.identity,
        str(told.get("identity")),
        "the space, changed after it was aligned,",
        "use the aligned space as it was, or change the old one before aligning it",
    )
    return told
