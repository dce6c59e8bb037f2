"""t-SNE: n vectors as n points of the plane, so that neighbours stay neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.kernels.threads import thread_count
from nearer.maps.neighbours import comparable, nearest_rows
from nearer.progress import Progress
from nearer.space import Metric, Space

if TYPE_CHECKING:
    from openTSNE.affinity import PerplexityBasedNN

FEWEST = 7  # rows: fewer leave no perplexity of two
FEW_ROWS = 5_000  # up to here one thread is as fast as several
EXACT_ROWS = 20_000  # above this the neighbours are approximate
METRICS = ("cosine", "dot", "euclidean")


def tsne(
    space_or_matrix: Space | ArrayLike,
    perplexity: float = 30,
    seed: int = 0,
    threads: int | None = None,
    *,
    metric: Metric | None = None,
    iterations: int = 500,
    exaggeration: float | None = None,
    show_progress: bool | None = None,
) -> NDArray[np.float32]:
    """Positions in the plane that keep neighbours together: float32 array (n, 2).

    The start is the two principal components, so what is far apart in the large stays so (Kobak and Berens,
    2019); then 250 iterations at early exaggeration and `iterations` more, by openTSNE
    (Poličar et al., 2019). Neighbours are exact up to 20,000 rows and approximate (Annoy) above.

    Parameters
    ----------
    space_or_matrix : a `Space`, or an array (n, dim) of finite numbers; n of at least 7.
    perplexity : neighbours that count for a point, at least 1; cut to (n - 1) / 3 where that is less.
    seed : decides the jitter of the start; the same seed with ``threads=1`` gives the same bits.
    threads : CPU threads; None takes one up to 5,000 rows, where more only wait for each other, else all.
    metric : None takes the space's own (cosine for a bare array). Cosine compares unit rows; a dot product is
        no distance, so "dot" and "euclidean" both compare rows as they are, by Euclidean distance.
    iterations : iterations after the early exaggeration.
    exaggeration : factor on attraction in those; above 1 packs clusters closer, which helps large maps.
    show_progress : True, False, or None: on a terminal only.

    Raises
    ------
    ParameterError : fewer than 7 rows, or an argument outside its range.
    InputError : the array is not of two dimensions, or a value is not finite.

    Source: van der Maaten and Hinton, 2008.
    """
    vectors, own_metric = matrix_of(space_or_matrix)
    metric = own_metric if metric is None else metric
    if threads is None:
        threads = thread_count(None) if len(vectors) > FEW_ROWS else 1
    require_ranges(
        len(vectors),
        perplexity=perplexity,
        seed=seed,
        threads=threads,
        metric=metric,
        iterations=iterations,
        exaggeration=exaggeration,
    )
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    points = comparable(vectors, "cosine" if metric == "cosine" else "euclidean")
    with threadpool_limits(limits=threads):
        affinities = affinities_of(
            points, min(perplexity, (len(points) - 1) / 3), seed, threads, show_progress
        )
        start = principal_plane(points, seed)
        return descend(
            start,
            affinities,
            seed=seed,
            threads=threads,
            iterations=iterations,
            exaggeration=exaggeration,
            show_progress=show_progress,
        )


def matrix_of(space_or_matrix: Space | ArrayLike) -> tuple[NDArray[np.float32], Metric]:
    """Vectors and metric of a space, or of an array (cosine); raises `InputError`."""
    if isinstance(space_or_matrix, Space):
        vectors, metric = space_or_matrix.vectors, space_or_matrix.metric
    else:
        try:
            vectors, metric = np.asarray(space_or_matrix, dtype=np.float32), "cosine"
        except (TypeError, ValueError) as error:
            raise InputError(f"vectors are no array of numbers: {error}") from None
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise InputError(f"vectors have shape {vectors.shape}, expected (n, dim)")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        raise InputError("a vector holds NaN or infinity", row=row, remedy="drop or repair that row")
    return vectors, metric


def require_ranges(
    n: int,
    *,
    perplexity: float,
    seed: int,
    threads: int,
    metric: str,
    iterations: int,
    exaggeration: float | None,
) -> None:
    """Raise `ParameterError` for the first argument outside its range."""
    rules = (
        (n >= FEWEST, f"{n} rows are too few for t-SNE: it takes at least {FEWEST}"),
        (perplexity >= 1 and np.isfinite(perplexity), f"perplexity={shown(perplexity)} must be at least 1"),
        (0 <= seed < 2**31, f"seed={shown(seed)} must lie between 0 and 2**31 - 1"),
        (threads >= 1, f"threads={shown(threads)} must be at least 1"),
        (metric in METRICS, f"metric={shown(metric)} must be one of {', '.join(METRICS)}"),
        (iterations >= 1, f"iterations={shown(iterations)} must be at least 1"),
        (exaggeration is None or exaggeration >= 1, f"exaggeration={shown(exaggeration)} must be at least 1"),
    )
    for holds, problem in rules:
        if not holds:
            raise ParameterError(problem)


def affinities_of(
    points: NDArray[np.float32], perplexity: float, seed: int, threads: int, show_progress: bool | None
) -> PerplexityBasedNN:
    """Which points attract each other and how much: Gaussians of the asked perplexity around each point."""
    from openTSNE.affinity import PerplexityBasedNN  # noqa: PLC0415  (heavy)
    from openTSNE.nearest_neighbors import PrecomputedNeighbors  # noqa: PLC0415

    if len(points) > EXACT_ROWS:
        return PerplexityBasedNN(
            points, perplexity, method="annoy", metric="euclidean", n_jobs=threads, random_state=seed
        )
    wanted = min(len(points) - 1, int(3 * perplexity) + 1)
    found = nearest_rows(points, wanted, "euclidean", threads=threads, show_progress=show_progress)
    index = PrecomputedNeighbors(found.rows, found.scores.astype(np.float64))
    return PerplexityBasedNN(perplexity=perplexity, knn_index=index, n_jobs=threads, random_state=seed)


def principal_plane(points: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """The first two principal components, scaled to a deviation of 1e-4, with a jitter that parts twins."""
    centred = points - points.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    plane = axes[:, :-3:-1]
    plane = plane * np.sign(plane[np.argmax(np.abs(plane), axis=0), np.arange(plane.shape[1])])
    start = np.zeros((len(points), 2))
    start[:, : plane.shape[1]] = centred @ plane
    spread = float(start[:, 0].std())
    if spread > 0:
        start *= 1e-4 / spread
    jitter: NDArray[np.float64] = np.random.default_rng(seed).normal(0, 1e-6, start.shape)
    return start + jitter


def descend(
    start: NDArray[np.float64],
    affinities: PerplexityBasedNN,
    *,
    seed: int,
    threads: int,
    iterations: int,
    exaggeration: float | None,
    show_progress: bool | None,
) -> NDArray[np.float32]:
    """Gradient descent: early exaggeration gathers clusters, the rest spreads them out."""
    from openTSNE import TSNEEmbedding  # noqa: PLC0415  (heavy)

    early = 250
    with Progress("t-SNE", early + iterations, "iterations", show_progress) as progress:

        def advance(iteration: int, divergence: float, embedding: Any) -> None:
            progress.advance(10)

        embedding = TSNEEmbedding(
            start,
            affinities,
            n_jobs=threads,
            random_state=seed,
            negative_gradient_method="fft" if len(start) >= 10_000 else "bh",
            callbacks=advance,
            callbacks_every_iters=10,
        )
        embedding.optimize(early, exaggeration=max(12, exaggeration or 1), momentum=0.8, inplace=True)
        embedding.optimize(iterations, exaggeration=exaggeration, momentum=0.8, inplace=True)
    return np.ascontiguousarray(embedding, dtype=np.float32)
