"""What every task of `nearer evaluate` gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nearer.errors import InputError


@dataclass(frozen=True)
class Judged:
    """Results with the headings they are printed under, and the same for JSON.

    Attributes
    ----------
    identity : of what was judged; None where it has none.
    results : (heading, result) pairs; the result prints itself.
    document : what --json adds to the name and the identity.
    error : of a file that could not be judged; the results are those of the others.
    measures : (name, `Estimate`) of the figures that encoders are compared by.
    """

    identity: str | None
    results: Sequence[tuple[str, object]]
    document: dict[str, Any]
    error: InputError | None = None
    measures: Sequence[tuple[str, Any]] = ()
