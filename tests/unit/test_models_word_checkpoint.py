"""A run that is killed or interrupted goes on to the same bits; a checkpoint that is wrong is refused."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from word_corpora import importing, run_python, small_word2vec, zipf_lines

from nearer import Word2Vec
from nearer.errors import IntegrityError, ParameterError, StorageError
from nearer.kernels import words
from nearer.models import checkpoint
from nearer.models.state import TrainingState, seeded_rows

SETTINGS = {"dim": 64, "epochs": 12, "checkpoint_every": 0.0}
CORPUS = zipf_lines(40_000)

TRAIN = """
import sys
from word_corpora import small_word2vec, zipf_lines
small_word2vec(dim=64, epochs=12, checkpoint_every=0.0, checkpoint=sys.argv[1]).fit(zipf_lines(40_000))
print("done")
"""

INTERRUPT = """
import hashlib, os, signal, sys
from word_corpora import small_word2vec, zipf_lines
from nearer.kernels import words

kernel, calls = words.train_units, []
def interrupting(*arguments):
    calls.append(1)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGINT)
    return kernel(*arguments)
words.train_units = interrupting

model, corpus = small_word2vec(dim=64, epochs=12), zipf_lines(40_000)
try:
    model.fit(corpus)
    print("finished")
except KeyboardInterrupt:
    print("interrupted", len(model.space_), model.report_.interrupted, 0 < model.report_.epochs < 12)
handler = signal.getsignal(signal.SIGINT) is signal.default_int_handler
model.fit(corpus)
print(handler, model.report_.epochs, len(model.loss_curve_))
print(hashlib.sha256(model.space_.vectors.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def uninterrupted() -> Word2Vec:
    return small_word2vec(**SETTINGS).fit(CORPUS)


def stopped_halfway(folder: Path, **parameters: object) -> None:
    """A checkpoint in `folder` from the middle of a run."""

    class PowerCutError(Exception):
        pass

    def cut(*arguments: object) -> object:
        if len(calls) == 4:
            raise PowerCutError
        calls.append(1)
        return kernel(*arguments)  # type: ignore[arg-type]

    kernel, calls = words.train_units, list[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "train_units", cut)
        with pytest.raises(PowerCutError):
            small_word2vec(**{**SETTINGS, "checkpoint": folder, **parameters}).fit(CORPUS)


def test_killed_at_any_moment_and_resumed_ends_in_the_same_bits(
    tmp_path: Path, uninterrupted: Word2Vec
) -> None:
    environment = importing(Path(__file__).parent)
    kills = 0
    for pause in (0.0, 0.013, 0.029, 0.05):
        child = subprocess.Popen(
            [sys.executable, "-c", TRAIN, tmp_path], env=environment, stdout=subprocess.PIPE
        )
        before = (tmp_path / "state.json").stat().st_mtime_ns if (tmp_path / "state.json").exists() else 0
        give_up = time.monotonic() + 60
        while child.poll() is None and time.monotonic() < give_up:
            if (tmp_path / "state.json").exists() and (tmp_path / "state.json").stat().st_mtime_ns > before:
                time.sleep(pause)
                break
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kills += child.returncode == -signal.SIGKILL
    assert kills >= 2
    assert json.loads((tmp_path / "state.json").read_bytes())["next_unit"] > 0
    model = small_word2vec(**SETTINGS, checkpoint=tmp_path).fit(CORPUS)
    assert model.report_.epochs == 12
    assert model.space_.identity == uninterrupted.space_.identity
    assert model.space_.vectors.tobytes() == uninterrupted.space_.vectors.tobytes()
    assert model.loss_curve_.tolist() == uninterrupted.loss_curve_.tolist()


def test_ctrl_c_keeps_what_was_learned_and_fit_goes_on(uninterrupted: Word2Vec) -> None:
    digest = hashlib.sha256(uninterrupted.space_.vectors.tobytes()).hexdigest()
    curve = str(len(uninterrupted.loss_curve_))
    interrupted = ["interrupted", str(len(uninterrupted.space_)), "True", "True"]
    assert run_python(INTERRUPT) == [*interrupted, "True", "12.0", curve, digest]


def test_a_finished_checkpoint_trains_nothing_more(tmp_path: Path) -> None:
    first = small_word2vec(checkpoint=tmp_path).fit(CORPUS)
    again = small_word2vec(checkpoint=tmp_path).fit(CORPUS)
    assert first.space_.identity == again.space_.identity
    assert again.report_.train_seconds == 0


def test_further_rounds_are_resumed_too(tmp_path: Path) -> None:
    """Of one unit an epoch, so that both rounds end at a unit of the same number."""
    corpus, settings = zipf_lines(3_000), {"epochs": 1, "checkpoint_every": 0.0}
    straight = small_word2vec(**settings).fit(corpus).fit(corpus)
    small_word2vec(**settings, checkpoint=tmp_path).fit(corpus).fit(corpus)
    resumed = small_word2vec(**settings, checkpoint=tmp_path).fit(corpus)
    assert resumed.report_.epochs == 2
    assert (resumed.space_.vectors == straight.space_.vectors).all()


def test_only_one_whole_checkpoint_is_kept_and_nobody_elses_files_are_touched(tmp_path: Path) -> None:
    others = [".bashrc", "names-of-mine.txt", "arrays-1.txt", ".state.json.backup", "notes.txt"]
    for name in others:
        (tmp_path / name).write_text("precious")
    (tmp_path / ".arrays-0000-000000000001.safetensors.4242").write_text("left by a killed process")
    (tmp_path / ".git").mkdir()
    stopped_halfway(tmp_path)
    own = {path.name for path in tmp_path.iterdir()} - {*others, ".git"}
    assert own == {"state.json", "names-0000-000000000004.json", "arrays-0000-000000000004.safetensors"}
    assert all((tmp_path / name).read_text() == "precious" for name in others)


@pytest.mark.parametrize("kind", ["state.json", "names-", "arrays-"])
@pytest.mark.parametrize("damage", ["cut", "edited", "empty"])
def test_a_damaged_checkpoint_is_refused_by_name(tmp_path: Path, kind: str, damage: str) -> None:
    stopped_halfway(tmp_path)
    (path,) = (path for path in tmp_path.iterdir() if path.name.startswith(kind))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    {
        "cut": lambda: path.write_bytes(data[:-9]),
        "edited": lambda: path.write_bytes(data),
        "empty": lambda: path.write_bytes(b""),
    }[damage]()
    with pytest.raises(IntegrityError, match=path.name) as caught:
        small_word2vec(**SETTINGS, checkpoint=tmp_path).fit(CORPUS)
    assert "delete the checkpoint folder" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["names-", "arrays-"])
def test_a_missing_file_is_named(tmp_path: Path, kind: str) -> None:
    stopped_halfway(tmp_path)
    (path,) = tmp_path.glob(f"{kind}*")
    path.unlink()
    with pytest.raises(IntegrityError, match=f"{path.name}: the checkpoint's file is missing"):
        small_word2vec(**SETTINGS, checkpoint=tmp_path).fit(CORPUS)


@pytest.mark.parametrize("name", ["next_unit", "point_loss", "dim"])
def test_an_edited_record_is_refused(tmp_path: Path, name: str) -> None:
    stopped_halfway(tmp_path)
    record = json.loads((tmp_path / "state.json").read_bytes())
    record[name] = {"next_unit": 1, "point_loss": "0x1p0", "dim": 63}[name]
    (tmp_path / "state.json").write_text(json.dumps(record))
    with pytest.raises(IntegrityError, match=r"state\.json: the record was edited"):
        small_word2vec(**SETTINGS, checkpoint=tmp_path).fit(CORPUS)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"\xff\xfe", b'{"format": "another-1"}'])
