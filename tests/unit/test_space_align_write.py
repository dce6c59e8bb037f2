"""Aligned vectors on disk: the same as in memory, with their custody, and after a kill the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nearer
from nearer import Alignment, Space
from nearer.errors import (
    FormatError,
    InputError,
    IntegrityError,
    ParameterError,
    SpaceMismatch,
    StorageError,
)
from nearer.space import align_write, write_aligned


@pytest.fixture(scope="module")
def old() -> Space:
    vectors = np.random.default_rng(0).normal(size=(2000, 6)).astype(np.float32)
    return Space([f"k{row}" for row in range(2000)], vectors, items={"row": np.arange(2000)})


@pytest.fixture(scope="module")
def alignment(old: Space) -> Alignment:
    axes, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(9, 6)))
    return nearer.align(old, Space(old.keys, old.vectors @ axes.T))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(align_write, "BLOCK", 64)
    monkeypatch.setattr(align_write, "BYTES_A_BLOCK", 64 * 9 * 4 * 5)  # 320 rows


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.usefixtures("small_blocks")
def test_what_is_written_is_what_apply_gives(old: Space, alignment: Alignment, tmp_path: Path) -> None:
    told = {"upgrade": {"decision": "align"}}
    made = write_aligned(alignment, old, tmp_path / "a.space", told=told)
    expected = alignment.apply(old)
    read = nearer.load(tmp_path / "a.space")
    for space in (made, read):
        np.testing.assert_array_equal(space.vectors, expected.vectors)
        assert (space.keys, space.metric, space.identity) == (old.keys, "cosine", expected.identity)
        assert space.provenance == {**expected.provenance, **told}
        assert space.items is not None
        assert space.items["row"].to_pylist() == list(range(2000))
    assert read.provenance["aligned"]["source_identity"] == old.identity
    assert read.provenance["aligned"]["target_identity"] == alignment.target_identity
    assert not (tmp_path / "a.space.parts").exists()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 400), a_block=st.integers(1, 200), blocks=st.integers(1, 5))
def test_blocks_of_any_size_are_the_whole(
    rows: int,
    a_block: int,
    blocks: int,
    old: Space,
    alignment: Alignment,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(align_write, "BLOCK", a_block)
        patch.setattr(align_write, "BYTES_A_BLOCK", a_block * blocks * 9 * 4)
        made = write_aligned(alignment, old[:rows], tmp_path_factory.mktemp("out") / "a.space")
    np.testing.assert_allclose(made.vectors, alignment.apply(old[:rows]).vectors, rtol=1e-6)
    assert made.keys == old.keys[:rows]


@pytest.mark.usefixtures("small_blocks")
def test_an_interruption_is_gone_on_from(
    old: Space, alignment: Alignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole.space"
    write_aligned(alignment, old, whole)
    out = tmp_path / "a.space"
    applied: list[int] = []
    apply = Alignment.apply

    def breaking(self: Alignment, space: Space) -> Space:
        applied.append(len(space))
        if len(applied) == 4:
            raise KeyboardInterrupt
        return apply(self, space)

    monkeypatch.setattr(Alignment, "apply", breaking)
    with pytest.raises(KeyboardInterrupt):
        write_aligned(alignment, old, out)
    assert not out.exists()
    assert len(list((tmp_path / "a.space.parts").glob("*.space"))) == 2
    write_aligned(alignment, old, out)
    assert applied[4:] == [1, 320, 320, 320, 320, 80]  # one row for the identity, then the blocks missing
    assert bytes_of(out) == bytes_of(whole)


@pytest.mark.usefixtures("small_blocks")
def test_blocks_of_something_else_are_refused(
    old: Space, alignment: Alignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "a.space"
    with monkeypatch.context() as patch:
        patch.setattr(align_write, "join", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_aligned(alignment, old, out)
    other = nearer.align(old, Space(old.keys, old.vectors[:, ::-1]), method="affine")
    with pytest.raises(SpaceMismatch, match=r"a\.space\.parts: was begun for identity"):
        write_aligned(other, old, out)
    changed = Space._of(
        old.keys, old.vectors * np.float32(2), "cosine", items=None, identity=old.identity, provenance="{}"
    )
    with pytest.raises(InputError, match="rows 0 to 319: these are not the vectors that were aligned"):
        write_aligned(alignment, changed, out)
    made = write_aligned(alignment, changed, out, overwrite=True)
    np.testing.assert_allclose(made.vectors, alignment.apply(changed).vectors)


def test_places_and_spaces_that_do_not_fit(old: Space, alignment: Alignment, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"'\.txt' keeps no chain of custody; end in \.space"):
        write_aligned(alignment, old, tmp_path / "a.txt")
    with pytest.raises(SpaceMismatch, match="the space has identity"):
        write_aligned(alignment, old.normalized(), tmp_path / "a.space")
    with pytest.raises(InputError, match="the space is empty"):
        write_aligned(alignment, old[:0], tmp_path / "a.space")
    old.save(tmp_path / "there.space")
    with pytest.raises(StorageError, match="already exists"):
        write_aligned(alignment, old, tmp_path / "there.space")
    assert [path.name for path in tmp_path.iterdir()] == ["there.space"]


SLOW = """
    import sys, time
    from pathlib import Path
    import nearer
    from nearer import Alignment
    from nearer.space import align_write, load, write_aligned

    align_write.BLOCK, align_write.BYTES_A_BLOCK = 64, 64 * 9 * 4 * 5
    add = align_write._add

    def slowly(*given):
        add(*given)
        print("block", flush=True)
        time.sleep(0.05)

    align_write._add = slowly
    folder = Path(sys.argv[1])
    write_aligned(Alignment.load(folder / "map"), load(folder / "old.space"), folder / "out.space")
