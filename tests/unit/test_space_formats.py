"""Each format by itself: what its files look like, what it keeps, and the line that names what is wrong."""

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nearer
from nearer import Space
from nearer.errors import EncodingError, FormatError, InputError, NearerError, ParameterError, StorageError
from nearer.space import formats
from nearer.space.formats import glove_text, number_lines, parquet, word2vec_text

VECTORS = np.array([[0.418, -0.0], [1e-45, 3.4028235e38]], dtype=np.float32)
PLAIN = [".txt", ".vec", ".txt.gz", ".vec.gz", ".bin", ".tsv", ".parquet", ".npz", ".npy"]


@pytest.fixture
def space():
    return Space(["the", "日本"], VECTORS)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("ending", PLAIN)
def test_every_ending_round_trips(tmp_path, space, ending):
    space.save(tmp_path / f"a{ending}")
    found = nearer.load(tmp_path / f"a{ending}")
    assert found.keys == space.keys
    assert found.vectors.tobytes() == space.vectors.tobytes()
    assert found.identity == space.identity
    assert found.metric == "cosine"


@pytest.mark.parametrize("ending", PLAIN)
def test_every_ending_asks_before_it_replaces(tmp_path, space, ending):
    path = tmp_path / f"a{ending}"
    space.save(path)
    with pytest.raises(StorageError, match="already exists; pass overwrite=True"):
        space[:1].save(path)
    space[:1].save(path, overwrite=True)
    assert nearer.load(path).keys == ["the"]
    assert not [name for name in names(tmp_path) if name.endswith(".tmp")]


@pytest.mark.parametrize("ending", PLAIN)
def test_a_missing_folder_is_named(tmp_path, space, ending):
    with pytest.raises(StorageError, match="create the folder first"):
        space.save(tmp_path / "no" / f"a{ending}")


@pytest.mark.parametrize("ending", PLAIN)
def test_the_same_space_gives_the_same_bytes(tmp_path, space, ending):
    for name in "ab":
        (tmp_path / name).mkdir()
        space.save(tmp_path / name / f"x{ending}")
    assert (tmp_path / "a" / f"x{ending}").read_bytes() == (tmp_path / "b" / f"x{ending}").read_bytes()


