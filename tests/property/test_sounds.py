"""Whatever bytes a sound file holds, reading it gives finite samples or one line that names it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearer.data.audio import read_audio, read_blocks
from nearer.errors import InputError
from sounds import FORMATS, tone, written

edits = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=24)), max_size=4)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {kind: written(tone(0.2, 8_000), 8_000, kind) for kind in FORMATS}


@given(kind=st.sampled_from(sorted(FORMATS)), edits=edits, head=st.binary(max_size=8), share=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_damaged_files_are_read_or_refused(
    files: dict[str, bytes], kind: str, edits: list[tuple[float, bytes]], head: bytes, share: float
) -> None:
    data = bytearray(files[kind])
    for place, patch in edits:
        start = int(place * len(data))
        data[start : start + len(patch)] = patch
    data = data[: int(share * 1.2 * len(data))] if share < 0.8 else data
    data[20 : 20 + len(head)] = head
    try:
        wave = read_audio(bytes(data), 8_000, place="item 1")
    except InputError as caught:
        wave, line = None, str(caught)
    if wave is None:
        assert line.startswith("item 1: ")
        assert "\n" not in line
    else:
        assert wave.dtype == np.float32
        assert len(wave)
        assert np.isfinite(wave).all()


@given(
    samples=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=300),
    rates=st.sampled_from([(8_000, 8_000), (8_000, 16_000), (11_025, 8_000)]),
    size=st.integers(1, 400),
)
@settings(max_examples=60, deadline=None)
def test_blocks_are_cuts_of_the_whole(samples: list[float], rates: tuple[int, int], size: int) -> None:
    found, rate = rates
    source = (np.array(samples, dtype=np.float32), found)
    whole = read_audio(source, rate)
    blocks = list(read_blocks(source, rate, size / rate))
    assert [len(block) for block in blocks[:-1]] == [size] * (len(blocks) - 1)
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
