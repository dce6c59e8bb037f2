"""`nearer fit images`: a folder, or a table of bytes, becomes a model that opens as an encoder."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.cli.fit.images import CHANGES, images
from nearer.networks import ResNet
from nearer.signal import Views

pytest.importorskip("torch")
SMALL = ("--size", 8, "--channels", 8, "--stages", 2, "--epochs", 2, "--threads", 1, "--batch-size", 16)


def test_the_options_are_given_to_network_views_and_model(here: Path, run_json: RunJson) -> None:
    options = (*SMALL, "--crop", 0.5, "--flip", 0, "--dim", 6, "--seed", 3, "--held-out", 0)
    document = run_json("fit", "images", "photos", "-o", "new.model", "--space", "new.space", *options)
    paths = sorted((here / "photos").iterdir())
    expected = nearer.Contrastive(
        Views(item="image", key="key", crop=0.5, flip=0),
        ResNet(size=8, channels=8, stages=2),
        dim=6,
        temperature=0.2,
        held_out=0.0,
        epochs=2,
        patience=None,
        batch_size=16,
        learning_rate=0.002,
        threads=1,
        seed=3,
    ).fit({"key": [path.name for path in paths], "image": [str(path) for path in paths]})
    space, encoder = nearer.load("new.space"), nearer.encoder("new.model")
    assert document["dim"] == space.dim == encoder.dim == 6
    assert document["left_items"] == len(space) == 40
    assert space.keys == [path.name for path in paths]
    np.testing.assert_allclose(space.vectors, expected.space_.vectors, atol=1e-5)
    np.testing.assert_allclose(encoder.encode([str(paths[3])]), space.vectors[3:4], atol=1e-5)
    assert document["identity"] == space.identity == encoder.identity


def test_a_table_of_bytes_is_told_of(here: Path, run: Run) -> None:
    paths = sorted((here / "photos").iterdir())
    table = pa.table({"name": [path.stem for path in paths], "jpeg": [path.read_bytes() for path in paths]})
    pq.write_table(table, here / "photos.parquet")
    columns = ("--key", "name", "--image", "jpeg")
    result = run(
        "fit", "images", "photos.parquet", "-o", "new.model", "--space", "new.space", *columns, *SMALL
    )
    assert result.exit_code == 0, result.output
    for told in (
        "40, of 72 dimensions",
        "2 of 2",
        "new.space (40 x 72)",
        "nearer neighbors new.space left00",
    ):
        assert told in result.stdout


def test_every_change_and_setting_of_the_network_has_an_option() -> None:
    options: Any = inspect.signature(images).parameters
    assert set(CHANGES) == set(ResNet().changes)
    for name, value in ResNet().settings().items():
        assert options[name].default == value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("photos", "--size", 6, "--stages", 3), "size=6 cannot be halved 3 times; use a size from 8 up"),
        (("photos", "--epochs", 0), "epochs=0"),
        (("photos", "--crop", -1), "crop=-1.0 is not a number from 0 to 1: it is a share"),
        (("photos", "--crop", 2), "crop=2.0 is not a number from 0 to 1: it is a share"),
        (("photos", "--blur", 5), "blur=5.0 is not a number from 0 to 1: it is a share"),
        (("edges.csv",), "row 0: 'chess0' is a text, no path of a file; name the column of images"),
        (("nowhere",), "nowhere"),
        (("photos", "--space", "new.model/inside.space"), "would be lost"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[object, ...], message: str, here: Path, run: Run) -> None:
    result = run("fit", "images", *arguments, "-o", "new.model")
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (here / "new.model").exists()


def test_a_damaged_picture_is_named(here: Path, run: Run) -> None:
    path = here / "photos" / "left04.png"
    path.write_bytes(path.read_bytes()[:60])
    result = run("fit", "images", "photos", "-o", "new.model", *SMALL)
    assert result.exit_code == 1
    assert "photos/left04.png: cannot be decoded as PNG: it is cut short or damaged" in result.output
    assert len(result.output.strip().splitlines()) == 1