def test_bytes_of_the_text_formats(tmp_path, space):
    space.save(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "2 2\nthe 0.418 -0\n日本 1e-45 3.4028235e+38\n"
    formats.write(space, tmp_path / "b.txt", format="glove")
    assert (tmp_path / "b.txt").read_text() == "the 0.418 -0\n日本 1e-45 3.4028235e+38\n"
    space.save(tmp_path / "c.tsv")
    assert (tmp_path / "c.tsv").read_text() == "0.418\t-0\n1e-45\t3.4028235e+38\n"
    assert (tmp_path / "c.metadata.tsv").read_text() == "the\n日本\n"
    space.save(tmp_path / "d.bin")
    rows = [key.encode() + b" " + row.tobytes() + b"\n" for key, row in zip(space.keys, VECTORS, strict=True)]
    assert (tmp_path / "d.bin").read_bytes() == b"2 2\n" + b"".join(rows)


def test_many_rows_cross_the_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(number_lines, "READ_BLOCK", 100)
    monkeypatch.setattr(number_lines, "WRITE_BLOCK", 7)
    space = Space([f"k{row}" for row in range(100)], np.random.default_rng(0).normal(size=(100, 3)))
    for name in ("a.txt", "a.tsv", "a.vec.gz"):
        space.save(tmp_path / name)
        assert nearer.load(tmp_path / name).identity == space.identity
    text = (tmp_path / "a.txt").read_bytes().replace(b"k77 ", b"k77 x")
    with pytest.raises(FormatError, match=r"row 79: 'x[-0-9.e]+' is no number"):
        nearer.load(write(tmp_path / "b.txt", text))


@pytest.mark.parametrize(
    "text",
    [
        "2 2\r\na 1 2\r\nb 3 4\r\n",
        "2 2\na 1 2 \nb 3 4 \n",
        "2 2\na 1 2\nb 3 4",
        "2 2\na 1 2\nb 3 4\n\n\n",
        "a 1 2\nb 3 4\n",
        "a 1 2 \nb 3 4\n",
        "a 1.0 2e0\nb +3 4.\n",
    ],
)
def test_text_as_other_programs_write_it(tmp_path, text):
    found = nearer.load(write(tmp_path / "a.txt", text))
    assert found.keys == ["a", "b"]
    assert found.vectors.tolist() == [[1, 2], [3, 4]]


def test_one_dimension_is_told_from_a_header(tmp_path):
    assert nearer.load(write(tmp_path / "a.txt", "5 3\n6 4\n")).keys == ["5", "6"]
    assert nearer.load(write(tmp_path / "b.txt", "2 1\na 3\nb 4\n")).keys == ["a", "b"]
    assert len(nearer.load(write(tmp_path / "c.txt", "0 3\n"))) == 0


def test_glove_keys_with_spaces_are_counted_from_the_right(tmp_path):
    text = "the 1 2\n. . . 3 4\nat name@domain.com 5 6\n"
    assert nearer.load(write(tmp_path / "a.txt", text)).keys == ["the", ". . .", "at name@domain.com"]
    first = write(tmp_path / "b.txt", ". . 1 2\nthe 3 4\n")
    assert glove_text.read(first, dim=2).keys == [". .", "the"]


@pytest.mark.parametrize("ending", [".txt", ".vec"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row 1: is empty"),
        ("\n\n", "row 1: is empty"),
        ("2 2\na 1 2\n", "the header promises 2 rows, the file holds 1; fetch it again"),
        ("1 2\na 1 2\nb 1 2\n", "the header promises 1 rows, the file holds 2"),
        ("2 3\na 1 2\nb 1 2 3\n", "row 2: 2 numbers, expected 3, in 'a 1 2'"),
        ("2 2\na 1 2\nb 1 2 3\n", "row 3: 3 numbers, expected 2, in 'b 1 2 3'"),
        ("2 2\na 1 2\nb 1 x\n", "row 3: 'x' is no number"),
        ("2 2\na 1 2\nb 1 1_0\n", "row 3: '1_0' is no number"),
        ("2 2\na 1 2\nb 1 \n", "row 3: 1 numbers, expected 2"),
        ("2 2\na 1 2\na 1 2\n", "row 3: key 'a' already stands in row 2; keys must be distinct"),
        ("2 2\na 1 2\nb nan 2\n", "row 3: value 1 of 'b' is nan; every value must be a finite float32"),
        ("2 2\na 1 2\nb 1 1e99\n", "row 3: value 2 of 'b' is inf"),
        ("2 2\n\na 1 2\nb 1 2\n", "row 2: an empty line; remove it"),
        ("2 2\na 1 2\n\nb 1 2\n", "row 3: an empty line; remove it"),
        ("2 2\na 1 2\n 1 2\n", "row 3: an empty key; remove the row"),
        (b"2 2\na 1 2\nb\xff 1 2\n", "row 3: byte 11 (0xff) is not UTF-8; convert the file to UTF-8"),
        ("5 0\na\n", "row 1: the header promises vectors of 0 numbers"),
    ],
)
def test_text_errors_name_file_row_and_value(tmp_path, ending, text, message):
    path = write(tmp_path / f"a{ending}", text)
    with pytest.raises(FormatError if b"\xff" not in path.read_bytes() else EncodingError) as caught:
        nearer.load(path)
    assert f"{path}" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("the\nof 1\n", "row 1: no vector in the first line"),
        ("a 1 2\nb 1 2 3\n", "row 2: 3 numbers, expected 2"),
        ("a 1 2\nb c d\n", "row 2: 'c' is no number"),
        ("a 1 2\nb 1\n", "row 2: 1 numbers, expected 2"),
        ("a 1 2\na 1 2\n", "row 2: key 'a' already stands in row 1"),
    ],
)
def test_glove_errors_name_row_and_value(tmp_path, text, message):
    with pytest.raises(FormatError) as caught:
        nearer.load(write(tmp_path / "a.txt", text))
    assert message in str(caught.value)


