"""Which files say what space their vectors belong to, and those that hold nothing but vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nearer.errors import FormatError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WITH_IDENTITY = ("space", "parquet", "npz")  # formats that say which space their vectors belong to


def carries_identity(file: Path) -> bool:
    """Whether the vectors in `file` come with the identity of their space."""
    from nearer.space.formats import format_of  # noqa: PLC0415  (verbs start fast)

    return file.is_dir() or format_of(file) in WITH_IDENTITY


def matrix_of(file: Path) -> NDArray[np.float32]:
    """Vectors (m, dim) of a .npy file, whether or not keys stand beside it; never unpickled."""
    import numpy as np  # noqa: PLC0415  (verbs start fast)

    try:
        values = np.load(file, allow_pickle=False)
        return np.atleast_2d(np.asarray(values, dtype=np.float32))
    except (ValueError, TypeError, EOFError) as error:
        raise FormatError(f"is no NumPy array of numbers: {error}", file=file) from None
