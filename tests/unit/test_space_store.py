"""The `.space` folder: what is written, what is refused, and that a failed save loses nothing."""

import errno
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

import nearer
from nearer import Space, replace
from nearer.errors import FormatError, IntegrityError, NearerError, StorageError
from nearer.space import store

FILES = ["items.parquet", "space.json", "vectors.safetensors"]


def made(value=1.0, n=3, **changes):
    return Space([f"w{row}" for row in range(n)], np.full((n, 4), value, dtype=np.float32), **changes)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "small.space"
    made(metric="dot", items=pa.table({"count": [3, 2, 1]}), provenance={"by": "hand"}).save(path)
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def edit(path, name, change):
    (path / name).write_bytes(change((path / name).read_bytes()))


def test_everything_comes_back(saved):
    space = nearer.load(saved)
    assert space.keys == ["w0", "w1", "w2"]
    assert (space.metric, space.provenance) == ("dot", {"by": "hand"})
    assert space.items.to_pydict() == {"count": [3, 2, 1]}
    assert np.array_equal(space.vectors, np.ones((3, 4)))
    assert space.identity == made(metric="dot").identity
    assert names(saved) == FILES
    assert names(saved.parent) == ["small.space"]


def test_vectors_are_mapped_and_aligned(saved):
    vectors = nearer.load(saved).vectors
    assert isinstance(vectors.base, np.memmap)
    assert vectors.ctypes.data % 64 == 0
    assert not vectors.flags.writeable


def test_other_programs_read_the_files(saved):
    assert np.array_equal(load_file(saved / "vectors.safetensors")["vectors"], np.ones((3, 4)))
    assert pq.read_table(saved / "items.parquet").column_names == ["key", "count"]
    fields = json.loads((saved / "space.json").read_text())
    for name in ("items.parquet", "vectors.safetensors"):
        data = (saved / name).read_bytes()
        assert fields["files"][name] == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_a_given_identity_is_kept(tmp_path):
    made(identity="ab" * 32).save(tmp_path / "x.space")
    assert nearer.load(tmp_path / "x.space").identity == "ab" * 32


def test_a_folder_needs_no_ending_and_takes_text_paths(tmp_path):
    made().save(str(tmp_path / "plain"))
    assert nearer.load(str(tmp_path / "plain")).keys == made().keys


def test_an_empty_space_is_kept(tmp_path):
    Space([], np.empty((0, 7))).save(tmp_path / "empty.space")
    assert nearer.load(tmp_path / "empty.space").vectors.shape == (0, 7)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(IntegrityError, match=name):
        nearer.load(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_named(saved, name):
    edit(saved, name, lambda data: data[:-9])
    with pytest.raises(IntegrityError, match=name):
        nearer.load(saved)


@pytest.mark.parametrize("name", ["items.parquet", "vectors.safetensors"])
def test_an_edited_file_is_named_with_both_hashes(saved, name):
    before = hashlib.sha256((saved / name).read_bytes()).hexdigest()
    edit(saved, name, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    after = hashlib.sha256((saved / name).read_bytes()).hexdigest()
    with pytest.raises(
        IntegrityError, match=rf"{name}: has SHA-256 {after}, expected {before}.*; save the space"
    ):
        nearer.load(saved)


def test_edited_fields_are_noticed(saved):
    edit(saved, "space.json", lambda data: data.replace(b'"dot"', b'"cosine"'))
    with pytest.raises(IntegrityError, match=r"space.json: was edited: its fields have SHA-256"):
        nearer.load(saved)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": "other"}', "is of format 'other', not 'nearer-space'"),
        ("[1]", "is of format [1], not 'nearer-space'"),
        ('{"format": "nearer-space", "version": 3}', "is of version 3, this release reads versions 1 and 2"),
        ("", "is not whole JSON"),
        ("\xff", "is not whole JSON"),
        ("[" * 100_000, "is not whole JSON"),
    ],
)
def test_a_foreign_description_is_refused(saved, text, message):
    (saved / "space.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(IntegrityError) as caught:
        nearer.load(saved)
    assert message in str(caught.value)


def test_a_folder_that_is_no_space_is_refused(tmp_path):
    with pytest.raises(
        IntegrityError, match=r"is no Nearer space: it holds no space.json; pass the folder that save"
    ):
        nearer.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"n": 4},
        {"n": -1},
        {"dim": 5},
        {"dim": 0},
        {"metric": "l2"},
        {"dtype": "float16"},
        {"identity": "x"},
        {"files": {}},
        {"files": 7},
        {"files": {"vectors.safetensors": {}}},
        {"provenance": 7},
        {"n": None},
        {"n": "three"},
    ],
)
def test_a_signed_description_that_lies_is_refused(saved, change):
    fields = {**json.loads((saved / "space.json").read_text()), **change}
    del fields["sha256"]
    plain = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    fields["sha256"] = hashlib.sha256(plain).hexdigest()
    (saved / "space.json").write_text(json.dumps(fields))
    with pytest.raises(IntegrityError):
        nearer.load(saved)