def test_vec_without_a_header_says_how_to_read_it(tmp_path):
    path = write(tmp_path / "a.vec", "a 1 2\n")
    with pytest.raises(FormatError, match="first line is 'a 1 2', not `n dim`; read a file without"):
        nearer.load(path)
    assert nearer.load(path, format="glove").keys == ["a"]


def test_a_cut_gzip_is_named(tmp_path, space):
    space.save(tmp_path / "a.txt.gz")
    data = (tmp_path / "a.txt.gz").read_bytes()
    for wrong in (data[:-5], b"plain text", data[:20]):
        with pytest.raises(FormatError, match="is no whole gzip file"):
            nearer.load(write(tmp_path / "b.txt.gz", wrong))
    assert gzip.decompress(data).startswith(b"2 2\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "row 1: is empty"),
        (b"2 2\nab 0123", "the header promises 2 vectors of 2 numbers, 11 bytes are too few"),
        (b"99999999999 300\nab 01234567", "the header promises 99,999,999,999 vectors"),
        (b"2 2\na 01234567bbbbbbbbbbbbbbbbbbbbbbb", "ends within vector 2 of 2"),
        (b"1 1\na 0123\nb 0123\n", "the header promises 1 vectors, but 8 bytes follow them"),
        (b"1 1\n\xff 0123", "row 1: the key b'\\xff' before byte 5 is not UTF-8"),
        (
            b"\xba\x16\x4f\x2f\x0c\x00\x00\x00",
            "ends within its head, after 8 bytes; fetch it again: it was cut short",
        ),
        (b"hello world\n", "the first line is 'hello world', not `n dim`"),
    ],
)
def test_binary_errors_name_what_is_wrong(tmp_path, data, message):
    with pytest.raises(NearerError) as caught:
        nearer.load(write(tmp_path / "a.bin", data))
    assert message in str(caught.value)


def test_binary_as_gensim_writes_it(tmp_path):
    data = b"2 1\nab " + np.float32(1).tobytes() + b"c " + np.float32(2).tobytes()
    found = nearer.load(write(tmp_path / "a.bin", data))
    assert found.keys == ["ab", "c"]
    assert found.vectors.tolist() == [[1], [2]]


@pytest.mark.parametrize("ending", [".txt", ".bin", ".tsv", ".npy"])
@pytest.mark.parametrize("key", ["a b", "a\nb", "", "a\tb", "a\rb", "a\ud800"])
def test_a_key_that_cannot_be_held_is_named_before_anything_is_written(tmp_path, ending, key):
    held = {".bin": ("a\tb", "a\rb"), ".tsv": ("a b",), ".npy": ("a b", "", "a\tb")}.get(ending, ())
    space = Space(["ok", key], VECTORS)
    if key in held:
        space.save(tmp_path / f"x{ending}")
        assert nearer.load(tmp_path / f"x{ending}").keys == ["ok", key]
        return
    with pytest.raises(FormatError) as caught:
        space.save(tmp_path / f"x{ending}")
    assert (repr(key) if key else "an empty key") in str(caught.value).replace("\\\\", "\\")
    assert names(tmp_path) == []


def test_projector_keeps_payload_as_text(tmp_path, space):
    items = pa.table({"count": [5, None], "kind": ["x", "y"]})
    Space(space.keys, VECTORS, items=items).save(tmp_path / "vectors.tsv")
    assert (tmp_path / "metadata.tsv").read_text() == "key\tcount\tkind\nthe\t5\tx\n日本\t\ty\n"
    found = nearer.load(tmp_path / "vectors.tsv")
    assert found.items.to_pydict() == {"count": ["5", ""], "kind": ["x", "y"]}
    bad = Space(space.keys, VECTORS, items=pa.table({"note": ["fine", "two\nlines"]}))
    with pytest.raises(FormatError, match=r"cannot hold 'two\\nlines' in column 'note' of '日本'"):
        bad.save(tmp_path / "b.tsv")


