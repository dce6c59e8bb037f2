"""The cache of the Hugging Face hub: where it is looked for, what is said of a model that is not there."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

import nearer
from nearer.encoders import hub
from nearer.errors import ModelNotFound, NearerError, ParameterError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds org/words: a space as its files, at the branch main and the tag v1."""
    for name in ("HF_HOME", "HF_HUB_OFFLINE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    home = tmp_path / "hub" / "models--org--words"
    (home / "refs").mkdir(parents=True)
    for name in ("main", "v1"):
        (home / "refs" / name).write_text(COMMIT)
    (home / "snapshots").mkdir()
    nearer.Space(["a", "b"], [[1.0, 0.0], [0.0, 1.0]]).save(home / "snapshots" / COMMIT)
    return tmp_path


@pytest.mark.parametrize("revision", ["main", "v1", COMMIT])
def test_a_model_in_the_cache_opens_by_branch_tag_and_commit(cache: Path, revision: str) -> None:
    assert nearer.encoder("org/words", revision=revision).encode(["b"]).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({}, "/home/u/.cache/huggingface/hub"),
    ],
)
def test_the_cache_is_where_the_hub_keeps_it(
    variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/u", **variables}.items():
        monkeypatch.setenv(name, value)
    assert hub.hub_folder() == Path(folder)


def test_a_model_that_is_not_there_says_how_to_get_it(cache: Path) -> None:
    with pytest.raises(
        ModelNotFound, match=r"^'org/other' is no path and not in .*hub; pass local_files_only"
    ):
        nearer.encoder("org/other")
    with pytest.raises(ModelNotFound, match=r"^'org/words' at revision 'v2' is no path"):
        nearer.encoder("org/words", revision="v2")


def test_offline_wins_over_fetching(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(hub, "require", lambda *_: pytest.fail("fetched"))
    with pytest.raises(ModelNotFound, match=r"unset HF_HUB_OFFLINE to fetch it$"):
        nearer.encoder("org/other", local_files_only=False)
    assert nearer.encoder("org/words", local_files_only=False).dim == 2
    with pytest.raises(
        ModelNotFound, match=r"pass local_files_only=False to fetch it, and unset HF_HUB_OFFLINE$"
    ):
        nearer.encoder("org/other")


def test_fetching_is_asked_for_and_takes_no_pickle(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def snapshot_download(name: str, revision: str, allow_patterns: list[str]) -> str:
        asked.append((name, revision, allow_patterns))
        return str(cache / "hub" / "models--org--words" / "snapshots" / COMMIT)

    library = types.SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setattr(hub, "require", lambda *_: library)
    assert nearer.encoder("org/new", local_files_only=False).dim == 2
    ((name, revision, patterns),) = asked
    assert (name, revision) == ("org/new", "main")
    assert not [kind for kind in patterns if kind.endswith((".bin", ".pt", ".pth", ".pkl", "*"))]


def test_what_the_network_says_becomes_one_line(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot_download(*_: object, **__: object) -> str:
        raise OSError("no route\nto host")

    library = types.SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setattr(hub, "require", lambda *_: library)
    with pytest.raises(ModelNotFound, match=r"'org/new' cannot be fetched .*: no route; check the name"):
        nearer.encoder("org/new", local_files_only=False)


@pytest.mark.parametrize("revision", ["", "../../x", "/etc", 3])
def test_a_revision_is_a_name(cache: Path, revision: object) -> None:
    with pytest.raises(ParameterError, match=r"is no branch, tag or commit"):
        nearer.encoder("org/words", revision=revision)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["org/../words", "a/b/c", "/org", "org/", "no such model"])
def test_other_spellings_are_no_models_of_the_hub(cache: Path, name: str) -> None:
    with pytest.raises(NearerError, match=r"is no file, no folder and no known model"):
        nearer.encoder(name)
