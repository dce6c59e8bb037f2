"""What a space accepts and what it refuses, by name."""

import copy
import pickle

import numpy as np
import pyarrow as pa
import pytest

from nearer import Space
from nearer.errors import InputError, ParameterError, UnknownKey


def small(**changes):
    fields = {"keys": ["a", "b", "c"], "vectors": np.eye(3), **changes}
    return Space(**fields)


def test_fields():
    space = small(metric="dot", provenance={"by": "hand"})
    assert space.keys == ["a", "b", "c"]
    assert space.vectors.dtype == np.float32
    assert space.vectors.flags.c_contiguous
    assert (space.dim, len(space), space.metric) == (3, 3, "dot")
    assert space.provenance == {"by": "hand"}
    assert list(space) == ["a", "b", "c"]
    assert "a" in space
    assert "z" not in space
    assert 3 not in space


@pytest.mark.parametrize(
    "keys", [("a", "b", "c"), np.array(["a", "b", "c"]), pa.array(["a", "b", "c"]), iter("abc")]
)
def test_keys_of_any_kind_become_plain_strings(keys):
    space = small(keys=keys)
    assert space.keys == ["a", "b", "c"]
    assert {type(key) for key in space.keys} == {str}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keys": ["a", "b", "a"]}, "row 2: key 'a' already stands at row 0; keys must be distinct"),
        ({"keys": ["a", "b"]}, "2 keys for 3 vectors; pass one key a vector"),
        ({"keys": "abc"}, "keys is one string, 'abc'; pass a sequence of strings"),
        ({"keys": ["a", 7, "c"]}, "row 1: key 7 is int, not a string; pass str keys"),
        ({"keys": ["a", None, "c"]}, "row 1: key None is NoneType, not a string; pass str keys"),
        ({"vectors": np.ones(3)}, "vectors have 1 axes, shape (3,); pass shape (n, dim)"),
        ({"vectors": np.ones((3, 0))}, "vectors have no columns; pass at least one column"),
        ({"vectors": [[1], [1, 2], [3]]}, "vectors have rows of different lengths; pass shape (n, dim)"),
        ({"vectors": [["1"], ["2"], ["3"]]}, "vectors hold <U1, not real numbers; pass floats"),
        ({"vectors": np.ones((3, 1), complex)}, "vectors hold complex128, not real numbers; pass floats"),
        (
            {"vectors": [[0, 1], [2, np.nan], [0, np.nan]]},
            "row 1: the vector of 'b' holds nan in column 1; every value must be a finite float32",
        ),
        (
            {"vectors": [[0.0], [2.0], [1e39]]},
            "row 2: the vector of 'c' holds inf in column 0; every value must be a finite float32",
        ),
        ({"items": pa.table({"x": [1]})}, "items have 1 rows for 3 keys; pass one row a key"),
        (
            {"items": pa.table({"key": [1, 2, 3]})},
            "items have a column called 'key'; rename it: keys are passed as keys",
        ),
        (
            {"items": pa.table([[1, 2, 3]] * 2, ["x", "x"])},
            "items have two columns called 'x'; rename one",
        ),
        ({"provenance": ["list"]}, "provenance is list; pass a dict"),
    ],
)
def test_bad_data_is_named(changes, message):
    with pytest.raises(InputError) as caught:
        small(**changes)
    assert str(caught.value) == message


def test_bad_arguments_are_named():
    with pytest.raises(ParameterError, match="metric is 'l2'; use one of cosine, dot, euclidean"):
        small(metric="l2")
    with pytest.raises(ParameterError, match="identity is 'abc'; pass 64 hexadecimal digits"):
        small(identity="abc")
    with pytest.raises(InputError, match="provenance cannot be written as JSON"):
        small(provenance={"x": np.nan})


