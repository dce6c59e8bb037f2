"""Alignment: a map from one identity to another, what it keeps, what it tells, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearer
from nearer import Alignment, Space, align
from nearer.errors import InputError, IntegrityError, ParameterError, SpaceMismatch, StorageError, UnknownKey

N, DIM = 400, 12


def keys(n: int = N) -> list[str]:
    return [f"k{row}" for row in range(n)]


def rotation(dim: int, seed: int = 1) -> NDArray[np.float64]:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((dim, dim)))[0]


def vectors(n: int = N, dim: int = DIM, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((n, dim)) * np.linspace(2, 0.3, dim) + 0.4


def turned(metric: Any = "cosine", noise: float = 0.0, changed: int = 0) -> tuple[Space, Space]:
    before = vectors()
    after = before @ rotation(DIM) + noise * vectors(seed=5)
    after[:changed] = vectors(changed, seed=9)
    return Space(keys(), before, metric), Space(keys(), after, metric)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_a_rotation_is_found(metric: Any) -> None:
    before, after = turned(metric)
    found = align(before, after)
    assert np.abs(found.matrix - rotation(DIM)).max() < 1e-6
    carried = found.transform(before.vectors)
    assert carried.dtype == np.float32
    expected = after.normalized().vectors if metric == "cosine" else after.vectors
    assert np.abs(carried - expected).max() < 1e-5
    assert found.fit is not None
    assert found.fit.cosine > 0.99999 > found.fit.chance
    assert found.fit.explained > 0.99999


def test_shift_and_stretch_are_undone_where_distances_count() -> None:
    before = Space(keys(), vectors(), "euclidean")
    after = Space(keys(), 3 * vectors() @ rotation(DIM) + 5, "euclidean")
    assert np.abs(align(before, after).transform(before.vectors) - after.vectors).max() < 1e-4
    stiff = align(before, after, scale=False)
    assert np.abs(stiff.matrix @ stiff.matrix.T - np.eye(DIM)).max() < 1e-6


def test_items_that_changed_do_not_bend_the_map() -> None:
    before, after = turned(changed=100)
    firm, plain = align(before, after), align(before, after, robust=False)
    off = [np.abs(found.matrix - rotation(DIM)).max() for found in (firm, plain)]
    assert off[0] < 1e-6
    assert off[1] > 1e-3


@pytest.mark.parametrize(("source", "target"), [(6, 12), (12, 6)])
def test_dimensions_may_differ(source: int, target: int) -> None:
    wide = np.hstack([vectors(dim=6), np.zeros((N, 6))])
    given = {6: vectors(dim=6), 12: wide @ rotation(12)}
    before, after = Space(keys(), given[source]), Space(keys(), given[target])
    found = align(before, after)
    assert found.matrix.shape == (source, target)
    narrow = found.matrix if source < target else found.matrix.T
    assert np.abs(narrow @ narrow.T - np.eye(6)).max() < 1e-6
    if source < target:
        assert found.fit is not None
        assert found.fit.cosine > 0.99999


@pytest.mark.parametrize("method", ["linear", "affine"])
def test_any_matrix_is_found_by_least_squares(method: Any) -> None:
    matrix = np.random.default_rng(3).standard_normal((DIM, 5))
    shift = 0.7 if method == "affine" else 0.0
    before = Space(keys(), vectors(), "euclidean")
    after = Space(keys(), vectors() @ matrix + shift, "euclidean")
    found = align(before, after, method=method)
    assert found.ridge == 1e-6  # without noise, the weakest that is tried
    assert np.abs(found.transform(before.vectors) - after.vectors).max() < 1e-3
    noisy = Space(keys(), after.vectors + 30 * np.random.default_rng(4).standard_normal((N, 5)), "euclidean")
    assert align(before, noisy, method=method).ridge > 1e-2


def test_held_out_keys_have_no_say() -> None:
    """With few keys a column a linear map fits all it sees; held-out keys tell what it foretells."""
    random = np.random.default_rng(0)
    before = Space(keys(60), random.standard_normal((60, 40)), "euclidean")
    after = Space(keys(60), random.standard_normal((60, 40)), "euclidean")
    found = align(before, after, method="linear", ridge=0, robust=False)
    assert found.n == 48
    assert found.fit is not None
    assert found.fit.n == 12
    assert found.fit.explained < 0
    assert align(before, after, holdout=0).fit is None


def test_aligned_vectors_have_an_identity_and_a_chain_of_custody() -> None:
    before, after = turned(noise=0.1)
    before = Space(before.keys, before.vectors, items={"count": np.arange(N)}, provenance={"made": "here"})
    found = align(before, after)
    carried = found.apply(before)
    assert carried.identity == found.identity
    assert len({carried.identity, before.identity, after.identity}) == 3
    told = carried.provenance
    assert told["made"] == "here"
    assert told["aligned"] == found.custody
    assert told["aligned"]["source_identity"] == before.identity
    assert told["aligned"]["target_identity"] == after.identity
    assert told["aligned"]["map"] == found.digest
    assert carried.items is not None
    assert carried.items.equals(before.items)
    other = align(before, after, seed=1)
    assert other.identity != found.identity  # it was fitted on other keys
    assert align(before, after).identity == found.identity
    assert found.apply(before[keys()[:9]]).identity == found.identity  # a part is of the same identity
    with pytest.raises(SpaceMismatch, match=rf"the space has identity {after.identity[:12]}, expected "):
        found.apply(after)


def test_only_the_keys_that_are_named_are_learned_from() -> None:
    before, after = turned(changed=200)
    found = align(before, after, keys=keys()[200:], robust=False, holdout=0)
    assert found.n == 200
    assert np.abs(found.matrix - rotation(DIM)).max() < 1e-6
    with pytest.raises(UnknownKey, match="'nobody' is not in this space"):
        align(before, after, keys=["nobody", *keys()])


def test_a_saved_map_is_the_same_and_changes_are_noticed(tmp_path: Path) -> None:
    before, after = turned(noise=0.1)
    found = align(before, after)
    found.save(tmp_path / "map")
    again = Alignment.load(tmp_path / "map")
    assert (again.identity, again.custody, again.fit) == (found.identity, found.custody, found.fit)
    assert np.array_equal(again.transform(before.vectors), found.transform(before.vectors))
    with pytest.raises(StorageError, match="already exists"):
        found.save(tmp_path / "map")
    found.save(tmp_path / "map", overwrite=True)
    before.save(tmp_path / "words.space")
    with pytest.raises(StorageError, match="exists and is no alignment"):
        found.save(tmp_path / "words.space", overwrite=True)
    with pytest.raises(IntegrityError, match=r"is no alignment: it holds no alignment\.json"):
        Alignment.load(tmp_path / "words.space")
    text = (tmp_path / "map" / "alignment.json").read_text()
    (tmp_path / "map" / "alignment.json").write_text(text.replace('"n": 320', '"n": 321'))
    with pytest.raises(IntegrityError, match="was edited"):
        Alignment.load(tmp_path / "map")
    (tmp_path / "map" / "alignment.json").write_text(text[:-30])
    with pytest.raises(IntegrityError, match="is not whole JSON"):
        Alignment.load(tmp_path / "map")
    (tmp_path / "map" / "alignment.json").write_text(json.dumps({"format": "else"}))
    with pytest.raises(IntegrityError, match="is not of format 'nearer-alignment'"):
        Alignment.load(tmp_path / "map")
    (tmp_path / "map" / "alignment.json").write_text(text)
    data = bytearray((tmp_path / "map" / "map.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "map" / "map.safetensors").write_bytes(data)
    with pytest.raises(IntegrityError, match="it was changed"):
        Alignment.load(tmp_path / "map")
    (tmp_path / "map" / "map.safetensors").unlink()
    with pytest.raises(IntegrityError, match="cannot be read: No such file"):
        Alignment.load(tmp_path / "map")


def test_too_few_keys_are_said_with_the_number_needed() -> None:
    before, after = turned()
    with pytest.raises(InputError, match="the spaces share no keys"):
        align(before, Space(["x"], np.ones((1, 3))))
    with pytest.raises(
        InputError,
        match="1 shared key: an orthogonal map from 12 to 12 dimensions is decided by 14 or more",
    ):
        align(before, after, keys=["k1"])
    with pytest.raises(InputError, match="an affine map from 12 to 12 dimensions is decided by 17 or more"):
        align(before, after, keys=keys()[:16], method="affine")
    assert align(before, after, keys=keys()[:14]).n == 12
    assert align(before, after, keys=keys()[:12], holdout=0).n == 12


def test_constant_vectors_and_nan_are_named() -> None:
    before, after = turned()
    with pytest.raises(InputError, match="the 400 vectors of the target are all the same"):
        align(before, Space(keys(), np.ones((N, 4))))
    found = align(before, after)
    spoiled = before.vectors.copy()
    spoiled[7, 2] = np.nan
    with pytest.raises(InputError, match="vectors, row 7: the vector holds nan in column 2"):
        found.transform(spoiled)
    with pytest.raises(InputError, match="vectors have 5 columns, the map takes 12"):
        found.transform(np.ones((3, 5)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "magic"}, "method is 'magic'; use one of orthogonal, linear, affine"),
        ({"ridge": 0.1}, "ridge is 0.1 and an orthogonal map has none"),
        ({"method": "affine", "scale": True}, "center and scale are of orthogonal maps"),
        ({"method": "affine", "ridge": -1}, "ridge is -1; use a number from 0, or None"),
        ({"holdout": 0.9}, "holdout is 0.9; use a part of the keys from 0 to 0.5"),
    ],
)
def test_arguments_outside_their_range_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        align(*turned(), **wrong)


def test_spaces_in_fewer_bits_are_aligned_too() -> None:
    before, after = turned()
    found = nearer.align(before.quantize("int8"), after)
    assert found.fit is not None
    assert found.fit.cosine > 0.999
