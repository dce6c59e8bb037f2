"""What small patches of images are like: colours, and the filters that whiten patches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearer.data.images import Pixels

SIDE = 3  # pixels
FLOOR = 5e-3  # added to the variance along each direction: what hardly varies is noise, and stays small
LEAST_DEVIATION = 1e-3  # of a colour that hardly varies
MOST_AT_ONCE = 256  # images whose patches are in memory


def colours(pixels: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of red, green and blue, each float64 (3,), of values from 0 to 1."""
    values = pixels.reshape(-1, 3)
    counts = np.stack([np.bincount(values[:, colour], minlength=256) for colour in range(3)]).astype(float)
    shades = np.arange(256) / 255
    mean = counts @ shades / counts.sum(1)
    variance = counts @ shades**2 / counts.sum(1) - mean**2
    return mean, np.maximum(np.sqrt(np.maximum(variance, 0.0)), LEAST_DEVIATION)


def whitening(
    pixels: Pixels, mean: NDArray[np.float64], deviation: NDArray[np.float64], most: int
) -> NDArray[np.float64]:
    """Filters whose answers to patches of standardised images are uncorrelated and of variance 1 or less.

    pixels : uint8 (n, side, side, 3). Returns float64 (filters, 3, 3, 3), colours first, along the `most`
    directions in which patches vary most: v / sqrt(variance + FLOOR) for every eigenvector v of their
    covariance, its largest weight positive.
    """
    width = SIDE * SIDE * 3
    total, products, count = np.zeros(width), np.zeros((width, width)), 0
    for start in range(0, len(pixels), MOST_AT_ONCE):
        part = (pixels[start : start + MOST_AT_ONCE] / 255 - mean) / deviation
        windows = np.lib.stride_tricks.sliding_window_view(part, (SIDE, SIDE), axis=(1, 2))
        patches = windows[:, ::SIDE, ::SIDE].reshape(-1, width)
        total += patches.sum(0)
        products += patches.T @ patches
        count += len(patches)
    covariance = products / count - np.outer(total, total) / count**2
    variances, directions = np.linalg.eigh(covariance)
    chosen = np.argsort(variances, kind="stable")[::-1][:most]
    kept = directions[:, chosen]
    kept = kept * np.sign(kept[np.abs(kept).argmax(0), np.arange(kept.shape[1])])
    filters: NDArray[np.float64] = (kept / np.sqrt(np.maximum(variances[chosen], 0.0) + FLOOR)).T
    return filters.reshape(-1, 3, SIDE, SIDE)
