"""Every way to hand over a corpus gives the same corpus."""

from __future__ import annotations

import gzip
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from word_corpora import small_word2vec, zipf_lines

from nearer.data.text import find_files
from nearer.signal import EncodedCorpus, encode_corpus

LINES = ["The lion and the zebra", "a zebra, the lion", "Ärger im Büro", "the the the", "数据 科学 и слово"]
TEXT = "\n".join(LINES) + "\n"
TOKENS = [["the", "lion", "and", "the", "zebra"], ["a", "zebra", "the", "lion"], ["ärger", "im", "büro"]]
TOKENS += [["the", "the", "the"], ["数据", "科学", "и", "слово"]]


def same(one: EncodedCorpus, two: EncodedCorpus) -> None:
    assert one.words == two.words
    assert one.counts.tolist() == two.counts.tolist()
    assert one.tokens.tolist() == two.tokens.tolist()


@pytest.fixture(scope="module")
def expected() -> EncodedCorpus:
    corpus = encode_corpus(LINES)
    assert corpus.words[:2] == ["the", "lion"]
    assert corpus.tokens_read == 19
    return corpus


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


FILES: dict[str, Callable[[bytes], bytes]] = {
    "corpus.txt": bytes,
    "corpus": bytes,
    "corpus.txt.gz": gzip.compress,
    "corpus.txt.zst": zstd,
    "CORPUS.TXT.GZ": gzip.compress,
    "Corpus.Zst": zstd,
    "members.gz": lambda data: gzip.compress(data[:30]) + gzip.compress(data[30:]),
    "frames.zst": lambda data: zstd(data[:30]) + zstd(data[30:]),
    "bom.txt": lambda data: b"\xef\xbb\xbf" + data,
    "windows.txt": lambda data: data.replace(b"\n", b"\r\n"),
    "blank.txt": lambda data: b"\n\n \n" + data.replace(b"\n", b"\n\n") + b"\n",
    "no-end.txt": lambda data: data[:-1],
}


@pytest.mark.parametrize("tokenizer", ["words", "whitespace"])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", [str, Path])
def test_files(tmp_path: Path, name: str, tokenizer: Any, kind: Callable[[Path], Any]) -> None:
    (tmp_path / name).write_bytes(FILES[name](TEXT.encode()))
    same(encode_corpus(kind(tmp_path / name), tokenizer=tokenizer), encode_corpus(LINES, tokenizer=tokenizer))


def test_directories_globs_and_lists_of_paths(tmp_path: Path, expected: EncodedCorpus) -> None:
    (tmp_path / "deeper").mkdir()
    parts = [tmp_path / "a.txt", tmp_path / "b.txt.gz", tmp_path / "deeper" / "c.txt"]
    parts[0].write_text("\n".join(LINES[:2]), encoding="utf-8")  # no line break at its end
    parts[1].write_bytes(gzip.compress((LINES[2] + "\n").encode()))
    parts[2].write_text("\n".join(LINES[3:]), encoding="utf-8")
    (tmp_path / ".hidden").write_text("not read")
    same(encode_corpus(tmp_path), expected)
    same(encode_corpus(str(tmp_path)), expected)
    same(encode_corpus(f"{tmp_path}/**/*.t*"), expected)
    same(encode_corpus(parts), expected)
    same(encode_corpus(iter(parts)), expected)


def test_empty_files_among_others_are_left_out_and_logged(
    tmp_path: Path, expected: EncodedCorpus, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "empty.txt").touch()
    same(encode_corpus(tmp_path), expected)
    assert "empty.txt is empty and was left out" in caplog.text


def test_parquet(tmp_path: Path, expected: EncodedCorpus) -> None:
    pq.write_table(pa.table({"n": range(5), "text": LINES}), tmp_path / "corpus.parquet")
    same(encode_corpus(tmp_path / "corpus.parquet"), expected)


def test_a_directory_of_many_files_is_listed_in_linear_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}.txt").write_text("word" if number % 2 else "")
    comparisons = 0

    def count(one: Path, other: object) -> bool:
        nonlocal comparisons
        comparisons += 1
        return str(one) == str(other)

    monkeypatch.setattr(type(tmp_path), "__eq__", count)
    monkeypatch.setattr(type(tmp_path), "__hash__", lambda path: hash(str(path)), raising=False)
    assert [path.name for path in find_files(str(tmp_path))] == [f"{n:03}.txt" for n in range(1, 300, 2)]
    assert comparisons <= 300


