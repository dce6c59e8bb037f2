"""`nearer.encoder`: what a name or a path opens, and what is said where it opens nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nearer
from nearer.encoders import KnownEncoder, Lookup, known, opening
from nearer.errors import IntegrityError, ModelNotFound, ParameterError
from nearer.space import Shipped


def space_of_two() -> nearer.Space:
    return nearer.Space(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])


def open_rows(paths: list[Path], *, scale: float = 1.0) -> Lookup:
    rows = np.frombuffer(paths[0].read_bytes(), dtype="<f4").reshape(2, 2)
    return Lookup(nearer.Space(["a", "b"], rows * np.float32(scale)))


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a known encoder "toy", which is installed."""
    data = np.eye(2, dtype="<f4").tobytes()
    (tmp_path / "rows").write_bytes(data)
    shipped = Shipped("toys", "1.0", "pip install toys", (("rows", hashlib.sha256(data).hexdigest()),))
    monkeypatch.setattr(Shipped, "paths", lambda self: [tmp_path / "rows"] if self is shipped else None)
    entry = KnownEncoder("toy", "text", 2, "MIT", "two rows", shipped, open_rows)
    monkeypatch.setattr(known, "KNOWN", (entry,))
    return tmp_path / "rows"


def test_a_known_name_opens_with_its_options(toy: Path) -> None:
    assert nearer.encoder("toy", scale=3.0).encode(["b"]).tolist() == [[0.0, 3.0]]


def test_a_file_of_another_hash_is_refused(toy: Path) -> None:
    toy.write_bytes(toy.read_bytes()[:-1] + b"\1")
    with pytest.raises(
        IntegrityError, match=r"rows: has SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}: it was"
    ):
        nearer.encoder("toy")


def test_a_known_encoder_that_is_not_installed_says_how(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shipped, "paths", lambda self: None)
    with pytest.raises(ModelNotFound, match=r"^the model 'toy' is not installed .*; pip install toys$"):
        nearer.encoder("toy")


@pytest.mark.parametrize(
    ("make", "name", "remedy"),
    [
        (lambda _: None, "toy", "its options are scale$"),
        (lambda path: space_of_two().save(path), "two.space", "it has none$"),
    ],
)
def test_an_option_that_is_not_there_is_named(
    toy: Path,
    make: Callable[[Path], None],
    name: str,
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / name)
    with pytest.raises(ParameterError, match=f"^{name} has no option 'colour'; {remedy}"):
        nearer.encoder(name, colour=1)


def test_a_path_goes_before_a_known_name(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    space_of_two().save(tmp_path / "toy")
    assert nearer.encoder("toy").identity == space_of_two().identity


def test_a_misspelt_name_is_mended(toy: Path) -> None:
    with pytest.raises(
        ModelNotFound, match=r"^'toi' is no file, no folder and no known model; did you mean 'toy'"
    ):
        nearer.encoder("toi")


@pytest.mark.parametrize("name", ["", None, 3])
def test_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(ParameterError, match=r"pass a path or a model's name"):
        nearer.encoder(name)  # type: ignore[arg-type]


def test_every_known_encoder_says_what_it_is() -> None:
    for entry in known.known_encoders():
        assert entry.licence
        assert entry.description
        assert entry.dim > 0
        assert entry.install.startswith("pip install ")
        assert entry.sha256
        assert all(len(digest) == 64 for digest in entry.sha256.values())
    names = [entry.name for entry in known.known_encoders()]
    assert names == sorted(names, key=str.lower)
    assert len(set(names)) == len(names)


def test_kinds_of_folders_and_files_have_names_and_endings() -> None:
    names = [kind.name for kind in opening.FOLDERS]
    assert len(set(names)) == len(names)
    assert all(ending == ending.lower() and ending.startswith(".") for ending in opening.FILES)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "is empty"),
        ({"notes.txt": "x"}, "holds no encoder of a kind that opens"),
        (
            {"config.json": '{"model_type": "vit"}', "preprocessor_config.json": "{}"},
            "holds no encoder of a kind that opens: its model_type is 'vit', without a tokenizer",
        ),
    ],
)
def test_a_folder_that_is_no_encoder_says_which_kinds_are(
    files: dict[str, str], problem: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(IntegrityError) as raised:
        nearer.encoder(tmp_path)
    kinds = "a saved model, a space, or a model of model2vec, wav2vec2 or sentence-transformers"
    assert str(raised.value) == f"{tmp_path}: {problem}; give a folder of {kinds}"