def test_a_foreign_record_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    with pytest.raises(IntegrityError, match="not a checkpoint of format nearer-checkpoint-1"):
        small_word2vec(checkpoint=tmp_path).fit(CORPUS)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"dim": 32}, "dim=64"),
        ({"seed": 9}, "seed=0"),
        ({"epochs": 3}, "epochs=12"),
        ({"window": 2, "negative": 7}, "window=5, negative=5"),
        ({"architecture": "cbow"}, "architecture='skipgram'"),
        ({"min_count": 40}, "min_count=2"),
        ({"max_vocabulary": 40}, "max_vocabulary=None"),
        ({"tokenizer": str.split}, "tokenizer='words'"),
    ],
)
def test_other_settings_are_refused_by_name(
    tmp_path: Path, parameters: dict[str, object], named: str
) -> None:
    stopped_halfway(tmp_path)
    with pytest.raises(ParameterError, match="the checkpoint was made with") as caught:
        small_word2vec(**{**SETTINGS, "checkpoint": tmp_path, **parameters}).fit(CORPUS)
    assert named in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_another_corpus_is_refused(tmp_path: Path) -> None:
    stopped_halfway(tmp_path)
    with pytest.raises(ParameterError, match="another corpus"):
        small_word2vec(**SETTINGS, checkpoint=tmp_path).fit(zipf_lines(40_000, seed=1))


def test_a_folder_that_cannot_be_written_is_found_before_work_begins(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="file: checkpoints cannot be written here") as caught:
        small_word2vec(checkpoint=tmp_path / "file").fit(tmp_path / "no such corpus")
    assert "name another folder" in str(caught.value)


def test_a_disk_that_fills_up_costs_nothing_that_was_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(state: object, path: Path) -> None:
        path.write_bytes(b"a part of it")
        raise OSError(28, "No space left on device")

    model = small_word2vec(**SETTINGS, checkpoint=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "_write_arrays", full)
        with pytest.raises(StorageError, match="No space left on device"):
            model.fit(CORPUS)
    assert list(tmp_path.iterdir()) == []
    assert model.report_.interrupted
    assert 0 < model.report_.epochs < 12
    straight = small_word2vec(**SETTINGS).fit(CORPUS)
    assert (model.fit(CORPUS).space_.vectors == straight.space_.vectors).all()


def test_checkpoints_keep_the_state_as_it_is(tmp_path: Path) -> None:
    counts = np.array([5, 3], dtype=np.int64)
    arrays = {"words": seeded_rows(2, 17, seed=3), "counts": counts}
    state = TrainingState(17, arrays, {"words": ["a", 'b"\n\u2028é']})
    state.next_unit, state.loss_curve, state.point_loss, state.point_pairs = 7, [0.1, 1e-300], 1 / 3, 11
    checkpoint.save_checkpoint(tmp_path, state, {"dim": 17}, "fingerprint")
    found = checkpoint.load_checkpoint(tmp_path, {"dim": 17}, "fingerprint")
    assert found is not None
    assert found.names == state.names
    for name, array in state.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert (found.arrays[name] == array).all()
        assert found.arrays[name].ctypes.data % 64 == 0
    assert (found.loss_curve, found.point_loss, found.point_pairs, found.next_unit) == (
        [0.1, 1e-300],
        1 / 3,
        11,
        7,
    )
    assert checkpoint.load_checkpoint(tmp_path / "none", {}, "") is None
