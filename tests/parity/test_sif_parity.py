"""SIF and uSIF against direct twins: the papers' steps in NumPy, word by word, and scikit-learn's SVD."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD

from nearer import SIF, Space

WORDS = [f"w{i}" for i in range(80)]
COUNTS = np.maximum(2_000 // np.arange(1, 81) ** 2, 1)


def word_space(dim: int = 12) -> Space:
    rows = np.random.default_rng(1).normal(0.1, 1.0, (80, dim)).astype(np.float32)
    return Space(WORDS, rows, items={"count": COUNTS})


def documents(n: int = 200) -> list[str]:
    """Texts of 1 to 30 words by Zipf's law, some of which the space does not know."""
    source = np.random.default_rng(2)
    share = 1.0 / np.arange(1, 91)
    return [
        " ".join(f"w{i}" for i in source.choice(90, size=source.integers(1, 31), p=share / share.sum()))
        for _ in range(n)
    ]


def shares(space: Space) -> dict[str, float]:
    total = COUNTS.sum()
    return {word: count / total for word, count in zip(space.keys, COUNTS, strict=True)}


def twin_means(space: Space, texts: list[str], weight: Any, unit: bool = False) -> NDArray[np.float64]:
    """Every document's weighted mean, a word at a time."""
    means = []
    for text in texts:
        total, known = np.zeros(space.dim), 0
        for word in text.split():
            if word in space:
                vector = space[word].astype(np.float64)
                total += weight(word) * (vector / np.linalg.norm(vector) if unit else vector)
                known += 1
        means.append(total / max(known, 1))
    return np.array(means)


def test_sif_is_the_weighted_mean_less_the_first_singular_vector() -> None:
    space, texts = word_space(), documents()
    p = shares(space)
    means = twin_means(space, texts, lambda word: 1e-3 / (1e-3 + p[word]))
    svd = TruncatedSVD(n_components=1, n_iter=50, random_state=0).fit(means)
    expected = means - means @ svd.components_.T @ svd.components_
    model = SIF(space).fit(texts)
    np.testing.assert_allclose(model.space_.vectors, expected, atol=1e-6)
    np.testing.assert_allclose(np.abs(model.components_ @ svd.components_.T), 1.0, atol=1e-9)
    assert model.a_ == 1e-3
    # new documents lose the component that was learned, not one of their own
    fresh = documents(50)[:7]
    again = twin_means(space, fresh, lambda word: 1e-3 / (1e-3 + p[word]))
    np.testing.assert_allclose(
        model.encode(fresh), again - again @ svd.components_.T @ svd.components_, atol=1e-6
    )


@pytest.mark.parametrize("components", [0, 1, 4])
def test_any_number_of_components_is_removed(components: int) -> None:
    space, texts = word_space(), documents()
    p = shares(space)
    means = twin_means(space, texts, lambda word: 0.01 / (0.01 + p[word]))
    _, _, directions = np.linalg.svd(means, full_matrices=False)
    first = directions[:components]
    model = SIF(space, a=0.01, components=components).fit(texts)
    np.testing.assert_allclose(model.space_.vectors, means - means @ first.T @ first, atol=1e-6)
    assert model.components_.shape == (components, space.dim)


def test_usif_is_the_paper_s() -> None:
    space, texts = word_space(), documents()
    p = shares(space)
    v = len(space)
    length = np.mean([sum(word in space for word in text.split()) for text in texts])
    threshold = 1 - (1 - 1 / v) ** length
    alpha = sum(share > threshold for share in p.values()) / v
    assert 0 < alpha < 1
    a = (1 - alpha) / (alpha * 0.5 * v)
    means = twin_means(space, texts, lambda word: a / (0.5 * a + p[word]), unit=True)
    _, singular, directions = np.linalg.svd(means, full_matrices=False)
    strength = singular[:5] ** 2 / (singular[:5] ** 2).sum()
    expected = means.copy()
    for value, direction in zip(strength, directions[:5], strict=True):
        expected -= value * np.outer(means @ direction, direction)
    model = SIF(space, method="usif").fit(texts)
    assert model.a_ == pytest.approx(a, rel=1e-12)
    np.testing.assert_allclose(model.strengths_, strength, rtol=1e-9)
    np.testing.assert_allclose(model.space_.vectors, expected, atol=1e-6)


def test_the_mean_is_the_mean() -> None:
    space, texts = word_space(), documents()
    model = SIF(space, method="mean").fit(texts)
    np.testing.assert_allclose(model.space_.vectors, twin_means(space, texts, lambda word: 1.0), atol=1e-6)


@pytest.mark.parametrize("frequencies", ["counts", "zipf", "documents", "given"])
def test_weights_come_from_the_frequencies_asked_for(frequencies: str) -> None:
    space, texts = word_space(), documents()
    known = [word for text in texts for word in text.split() if word in space]
    expected = {
        "counts": COUNTS / COUNTS.sum(),
        "zipf": (1 / np.arange(1, 81)) / (1 / np.arange(1, 81)).sum(),
        "documents": np.array([known.count(word) for word in WORDS]) / len(known),
        "given": np.array([0.25, 0.75] + [0.0] * 78),
    }[frequencies]
    source: Any = {"w0": 1, "w1": 3, "unheard": 9} if frequencies == "given" else frequencies
    model = SIF(space, frequencies=source).fit(texts)
    np.testing.assert_allclose(model.weights_, 1e-3 / (1e-3 + expected), rtol=1e-12)
