"""A space written by version 0.1.0 stays readable and keeps its identity."""

from pathlib import Path

import numpy as np

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