@pytest.mark.parametrize(
    ("vectors", "labels", "message"),
    [
        ("1\t2\n3\t4\n", "a\n", "1 labels for 2 vectors in a.tsv"),
        ("1\t2\n3\n", "a\nb\n", "row 2: 1 numbers, expected 2"),
        ("1\t2\n3\tx\n", "a\nb\n", "row 2: 'x' is no number"),
        ("1\t2\n3\t4\n", "a\na\n", "row 2: key 'a' already stands in row 1"),
        ("1\t2\n3\t4\n", "key\tx\na\t1\nb\n", "row 3: 1 columns, expected 2"),
        ("1\t2\n3\t4\n", "key\tx\tx\na\t1\t2\nb\t1\t2\n", "row 1: columns are called ['key', 'x', 'x']"),
        ("1\t2\n3\t4\n", b"a\n\xff\n", "byte 2 (0xff) is not UTF-8"),
        ("", "a\n", "is empty"),
    ],
)
def test_projector_errors(tmp_path, vectors, labels, message):
    write(tmp_path / "a.metadata.tsv", labels)
    with pytest.raises(NearerError) as caught:
        nearer.load(write(tmp_path / "a.tsv", vectors))
    assert message in str(caught.value)


def test_a_missing_companion_is_named(tmp_path):
    with pytest.raises(InputError, match=r"a.metadata.tsv: cannot be read: No such file"):
        nearer.load(write(tmp_path / "a.tsv", "1\t2\n"))
    np.save(tmp_path / "a.npy", VECTORS)
    with pytest.raises(InputError, match=r"a.keys.txt: cannot be read: No such file"):
        nearer.load(tmp_path / "a.npy")


@pytest.mark.parametrize("ending", [".parquet", ".npz", ".space"])
def test_full_formats_keep_metric_identity_and_provenance(tmp_path, ending):
    space = Space(["a", ""], VECTORS, "euclidean", identity="cd" * 32, provenance={"x": [1, "é"]})
    space.save(tmp_path / f"a{ending}")
    found = nearer.load(tmp_path / f"a{ending}")
    assert (found.metric, found.identity, found.provenance) == ("euclidean", "cd" * 32, {"x": [1, "é"]})


def test_parquet_keeps_payload(tmp_path):
    items = pa.table({"count": pa.array([1, None], pa.int16()), "tags": [["x"], []]})
    Space(["a", "b"], VECTORS, items=items).save(tmp_path / "a.parquet")
    assert nearer.load(tmp_path / "a.parquet").items.equals(items)


def test_parquet_whose_rows_were_changed_is_another_space(tmp_path):
    Space(["a", "b"], VECTORS, "dot", identity="cd" * 32).save(tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    pq.write_table(table.slice(1), tmp_path / "b.parquet")
    found = nearer.load(tmp_path / "b.parquet")
    assert found.metric == "dot"
    assert found.identity == Space(["b"], VECTORS[1:], "dot").identity


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float64()), pa.large_list(pa.float32()), pa.list_(pa.int8(), 2)]
)
def test_parquet_of_other_programs(tmp_path, kind):
    table = pa.table(
        {"key": pa.array(["a", "b"]).dictionary_encode(), "vector": pa.array([[1, 2], [3, 4]], kind)}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = nearer.load(tmp_path / "a.parquet")
    assert found.keys == ["a", "b"]
    assert found.vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"key": ["a", "b"]}, "has no column 'vector'"),
        ({"key": [1, 2], "vector": [[1.0], [2.0]]}, "the keys are int64, not text"),
        ({"key": ["a", None], "vector": [[1.0], [2.0]]}, "row 2: the key is null"),
        ({"key": ["a", "b"], "vector": [[1.0], [2.0, 3.0]]}, "row 2: 2 numbers, expected 1"),
        ({"key": ["a", "b"], "vector": [[1.0], None]}, "row 2: no vector, expected 1"),
        ({"key": ["a", "b"], "vector": [[1.0], [None]]}, "row 2: the vector holds null"),
        ({"key": ["a", "b"], "vector": [[1.0], [np.nan]]}, "row 2: value 1 of 'b' is nan"),
        ({"key": ["a", "b"], "vector": [[1.0], [1e99]]}, "row 2: value 1 of 'b' is inf"),
        ({"key": ["a", "b"], "vector": ["x", "y"]}, "the vectors are string, not lists of numbers"),
        ({"key": ["a", "a"], "vector": [[1.0], [2.0]]}, "row 2: key 'a' already stands in row 1"),
        (
            {"key": pa.array([], pa.string()), "vector": pa.array([], pa.list_(pa.float32()))},
            "no vector, expected at least 1",
        ),
    ],
)
def test_parquet_errors(tmp_path, columns, message):
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(FormatError) as caught:
        nearer.load(tmp_path / "a.parquet")
    assert message in str(caught.value)


