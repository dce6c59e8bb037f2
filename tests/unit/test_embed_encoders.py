"""`nearer.embed` with encoders of each kind of items gives what they give alone."""

from __future__ import annotations

import datetime
import wave
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import nearer
from nearer.cli.evaluate.encoders import Timed
from nearer.encoders.base import modality_of
from nearer.errors import MissingExtra, ModelNotFound

ROWS = pa.table(
    {
        "id": [f"r{row}" for row in range(200)],
        "age": [None if row % 50 == 0 else float(row % 70) for row in range(200)],
        "town": [["Ur", "Uruk", None][row % 3] for row in range(200)],
        "since": [datetime.date(2000 + row % 20, 1 + row % 12, 1) for row in range(200)],
        "ok": [bool(row % 2) for row in range(200)],
    }
)
KINDS = {"zip": "category", "note": "text"}


def opened(name: str) -> nearer.encoders.Encoder:
    try:
        return nearer.encoder(name)
    except (MissingExtra, ModelNotFound) as error:
        pytest.skip(str(error))


def test_rows_of_every_form_of_table(tmp_path: Path) -> None:
    model = nearer.TableAutoencoder(dim=4, hidden=8, epochs=2, threads=1, key="id").fit(ROWS)
    expected = model.encode(ROWS)
    pq.write_table(ROWS, tmp_path / "t.parquet")
    pa_csv.write_csv(ROWS, tmp_path / "t.csv")
    model.save(tmp_path / "rows.model")
    for encoder, source in (
        (model, ROWS),
        (model, tmp_path / "t.parquet"),
        (tmp_path / "rows.model", tmp_path / "t.csv"),
    ):
        made = nearer.embed(encoder, source)
        np.testing.assert_allclose(made.space.vectors, expected, rtol=0, atol=1e-6)
        assert made.space.keys == ROWS["id"].to_pylist()
        assert made.space.identity == model.identity


@pytest.mark.parametrize("separator", [",", "\t"])
@pytest.mark.parametrize(
    "model",
    [nearer.FAMD(3, KINDS, threads=1), nearer.TableAutoencoder(3, 8, kinds=KINDS, epochs=2, threads=1)],
    ids=["famd", "autoencoder"],
)
def test_values_of_a_file_are_read_as_the_model_read_them(
    model: nearer.FAMD | nearer.TableAutoencoder, separator: str, tmp_path: Path
) -> None:
    regions, zips, heats = ["EU", "NA", "", "null"], ["00501", "501", "NA", ""], ["1", "NA", "2.5"]
    lines = [("id", "region", "zip", "note", "heat")] + [
        (f"00{row}", regions[row % 4], zips[row % 3], f"0{row // 4}", heats[row % 3]) for row in range(48)
    ]
    path = tmp_path / ("t.csv" if separator == "," else "t.tsv")
    path.write_text("".join(separator.join(line) + "\n" for line in lines))
    model.fit(path)
    for encoder in (model, Timed("model", model)):
        made = nearer.embed(encoder, path, keep=["region"])
        np.testing.assert_allclose(made.space.vectors, model.encode(path), rtol=0, atol=1e-6)
        assert made.space.keys[1] == "001"
    assert made.space.items is not None
    assert made.space.items["region"].to_pylist()[:2] == ["EU", "NA"]


def test_categories_of_any_type_are_read_as_the_model_read_them() -> None:
    days = [datetime.datetime(2020, 1, 1 + row % 3, tzinfo=datetime.UTC) for row in range(30)]
    table = pa.table(
        {
            "float": pa.array([0.1, 0.2, None] * 10, pa.float32()),
            "day": pa.array(days, pa.timestamp("s")),
            "flag": [row % 4 == 0 for row in range(30)],
            "heat": [float(row) for row in range(30)],
        }
    )
    kinds = dict.fromkeys(("float", "day", "flag"), "category")
    model = nearer.FAMD(3, kinds, threads=1).fit(table)  # type: ignore[arg-type]  # checked in the fit
    np.testing.assert_array_equal(nearer.embed(model, table).space.vectors, model.encode(table))


def test_texts_by_a_known_encoder(tmp_path: Path) -> None:
    encoder = opened("wordllama")
    texts = {f"t{row}": f"text number {row} about lions and tigers" for row in range(2500)}
    made = nearer.embed(encoder, texts, out=tmp_path / "o.space")
    np.testing.assert_array_equal(made.space.vectors, encoder.encode_document(list(texts.values())))
    assert made.space.identity == encoder.identity


def test_a_long_and_an_empty_text_are_texts() -> None:
    encoder = opened("wordllama")
    made = nearer.embed(encoder, {"empty": "", "long": "lion " * 200_000}, on_error="skip")
    assert made.space.keys == ["empty", "long"]
    assert made.report.skipped == []


def test_recordings_one_of_which_is_cut_short(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    encoder = opened("resemblyzer")
    for number in range(3):
        with wave.open(str(tmp_path / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            tone = 8000 * np.sin(np.arange(16_000) / (2 + number))
            file.writeframes(tone.astype("<i2").tobytes())
    (tmp_path / "1.wav").write_bytes((tmp_path / "1.wav").read_bytes()[:30])
    made = nearer.embed(encoder, tmp_path, on_error="skip")
    assert made.space.keys == ["0.wav", "2.wav"]
    assert [key for key, _ in made.report.skipped] == ["1.wav"]
    assert "1.wav" in made.report.skipped[0][1]


def test_decoded_cells_of_recordings_embed_as_they_encode() -> None:
    encoder = opened("resemblyzer")
    tones = [np.sin(np.arange(16_000) / (2 + number)).tolist() for number in range(2)]
    cells = [{"path": None, "array": samples, "sampling_rate": 16_000} for samples in tones]
    made = nearer.embed(encoder, pa.table({"id": ["a", "b"], "audio": cells}))
    np.testing.assert_allclose(made.space.vectors, encoder.encode(cells), rtol=0, atol=1e-5)


def test_images_of_a_column_of_bytes(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    encoder = opened("efficientnet-lite0")
    held = []
    for shade in (0, 90, 200):
        image.new("RGB", (20, 30), (shade, 10, 10)).save(tmp_path / f"{shade}.png")
        held.append((tmp_path / f"{shade}.png").read_bytes())
    table = pa.table({"key": ["a", "b", "c"], "image": [{"bytes": data, "path": None} for data in held]})
    made = nearer.embed(encoder, table)
    of_files = nearer.embed(encoder, tmp_path)
    assert of_files.space.keys == ["0.png", "200.png", "90.png"]
    np.testing.assert_allclose(made.space["b"], of_files.space["90.png"], rtol=0, atol=1e-5)
    assert made.space.identity == of_files.space.identity == encoder.identity


def test_every_known_encoder_says_what_it_reads() -> None:
    for known in nearer.encoders.known_encoders():
        if known.here:
            try:
                assert modality_of(known.load()) == known.modality
            except MissingExtra:
                continue
