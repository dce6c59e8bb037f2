"""`Map`: a space laid out on the plane with coloured groups; it saves itself as PNG, SVG or one HTML page."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearer.errors import FormatError, InputError, ParameterError, StorageError, shown
from nearer.maps.clusters import MOST_GROUPS, Groups, clusters, given_groups
from nearer.maps.tsne import tsne
from nearer.replace import new_file
from nearer.space import Space

ENDINGS = (".png", ".svg", ".html")


@dataclass(frozen=True, eq=False)
class Map:
    """Points of the plane, one for each key of a space. Made by `Map.of`.

    Attributes
    ----------
    space : the space that is drawn; its keys name the points, its vectors give the true neighbours.
    positions : float32 array (n, 2).
    groups : the coloured group of each point.
    title : the line above the picture.
    order : int array, rows that may carry a label, most important first.
    """

    space: Space
    positions: NDArray[np.float32]
    groups: Groups
    title: str
    order: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        space: Space,
        *,
        layout: ArrayLike | None = None,
        color_by: str | Sequence[object] | Groups | None = "clusters",
        labels: Sequence[str] | None = None,
        weights: ArrayLike | None = None,
        title: str | None = None,
        perplexity: float = 30,
        seed: int = 0,
        threads: int | None = None,
        show_progress: bool | None = None,
    ) -> Map:
        """Lay `space` out and group its points.

        Parameters
        ----------
        layout : positions (n, 2); None lays out by `tsne` with `perplexity`, `seed` and `threads`.
        color_by : "clusters" (of the vectors, see `clusters`), the name of a column of `space.items`, n
            values, `Groups`, or None for one colour.
        labels : keys that may carry a label; None lets every key.
        weights : (n,) numbers; heavier keys are labelled first. None: in row order, which in a space of words
            is by frequency.
        title : None names the number of points and the dimension.

        Raises
        ------
        ParameterError : an argument outside its range, or a column that `space` does not have.
        InputError : an empty space; positions, colours or weights that do not fit the rows or are not finite.
        UnknownKey : a label that is not a key.
        """
        if len(space) == 0:
            raise InputError("the space is empty: there is nothing to draw")
        chosen = None if labels is None else [space.row(key) for key in labels]
        order = np.arange(len(space))
        if weights is not None:
            order = np.argsort(-finite_rows(weights, (len(space),), "weights"), kind="stable")
        if chosen is not None:
            order = order[np.isin(order, chosen)]
        groups = groups_of(space, color_by, seed)
        if layout is None:  # the longest step comes when all else is known to fit
            layout = tsne(space, perplexity, seed, threads, show_progress=show_progress)
        positions = finite_rows(layout, (len(space), 2), "layout")
        if title is None:
            title = f"{len(space):,} points of {space.dim} dimensions"
        return cls(space, positions, groups, title, order)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        most_labels: int = 200,
        size: tuple[float, float] = (10.0, 7.5),
        neighbors: int = 10,
        show_progress: bool | None = None,
    ) -> Path:
        """Write the map as its ending says: .png or .svg (a picture), .html (one page that works offline).

        Parameters
        ----------
        most_labels : labels drawn at most, in a picture; fewer where they would overlap.
        size : width and height of a picture in inches, at 160 dots an inch.
        neighbors : nearest neighbours in the original space that the page lists for each point, 0 to 50.

        Returns the path. Raises `FormatError` for another ending, `ParameterError` for an argument outside
        its range, `StorageError` for a place that cannot be written; a file that was there then stays whole.
        """
        from nearer.maps.figure import render  # noqa: PLC0415  (each way to draw loads only what it needs)
        from nearer.maps.page import page  # noqa: PLC0415

        target = writable(path)
        if not 0 <= neighbors <= 50:
            raise ParameterError(f"neighbors={shown(neighbors)} must lie between 0 and 50")
        if most_labels < 0:
            raise ParameterError(f"most_labels={shown(most_labels)} must not be negative")
        if not all(1 <= side <= 100 for side in size):
            raise ParameterError(f"size={shown(size)}: each side must lie between 1 and 100 inches")
        writers: dict[str, Callable[[], bytes]] = {
            ".png": lambda: render(self, "png", size, most_labels),
            ".svg": lambda: render(self, "svg", size, most_labels),
            ".html": lambda: page(self, neighbors, show_progress=show_progress),
        }
        content = writers[target.suffix.lower()]()
        with new_file(target, overwrite=True) as file:
            file.write(content)
        return target


def writable(path: str | os.PathLike[str]) -> Path:
    """`path` if a map can be written there by its ending and folder; raises `FormatError`, `StorageError`."""
    target = Path(path)
    if target.suffix.lower() not in ENDINGS:
        raise FormatError(
            f"no map is written as {shown(target.suffix)}", file=target, remedy="end in .png, .svg or .html"
        )
    if not target.parent.is_dir():
        raise StorageError("the folder does not exist", file=target, remedy="create it first")
    return target


def groups_of(
    space: Space,
    color_by: str | Sequence[object] | Groups | None,
    seed: int,
) -> Groups:
    """The groups that `color_by` asks for."""
    if color_by is None:
        return Groups(np.zeros(len(space), np.int32), [])
    if isinstance(color_by, Groups):
        groups = color_by
    elif isinstance(color_by, str) and color_by == "clusters":
        groups = clusters(space, seed=seed)
    elif isinstance(color_by, str):
        items = space.items
        if items is None or color_by not in items.column_names:
            names = ", ".join(items.column_names if items is not None else []) or "none"
            raise ParameterError(f"color_by={shown(color_by)} is no column of this space (columns: {names})")
        groups = given_groups(items.column(color_by).to_pylist())
    else:
        groups = given_groups(color_by)
    if len(groups.labels) != len(space):
        raise InputError(f"{len(groups.labels):,} colours for {len(space):,} keys")
    if len(groups.names) > MOST_GROUPS:
        raise ParameterError(f"{len(groups.names)} groups: at most {MOST_GROUPS} can be told apart on a map")
    return groups


def finite_rows(values: ArrayLike, shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    """`values` as float32 of this shape, all finite; raises `InputError`."""
    array = np.ascontiguousarray(values, dtype=np.float32)
    if array.shape != shape:
        raise InputError(f"{what} has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise InputError(f"{what} holds NaN or infinity", row=row)
    return array


class Options(TypedDict, total=False):
    """What `Map.of` takes beside the space."""

    layout: ArrayLike | None
    color_by: str | Sequence[object] | Groups | None
    labels: Sequence[str] | None
    weights: ArrayLike | None
    title: str | None
    perplexity: float
    seed: int
    threads: int | None
    show_progress: bool | None


def draw(space: Space, path: str | os.PathLike[str], **options: Unpack[Options]) -> Path:
    """``Map.of(space, **options).save(path)``: lay out and write in one call; returns the path."""
    writable(path)
    return Map.of(space, **options).save(path, show_progress=options.get("show_progress"))
