"""Whatever is written as documents is read back with its keys and tags; lines are cut where they end."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv

from nearer.data.documents import read_documents
from nearer.signal.documents import encode_documents

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
names = texts.filter(bool)
documents = st.dictionaries(names, texts, min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(documents, st.sampled_from([".csv", ".parquet"]))
def test_tables_survive(given_documents: dict[str, str], ending: str) -> None:
    table = pa.table({"key": list(given_documents), "text": list(given_documents.values())})
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"documents{ending}"
        (csv.write_csv if ending == ".csv" else pq.write_table)(table, path)
        found = {d.key: d.content.decode() for d in read_documents(path)}  # type: ignore[union-attr]
    assert found == given_documents


@settings(max_examples=60, deadline=None)
@given(st.lists(texts.map(lambda text: text.replace("\ufeff", "")), min_size=1, max_size=8))
def test_lines_survive(lines: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "documents.txt"
        path.write_bytes("".join(f"{line}\n" for line in lines).encode())
        found = list(read_documents(path))
    assert [d.content.decode().removesuffix("\n") for d in found] == lines  # type: ignore[union-attr]
    assert [d.key for d in found] == [str(number) for number in range(1, len(lines) + 1)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abc"), min_size=1, max_size=3),
            st.lists(st.sampled_from(list("uvwxyz"))),
        ),
        min_size=1,
        max_size=6,
    ).filter(lambda rows: any(words for _, words in rows)),
    st.integers(1, 3),
)
def test_ids_spell_the_documents(rows: list[tuple[list[str], list[str]]], min_count: int) -> None:
    given_documents = [(row, tags, words) for row, (tags, words) in enumerate(rows)]
    encoded = encode_documents(read_documents(given_documents), min_count=min_count)
    everything = [word for _, words in rows for word in words]
    known = {word for word in everything if everything.count(word) >= min_count}
    kept = [(tags, [word for word in words if word in known]) for tags, words in rows]
    full = [(list(dict.fromkeys(tags)), words) for tags, words in kept if words]
    bounds = [*encoded.starts.tolist(), len(encoded.tokens)]
    spelled = [
        (
            [
                encoded.tag_names[tag]
                for tag in encoded.tags[encoded.tag_starts[i] : encoded.tag_starts[i + 1]]
            ],
            [encoded.words[token & 0x7FFFFFFF] for token in encoded.tokens[bounds[i] : bounds[i + 1]]],
        )
        for i in range(len(encoded.starts))
    ]
    assert spelled == full
    assert set(encoded.words) == known
    assert [d.row for d in encoded.empty] == [row for row, (_, words) in enumerate(kept) if not words]
    assert encoded.tokens_read == len(everything)
