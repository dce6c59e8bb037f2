"""Arrow gets memory and files of its own: its threads outlive what Python may still let go of."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nearer.errors import InputError
from nearer.evaluate.sources import table_of
from nearer.space.arrow_input import PIECE, arrow_file, arrow_input
from nearer.space.formats import parquet


@pytest.mark.parametrize("size", [0, 3, 2 * PIECE + 1])
def test_the_copy_holds_the_bytes_and_no_python_object(size: int) -> None:
    data = os.urandom(size)
    assert arrow_input(io.BytesIO(data)).read() == data
    holders = sys.getrefcount(data)
    copy = arrow_input(data)
    assert sys.getrefcount(data) == holders
    assert copy.read() == data


def test_a_stream_is_copied_from_where_it_stands() -> None:
    stream = io.BytesIO(b"headbody")
    stream.seek(4)
    assert arrow_input(stream).read() == b"body"


def test_a_file_is_opened_by_arrow(tmp_path: Path) -> None:
    pq.write_table(pa.table({"key": ["a"]}), tmp_path / "t.parquet")
    with arrow_file(tmp_path / "t.parquet") as file:
        assert isinstance(file, pa.OSFile)
        assert pq.read_table(file).to_pydict() == {"key": ["a"]}
    with pytest.raises(FileNotFoundError), arrow_file(tmp_path / "none.parquet"):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("read", [parquet.read, table_of])
def test_a_pipe_is_refused_in_one_line(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    pipe = tmp_path / "pipe.parquet"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # so that opening it does not wait
    try:
        with pytest.raises(InputError) as caught:
            read(pipe)
    finally:
        os.close(writer)
    assert f"{pipe}: " in str(caught.value)
    assert "it is a pipe, and a table is read from its end" in str(caught.value)
    assert "\n" not in str(caught.value)