def test_verify_false_skips_the_hashes_but_not_the_sizes(saved):
    edit(saved, "vectors.safetensors", lambda data: data[:-4] + np.float32(7).tobytes())
    assert nearer.load(saved, verify=False).vectors[2, 3] == 7
    edit(saved, "vectors.safetensors", lambda data: data + b"x")
    with pytest.raises(IntegrityError, match="bytes, expected"):
        nearer.load(saved, verify=False)


def test_an_existing_space_is_replaced_only_on_request(saved):
    with pytest.raises(StorageError, match="already exists; pass overwrite=True to replace it"):
        made(2).save(saved)
    assert nearer.load(saved).vectors[0, 0] == 1
    old = nearer.load(saved)
    made(2).save(saved, overwrite=True)
    assert nearer.load(saved).vectors[0, 0] == 2
    assert old.vectors[0, 0] == 1  # what was mapped before stays readable
    assert names(saved.parent) == ["small.space"]


def test_a_space_may_be_saved_over_itself(saved):
    nearer.load(saved)[1:].save(saved, overwrite=True)
    assert nearer.load(saved).keys == ["w1", "w2"]


def test_other_things_are_never_replaced(tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "thesis.tex").write_text("all of it")
    (tmp_path / "file").write_text("x")
    for name in ("thesis", "file"):
        with pytest.raises(StorageError, match="exists and is no Nearer space"):
            made().save(tmp_path / name, overwrite=True)
    assert (folder / "thesis.tex").read_text() == "all of it"


def test_a_link_is_followed(saved):
    link = saved.parent / "link.space"
    link.symlink_to(saved)
    made(2).save(link, overwrite=True)
    assert link.is_symlink()
    assert nearer.load(saved).vectors[0, 0] == 2


def test_a_missing_parent_is_named(tmp_path):
    with pytest.raises(StorageError, match="create the folder first"):
        made().save(tmp_path / "no" / "x.space")


def test_a_lone_surrogate_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(FormatError, match=r"row 1: key 'a\\ud800' holds a lone surrogate"):
        Space(["a", "a\ud800"], np.ones((2, 1))).save(tmp_path / "x.space")
    assert names(tmp_path) == []


@pytest.mark.parametrize("writes_before", range(6))
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fills_leaves_the_old_space_whole(saved, monkeypatch, number, writes_before):
    """Every call that can fail for want of room fails in turn."""
    left = iter(range(writes_before))

    def failing(call):
        def wrapper(*args):
            if next(left, None) is None:
                raise OSError(number, os.strerror(number))
            return call(*args)

        return wrapper

    monkeypatch.setattr(os, "fsync", failing(os.fsync))
    if writes_before < 4:  # the three files and their folder
        with pytest.raises(
            StorageError, match=f"{os.strerror(number)}; .*what was there before is unchanged"
        ):
            made(2).save(saved, overwrite=True)
    else:
        made(2).save(saved, overwrite=True)
    monkeypatch.undo()
    assert nearer.load(saved).vectors[0, 0] == (1 if writes_before < 4 else 2)
    assert names(saved.parent) == ["small.space"]


