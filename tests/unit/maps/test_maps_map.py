import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from nearer import Space
from nearer.errors import FormatError, InputError, ParameterError, StorageError, UnknownKey
from nearer.maps import Groups, Map, clusters, draw

PLANE = np.arange(120.0).reshape(60, 2)


ITEMS = pa.table({"kind": ["cat", None, "dog"], "size": [1.5, 2.0, 1 / 3]})


def test_draw_lays_out_groups_and_writes_in_one_call(two_islands, tmp_path):
    for ending, start in ((".png", b"\x89PNG"), (".SVG", b"<?xml"), (".html", b"<!doctype html>")):
        path = draw(two_islands, tmp_path / f"map{ending}", threads=1, title="Islands")
        assert path.read_bytes().startswith(start)


def test_colours_follow_the_vectors_unless_told_otherwise(two_islands):
    chart = Map.of(two_islands, layout=PLANE)
    assert chart.groups.labels.tolist() in ([0] * 30 + [1] * 30, [1] * 30 + [0] * 30)
    assert Map.of(two_islands, layout=PLANE, color_by=None).groups.names == []
    assert Map.of(two_islands, layout=PLANE, color_by=[1, 2] * 30).groups.names == ["1", "2"]
    own = clusters(two_islands, k=3)
    assert Map.of(two_islands, layout=PLANE, color_by=own).groups is own


def test_a_payload_column_colours_points():
    space = Space(list("abc"), np.eye(3), items=ITEMS)
    assert Map.of(space, layout=np.eye(3, 2), color_by="kind").groups.names == ["cat", "(none)", "dog"]
    with pytest.raises(ParameterError, match=r"color_by='price' is no column .* \(columns: kind, size\)"):
        Map.of(space, layout=np.eye(3, 2), color_by="price")


def test_a_bad_place_or_colour_is_refused_before_the_layout(two_islands, tmp_path, monkeypatch):
    monkeypatch.setattr("nearer.maps.map.tsne", lambda *_, **__: pytest.fail("laid out in vain"))
    with pytest.raises(FormatError):
        draw(two_islands, tmp_path / "map.gif")
    with pytest.raises(ParameterError):
        draw(two_islands, tmp_path / "map.png", color_by="price")


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_a_single_point_is_a_map_and_none_is_not(tmp_path, ending):
    path = draw(Space(["one"], [[1.0, 2.0]]), tmp_path / f"map.{ending}", layout=[[0, 0]])
    assert path.stat().st_size > 1000
    with pytest.raises(InputError, match="the space is empty"):
        draw(Space([], np.zeros((0, 2))), path)


def test_the_room_opens_without_loading_what_draws():
    code = (
        "import sys, nearer.maps\n"
        "heavy = {'matplotlib', 'openTSNE', 'sklearn', 'scipy', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_labels_and_weights_choose_and_order_the_rows(two_islands):
    weights = np.zeros(60)
    weights[7] = 1
    assert Map.of(two_islands, layout=PLANE, weights=weights).order[:3].tolist() == [7, 0, 1]
    assert Map.of(two_islands, layout=PLANE, labels=["key 9", "key 4"]).order.tolist() == [4, 9]
    with pytest.raises(UnknownKey, match="nonsense"):
        Map.of(two_islands, labels=["nonsense"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layout": np.zeros((3, 2))}, InputError, r"layout has shape \(3, 2\), expected \(60, 2\)"),
        ({"layout": np.full((60, 2), np.nan)}, InputError, "row 0: layout holds NaN or infinity"),
        ({"layout": PLANE, "weights": [1.0]}, InputError, r"weights has shape \(1,\), expected \(60,\)"),
        ({"layout": PLANE, "color_by": ["a"]}, InputError, "1 colours for 60 keys"),
        ({"layout": PLANE, "color_by": "kind"}, ParameterError, r"no column of this space \(columns: none\)"),
        (
            {"layout": PLANE, "color_by": Groups(np.zeros(60, np.int32), [str(name) for name in range(13)])},
            ParameterError,
            "13 groups: at most 12 can be told apart",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_named(two_islands, options, error, message):
    with pytest.raises(error, match=message):
        Map.of(two_islands, **options)


def test_bad_places_and_options_are_refused_before_anything_is_drawn(two_islands, tmp_path):
    chart = Map.of(two_islands, layout=PLANE)
    with pytest.raises(FormatError, match=r"no map is written as '\.gif'; end in \.png, \.svg or \.html"):
        chart.save(tmp_path / "map.gif")
    with pytest.raises(StorageError, match="the folder does not exist"):
        chart.save(tmp_path / "nowhere" / "map.png")
    for options in ({"neighbors": 51}, {"most_labels": -1}, {"size": (0.1, 5)}):
        with pytest.raises(ParameterError, match=next(iter(options))):
            chart.save(tmp_path / "map.html", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_whole_and_nothing_beside_it(two_islands, tmp_path, monkeypatch):
    path = tmp_path / "map.html"
    path.write_text("old")

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"map\.html: cannot be written: No space left on device"):
        Map.of(two_islands, layout=PLANE).save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