def test_empty_strings_of_a_tokenizer_are_no_tokens() -> None:
    expected = encode_corpus(["a b", "", "c a"])
    same(encode_corpus([" a b", " ", "c  a "], tokenizer=lambda line: line.split(" ")), expected)


def test_empty_tokens_at_the_cuts_of_a_long_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nearer.data.text.BLOCK_BYTES", 4)
    (tmp_path / "t.txt").write_text("aa  bb   cc\n dd    ee\n")
    expected = encode_corpus(["aa bb cc", "dd ee"])
    same(encode_corpus(tmp_path / "t.txt", tokenizer=lambda line: line.split(" ")), expected)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes(tmp_path: Path, expected: EncodedCorpus) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(TEXT,), kwargs={"encoding": "utf-8"})
    writer.start()
    same(encode_corpus(pipe), expected)
    writer.join()


def generator() -> Iterator[str]:
    yield from LINES


COLUMNS: dict[str, Callable[[], Any]] = {
    "generator": generator,
    "tuple": lambda: tuple(LINES),
    "token lists": lambda: TOKENS,
    "token tuples": lambda: (tuple(line) for line in TOKENS),
    "one text of several lines": lambda: [TEXT],
    "arrow array": lambda: pa.array(LINES),
    "arrow large": lambda: pa.array(LINES, pa.large_string()),
    "arrow view": lambda: pa.array(LINES, pa.string_view()),
    "arrow chunks": lambda: pa.chunked_array([LINES[:2], [], LINES[2:]]),
    "arrow dictionary": lambda: pa.array(LINES).dictionary_encode(),
    "arrow nulls": lambda: pa.array([None, *LINES, None]),
    "arrow tokens": lambda: pa.array(TOKENS),
    "arrow table": lambda: pa.table({"n": range(5), "text": LINES}),
    "arrow reader": lambda: pa.table({"n": range(5), "text": LINES}).to_reader(max_chunksize=2),
    "pandas": lambda: pd.Series(LINES),
    "pandas nulls": lambda: pd.Series([None, *LINES]),
    "pandas frame": lambda: pd.DataFrame({"n": range(5), "text": LINES}),
    "pandas category": lambda: pd.Series(LINES, dtype="category"),
    "polars": lambda: pl.Series(LINES),
    "polars tokens": lambda: pl.Series(TOKENS),
    "polars frame": lambda: pl.DataFrame({"n": range(5), "text": LINES}),
    "numpy": lambda: np.array(LINES),
}


def test_token_lists_of_fixed_size() -> None:
    pairs = [["the", "lion"], None, ["a", "zebra"]]
    column = pa.array(pairs, pa.list_(pa.string(), 2))
    same(encode_corpus(column), encode_corpus([pair for pair in pairs if pair]))


@pytest.mark.parametrize("name", COLUMNS)
def test_iterables_and_columns(name: str, expected: EncodedCorpus) -> None:
    same(encode_corpus(COLUMNS[name](), threads=2), expected)


def open_maps() -> list[str]:
    return Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()


def covers(line: str, address: int) -> bool:
    first, last = (int(part, 16) for part in line.split(maxsplit=1)[0].split("-"))
    return first <= address < last


def test_memory_mapped_ids_train_the_same_model() -> None:
    corpus = zipf_lines(60_000)
    in_memory = encode_corpus(corpus)
    on_disk = encode_corpus(corpus, memory=1_000)
    if sys.platform == "linux":  # the ids lie in a file that has no name any more
        address = on_disk.tokens.ctypes.data
        assert any(covers(line, address) and "(deleted)" in line for line in open_maps())
    same(in_memory, on_disk)
    models = [small_word2vec(memory=memory).fit(corpus) for memory in (None, "100kB", 1_000)]
    assert models[0].space_.identity == models[1].space_.identity == models[2].space_.identity


def test_many_long_strings_are_read_in_bounded_batches() -> None:
    largest = 0

    def watch(line: str) -> list[str]:
        nonlocal largest
        largest = max(largest, len(line))
        return line.split()

    text = "word " * 200_000
    corpus = encode_corpus((text for _ in range(12)), tokenizer=watch)
    assert corpus.counts.tolist() == [12 * 200_000]
    assert largest == len(text)
