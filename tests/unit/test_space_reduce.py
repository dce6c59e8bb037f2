"""Fewer dimensions: prefixes and principal axes."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from sklearn.decomposition import PCA, TruncatedSVD

from nearer import Space
from nearer.errors import InputError, ParameterError

KEYS = [f"k{row}" for row in range(500)]


def space_of(metric: str = "cosine") -> Space:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((500, 12)) * np.linspace(5, 0.5, 12) @ rng.standard_normal((12, 12)) + 1
    return Space(KEYS, vectors, metric, {"count": np.arange(500)})


def identity(**fields: object) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def test_a_prefix_is_the_first_columns() -> None:
    space = space_of()
    short = space.truncate(5)
    np.testing.assert_array_equal(short.vectors, space.vectors[:, :5])
    assert (short.keys, short.metric, short.dim) == (space.keys, "cosine", 5)
    assert short.items.equals(space.items)
    assert not short.vectors.flags.writeable
    assert short.provenance == {"truncated": {"dim": 5}}
    assert short.identity == identity(source=space.identity, step="truncated", dim=5)


def test_all_columns_are_the_space_itself() -> None:
    space = space_of()
    assert space.truncate(12) is space


@pytest.mark.parametrize("dim", [1, 5, 12])
def test_principal_components_are_those_of_scikit_learn(dim: int) -> None:
    space = space_of()
    model = PCA(dim, svd_solver="full").fit(space.vectors.astype(np.float64))
    reduced = space.reduce(dim)
    np.testing.assert_allclose(reduced.vectors, model.transform(space.vectors), atol=2e-4)
    share = reduced.provenance["reduced"]["share"]
    assert share == pytest.approx(model.explained_variance_ratio_.sum())


def test_axes_through_the_origin_are_those_of_scikit_learn() -> None:
    space = space_of()
    expected = TruncatedSVD(4, algorithm="arpack").fit_transform(space.vectors.astype(np.float64))
    np.testing.assert_allclose(np.abs(space.reduce(4, "svd").vectors), np.abs(expected), atol=2e-4)


def test_all_axes_keep_what_they_promise() -> None:
    space = space_of()
    x, turned, moved = (
        s.vectors.astype(np.float64) for s in (space, space.reduce(12, "svd"), space.reduce(12))
    )
    np.testing.assert_allclose(turned @ turned.T, x @ x.T, rtol=1e-3, atol=1e-3)
    distances = [np.linalg.norm(v[:50, None] - v[None, :50], axis=2) for v in (x, moved)]
    np.testing.assert_allclose(*distances, atol=1e-4)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("method", ["pca", "svd"])
def test_fewer_axes_are_a_prefix_of_more(method: str) -> None:
    space = space_of()
    np.testing.assert_array_equal(
        space.reduce(9, method).truncate(4).vectors, space.reduce(4, method).vectors
    )


def test_the_same_space_gives_the_same_bits_and_another_another_identity() -> None:
    space = space_of()
    assert space.reduce(4).identity == space_of().reduce(4).identity
    assert space.reduce(4).vectors.tobytes() == space_of().reduce(4).vectors.tobytes()
    names = {space.reduce(4).identity, space.reduce(5).identity, space.reduce(4, "svd").identity}
    assert len({*names, space.identity, space[:400].reduce(4).identity}) == 5


def test_signs_do_not_depend_on_the_data_turned_over() -> None:
    space = space_of()
    mirrored = Space(KEYS, -space.vectors)
    np.testing.assert_allclose(mirrored.reduce(3).vectors, -space.reduce(3).vectors, atol=1e-3)


def test_vectors_on_a_line_need_one_axis() -> None:
    line = Space(KEYS, np.outer(np.arange(500), [1, 2, 3]))
    assert line.reduce(1).provenance["reduced"]["share"] == pytest.approx(1)
    still = Space(KEYS, np.ones((500, 3)))
    assert still.reduce(2).provenance["reduced"]["share"] == 1
    np.testing.assert_array_equal(still.reduce(2).vectors, 0)


@pytest.mark.parametrize("dim", [0, -1, 13, 2.5, True, "4", None])
def test_a_dimension_the_space_has_not_is_refused(dim: object) -> None:
    for make in (space_of().truncate, space_of().reduce):
        with pytest.raises(ParameterError, match=r"^dim is .*; use a whole number from 1 to 12$"):
            make(dim)


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="method is 'tsne'; use 'pca' or 'svd'"):
        space_of().reduce(2, "tsne")
    with pytest.raises(InputError, match="the space is empty"):
        space_of()[:0].reduce(2)
