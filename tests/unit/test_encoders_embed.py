"""`nearer.embed`: the same vectors from every form, what fails, and what an interruption leaves."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import nearer
from nearer.data.items import Item
from nearer.encoders import embed_groups, embed_run
from nearer.errors import FormatError, InputError, ParameterError, SpaceMismatch, StorageError
from nearer.space import store
from small_encoders import Letters

TEXTS = {f"k{row}": f"text number {row} of many" for row in range(1500)}
TABLE = pa.table({"id": list(TEXTS), "text": list(TEXTS.values()), "topic": [row % 3 for row in range(1500)]})
EXPECTED = Letters().encode(list(TEXTS.values()))


def small_parts(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.0) -> None:
    """A shard a group, and groups of 100."""
    monkeypatch.setattr(embed_run, "SECONDS_A_PART", seconds)
    monkeypatch.setattr(embed_groups, "ITEMS_A_GROUP", 100)


def forms(folder: Path) -> dict[str, Any]:
    pq.write_table(TABLE, folder / "t.parquet", row_group_size=400)
    pa_csv.write_csv(TABLE, folder / "t.csv")
    texts = folder / "texts"
    texts.mkdir()
    for key, text in TEXTS.items():
        (texts / key).write_text(text, encoding="utf-8")
    return {
        "parquet": folder / "t.parquet",
        "csv": str(folder / "t.csv"),
        "arrow": TABLE,
        "pandas": TABLE.to_pandas(),
        "stream": TABLE.to_reader(max_chunksize=37),
        "mapping": TEXTS,
        "pairs": iter(TEXTS.items()),
        "folder": texts,
    }


def test_every_form_gives_the_same_space(tmp_path: Path) -> None:
    for name, source in forms(tmp_path).items():
        made = nearer.embed(Letters(), source)
        rows = [made.space.row(key) for key in TEXTS]
        np.testing.assert_array_equal(made.space.vectors[rows], EXPECTED, name)
        assert made.space.identity == Letters().identity
        assert made.report.items == len(TEXTS)
        if name != "folder":
            assert made.space.keys == list(TEXTS)


@pytest.mark.parametrize("ending", [".space", "", ".txt", ".npz"])
def test_what_is_written_is_what_is_returned(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_parts(monkeypatch)
    out = tmp_path / f"o{ending}"
    made = nearer.embed(Letters(), TABLE, out=out)
    np.testing.assert_array_equal(made.space.vectors, EXPECTED)
    again = nearer.load(out)
    assert again.keys == made.space.keys == list(TEXTS)
    np.testing.assert_array_equal(again.vectors, EXPECTED)
    assert [place.name for place in tmp_path.iterdir() if "parts" in place.name] == []


def test_what_fails_before_anything_is_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(nearer.errors.NearerError):
        nearer.embed(Letters(), {"a": "fine", "b": "#"}, out=tmp_path / "o.space")
    assert list(tmp_path.iterdir()) == []


def test_columns_are_kept_as_payload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)
    pq.write_table(TABLE, tmp_path / "t.parquet")
    for made in (
        nearer.embed(Letters(), tmp_path / "t.parquet", keep=["topic"], out=tmp_path / "o.space"),
        nearer.embed(Letters(), TABLE, keep=["topic"]),
    ):
        assert made.space.items is not None
        assert made.space.items.schema == pa.schema([("topic", pa.int64())])
        assert made.space.items["topic"].to_pylist() == TABLE["topic"].to_pylist()
    assert nearer.evaluate.knn(made.space, "topic").n == len(TEXTS)


def test_the_same_bits_whatever_parts_it_is_made_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nearer.embed(Letters(), TABLE, out=tmp_path / "one.space")
    small_parts(monkeypatch)
    nearer.embed(Letters(), TABLE, out=tmp_path / "many.space")
    vectors = [(tmp_path / f"{name}.space" / store.VECTORS).read_bytes() for name in ("one", "many")]
    assert vectors[0] == vectors[1]
    assert nearer.load(tmp_path / "one.space").provenance == nearer.load(tmp_path / "many.space").provenance


def test_one_bad_item_is_named_or_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)
    texts = {**TEXTS, "k250": "a # here", "k251": "NaN of it", "k1499": "#"}
    with pytest.raises(InputError, match=r"^row 250, key 'k250': 'a # here' holds a #; leave it out$"):
        nearer.embed(Letters(), texts)
    encoder = Letters()
    made = nearer.embed(encoder, texts, on_error="skip", out=tmp_path / "o.space")
    assert [key for key, _ in made.report.skipped] == ["k250", "k251", "k1499"]
    assert made.report.skipped[1][1] == "row 251, key 'k251': its vector holds NaN or infinity"
    assert made.space.keys == [key for key in texts if key not in ("k250", "k251", "k1499")]
    expected = Letters().encode([text for text in texts.values() if "#" not in text and "NaN" not in text])
    np.testing.assert_array_equal(made.space.vectors, expected)
    asked = sum(map(len, encoder.calls))
    assert asked < 1.3 * len(texts)  # groups are halved, not taken apart


def test_a_corrupt_image_does_not_lose_the_rest(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")

    class Means(Letters):
        modality = "image"

        def encode_document(self, items: Any, batch_size: int = 1, show_progress: Any = None) -> Any:
            from nearer.data.images import read_image  # noqa: PLC0415

            return np.array([[*read_image(item).mean(axis=(0, 1)), 1] for item in items], np.float32)

    for number in range(5):
        image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "3.png").write_bytes((tmp_path / "3.png").read_bytes()[:40])
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(InputError, match=r"3\.png: cannot be decoded as PNG"):
        nearer.embed(Means(), tmp_path)
    made = nearer.embed(Means(), tmp_path, on_error="skip")
    assert made.space.keys == ["0.png", "1.png", "2.png", "4.png"]
    assert [key for key, _ in made.report.skipped] == ["3.png"]
    assert made.space["4.png"].tolist() == [4, 0, 0, 1]


def test_a_file_that_a_cell_names_is_told_with_its_row(tmp_path: Path) -> None:
    class Files(Letters):
        modality = "image"

        def encode_document(self, items: Any, batch_size: int = 1, show_progress: Any = None) -> Any:
            for item in items:
                raise InputError("there is no such file", file=item)

    path = tmp_path / "t.csv"
    for cell, message in (
        ("nosuch.png", "nosuch.png: there is no such file"),
        (
            "coach of a stadium",
            "'coach of a stadium' is a text, no path of a file; name the column of images",
        ),
    ):
        path.write_text(f"id,file\na,{cell}\n")
        with pytest.raises(InputError, match=rf"t\.csv, row 0, key 'a': {message}"):
            nearer.embed(Files(), path)


def test_an_empty_cell_of_a_text_file_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,text\na,one\nb,\nc,""\nd,NA\n')
    with pytest.raises(InputError, match=r"t\.csv, row 1, key 'b': the item is missing; leave the row out"):
        nearer.embed(Letters(), path)
    made = nearer.embed(Letters(), path, on_error="skip")
    assert made.space.keys == ["a", "d"]
    assert [key for key, _ in made.report.skipped] == ["b", "c"]


BAD: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "twice": (
        lambda: [("a", "x"), ("b", "y"), ("a", "z")],
        {},
        r"row 2: the key 'a' already stands in row 0",
    ),
    "no key": (lambda: [(None, "x")], {}, "row 0: the key is missing; fill it in"),
    "a key that is none": (lambda: [(1.5, "x")], {}, "row 0: the key 1.5 is neither a text nor a whole"),
    "no pair": (lambda: ["text"], {}, "row 0: 'text' is no pair of a key and an item; give a table"),
    "no item": (lambda: [("a", None)], {}, "row 0, key 'a': the item is missing; leave the row out"),
    "nothing": (dict, {}, "there is no item; give at least one"),
    "no source": (lambda: 7, {}, "items cannot be read from 7; give a table, a folder, a mapping"),
    "a missing file": (lambda: "x.parquet", {}, "x.parquet: there is no such file"),
    "a missing folder": (lambda: "missing-folder", {}, "missing-folder: no such file or directory"),
    "a missing column": (
        lambda: TABLE,
        {"column": "x"},
        "the table: there is no column 'x'; it has id",
    ),
    "an unclear column": (
        lambda: pa.table({"a": ["x"], "b": ["y"]}),
        {},
        r'which column holds the items is not clear: found a, b; name it, as column="NAME"',
    ),
    "a column of pairs": (
        lambda: TEXTS,
        {"key": "id"},
        "key='id' names a column, and items that are",
    ),
    "payload of pairs": (lambda: TEXTS, {"keep": ["a"]}, "keep='a' names a column"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_items_are_named(case: str) -> None:
    make, options, message = BAD[case]
    with pytest.raises(InputError, match=message):
        nearer.embed(Letters(), make(), **options)


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match=r"t\.parquet: the table cannot be read"):
        nearer.embed(Letters(), tmp_path / "t.parquet")


def test_arguments_are_checked_before_any_work(tmp_path: Path) -> None:
    encoder = Letters()
    with pytest.raises(ParameterError, match="on_error is 'ignore'; use 'raise' or 'skip'"):
        nearer.embed(encoder, TEXTS, on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="batch_size=0"):
        nearer.embed(encoder, TEXTS, batch_size=0)
    with pytest.raises(FormatError, match=r"the ending '\.xyz' names no format"):
        nearer.embed(encoder, TEXTS, out=tmp_path / "o.xyz")
    (tmp_path / "o.space").mkdir()
    (tmp_path / "o.space" / "mine").write_text("x")
    with pytest.raises(StorageError, match="already exists"):
        nearer.embed(encoder, TEXTS, out=tmp_path / "o.space")
    with pytest.raises(StorageError, match="is no Nearer space"):
        nearer.embed(encoder, TEXTS, out=tmp_path / "o.space", overwrite=True)
    assert encoder.calls == []
    assert [place.name for place in tmp_path.iterdir()] == ["o.space"]


def test_what_is_no_encoder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    class Short(Letters):
        def encode_document(self, items: Any) -> Any:  # type: ignore[override]
            return super().encode(items)

    class Half:
        dim, identity = 4, "ab" * 32
        encode = encode_document = Letters.encode

    message = r"Short\.encode_document cannot be called as an encoder's: .*'batch_size'; an encoder has dim"
    with pytest.raises(ParameterError, match=message):
        nearer.embed(Short(), TEXTS, out=tmp_path / "o.space")
    with pytest.raises(ParameterError, match="Half is no encoder: it has no encode_query; an encoder has"):
        nearer.embed(Half(), TEXTS, out=tmp_path / "o.space")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def interrupted(
    out: Path, encoder: Letters, source: Any = TEXTS, after: int = 6, on_error: embed_run.OnError = "raise"
) -> None:
    """A run that ends by an error after some groups, and leaves its shards."""
    encode = encoder.encode

    def failing(*arguments: Any, **options: Any) -> Any:
        if len(encoder.calls) == after:
            raise KeyboardInterrupt
        return encode(*arguments, **options)

    encoder.encode_document = failing  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        nearer.embed(encoder, source, out=out, on_error=on_error)
    assert not out.exists()


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)
    interrupted(tmp_path / "o.space", Letters())
    encoder = Letters()
    made = nearer.embed(encoder, TEXTS, out=tmp_path / "o.space")
    assert made.report.resumed == 600
    assert sum(map(len, encoder.calls)) == len(TEXTS) - 600
    assert made.space.keys == list(TEXTS)
    np.testing.assert_array_equal(made.space.vectors, EXPECTED)


def test_what_was_begun_by_another_encoder_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_parts(monkeypatch)
    out = tmp_path / "o.space"
    interrupted(out, Letters())
    other = Letters(name="others")
    with pytest.raises(SpaceMismatch, match=f"{Letters().identity[:12]}, this one has {other.identity[:12]}"):
        nearer.embed(other, TEXTS, out=out)
    with pytest.raises(StorageError, match="was begun with another keep"):
        nearer.embed(Letters(), TABLE, keep=["topic"], out=out)
    made = nearer.embed(other, TEXTS, out=out, overwrite=True)
    assert (made.report.resumed, made.space.identity) == (0, other.identity)


def test_a_run_that_finished_no_shard_binds_nobody(tmp_path: Path) -> None:
    out = tmp_path / "o.space"
    with pytest.raises(InputError, match="holds a #"):
        nearer.embed(Letters(), {"a": "#"}, out=out)
    assert nearer.embed(Letters(name="others"), TABLE, keep=["topic"], out=out).report.items == len(TEXTS)
    assert [place.name for place in tmp_path.iterdir()] == ["o.space"]


def test_items_that_changed_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)
    out = tmp_path / "o.space"
    interrupted(out, Letters())
    changed = {**TEXTS, "k350": "another text"}
    with pytest.raises(InputError, match="rows 300 to 399: these are not the items that were embedded"):
        nearer.embed(Letters(), changed, out=out)
    with pytest.raises(InputError, match="rows 500 to 599: these are not the items"):
        nearer.embed(Letters(), dict(list(TEXTS.items())[:550]), out=out)
    encoder = Letters()
    made = nearer.embed(encoder, changed, out=out, overwrite=True)
    assert made.report.resumed == 300
    np.testing.assert_array_equal(made.space.vectors, Letters().encode(list(changed.values())))


def test_an_item_left_out_before_is_an_error_where_none_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_parts(monkeypatch)
    out, texts = tmp_path / "o.space", {**TEXTS, "k250": "a # here"}
    interrupted(out, Letters(), texts, after=20, on_error="skip")
    told = (
        r"^before the interruption an item was left out: row 250, key 'k250': 'a # here' holds a #; leave it"
    )
    with pytest.raises(InputError, match=told):
        nearer.embed(Letters(), texts, out=out)
    with pytest.raises(InputError, match=r"^row 250, key 'k250': 'a # here' holds a #; leave it out$"):
        nearer.embed(Letters(), texts, out=out, overwrite=True)
    made = nearer.embed(Letters(), texts, out=out, on_error="skip")
    assert (made.report.resumed, made.report.items) == (200, len(texts) - 1)
    assert [key for key, _ in made.report.skipped] == ["k250"]


def test_a_file_given_as_a_path_that_changed_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sizes(Letters):
        modality = "image"

        def encode(self, items: Any, batch_size: int = 1, show_progress: Any = None) -> Any:
            self.calls.append(list(items))
            return np.array([[item.stat().st_size, 0, 0, 1] for item in items], np.float32)

    small_parts(monkeypatch)
    monkeypatch.setattr(embed_groups, "BYTES_A_GROUP", 40)
    files = {str(number): tmp_path / f"{number}.png" for number in range(6)}
    for file in files.values():
        file.write_bytes(bytes(16))
    out = tmp_path / "o.space"
    interrupted(out, Sizes(), files, after=2)  # groups of 32 bytes are two files each
    files["3"].write_bytes(bytes(15))
    with pytest.raises(InputError, match="rows 2 to 3: these are not the items that were embedded"):
        nearer.embed(Sizes(), files, out=out)


def test_a_space_is_kept_where_no_item_gives_a_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_parts(monkeypatch)
    out = tmp_path / "o.space"
    nearer.embed(Letters(), TEXTS, out=out)
    bad = dict.fromkeys(map(str, range(150)), "#")
    told = r"^all 150 items were left out; the first: row 0, key '0': '#' holds a #; leave it out$"
    with pytest.raises(InputError, match=told):
        nearer.embed(Letters(), bad, out=out, on_error="skip", overwrite=True)
    with pytest.raises(InputError, match=told):
        nearer.embed(Letters(), bad, on_error="skip")
    assert nearer.load(out).keys == list(TEXTS)


def test_a_damaged_shard_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)
    interrupted(tmp_path / "o.space", Letters())
    file = tmp_path / "o.space.parts" / "000003.space" / store.VECTORS
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(nearer.errors.IntegrityError, match=r"3\.space/vectors\.safetensors: has SHA-256"):
        nearer.embed(Letters(), TEXTS, out=tmp_path / "o.space")


def test_a_folder_of_other_things_is_not_touched(tmp_path: Path) -> None:
    parts = tmp_path / "o.space.parts"
    parts.mkdir()
    (parts / "mine.space").write_text("x")
    for overwrite in (False, True):
        with pytest.raises(StorageError, match=r"o\.space\.parts: holds other things and no plan\.json"):
            nearer.embed(Letters(), TEXTS, out=tmp_path / "o.space", overwrite=overwrite)
    assert (parts / "mine.space").read_text() == "x"


SLOW = """
import sys, time, json
import nearer
from nearer.encoders import embed_groups, embed_run
from small_encoders import Letters
embed_run.SECONDS_A_PART, embed_groups.ITEMS_A_GROUP = 0.0, 100
class Slow(Letters):
    def encode_document(self, *arguments, **options):
        time.sleep(0.02)
        print("group", flush=True)
        return super().encode_document(*arguments, **options)
