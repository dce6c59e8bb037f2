"""Judgements, labels and pairs of texts are read back; whatever else a file holds ends in one clear error."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nearer import Space
from nearer.errors import NearerError
from nearer.evaluate.labels import labelled
from nearer.evaluate.qrels import read_qrels
from nearer.evaluate.text_pairs import TextPair, read_text_pairs

ids = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="\ufeff"), min_size=1)
texts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\t\r\n\0\ufeff"), min_size=1
).filter(lambda text: text.strip() != "")
numbers = st.floats(-1e9, 1e9)
judgements = st.dictionaries(st.tuples(ids, ids), st.integers(-2, 4), min_size=1, max_size=8)
pairs = st.lists(st.builds(TextPair, texts, texts, numbers), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(judgements, st.sampled_from(["\t", " ", "  "]), st.booleans())
def test_judgements_survive(judged: dict[tuple[str, str], int], separator: str, trec: bool) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.qrels"
        cells = [(q, "0", d, str(r)) if trec else (q, d, str(r)) for (q, d), r in judged.items()]
        file.write_bytes("".join(separator.join(line) + "\n" for line in cells).encode())
        _, found = read_qrels(file)
    assert {(each.query, each.document): each.relevance for each in found} == judged


@settings(max_examples=60, deadline=None)
@given(pairs, st.booleans())
def test_pairs_of_texts_survive(written: list[TextPair], header: bool) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.tsv"
        lines = [f"{p.first}\t{p.second}\t{p.score!r}\n" for p in written]
        file.write_bytes("".join(["sentence1\tsentence2\tscore\n", *lines] if header else lines).encode())
        quoted = Path(folder) / "a.csv"
        with quoted.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows((p.first, p.second, repr(p.score)) for p in written)
        assert read_text_pairs(file)[1] == read_text_pairs(quoted)[1] == written


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(ids, ids, min_size=1, max_size=8))
def test_labels_survive(labels: dict[str, str]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.tsv"
        file.write_bytes("".join(f"{key}\t{label}\n" for key, label in labels.items()).encode())
        found = labelled(Space(list(labels), [[1.0]] * len(labels)), file)
    assert [found.names[code] for code in found.codes] == list(labels.values())


READERS: list[Callable[[Path], Any]] = [
    read_qrels,
    read_text_pairs,
    lambda file: labelled(Space(["a", "1"], [[1.0], [2.0]]), file),
]


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.binary(max_size=80), st.text('a1\t\n\r,"0 ', max_size=60).map(str.encode)),
    st.sampled_from(["a.tsv", "a.csv", "a.parquet", "a.qrels"]),
)
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        for read in READERS:
            try:
                assert read(file)
            except NearerError as error:
                assert "\n" not in str(error)  # noqa: PT017  (reading may succeed, too)
