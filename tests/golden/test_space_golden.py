"""A space written by version 0.1.0 stays readable and keeps its identity."""

from pathlib import Path

import numpy as np
import pytest

import nearer

FIVE = Path(__file__).with_name("five.space")


def test_a_checked_in_space_is_read_as_it_was_written():
    space = nearer.load(FIVE)
    expected = [[0.5, -0.0], [1e-45, 3.4028235e38], [1, 2], [-1.5, 0.1], [7, 8]]
    assert space.keys == ["lion", "", "two words", "שלום", "🦁"]
    assert space.vectors.tobytes() == np.array(expected, dtype=np.float32).tobytes()
    assert (space.metric, space.provenance) == ("dot", {"made": "by hand"})
    assert space.items.to_pydict() == {"count": [5, 4, 3, 2, 1]}


def test_its_identity_is_pinned():
    space = nearer.load(FIVE)
    pinned = "ebef25947d4a9b10c3e237118f5d2a84d9d084a09293cfe09c8fece06ec5590b"
    assert space.identity == pinned
    assert nearer.Space(space.keys, space.vectors, "dot").identity == pinned
    assert space.normalized().identity == "9e49adabd79e2e70bb43068e62bf2e49ac034b7869477e3b104be92d8f88efb1"


def test_vectors_are_written_byte_for_byte_as_then(tmp_path):
    nearer.load(FIVE).save(tmp_path / "again.space")
    name = "vectors.safetensors"
    assert (tmp_path / "again.space" / name).read_bytes() == (FIVE / name).read_bytes()


CODED = {  # kind -> identity, and what the vectors decode to
    "f16": (
        "506e9ac1c94663fdb5db8b85dae1b1c8d10dccd629863bd57e099268618677f2",
        [
            [0.5, -0.25, 1, 0, -2, 3, 0.125, -1, 4],
            [1, 1, 1, 1, 1, 1, 1, 1, -1],
            [0] * 9,
            [-3, 2, -1, 0.0999755859375, 5, -6, 7, -8, 9],
        ],
    ),
    "int8": (
        "fc724f60606484b40a4513301931abd8886503c3630bf8c68b4f1cf8eb1708bb",
        [
            np.array(codes) * np.float32(scale)
            for codes, scale in (
                ([16, -8, 32, 0, -64, 95, 4, -32, 127], 4 / 127),
                ([127] * 8 + [-127], 1 / 127),
                ([0] * 9, 0),
                ([-42, 28, -14, 1, 71, -85, 99, -113, 127], 9 / 127),
            )
        ],
    ),
    "binary": (
        "0c0c83a02ab7a5d815fd4f0295df4f04ebf63af18ba948cffc8ba339cdcafe2c",
        [
            np.array(signs) * np.float32(scale)
            for signs, scale in (
                ([1, -1, 1, -1, -1, 1, 1, -1, 1], 11.875 / 9),
                ([1] * 8 + [-1], 1),
                ([0] * 9, 0),
                ([-1, 1, -1, 1, 1, -1, 1, -1, 1], 41.1 / 9),
            )
        ],
    ),
}


@pytest.mark.parametrize("kind", CODED)
def test_checked_in_codes_are_read_as_they_were_written(kind, tmp_path):
    place = FIVE.with_name(f"four-{kind}.space")
    space = nearer.load(place)
    identity, vectors = CODED[kind]
    assert (space.kind, space.identity, space.metric) == (kind, identity, "euclidean")
    assert space.keys == ["lion", "", "two words", "🦁"]
    assert space.vectors.tolist() == np.array(vectors, dtype=np.float32).tolist()
    assert space.provenance["made"] == "by hand"
    assert space.loss.queries == 4
    space.save(tmp_path / "again.space")
    name = "vectors.safetensors"
    assert (tmp_path / "again.space" / name).read_bytes() == (place / name).read_bytes()
