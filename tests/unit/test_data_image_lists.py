from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nearer.data import list_images, read_image
from nearer.data.item_tables import ItemColumns
from nearer.data.items import read_items
from nearer.errors import InputError

Image = pytest.importorskip("PIL.Image")


def png(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (2, 2), shade).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "photos"
    (place / "far").mkdir(parents=True)
    for shade, name in enumerate(["b.PNG", "a.png", "far/c.png"]):
        (place / name).write_bytes(png(shade))
    (place / "labels.csv").write_text("key,label\n")
    (place / ".hidden.png").write_bytes(png(9))
    return place


def test_a_folder_gives_its_images_and_those_below(folder: Path) -> None:
    found = list_images(folder)
    assert found.keys == ("a.png", "b.PNG", "far/c.png")
    assert [int(read_image(image)[0, 0, 0]) for image in found.images] == [1, 0, 2]


def test_a_glob_and_a_file(folder: Path) -> None:
    assert list_images(f"{folder}/*.png").keys == ("a.png",)
    assert list_images(f"{folder}/f*/*.png").keys == ("far/c.png",)
    assert len(list_images(f"{folder}/**/*.png")) == 2
    one = list_images(folder / "a.png")
    assert one.keys == (str(folder / "a.png"),)
    assert read_image(one.images[0])[0, 0, 0] == 1


def test_lists_and_mappings() -> None:
    assert list_images([png(3), png(4)]).keys == ("0", "1")
    assert list_images({"x": png(3), 7: png(4)}).keys == ("x", "7")


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame])
def test_a_table_in_memory(make: Any) -> None:
    table = make({"id": ["p", "q"], "label": [0, 1], "jpeg": [png(5), png(6)]})
    found = list_images(table)
    assert found.keys == ("p", "q")
    np.testing.assert_array_equal(read_image(found.images[1]), np.full((2, 2, 3), 6))
    assert list_images(table, key="label").keys == ("0", "1")


def test_a_parquet_file_and_the_structs_of_hugging_face(folder: Path, tmp_path: Path) -> None:
    cells = [{"bytes": png(5), "path": None}, {"bytes": None, "path": str(folder / "a.png")}]
    pq.write_table(pa.table({"image": cells, "label": [1, 2]}), tmp_path / "t.parquet")
    found = list_images(tmp_path / "t.parquet")
    assert found.keys == ("0", "1")
    assert [int(read_image(image)[0, 0, 0]) for image in found.images] == [5, 1]


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ([], {}, "there is no image"),
        (5, {}, "5 is no list of images"),
        (b"abc", {}, "b'abc' is no list of images"),
        ([b"x"], {"key": "id"}, "a column is named, and this is no table"),
        (pa.table({"image": [b"x", None]}), {}, "row 1: the image is missing; leave the row out"),
        (pa.table({"image": [b"x"], "id": [None]}), {}, "row 0: the key is missing"),
        (pa.table({"image": [5]}), {}, "row 0: 5 is neither the bytes nor the path of an image"),
        (
            pa.table({"image": [b"x", b"y"], "id": ["a", "a"]}),
            {},
            "row 1: the key 'a' names an image already",
        ),
        (pa.table({"image": [b"x"]}), {"image": "img"}, "the table: there is no column image='img'"),
    ],
)
def test_what_cannot_be_listed_is_named(source: Any, options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        list_images(source, **options)
    assert str(caught.value).startswith(message)


def test_a_folder_without_images_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match="no image among 1 files; images end in"):
        list_images(tmp_path)


def test_an_empty_file_is_listed_so_that_it_is_named(folder: Path) -> None:
    (folder / "empty.png").write_bytes(b"")
    assert "empty.png" in list_images(folder).keys
    found = list(read_items(folder, "image", ItemColumns()).rows)
    assert [item.key for item in found] == ["a.png", "b.PNG", "empty.png", "far/c.png"]
    with pytest.raises(InputError, match=r"empty\.png: is empty, not an image"):
        read_image(found[2].value)
