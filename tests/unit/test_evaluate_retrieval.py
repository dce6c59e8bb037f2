"""Retrieval: provable rankings, what is left out, the forms of judgements, and what is refused."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from nearer import Space
from nearer.errors import FormatError, InputError, ParameterError, SpaceMismatch
from nearer.evaluate import retrieval
from nearer.evaluate.qrels import read_qrels
from nearer.search import HNSW, Exact

IDENTITY = "0" * 64
KEYS = [f"d{row}" for row in range(10)]
ANGLES = np.linspace(0, 1.5, 10)
DOCUMENTS = Space(KEYS, np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1), identity=IDENTITY)
QUERIES = Space(["first", "last"], [[1, 0], [0, 1]], identity=IDENTITY)  # rank d0 d1 ... and d9 d8 ...
ROWS = [("first", "d0", 2), ("first", "d1", 1), ("last", "d9", 1), ("last", "d3", 0)]
PERFECT = {"first": {"d0": 2, "d1": 1}, "last": {"d9": 1, "d3": 0}}


def values(result: Any) -> dict[str, float]:
    return {name: estimate.value for name, estimate in result.metrics.items()}


def test_a_perfect_ranking_scores_one() -> None:
    result = retrieval(DOCUMENTS, QUERIES, PERFECT, recall_at=(2, 5))
    assert values(result) == {"nDCG@10": 1, "recall@2": 1, "recall@5": 1, "MRR": 1, "MAP": 1}
    assert (result.value, result.interval, result.n, result.coverage, result.oov_rate) == (1, (1, 1), 2, 1, 0)


def test_a_reversed_ranking_scores_what_its_ranks_say() -> None:
    result = retrieval(DOCUMENTS, {"q": QUERIES["first"]}, {"q": {"d9": 1}}, recall_at=(9, 10))
    assert values(result) == pytest.approx(
        {"nDCG@10": 1 / np.log2(11), "recall@9": 0, "recall@10": 1, "MRR": 0.1, "MAP": 0.1}
    )


def test_nothing_relevant_found_scores_zero() -> None:
    result = retrieval(DOCUMENTS, {"q": QUERIES["first"]}, {"q": {"d9": 1}}, 3, recall_at=(3,), depth=5)
    assert set(values(result).values()) == {0}


def test_ties_are_broken_by_row() -> None:
    same = Space(KEYS, np.ones((10, 2)))
    for row, key in enumerate(KEYS):
        result = retrieval(same, {"q": [1, 0]}, {"q": {key: 1}})
        assert result.metrics["MRR"].value == 1 / (row + 1)


def test_a_relevance_of_zero_or_below_is_not_relevant() -> None:
    some = {"first": {"d0": 1, "d5": -1, "d6": 0}}
    assert values(retrieval(DOCUMENTS, QUERIES, some)) == values(
        retrieval(DOCUMENTS, QUERIES, {"first": {"d0": 1}})
    )


def test_queries_that_are_left_out_are_counted() -> None:
    queries = dict.fromkeys(("a", "b", "c", "d"), QUERIES["first"])
    result = retrieval(DOCUMENTS, queries, {"a": {"d0": 1}, "b": {"d1": 0}, "c": {"d1": 1}})
    assert (result.queries, result.n, result.unjudged, result.irrelevant) == (4, 2, 1, 1)
    assert result.coverage == 0.5
    assert result.metrics["MRR"].value == 0.75
    note = str(result).splitlines()[-1]
    assert "4 queries: left out 1 without judgements, 1 without a relevant document" in note


def test_unknown_ids_are_refused_or_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.qrels"
    file.write_text("first 0 d0 1\nfirst 0 d77 1\nnobody 0 d0 1\n")
    remedy = 'add its vector, or leave such judgements out: unknown="skip" (--unknown-ids skip)'
    with pytest.raises(InputError) as caught:
        retrieval(DOCUMENTS, QUERIES, file)
    assert str(caught.value) == f"{file}, row 2: document 'd77' is not among the 10 documents; {remedy}"
    file.write_text("first 0 d0 1\nnobody 0 d0 1\n")
    with pytest.raises(InputError) as caught:
        retrieval(DOCUMENTS, QUERIES, file)
    assert str(caught.value) == f"{file}, row 2: query 'nobody' is not among the 2 queries; {remedy}"
    file.write_text("first 0 d0 1\nfirst 0 d77 1\nnobody 0 d0 1\nlast 0 d9 0\n")
    result = retrieval(DOCUMENTS, QUERIES, file, unknown="skip")
    assert (result.judgements, result.unknown, result.oov_rate, result.value) == (4, 2, 0.5, 1)
    assert (result.unjudged, result.irrelevant) == (0, 1)


def test_a_searcher_ranks_instead() -> None:
    generator = np.random.default_rng(0)
    documents = Space([f"d{row}" for row in range(2000)], generator.standard_normal((2000, 8)))
    asked = {f"q{row}": documents.vectors[row] for row in range(50)}
    qrels = {f"q{row}": {f"d{row}": 1} for row in range(50)}
    exact = retrieval(documents, asked, qrels)
    by_searcher = retrieval(documents, asked, qrels, searcher=Exact(documents))
    assert values(by_searcher) == values(exact)
    assert (exact.depth, by_searcher.depth) == (2000, 1000)
    poor = HNSW(documents, connectivity=2, expansion_add=2, expansion_search=1, oversampling=1)
    assert retrieval(documents, asked, qrels, searcher=poor, depth=100).value < exact.value == 1
    with pytest.raises(SpaceMismatch, match="the space of the searcher has identity"):
        retrieval(documents, asked, qrels, searcher=Exact(DOCUMENTS))


def test_many_queries_are_ranked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = retrieval(DOCUMENTS, QUERIES, PERFECT)
    monkeypatch.setattr(sys.modules["nearer.evaluate.retrieval"], "_BLOCK", 1)
    assert retrieval(DOCUMENTS, QUERIES, PERFECT) == whole
    assert retrieval(DOCUMENTS, QUERIES, PERFECT, searcher=Exact(DOCUMENTS), depth=10) == whole


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.qrels", "first 0 d0 2\nfirst 0 d1 1\nlast  0  d9 1\nlast 0 d3 0\n"),
        ("a.txt", "first\t0\td0\t2\nfirst\t0\td1\t1\n\nlast\t0\td9\t1\r\nlast\t0\td3\t0"),
        ("a.tsv", "query-id\tcorpus-id\tscore\nfirst\td0\t2\nfirst\td1\t1\nlast\td9\t1\nlast\td3\t0\n"),
        ("a.tsv", "\ufefffirst\td0\t2\nfirst\td1\t1\nlast\td9\t1\nlast\td3\t0\n"),
        ("a.csv", 'rel,"qid",docid\n2,first,d0\n1,first,d1\n1,last,d9\n0,last,d3\n'),
    ],
)
def test_text_in_every_usual_form(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode())
    _, found = read_qrels(tmp_path / name)
    assert [(each.query, each.document, each.relevance) for each in found] == ROWS


def test_tables_and_mappings_in_every_usual_form(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["query_id", "doc_id", "relevance"])
    table = pa.Table.from_pandas(frame)
    parquet.write_table(table, tmp_path / "a.parquet")
    named = table.rename_columns(["x", "y", "z"]).append_column("w", pa.array([9] * 4))
    for source, columns in (
        (frame, None),
        (pl.DataFrame(table), None),
        (table.rename_columns(["x", "y", "z"]), None),
        (named, ("x", "y", "z")),
        (tmp_path / "a.parquet", None),
        (PERFECT, None),
        (ROWS, None),
    ):
        _, found = read_qrels(source, columns)
        assert [(each.query, each.document, each.relevance) for each in found] == ROWS
    numbers = pa.table({"query": [1], "doc": [2], "rel": [3]})
    (one,) = read_qrels(numbers)[1]
    assert (one.query, one.document) == ("1", "2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("first 0 d0\n", "row 1: 'd0' is not a relevance"),
        ("first d0 2\nfirst 0 d1 1\n", "row 2: has 4 cells, expected 3 as in the first line"),
        ("first\n", "row 1: has 1 cell, expected query, document and relevance; separate them by tabs"),
        (
            "first 0 d0 nan\n",
            "row 1: 'nan' is not a relevance; use finite numbers, or name the columns by columns=",
        ),
        ("first 0 d0 high\n", "row 1: 'high' is not a relevance"),
        ("first\t0\t\t1\n", "row 1: '' is not an id; use text or whole numbers"),
        (
            "first 0 d0 1\nfirst 0 d0 2\n",
            "row 2: document 'd0' has relevance 2 for query 'first', and 1 in row 1",
        ),
        ("", "holds no judgements; expected query, document and relevance"),
        ("first 0 d0 0\n", "none of 1 judgements is of a relevant document"),
    ],
)
def test_a_malformed_file_is_named_with_its_row(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "a.qrels"
    file.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        retrieval(DOCUMENTS, QUERIES, file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_columns_that_are_not_clear_are_not_guessed() -> None:
    table = pa.table({"query_no": [1], "doc_id": ["a"], "code": [2], "trec_rel": [3]})
    with pytest.raises(
        FormatError,
        match=r"'trec_rel'\] are query, document and relevance is not clear; name them by columns=",
    ):
        read_qrels(table)
    assert read_qrels(table, ("query_no", "doc_id", "trec_rel"))[1][0].relevance == 3
    with pytest.raises(ParameterError, match="'rel' is not a column of Table; use some of"):
        read_qrels(table, ("query_no", "doc_id", "rel"))
    with pytest.raises(ParameterError, match="name the columns of query, document and relevance"):
        read_qrels(table, ("query_no", "doc_id"))
    with pytest.raises(ParameterError, match="name no columns of a sequence of tuples"):
        read_qrels(ROWS, ("a", "b", "c"))
    with pytest.raises(FormatError, match="judgements, query 'q': 3 is no mapping of documents to relevance"):
        read_qrels({"q": 3})


def test_queries_of_another_space_are_refused() -> None:
    other = Space(["first"], [[1, 0]], identity="1" * 64)
    with pytest.raises(
        SpaceMismatch, match="the space of queries has identity 111111111111, expected 000000000000"
    ):
        retrieval(DOCUMENTS, other, PERFECT)
    with pytest.raises(
        InputError, match="queries have 3 dimensions, the documents 2; make both with one encoder"
    ):
        retrieval(DOCUMENTS, {"first": [1, 0, 0]}, PERFECT)
    with pytest.raises(InputError, match="queries: list is neither a space nor a mapping"):
        retrieval(DOCUMENTS, [[1, 0]], PERFECT)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="0 queries and 10 documents: retrieval needs both"):
        retrieval(DOCUMENTS, {}, PERFECT)
    with pytest.raises(InputError, match="the vector of 'first' holds nan"):
        retrieval(DOCUMENTS, {"first": [np.nan, 0]}, PERFECT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k=0 is below 1"),
        ({"recall_at": (0,)}, "recall_at=0 is below 1"),
        ({"depth": 0}, "depth=0 is below 1"),
        ({"depth": 5}, "depth=5 is less deep than the 100 documents of k and recall_at; rank more"),
        ({"gain": "cubic"}, "gain='cubic' is unknown; use 'linear' or 'exponential'"),
        ({"unknown": "x"}, "unknown='x' is unknown; use 'error' or 'skip'"),
    ],
)
def test_parameters_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        retrieval(DOCUMENTS, QUERIES, PERFECT, **options)


def test_gains_that_would_overflow_are_refused() -> None:
    large = {"first": {"d0": 1000.0}}
    assert retrieval(DOCUMENTS, QUERIES, large).value == 1
    message = "judgements, row 0: relevance 1000 is too large for an exponential gain"
    with pytest.raises(InputError, match=message):
        retrieval(DOCUMENTS, QUERIES, large, gain="exponential")


def test_prints_and_turns_into_json() -> None:
    result = retrieval(DOCUMENTS, QUERIES, PERFECT)
    assert str(result).splitlines()[1].split() == ["nDCG@10", "1.000", "1.000", "to", "1.000", "2"]
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["metrics"]["MAP"] == {"value": 1, "interval": [1, 1], "n": 2}
    assert plain["rule"] == "queries without a relevant document are left out"
    assert (plain["value"], plain["n"], plain["coverage"], plain["depth"]) == (1, 2, 1, 10)
    assert retrieval(DOCUMENTS, QUERIES, PERFECT) == result
