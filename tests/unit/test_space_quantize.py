"""Codes: what they hold, how far they are off, what they lose, how they are saved."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import nearer
from nearer import Space
from nearer.errors import InputError, IntegrityError, ParameterError
from nearer.space import QuantizedSpace
from nearer.space.codes import KINDS, bytes_per_item, encoded
from nearer.space.neighbor_loss import K, neighbor_loss
from nearer.space.quantized import MILLION

RNG = np.random.default_rng


def space_of(n: int = 300, dim: int = 20, metric: str = "cosine", seed: int = 0) -> Space:
    vectors = RNG(seed).standard_normal((n, dim)).astype(np.float32)
    items = {"count": np.arange(n)}
    return Space([f"k{row}" for row in range(n)], vectors, metric, items)


def slow_recall(exact: np.ndarray, coarse: np.ndarray, metric: str, rows: np.ndarray, depth: int) -> float:
    """The twin: whole matrices of scores, sorted; for coarse scores without ties."""

    def scores(vectors: np.ndarray) -> np.ndarray:
        x = vectors.astype(np.float64)
        if metric == "cosine":
            x /= np.linalg.norm(x, axis=1, keepdims=True)
        if metric == "euclidean":
            return -np.linalg.norm(x[rows][:, None] - x[None], axis=2)
        return x[rows] @ x.T

    true, found = scores(exact), scores(coarse)
    parts = []
    for place, row in enumerate(rows):
        true[place, row] = found[place, row] = -np.inf
        nearest = set(np.argsort(-true[place])[:K].tolist())
        parts.append(len(nearest & set(np.argsort(-found[place])[:depth].tolist())) / K)
    return float(np.mean(parts))


def test_half_precision_is_numpys() -> None:
    vectors = space_of().vectors
    codes = encoded(vectors, "f16")
    np.testing.assert_array_equal(codes.values, vectors.astype(np.float16))
    np.testing.assert_array_equal(codes.decoded(), vectors.astype(np.float16).astype(np.float32))
    assert codes.scale.tolist() == [1]


@pytest.mark.parametrize("size", [3e38, 1e6, 1e-8, 1e-30])
def test_half_precision_of_large_and_of_small_numbers_keeps_its_error(size: float) -> None:
    vectors = (RNG(0).uniform(0.1, 1, (50, 4)) * size).astype(np.float32)
    np.testing.assert_allclose(encoded(vectors, "f16").decoded(), vectors, rtol=2**-11)


def test_int8_is_the_twin() -> None:
    vectors = space_of().vectors
    vectors = np.concatenate([vectors, np.zeros((1, 20), np.float32)])
    codes = encoded(vectors, "int8")
    for row, vector in enumerate(vectors):
        scale = np.float32(np.abs(vector).max() / 127.0)
        twin = [0 if scale == 0 else round(float(value) / float(scale)) for value in vector]
        assert codes.values[row].tolist() == twin
        assert codes.scale[row] == scale
    limit = np.abs(vectors).max(axis=1, keepdims=True) / 254 * (1 + 1e-5)
    assert (np.abs(codes.decoded() - vectors) <= limit).all()


@pytest.mark.parametrize("dim", [1, 7, 8, 9, 64])
def test_signs_are_numpys_packed_bits(dim: int) -> None:
    vectors = space_of(40, dim).vectors
    codes = encoded(vectors, "binary")
    np.testing.assert_array_equal(codes.values, np.packbits(vectors > 0, axis=1))
    np.testing.assert_allclose(codes.scale, np.abs(vectors).mean(axis=1), rtol=1e-6)
    expected = np.where(vectors > 0, 1, -1) * np.abs(vectors).mean(axis=1, keepdims=True)
    np.testing.assert_allclose(codes.decoded(), expected, rtol=1e-6)


def test_the_scale_of_signs_is_the_nearest() -> None:
    vectors = space_of(20, 9).vectors
    error = np.linalg.norm(encoded(vectors, "binary").decoded() - vectors, axis=1)
    for factor in (0.95, 1.05):
        other = encoded(vectors, "binary").decoded() * np.float32(factor)
        assert (np.linalg.norm(other - vectors, axis=1) > error).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dim", [5, 64])
def test_bytes_are_those_of_the_codes(kind: str, dim: int) -> None:
    quantized = space_of(1000, dim).quantize(kind, sample=20)
    shared = 4 if kind == "f16" else 0  # one scale for all
    assert quantized.nbytes == 1000 * bytes_per_item(dim, kind) + shared
    assert quantized.report()["bytes_per_million"] == bytes_per_item(dim, kind) * MILLION


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_recall_is_that_of_the_twin(metric: str, noise: float) -> None:
    exact = space_of(6000, 12).vectors
    coarse = exact + RNG(1).normal(0, noise, exact.shape).astype(np.float32)
    found = neighbor_loss(exact, coarse, metric, 40, seed=3)
    rows = np.sort(RNG(3).permutation(6000)[:40])
    assert found.recall == pytest.approx(slow_recall(exact, coarse, metric, rows, K))
    assert found.rescored == pytest.approx(slow_recall(exact, coarse, metric, rows, 4 * K))
    assert found.interval[0] <= found.recall <= found.interval[1]
    assert 0 < found.loss < 1
    assert found.queries == 40


def test_exact_codes_lose_nothing_and_noise_loses_more() -> None:
    whole = RNG(0).integers(-127, 128, (400, 16)).astype(np.float32)
    whole[:, 0] = 127
    for kind in ("f16", "int8"):
        quantized = Space([str(row) for row in range(400)], whole, "euclidean").quantize(kind)
        np.testing.assert_array_equal(quantized.vectors, whole)
        assert (quantized.loss.recall, quantized.loss.interval, quantized.loss.loss) == (1, (1, 1), 0)
    recalls = [
        neighbor_loss(whole, whole + RNG(1).normal(0, noise, whole.shape), "cosine", 100, 0).recall
        for noise in (0, 3, 30, 300)
    ]
    assert recalls[0] == 1
    assert recalls == sorted(recalls, reverse=True)
    assert len(set(recalls)) == 4


def test_exact_ties_are_no_loss_and_coarse_ties_are_chosen_by_lot() -> None:
    doubled = np.repeat(space_of(100, 8).vectors, 20, axis=0)  # twenty of each: any ten are the nearest
    assert neighbor_loss(doubled, doubled, "cosine", 200, 0).recall == 1
    line = np.stack([np.arange(1000.0), np.ones(1000)], axis=1).astype(np.float32)
    nothing = np.ones_like(line)  # every score ties: by row order, neighbours on the line would be found
    blind = neighbor_loss(line, nothing, "euclidean", 1000, 0)
    assert blind.recall == pytest.approx(10 / 999, abs=0.005)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_exact_ties_at_the_limit_hide_no_loss(metric: str) -> None:
    doubled = np.repeat(space_of(20, 12).vectors, 20, axis=0)  # the tenth nearest ties with the eleventh
    unlike = RNG(5).normal(size=(400, 12)).astype(np.float32)
    found = neighbor_loss(doubled, unlike, metric, 400, seed=0)
    own = 19 / 399  # a copy drawn blindly; by dot other vectors' copies may be nearest, as many
    assert found.recall == pytest.approx(own, abs=0.02)
    assert found.interval[1] < 0.1
    assert neighbor_loss(doubled, doubled, metric, 400, seed=0).recall == 1


def test_a_far_outlier_hides_no_loss() -> None:
    vectors = np.concatenate([space_of(300, 8).vectors, np.full((1, 8), 1e6, np.float32)])
    coarse = vectors + RNG(1).normal(0, 1, vectors.shape).astype(np.float32)
    for metric in ("dot", "euclidean"):
        assert neighbor_loss(vectors, coarse, metric, 300, 0).recall < 0.8


def test_it_is_a_space_in_every_use() -> None:
    space = space_of()
    quantized = space.quantize("int8")
    plain = Space(space.keys, quantized.codes.decoded())
    assert isinstance(quantized, QuantizedSpace)
    assert (len(quantized), quantized.dim, quantized.metric) == (300, 20, "cosine")
    np.testing.assert_array_equal(quantized["k7"], plain["k7"])
    assert "_vectors" not in vars(quantized)  # so far nothing but codes
    assert quantized.neighbors("k7") == plain.neighbors("k7")
    np.testing.assert_array_equal(quantized["k7"], plain["k7"])
    assert not quantized.vectors.flags.writeable
    assert quantized.items.column("count").to_pylist() == list(range(300))
    assert quantized.truncate(3).vectors.shape == (300, 3)
    assert "int8, recall@10 0.9" in repr(quantized)
    assert json.loads(json.dumps(quantized.report()))["kind"] == "int8"


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_stays_in_codes(kind: str) -> None:
    quantized = space_of().quantize(kind, sample=10)
    for part, rows in (
        (quantized[10:20], slice(10, 20)),
        (quantized[["k3", "k1"]], [3, 1]),
        (quantized.take(np.arange(300) % 2 == 0), slice(None, None, 2)),
    ):
        assert isinstance(part, QuantizedSpace)
        assert part.identity == quantized.identity
        np.testing.assert_array_equal(part.vectors, quantized.vectors[rows])


def test_identities_differ_by_kind_and_say_how_they_are_made() -> None:
    space = space_of()
    spaces = [space.quantize(kind, sample=5) for kind in KINDS]
    assert len({space.identity, *(quantized.identity for quantized in spaces)}) == 4
    text = json.dumps({"kind": "int8", "source": space.identity, "step": "quantized"}, separators=(",", ":"))
    assert spaces[1].identity == hashlib.sha256(text.encode()).hexdigest()
    assert space.quantize("binary", sample=9, seed=4).identity == spaces[2].identity


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_saved_in_codes(kind: str, tmp_path: Path) -> None:
    quantized = space_of(500, 13, "dot").quantize(kind, sample=50)
    quantized.save(tmp_path / "q.space")
    again = nearer.load(tmp_path / "q.space")
    assert isinstance(again, QuantizedSpace)
    assert (again.kind, again.dim, again.metric) == (kind, 13, "dot")
    assert (again.identity, again.keys, again.loss) == (quantized.identity, quantized.keys, quantized.loss)
    np.testing.assert_array_equal(again.vectors, quantized.vectors)
    assert again.items.equals(quantized.items)
    inside = load_file(tmp_path / "q.space" / "vectors.safetensors")
    np.testing.assert_array_equal(inside["vectors"], quantized.codes.values)
    np.testing.assert_array_equal(inside["scale"], quantized.codes.scale)
    size = (tmp_path / "q.space" / "vectors.safetensors").stat().st_size
    assert size < 500 * bytes_per_item(13, kind) + 400
    unverified = nearer.load(tmp_path / "q.space", verify=False)
    np.testing.assert_array_equal(unverified.vectors, quantized.vectors)


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_equal(kind: str) -> None:
    quantized = space_of().quantize(kind, sample=5)
    for other in (copy.deepcopy(quantized), pickle.loads(pickle.dumps(quantized))):
        assert isinstance(other, QuantizedSpace)
        assert other.identity == quantized.identity
        np.testing.assert_array_equal(other.vectors, quantized.vectors)


def test_other_formats_hold_the_decoded_vectors(tmp_path: Path) -> None:
    quantized = space_of().quantize("binary", sample=5)
    quantized.save(tmp_path / "q.npz")
    again = nearer.load(tmp_path / "q.npz")
    assert not isinstance(again, QuantizedSpace)
    assert again.identity == quantized.identity
    np.testing.assert_array_equal(again.vectors, quantized.vectors)


def test_changed_codes_are_noticed(tmp_path: Path) -> None:
    space_of().quantize("int8", sample=5).save(tmp_path / "q.space")
    file = tmp_path / "q.space" / "vectors.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(IntegrityError, match="it was changed"):
        nearer.load(tmp_path / "q.space")
    file.write_bytes(content[:-1])
    with pytest.raises(IntegrityError, match="bytes, expected"):
        nearer.load(tmp_path / "q.space", verify=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "int4"}, "breaks the format"),
        ({"dtype": "binary"}, r"holds no uint8 `vectors` of shape \(300, 3\)"),
        ({"dtype": "float32"}, "breaks the format"),
        ({"version": 1}, "breaks the format"),
        ({"dim": 19}, r"holds no int8 `vectors` of shape \(300, 19\)"),
        ({"provenance": {}}, "does not tell what its codes lose"),
    ],
)
def test_a_description_of_other_codes_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    space_of().quantize("int8", sample=5).save(tmp_path / "q.space")
    file = tmp_path / "q.space" / "space.json"
    fields = {**json.loads(file.read_text()), **change}
    del fields["sha256"]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    file.write_text(json.dumps({**fields, "sha256": hashlib.sha256(text.encode()).hexdigest()}))
    with pytest.raises(IntegrityError, match=message):
        nearer.load(tmp_path / "q.space")


def test_the_same_seed_measures_the_same() -> None:
    space = space_of()
    assert (
        space.quantize("binary", seed=1, sample=50).loss == space.quantize("binary", seed=1, sample=50).loss
    )
    assert (
        space.quantize("binary", seed=1, sample=50).loss != space.quantize("binary", seed=2, sample=50).loss
    )


def test_refusals() -> None:
    space = space_of(5, 3)
    with pytest.raises(ParameterError, match="kind is 'int4'; use 'f16', 'int8' or 'binary'"):
        space.quantize("int4")
    for sample in (0, True, 2.5):
        with pytest.raises(ParameterError, match="sample is"):
            space.quantize("int8", sample=sample)
    with pytest.raises(InputError, match="the space has 1 keys"):
        space[:1].quantize("int8")
