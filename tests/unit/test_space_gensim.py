"""gensim objects, by a stand-in with the same attributes; gensim itself is not needed."""

import sys
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from nearer import Space
from nearer.errors import InputError, MissingExtra
from nearer.space.formats import from_gensim, to_gensim


class KeyedVectors:
    def __init__(self, vector_size, count=0):
        self.vectors, self.index_to_key, self.expandos = np.empty((0, vector_size), np.float32), [], {}

    def add_vectors(self, keys, vectors):
        self.index_to_key, self.vectors = list(keys), vectors

    def set_vecattr(self, key, name, value):
        self.expandos.setdefault(name, {})[key] = value


def test_from_key_vectors_and_from_a_model():
    vectors = KeyedVectors(2)
    vectors.add_vectors(["a", "b c"], np.eye(2, dtype=np.float32))
    vectors.expandos["count"] = np.array([7, 3])
    for given in (vectors, SimpleNamespace(wv=vectors)):
        space = from_gensim(given)
        assert space.keys == ["a", "b c"]
        assert np.array_equal(space.vectors, np.eye(2))
        assert space.items.to_pydict() == {"count": [7, 3]}
        assert space.metric == "cosine"


def test_other_objects_and_keys_are_refused():
    with pytest.raises(InputError, match=r"dict is no KeyedVectors; pass model\.wv"):
        from_gensim({})
    numbers = KeyedVectors(2)
    numbers.add_vectors([1, 2], np.eye(2))
    with pytest.raises(InputError, match="key 1 is int, not a string"):
        from_gensim(numbers)


def test_to_gensim_carries_counts(monkeypatch):
    module = SimpleNamespace(KeyedVectors=KeyedVectors)
    monkeypatch.setitem(sys.modules, "gensim", SimpleNamespace(models=module))
    monkeypatch.setitem(sys.modules, "gensim.models", module)
    space = Space(["a", "b"], np.eye(2), items=pa.table({"count": [7, 3]}))
    vectors = to_gensim(space)
    assert vectors.expandos["count"] == {"a": 7, "b": 3}
    vectors.vectors[0] = 5  # gensim may train on: the space stays
    assert space["a"].tolist() == [1, 0]
    vectors.expandos = {}
    assert from_gensim(vectors).keys == space.keys


def test_to_gensim_without_gensim_gives_the_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(MissingExtra, match=r"gensim is not installed; pip install gensim"):
        to_gensim(Space(["a"], [[1]]))