"""


@pytest.mark.usefixtures("small_blocks")
def test_killed_twice_the_bytes_are_the_same(old: Space, alignment: Alignment, tmp_path: Path) -> None:
    old.save(tmp_path / "old.space")
    alignment.save(tmp_path / "map")
    command = [sys.executable, "-c", textwrap.dedent(SLOW), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    for blocks in (2, 5):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(blocks):
            assert process.stdout.readline() == "block\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert not (tmp_path / "out.space").exists()
    assert len(list((tmp_path / "out.space.parts").glob("*.space"))) >= 5
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert done.stdout.count(b"block") == 7
    write_aligned(alignment, old, tmp_path / "once.space")
    assert bytes_of(tmp_path / "out.space") == bytes_of(tmp_path / "once.space")


def test_the_chain_of_custody_holds_every_alignment(old: Space) -> None:
    second = Space(old.keys, old.vectors[:, ::-1])
    third = Space(old.keys, old.vectors * np.array([1, -1, 1, -1, 1, -1]))
    first_map = nearer.align(old, second)
    once = first_map.apply(old)
    second_map = nearer.align(once, third)
    twice = second_map.apply(once)
    told = twice.provenance["aligned"]
    assert (told["source_identity"], told["target_identity"]) == (once.identity, third.identity)
    assert told["identity"] == twice.identity
    assert told["source"] == once.provenance["aligned"] == first_map.custody
    assert told["source"]["source_identity"] == old.identity
    assert (told["map"], told["source"]["map"]) == (second_map.digest, first_map.digest)


def test_of_many_keys_some_are_drawn_for_the_fit(old: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Space(old.keys, old.vectors[:, ::-1])
    assert nearer.align(old, target).n == 1600
    monkeypatch.setattr(sys.modules["nearer.space.align"], "MOST_FITTED", 200)
    found = nearer.align(old, target, seed=1)
    assert found.n == 200
    assert found.fit is not None
    assert (found.fit.n, round(found.fit.cosine, 4)) == (400, 1)
    assert found.digest == nearer.align(old, target, seed=1).digest


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_a_seed_that_is_none(old: Space, seed: Any) -> None:
    with pytest.raises(ParameterError, match=r"seed is .*; use a whole number of at least 0"):
        nearer.align(old, Space(old.keys, old.vectors[:, ::-1]), seed=seed)


def test_blocks_of_an_aligned_store_are_named_as_what_they_are(
    old: Space, alignment: Alignment, tmp_path: Path
) -> None:
    folder = tmp_path / "a.space.parts"
    folder.mkdir()
    (folder / "plan.json").write_text("{}", encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"plan\.json: is no plan of an unfinished space"):
        write_aligned(alignment, old, tmp_path / "a.space")