texts = ((f"k{row}", f"text number {row} of many") for row in range(1500))
made = nearer.embed(Slow(), texts, out=sys.argv[1])
print(json.dumps([made.report.items, made.report.resumed]))
"""


def test_a_killed_process_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    out = tmp_path / "o.space"
    command = [sys.executable, "-c", textwrap.dedent(SLOW), str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    for groups in (3, 5):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(groups):
            assert process.stdout.readline() == "group\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert not out.exists()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    items, resumed = json.loads(done.stdout.splitlines()[-1])
    assert items == 1500
    assert 500 <= resumed < 1500
    space = nearer.load(out)
    assert space.keys == list(TEXTS)
    np.testing.assert_array_equal(space.vectors, EXPECTED)


def test_two_processes_do_not_write_one_place(tmp_path: Path) -> None:
    out = tmp_path / "o.space"

    class Greedy(Letters):
        def encode_document(self, items: Any, batch_size: int = 1, show_progress: Any = None) -> Any:
            with pytest.raises(StorageError, match="is being written by another process"):
                nearer.embed(Letters(), TEXTS, out=out)
            return super().encode_document(items)

    assert nearer.embed(Greedy(), TEXTS, out=out).report.items == len(TEXTS)


GROWING = """
import sys
import nearer
from small_encoders import Letters
def anonymous():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("RssAnon"))
class Wide(Letters):
    def __init__(self):
        super().__init__(dim=512)
        self.peak = 0
    def encode_document(self, items, batch_size=1, show_progress=None):
        self.peak = max(self.peak, anonymous())
        self.calls.clear()
        return super().encode_document(items)