def test_parquet_with_a_payload_called_vector_is_refused(tmp_path):
    with pytest.raises(FormatError, match="the payload has a column called 'vector'; rename it"):
        Space(["a", "b"], VECTORS, items=pa.table({"vector": [1, 2]})).save(tmp_path / "a.parquet")
    assert names(tmp_path) == []
    assert parquet.to_table(Space(["a", "b"], VECTORS)).column_names == ["key", "vector"]


def test_npz_of_other_programs(tmp_path):
    np.savez(tmp_path / "a.npz", vectors=VECTORS.astype(np.float64), keys=np.array(["a", "bb"]))
    assert nearer.load(tmp_path / "a.npz").keys == ["a", "bb"]


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    np.save(tmp_path / "a.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", vectors=np.array([Trap()], dtype=object), keys=np.array(["a"]))
    for name in ("a.npy", "a.npz"):
        with pytest.raises(FormatError, match="is no whole"):
            nearer.load(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"keys": np.array(["a"])}, "holds no array 'vectors', only ['keys']"),
        ({"vectors": VECTORS}, "its keys are missing or damaged"),
        ({"vectors": VECTORS, "keys": np.array([1, 2])}, "its keys are missing or damaged"),
        ({"vectors": VECTORS[0], "keys": np.array(["a", "b"])}, "vectors have 1 axes"),
        ({"vectors": VECTORS, "keys": np.array(["a", "a"])}, "row 2: key 'a' already stands in row 1"),
        ({"vectors": VECTORS, "keys": np.array(["a"])}, "1 keys for 2 vectors"),
        (
            {"vectors": VECTORS, "keys_utf8": np.zeros(2, np.uint8), "keys_ends": np.array([2, 1])},
            "keys_ends does not divide keys_utf8",
        ),
        (
            {"vectors": VECTORS, "keys": np.array(["a", "b"]), "nearer": np.zeros(2, np.uint8)},
            "its array 'nearer' is damaged",
        ),
    ],
)
def test_npz_errors(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(FormatError) as caught:
        nearer.load(tmp_path / "a.npz")
    assert message in str(caught.value)


def test_what_a_format_does_not_keep_is_logged(tmp_path, caplog):
    space = Space(["a", "b"], VECTORS, "dot", items=pa.table({"x": [1, 2]}))
    space.save(tmp_path / "a.txt")
    assert "does not keep the payload columns" in caplog.text
    assert "does not keep the metric 'dot'" in caplog.text
    assert word2vec_text.read(tmp_path / "a.txt", metric="dot").identity == space.identity


def test_unknown_endings_and_formats_are_named(tmp_path, space):
    with pytest.raises(FormatError, match=r"the ending '.csv' names no format; use .space .txt"):
        space.save(tmp_path / "a.csv")
    with pytest.raises(ParameterError, match="format is 'excel'; use one of space, word2vec"):
        formats.write(space, tmp_path / "a.txt", format="excel")
    with pytest.raises(FormatError, match="names no format"):
        nearer.load(write(tmp_path / "a.xyz", "x"))
    assert formats.format_of("A.TXT.GZ") == "text"
