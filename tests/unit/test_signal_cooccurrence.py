"""Counting within little room: many pieces, temporary files that vanish, full disks, bad arguments."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from word_corpora import run_python, zipf_lines

from nearer.errors import ParameterError, StorageError
from nearer.signal import count_cooccurrences, encode_corpus
from nearer.signal.cooccurrence import fixed_point
from nearer.signal.spool import Spool

LITTLE_DISK = """
import resource, sys
from nearer import errors
from nearer.models.glove_reading import as_tiles
from nearer.signal import count_cooccurrences, encode_corpus
from word_corpora import zipf_lines

corpus, (memory, room) = encode_corpus(zipf_lines(40_000)), map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
try:
    counts = count_cooccurrences(corpus.tokens, len(corpus.words), window=9, memory=memory)
    print("counted")
    as_tiles(counts, 4, memory)
    print("tiled")
except errors.StorageError as error:
    assert "co-occurrences cannot be kept in temporary files: File too large" in str(error), error
    print("refused")
"""


@pytest.fixture(scope="module")
def tokens() -> NDArray[np.uint32]:
    return encode_corpus(zipf_lines(20_000, vocabulary=30)).tokens


def test_little_memory_counts_the_same_in_many_pieces(tokens: NDArray[np.uint32]) -> None:
    roomy = count_cooccurrences(tokens, 30)
    for threads in (1, 3):
        small = count_cooccurrences(tokens, 30, memory=32_000, threads=threads)
        for name in ("starts", "columns", "weights"):
            assert (getattr(small, name) == getattr(roomy, name)).all()


def test_a_row_with_few_cells_of_many_words_is_in_order() -> None:
    words = np.random.default_rng(0).permutation(100_000).astype(np.uint32)
    words[0] |= 1 << 31
    counted = count_cooccurrences(words, 100_000, window=3, weighting="flat")
    assert (np.diff(counted.starts)[words[3:-3]] == 6).all()
    inner = np.diff(counted.columns) > 0
    inner[counted.starts[1:-1] - 1] = True
    assert inner.all()


def test_temporary_files_have_no_names(
    tokens: NDArray[np.uint32], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    counted = count_cooccurrences(tokens, 30, memory=32_000)
    assert counted.weights.sum() > 0  # still there: the maps outlive their files
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("memory", "room", "said"),
    [
        (200_000, 20_000, ["refused"]),  # while pieces are written
        (1_000_000, 20_000, ["refused"]),  # while all counts are
        (1_000_000, 400_000, ["counted", "refused"]),  # when they are put into tiles
        (1_000_000, 10**9, ["counted", "tiled"]),
    ],
)
def test_no_room_for_files_is_an_error_at_every_stage(memory: int, room: int, said: list[str]) -> None:
    assert run_python(LITTLE_DISK, memory, room) == said


def test_a_full_disk_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk:
        def write(self, data: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self) -> None: ...

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda prefix: FullDisk())
    with (
        pytest.raises(
            StorageError, match=r"^co-occurrences cannot be kept .*: No space left .*; free room, or"
        ),
        Spool(np.int32, True, "co-occurrences") as spool,
    ):
        spool.append(np.zeros(3, dtype=np.int32))


def test_a_place_without_write_permission_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")
    with pytest.raises(StorageError, match=r"cannot be kept in temporary files: .*TMPDIR"):
        count_cooccurrences(np.array([1 << 31, 0], dtype=np.uint32), 1, memory=10_000)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window=0 is below 1"),
        ({"weighting": "cubic"}, 'weighting=\'cubic\' is none; use "harmonic" .* or "flat"'),
        (
            {"memory": 100},
            "memory=100 bytes cannot hold rows of 30 words for 1 thread: .*; raise memory, or lower",
        ),
        ({"vocabulary": 3}, "tokens hold id 29, and the vocabulary has 3 words"),
    ],
)
def test_bad_arguments_get_one_line(
    tokens: NDArray[np.uint32], arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        count_cooccurrences(tokens, **{"vocabulary": 30, **arguments})  # type: ignore[arg-type]


@pytest.mark.parametrize("tokens", [10, 10**9, 10**13])
def test_sums_never_outgrow_64_bits(tokens: int) -> None:
    """The unit of the whole-number weights grows with the text; a weight is never rounded to nothing."""
    unit, weights = fixed_point(1_000, "flat", tokens, 2)
    assert weights.min() >= 1
    assert 2 * 1_000 * tokens * int(weights[0]) < 2**64
    assert unit * weights[0] == 1.0
    assert (tokens < 10**6) == (unit == 2.0**-32)