def test_a_file_that_may_not_grow_leaves_the_old_space_whole(saved):
    """A real failure of the system in the middle of the vectors."""
    script = f"""
        import resource, signal, numpy as np, nearer
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        space = nearer.Space([str(i) for i in range(50_000)], np.ones((50_000, 8)))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            space.save({str(saved)!r}, overwrite=True)
        except nearer.errors.StorageError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert "cannot be written: File too large" in done.stdout
    assert nearer.load(saved).vectors[0, 0] == 1
    assert names(saved.parent) == ["small.space"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100_000


def kill_while_saving(path, delay, exchange):
    """Start a process that saves again and again, and kill it."""
    script = f"""
        import numpy as np, nearer
        from nearer import replace
        if not {exchange}:
            replace.exchange = lambda a, b: False
        keys = [str(i) for i in range(300)]
        value = 1
        while True:
            print("ready", flush=True) if value == 2 else None
            value += 1
            nearer.Space(keys, np.full((300, 50), value)).save({str(path)!r}, overwrite=True)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        try:
            child.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        else:
            raise AssertionError("the child ended by itself")


@pytest.mark.parametrize("exchange", [True, False])
def test_a_kill_leaves_the_old_or_the_new_whole(tmp_path, exchange):
    path = tmp_path / "x.space"
    made(1, n=300).save(path)
    seen = set()
    for delay in np.random.default_rng(0).uniform(0.05, 0.3, 3):
        kill_while_saving(path, delay, exchange)
        values = np.unique(nearer.load(path).vectors)
        assert len(values) == 1
        seen.add(values[0])
    assert max(seen) > 1
    made(7).save(path, overwrite=True)
    assert nearer.load(path).vectors[0, 0] == 7
    assert names(tmp_path) == ["x.space"]


def test_without_exchange_a_kill_between_the_two_moves_is_recovered(saved, monkeypatch):
    monkeypatch.setattr(replace, "exchange", lambda a, b: False)
    previous = saved.parent / ".small.space.previous"
    saved.rename(previous)
    assert nearer.load(saved).vectors[0, 0] == 1
    with pytest.raises(StorageError, match="already exists"):
        made(2).save(saved)
    made(2).save(saved, overwrite=True)
    assert nearer.load(saved).vectors[0, 0] == 2
    assert names(saved.parent) == ["small.space"]


def test_without_exchange_a_failed_second_move_puts_the_old_back(saved, monkeypatch):
    monkeypatch.setattr(replace, "exchange", lambda a, b: False)
    rename = replace.Path.rename

    def failing(path, target):
        if path.name.endswith(".tmp"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(replace.Path, "rename", failing)
    with pytest.raises(StorageError):
        made(2).save(saved, overwrite=True)
    monkeypatch.undo()
    assert nearer.load(saved).vectors[0, 0] == 1
    assert names(saved.parent) == ["small.space"]


def test_leftovers_of_the_dead_are_swept_and_work_of_the_living_is_not(saved):
    dead = saved.parent / ".small.space.0123456789ab.tmp"
    dead.mkdir()
    (dead / "vectors.safetensors").write_bytes(b"half")
    other = saved.parent / ".other.space.0123456789ab.tmp"
    other.mkdir()
    with replace.new_folder(saved, overwrite=True) as living:
        shutil.copytree(saved, living, dirs_exist_ok=True)
        made(2).save(saved, overwrite=True)
        assert not dead.exists()
        assert living.exists()
    assert nearer.load(saved).vectors[0, 0] == 1
    assert other.exists()


def test_a_save_between_two_reads_is_noticed(saved, monkeypatch):
    """The folder is replaced after its description was read: the read begins again."""
    monkeypatch.setattr(store, "_opened", _opened_after(store._opened, saved))
    space = nearer.load(saved)
    assert len(space) == 5
    assert (space.vectors == 2).all()


def _opened_after(opened, path):
    """`opened`, but the space at `path` is replaced before its first call."""
    calls = []

    def wrapper(*arguments):
        calls.append(1)
        if len(calls) == 1:
            made(2, n=5).save(path, overwrite=True)
        return opened(*arguments)

    return wrapper


def test_every_error_here_is_one_of_ours_and_one_line(saved):
    edit(saved, "vectors.safetensors", lambda data: b"\xff" * len(data))
    with pytest.raises(NearerError) as caught:
        nearer.load(saved, verify=False)
    assert "\n" not in str(caught.value)
    assert "holds no float32 `vectors` of shape (3, 4)" in str(caught.value)


def test_a_saved_model_says_what_opens_it(tmp_path):
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(
        IntegrityError, match=r"is a saved model and no Nearer space.*nearer.encoder or nearer.recommender"
    ):
        nearer.load(tmp_path)
