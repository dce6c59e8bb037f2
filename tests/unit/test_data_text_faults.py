"""Bad text: one clear line that names the file, the place and the remedy."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from word_corpora import small_word2vec

from nearer import PPMI, Doc2Vec, FastText, GloVe, Phrases, Word2Vec
from nearer.errors import EncodingError, FormatError, InputError, NearerError, StorageError, shown
from nearer.kernels.text import LONGEST_TOKEN
from nearer.models.sizes import parse_bytes
from nearer.signal import encode_corpus, id_store

NO_TOKEN = "is no text; tokens must be strings without lone surrogates"
NO_COLUMN, GIVE = "the table: one text column is needed", 'give the column: table["text"]'
WELL = b"good words stand here\n" * 300_000  # 6.6 MB: more than one block


def complaint(corpus: Any, kind: type[NearerError] = InputError, **parameters: Any) -> str:
    """The message of the error that reading `corpus` raises."""
    with pytest.raises(kind) as caught:
        encode_corpus(corpus, **parameters)
    message = str(caught.value)
    assert message == message.strip()
    assert "\n" not in message
    return message


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


@pytest.mark.parametrize(("name", "pack"), [("t.txt", bytes), ("t.txt.gz", gzip.compress), ("t.zst", zstd)])
def test_broken_utf8_is_named_by_file_and_offset_of_the_text(tmp_path: Path, name: str, pack: Any) -> None:
    (tmp_path / name).write_bytes(pack(WELL + b"caf\xe9 au lait\n" + WELL))
    message = complaint(tmp_path / name, EncodingError)
    assert message == (
        f"{tmp_path / name}: invalid UTF-8 at byte offset {len(WELL) + 3:,} (bytes e9 20 61 75); "
        'convert the file to UTF-8, or use errors="replace" (--errors replace)'
    )


def test_broken_utf8_is_replaced_on_request(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"caf\xe9 au lait\xff\n")
    assert encode_corpus(tmp_path / "t.txt", errors="replace").words == ["au", "caf", "lait"]
    words = encode_corpus(tmp_path / "t.txt", errors="replace", tokenizer="whitespace").words
    assert words == ["au", "caf\ufffd", "lait\ufffd"]
    with pytest.raises(EncodingError, match="byte offset 3"):
        encode_corpus(tmp_path / "t.txt", tokenizer=str.split)


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", str.split])
@pytest.mark.parametrize("errors", ["strict", "replace"])
def test_a_binary_file_is_named_by_its_first_nul(tmp_path: Path, errors: Any, tokenizer: Any) -> None:
    (tmp_path / "t.bin").write_bytes(WELL + ("é".encode() if errors == "strict" else b"\xff\xff") + b"\0\0")
    message = complaint(tmp_path / "t.bin", errors=errors, tokenizer=tokenizer)
    offset = f"{len(WELL) + 2:,}"
    assert (
        message
        == f"{tmp_path / 't.bin'}: a NUL byte at byte offset {offset}: this is a binary file, not text"
    )


@pytest.mark.parametrize(("name", "pack"), [("t.gz", gzip.compress), ("t.zst", zstd)])
@pytest.mark.parametrize("damage", ["cut", "foreign"])
def test_damaged_compression_is_named(tmp_path: Path, name: str, pack: Any, damage: str) -> None:
    data = pack(WELL)
    (tmp_path / name).write_bytes(
        data[: len(data) // 2] if damage == "cut" else b"plain text, not compressed"
    )
    assert complaint(tmp_path / name).startswith(
        f"{tmp_path / name}: cannot be read: the data is cut short or damaged ("
    )


def test_missing_and_empty_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "blank.txt").write_text(" \n\n ")
    assert complaint(tmp_path / "empty.txt") == f"{tmp_path / 'empty.txt'}: the file is empty"
    assert complaint(tmp_path / "none.txt") == f"{tmp_path / 'none.txt'}: no such file or directory"
    assert complaint(f"{tmp_path}/*.md") == f"{tmp_path}/*.md: no file matches"
    assert complaint(tmp_path / "blank.txt") == f"{tmp_path / 'blank.txt'}: no words found in the corpus"
    assert complaint([" "]) == "no words found in the corpus"
    assert complaint([tmp_path / "blank.txt"] * 5) == (
        f"{', '.join([str(tmp_path / 'blank.txt')] * 3)}, and 2 more: no words found in the corpus"
    )
    (tmp_path / "folder").mkdir()
    assert complaint(tmp_path / "folder") == f"{tmp_path / 'folder'}: no file in this directory"
    assert "give a list of strings" in complaint("a whole sentence given as a path")


TEXTS = {
    "long": "the whole of a text that was read from its file " * 3_000,
    "lines": "what is this?\nit is a text [with a question]\n" * 4,
    "nul": "a word\0another",
    "no spaces": "x" * 5_000,
    "slashes": "on/off " * 2_000,
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize(
    "fit",
    [encode_corpus, *(made().fit for made in (Word2Vec, FastText, GloVe, PPMI, Phrases, Doc2Vec))],
    ids=["read", "word2vec", "fasttext", "glove", "ppmi", "phrases", "doc2vec"],
)
def test_a_text_in_place_of_a_path_is_named_in_short(kind: str, fit: Any) -> None:
    with pytest.raises(InputError) as caught:
        fit(TEXTS[kind])
    assert str(caught.value) == (
        f"{shown(TEXTS[kind])}: no such file or directory; "
        "to train on the text itself, give a list of strings"
    )
    assert len(str(caught.value)) < 160


def test_an_empty_path_is_not_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.txt").write_text("words that nobody asked for")
    monkeypatch.chdir(tmp_path)
    assert complaint("") == 'the path of the corpus is empty; for the current directory, give "."'
    assert len(encode_corpus(".").words) == 5


@pytest.mark.parametrize(
    ("data", "kind", "remedy"),
    [
        (gzip.compress(b"some text"), "gzip data", "give the file the ending .gz"),
        (zstd(b"some text"), "Zstandard data", "give the file the ending .zst"),
        (bz2.compress(b"some text"), "bzip2 data", "unpack it"),
        (lzma.compress(b"some text"), "xz data", "unpack it"),
        (b"PK\x03\x04\x14\0", "a ZIP archive", "unpack it"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image", "give a text file"),
        ("some text".encode("utf-16"), "UTF-16 text", "convert the file to UTF-8"),
        (b"\xfe\xff" + "some text".encode("utf-16-be"), "UTF-16 text", "convert the file to UTF-8"),
    ],
    ids=["gzip", "zstd", "bzip2", "xz", "zip", "png", "utf-16 little", "utf-16 big"],
)
@pytest.mark.parametrize("errors", ["strict", "replace"])
def test_what_is_taken_for_text_is_called_what_it_is(
    tmp_path: Path, data: bytes, kind: str, remedy: str, errors: Any
) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(data)
    assert complaint(path, errors=errors) == f"{path}: this is {kind}, not UTF-8 text; {remedy}"


def test_paths_given_as_strings_are_read_as_text_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.txt").write_text("the words of the file")
    monkeypatch.chdir(tmp_path)
    assert sorted(encode_corpus(["t.txt", "text"]).words) == ["t", "text", "txt"]
    assert "'t.txt' names a file but is read as text; to read files, give Path objects" in caplog.text
    caplog.clear()
    encode_corpus(["x" * 5_000])
    assert not caplog.text


@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
def test_one_very_long_line_is_fine(tmp_path: Path, tokenizer: Any) -> None:
    (tmp_path / "line.txt").write_bytes(b"one two three four\t" * 1_100_000)  # 20 MB
    corpus = encode_corpus(tmp_path / "line.txt", tokenizer=tokenizer, threads=2)
    assert corpus.counts.tolist() == [1_100_000] * 4
    assert (corpus.tokens >= 2**31).sum() == 1


@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
def test_the_longest_token_is_fine_and_a_longer_one_is_named(tmp_path: Path, tokenizer: Any) -> None:
    path = tmp_path / "token.txt"
    for end in (b"", b" end"):
        path.write_bytes(b"before " + b"a" * LONGEST_TOKEN + end)
        assert len(encode_corpus(path, tokenizer=tokenizer).words) == 2 + bool(end)
        path.write_bytes(b"before " + b"a" * (LONGEST_TOKEN + 1) + end)
        assert complaint(path, tokenizer=tokenizer) == (
            f"{path}: a token of more than 65,536 bytes at byte offset 7: this is no running text"
        )
    path.write_bytes("Ⱥ".encode() * (LONGEST_TOKEN // 2))  # its lower case is a byte longer
    assert len(encode_corpus(path).words[0].encode()) == LONGEST_TOKEN // 2 * 3


def test_a_file_without_white_space_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nearer.data.text.LONGEST_GAP", 10_000)
    monkeypatch.setattr("nearer.data.text.BLOCK_BYTES", 4_000)
    (tmp_path / "t.txt").write_bytes(b"a few words\n" + b"x" * 50_000)
    assert re.search(r"t\.txt: no white space in [\d,]+ bytes from byte 12 on", complaint(tmp_path / "t.txt"))


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ([], "the corpus is empty"),
        (iter(()), "the corpus is empty"),
        (7, "a corpus cannot be read from 7; give a path or an iterable"),
        (b"bytes", "the first item is 98; a corpus holds strings, lists of tokens, or paths"),
        (["fine", None], "row 1: None is no string; items must be of one kind"),
        (["fine"] * 10_001 + [3.5], "row 10001: 3.5 is no string; items must be of one kind"),
        (["fine", "\ud800"], r"row 1: a lone surrogate, '\ud800'"),
        ([["a"], "b"], "row 1: 'b' is no list of strings"),
        ([["a"], ["b", 1]], "row 1: ['b', 1] is no list of strings"),
        ([["a"], ["\udfff"]], rf"row 1: the token '\udfff' {NO_TOKEN}"),
        (pa.array([["a"], ["b", None]]), f"row 1: the token None {NO_TOKEN}"),
        (pa.array([1, 2]), "column: a column of int64 is no text; give a column of strings"),
        (pd.Series([1.5]), "column: a column of double is no text; give a column of strings"),
        (pl.DataFrame({"a": ["x"], "b": ["y"]}), f"{NO_COLUMN}, found a, b; {GIVE}"),
        (pa.table({"n": [1]}), f"{NO_COLUMN}, found none; {GIVE}"),
    ],
)
def test_what_is_no_corpus_is_refused_in_one_line(corpus: Any, message: str) -> None:
    assert complaint(corpus) == message


@pytest.mark.parametrize("made", ["text", None, 5])
def test_a_tokenizer_that_makes_no_list_is_refused(made: object) -> None:
    assert complaint(["a line"], tokenizer=lambda line: made) == (
        f"the tokenizer made {made!r} of a line; it must return a list of strings"
    )


def test_a_tokenizer_that_makes_other_things_than_strings_is_refused() -> None:
    assert "the token 4 is no text" in complaint(["a line"], tokenizer=lambda line: ["fine", 4])


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    assert complaint(tmp_path / "t.parquet").startswith(
        f"{tmp_path / 't.parquet'}: not a readable Parquet file"
    )


def test_a_damaged_page_of_a_parquet_file_is_named_by_file_and_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    lines = [f"line number {number}" for number in range(200_000)]
    pq.write_table(pa.table({"text": lines}), path, row_group_size=70_000, use_dictionary=False)
    data = bytearray(path.read_bytes())
    group = pq.ParquetFile(path).metadata.row_group(2).column(0)
    data[group.data_page_offset : group.data_page_offset + 200] = b"\xff" * 200
    path.write_bytes(data)
    message = complaint(path, FormatError)
    assert re.match(rf"{re.escape(str(path))}, rows from \d+: the file is damaged \(", message)
    assert int(re.findall(r"rows from (\d+)", message)[0]) >= 65_536


def test_lines_of_one_word_teach_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("lion\nzebra\n" * 50_000)
    with pytest.raises(
        InputError, match=r"list\.txt: no line holds two of the words that are kept"
    ) as caught:
        small_word2vec().fit(path)
    assert "put a sentence or a paragraph on a line, or lower min_count" in str(caught.value)
    path.write_text("lion\nzebra\n" * 50_000 + "lion zebra\n")
    assert len(small_word2vec().fit(path).space_) == 2


def test_min_count_that_leaves_too_few_words() -> None:
    with pytest.raises(
        InputError, match="min_count=3 leaves 1 of 3 different words, and at least 2 are needed"
    ) as error:
        small_word2vec(min_count=3).fit(["a a a b b c"])
    assert "lower min_count or give more text" in str(error.value)


def test_a_full_temporary_disk_is_a_storage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(id_store.os, "posix_fallocate", full, raising=False)
    message = complaint(["a b c"] * 10, StorageError, memory=1)
    assert "No space left on device" in message
    assert "TMPDIR" in message


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ("2GB", 2 * 10**9),
        (" 512 MB ", 512 * 10**6),
        ("1.5GiB", 3 * 2**29),
        ("7", 7),
        (123, 123),
        ("3k", 3_000),
    ],
)
def test_sizes_are_read_as_people_write_them(size: str | int, count: int) -> None:
    assert parse_bytes(size) == count


@pytest.mark.parametrize("size", ["", "2 GBit", "-1", "0", 0, "much", "1e9"])
def test_what_is_no_size_is_refused(size: str | int) -> None:
    with pytest.raises(NearerError, match='is no size; write it as memory="2GB"'):
        parse_bytes(size)
