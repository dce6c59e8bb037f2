"""Which files say what space their vectors belong to."""

from __future__ import annotations

from pathlib import Path

WITH_IDENTITY = ("space", "parquet", "npz")  # formats that say which space their vectors belong to


def carries_identity(file: Path) -> bool:
    """Whether the vectors in `file` come with the identity of their space."""
    from nearer.space.formats import format_of  # noqa: PLC0415  (verbs start fast)

    return file.is_dir() or format_of(file) in WITH_IDENTITY