def test_nothing_can_be_changed():
    given = np.eye(3, dtype=np.float32)
    space = small(vectors=given)
    given[0, 0] = 9
    assert space["a"][0] == 1
    with pytest.raises(ValueError, match="read-only"):
        space.vectors[0, 0] = 9
    with pytest.raises(ValueError, match="read-only"):
        space["a"][0] = 9
    for change in (
        lambda keys: keys.append("z"),
        lambda keys: keys.sort(),
        lambda keys: keys.__setitem__(0, "z"),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change(space.keys)
    space.provenance["by"] = "me"
    assert space.provenance == {}


def test_a_read_only_matrix_and_a_memory_map_are_not_copied(tmp_path):
    np.arange(6, dtype=np.float32).tofile(tmp_path / "raw")
    mapped = np.memmap(tmp_path / "raw", dtype=np.float32, mode="r", shape=(3, 2))
    assert np.shares_memory(small(vectors=mapped).vectors, mapped)
    assert type(small(vectors=mapped).vectors) is np.ndarray


def test_identity_is_of_the_content_unless_given():
    assert small().identity == small().identity
    assert len(small().identity) == 64
    others = [small(metric="dot"), small(keys=["a", "b", "z"]), small(vectors=2 * np.eye(3))]
    assert len({small().identity, *(other.identity for other in others)}) == 4
    assert small(identity="0" * 64).identity == "0" * 64


def test_identity_does_not_depend_on_payload_or_provenance():
    assert small(items=pa.table({"x": [1, 2, 3]}), provenance={"x": 1}).identity == small().identity


def test_parts_have_the_identity_of_the_whole():
    space = small(items=pa.table({"x": [1, 2, 3]}))
    for part in (space[1:], space[["c", "b"]], space[("b",)], space[np.array(["b"])], space[::-2]):
        assert part.identity == space.identity
    assert space[::-2].keys == ["c", "a"]
    assert space[["c", "b"]].keys == ["c", "b"]
    assert space[["c", "b"]].items.to_pydict() == {"x": [3, 2]}
    assert space[1:].items.to_pydict() == {"x": [2, 3]}
    assert np.array_equal(space[["c", "b"]].vectors, np.eye(3)[[2, 1]])
    assert space[[]].vectors.shape == (0, 3)
    assert len(space[:0].neighbors([1, 0, 0])) == 0


def test_take_goes_by_row_or_mask():
    space = small(items=pa.table({"x": [1, 2, 3]}))
    assert space.take([2, 0]).keys == ["c", "a"]
    assert space.take([-1]).items.to_pydict() == {"x": [3]}
    assert space.take([True, False, True]).keys == ["a", "c"]
    for wrong in ([3], [-4], [0.5], [[0]], [True]):
        with pytest.raises(ParameterError, match="row"):
            space.take(wrong)
    with pytest.raises(InputError, match="key 'a' already stands"):
        space.take([0, 0])


def test_normalized_has_unit_rows_and_its_own_identity():
    space = small(vectors=[[3, 4], [0, 0], [1e-40, 0]])
    unit = space.normalized()
    assert np.allclose(unit.vectors, [[0.6, 0.8], [0, 0], [1, 0]])
    assert unit.identity != space.identity
    assert unit.identity == space.normalized().identity
    assert unit.provenance == {"normalized": True}


def test_rows():
    space = small()
    assert space.row("b") == 1
    assert space.rows(["c", "a"]).tolist() == [2, 0]
    with pytest.raises(UnknownKey, match="7 is int; keys are strings"):
        space.row(7)
    with pytest.raises(UnknownKey, match="is list"):
        space.row(["a"])
    with pytest.raises(ParameterError, match="a space is not indexed by 7"):
        space[7]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_the_same_space(copied):
    space = small(items=pa.table({"x": [1, 2, 3]}), provenance={"x": 1}, metric="euclidean")
    other = copied(space)
    assert (other.keys, other.metric, other.identity) == (space.keys, space.metric, space.identity)
    assert np.array_equal(other.vectors, space.vectors)
    assert not other.vectors.flags.writeable
    assert other.items.equals(space.items)
    assert other.provenance == space.provenance
    assert other.row("b") == 1


def test_an_empty_space_is_a_space():
    space = Space([], np.empty((0, 4)))
    assert (len(space), space.dim, len(space.identity)) == (0, 4, 64)
    assert space.neighbors([1, 2, 3, 4]) == []
    assert "0 × 4" in repr(space)


def test_a_view_of_what_others_may_write_is_copied():
    matrix = np.eye(3, dtype=np.float32)
    view = matrix[:]
    view.flags.writeable = False
    space = small(vectors=view)
    matrix[0, 0] = 9
    assert space["a"].tolist() == [1, 0, 0]


def test_what_nobody_can_write_is_kept():
    matrix = np.eye(3, dtype=np.float32)
    matrix.flags.writeable = False
    assert np.shares_memory(small(vectors=matrix).vectors, matrix)
    assert np.shares_memory(small(vectors=matrix[:]).vectors, matrix)


@pytest.mark.parametrize(("rows", "outside"), [([-5, 1], -5), ([1, 0, 3, -4], 3), ([-4], -4)])
def test_take_names_the_row_that_is_outside(rows, outside):
    with pytest.raises(ParameterError, match=rf"^row {outside} is outside a space of 3 rows"):
        small().take(rows)
