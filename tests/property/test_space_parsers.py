"""Whatever the bytes, a reader gives a space or one of our errors, in one line."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nearer
from nearer import Space
from nearer.errors import NearerError
from nearer.space import formats

NAMES = {
    "word2vec": "a.vec",
    "glove": "a.txt",
    "text": "a.txt",
    "word2vec-binary": "a.bin",
    "projector": "a.tsv",
    "parquet": "a.parquet",
    "npz": "a.npz",
    "npy": "a.npy",
}
LIKE_TEXT = st.text("ab01.-e \n\r\t+", max_size=40).map(str.encode)
ANY = st.one_of(st.binary(max_size=60), LIKE_TEXT, LIKE_TEXT.map(lambda data: b"2 2\n" + data))
GOOD = Space(["a", "bc", "d"], np.arange(6, dtype=np.float32).reshape(3, 2), provenance={"x": 1})


@pytest.fixture(autouse=True, scope="module")
def no_waiting_for_the_disk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        yield


def read_or_refuse(path, format):
    refusal, space = None, None
    try:
        space = nearer.load(path, format=format)
    except NearerError as error:
        refusal = str(error)
    if space is None:
        assert "\n" not in refusal
        assert str(path.parent) in refusal
    else:
        assert np.isfinite(space.vectors).all()


@pytest.mark.parametrize("format", NAMES)
@settings(deadline=None, max_examples=60)
@given(data=ANY)
@example(data=b"")
@example(data=b"2 2\na 1 2\nb 1")
@example(data=b"2 2\r\na 1 2\r\nb 1 2\r")
@example(data=b"a 1\r2\nb 3\n")
@example(data=b"1 1\n" + b" " * 10)
@example(data=b"0 0\n")
@example(data=b"PAR1" * 4)
@example(data=b"\x93NUMPY\x01\x00\xff\xff" + b"{" * 40)
@example(data=b"PK\x03\x04" + b"\0" * 40)
def test_any_bytes(format, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAMES[format]
        for name in ("a.metadata.tsv", "a.keys.txt", path.name):
            (Path(folder) / name).write_bytes(data)
        read_or_refuse(path, format)


@pytest.mark.parametrize("format", [*NAMES, "space"])
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_change_of_a_good_file(format, data):
    """Bytes cut off, changed or added anywhere in any of the files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAMES.get(format, "a.space")
        formats.write(GOOD, path, format=format)
        files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
        file = data.draw(st.sampled_from(files))
        good = file.read_bytes()
        at = data.draw(st.integers(0, len(good) - 1))
        tail = data.draw(st.sampled_from([b"", good[at:], good[at + 1 :]]))
        file.write_bytes(good[:at] + data.draw(st.binary(max_size=3)) + tail)
        read_or_refuse(path, format)


@settings(deadline=None, max_examples=50)
@given(data=LIKE_TEXT)
@example(data=b"0 a\n\n0\n")
@example(data=b"0 a\n\xff 0\n")
def test_blocks_of_any_size_read_the_same(data):
    """Where a block ends decides how it is parsed, never what comes out."""

    def outcome(size):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr("nearer.space.formats.number_lines.READ_BLOCK", size)
            path = Path(folder) / "a.txt"
            path.write_bytes(data)
            try:
                space = nearer.load(path)
            except NearerError as error:
                return str(error).removeprefix(str(path))
            return space.keys, space.vectors.tolist()

    assert outcome(1 << 24) == outcome(1) == outcome(7)