from nearer.encoders import embed_run
embed_run.BYTES_A_PART = 4 << 20
texts = lambda n: ((str(row), "text") for row in range(n))
nearer.embed(Wide(), texts(3000), out=sys.argv[1] + "/warm.space")
before, encoder = anonymous(), Wide()
made = nearer.embed(encoder, texts(40000), out=sys.argv[1] + "/o.space")
print((encoder.peak - before) // 1024, (anonymous() - before) // 1024, made.space.vectors.nbytes >> 20)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_memory_does_not_grow_with_the_vectors(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        [sys.executable, "-c", GROWING, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    peak, after, size = map(int, done.stdout.split())
    assert size == 78  # MiB of vectors
    assert peak < 45
    assert after < 45


def test_progress_is_shown_only_where_it_is_asked_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearer.progress.PATIENCE", 0.0)
    monkeypatch.setattr("nearer.progress.LOG_EVERY", 0.0)
    caplog.set_level(logging.INFO, "nearer")
    nearer.embed(Letters(), TEXTS, show_progress=False)
    assert "embedding: 1.0k items" in caplog.text


@pytest.mark.parametrize(("modality", "most"), [("text", 256), ("image", 128), ("audio", 32), (None, 1024)])
def test_what_takes_long_comes_in_small_groups(modality: str | None, most: int) -> None:
    rows = (Item(str(row), row, b"x") for row in range(1030))
    sizes = [len(group) for group in embed_groups.groups(rows, modality)]
    assert sizes == [*[most] * (1030 // most), 1030 % most]


def test_large_items_come_in_small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed_groups, "BYTES_A_GROUP", 1000)
    encoder = Letters()
    nearer.embed(encoder, {f"k{row}": "x" * 400 for row in range(5)})
    assert [len(call) for call in encoder.calls] == [2, 2, 1]


def test_a_space_of_an_encoder_is_compared_as_its_own(tmp_path: Path) -> None:
    dots = nearer.Space(["a", "b"], [[1, 2], [3, 4]], "dot")
    dots.save(tmp_path / "dots.space")
    made = nearer.embed(tmp_path / "dots.space", {"x": "a", "y": "b"})
    assert made.space.metric == "dot"
    assert made.space.identity == dots.identity
    with pytest.raises(InputError, match="row 1, key 'y': 'c' is not in this space of 2 keys"):
        nearer.embed(tmp_path / "dots.space", {"x": "a", "y": "c"})


def test_a_column_that_the_model_misses_is_told_with_the_file(tmp_path: Path) -> None:
    model = nearer.FAMD(1).fit({"heat": [1.0, 2.0, 5.0], "wind": [3.0, 1.0, 2.0]})
    (tmp_path / "days.csv").write_text("id,heat\na,1\nb,2\n")
    with pytest.raises(InputError) as raised:
        nearer.embed(model, tmp_path / "days.csv")
    assert str(raised.value).startswith(
        f"{tmp_path / 'days.csv'}: there is no column 'wind', which the model"
    )
    with pytest.raises(InputError, match=r"^the table: there is no column 'wind'"):
        nearer.embed(model, pa.table({"id": ["a"], "heat": [1.0]}))
