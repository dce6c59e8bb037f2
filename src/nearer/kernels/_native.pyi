"""The compiled module; the typed faces beside this file check and document what they pass to it."""

import numpy as np
from numpy.typing import NDArray

def variants() -> list[str]: ...
def topk(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    squared_norms: NDArray[np.float64],
    metric: int,
    threads: int,
    variant: str,
    scores: NDArray[np.float32],
    best_rows: NDArray[np.int64],
) -> None: ...
def rank(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    squared_norms: NDArray[np.float64],
    metric: int,
    candidates: NDArray[np.int64],
    threads: int,
    variant: str,
    scores: NDArray[np.float32],
    best_rows: NDArray[np.int64],
) -> None: ...
def squared_norms(
    rows: NDArray[np.float32], threads: int, variant: str, out: NDArray[np.float64]
) -> None: ...
