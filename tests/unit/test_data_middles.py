"""The middle of a recording is that of the whole wave, in memory that does not grow with its length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nearer.data.audio import read_audio
from nearer.data.middles import read_middle
from nearer.errors import InputError
from sounds import tone, written


@pytest.mark.parametrize("length", [0.2, 1.0, 61.3, 125.0])
@pytest.mark.parametrize("seconds", [0.333, 1.0, 70.0])
@pytest.mark.parametrize("rate", [4_000, 3_000])
def test_it_is_the_middle_of_the_whole(length: float, seconds: float, rate: int) -> None:
    source = (np.random.default_rng(0).normal(0, 0.1, round(length * 4_000)).astype(np.float32), 4_000)
    whole, found = read_audio(source, rate), read_middle(source, rate, seconds)
    size = min(len(whole), round(seconds * rate))
    start = (len(whole) - size) // 2
    np.testing.assert_array_equal(found.wave, whole[start : start + size])
    assert (found.samples, found.peak) == (len(whole), np.abs(whole).max())


def test_a_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "cut.wav").write_bytes(written(tone(0.5))[:900])
    with pytest.raises(InputError, match=r"cut\.wav: cut short"):
        read_middle(tmp_path / "cut.wav", 8_000, 1.0)
    with pytest.raises(InputError, match=r"^item 3: None is no recording"):
        read_middle(None, 8_000, 1.0, place="item 3")


@pytest.mark.parametrize("network", ["LogMelCNN", "WaveEncoder"])
def test_networks_hold_only_the_middle_of_an_hour(network: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16") as file:
        minute = tone(60.0, 8_000, 200.0)
        for _ in range(60):
            file.write(minute)
    program = (
        "import resource, sys\n"
        f"from nearer.networks import {network} as Network\n"
        "import numpy as np\n"
        "network = Network(rate=8000)\n"
        "def peak(item):\n"
        "    network.prepare([item], network.plan([item]))\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(-peak((np.ones(8000 * 15, np.float32), 8000)) + peak(sys.argv[1]))\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    ).stdout
    assert int(out) < 30_000  # kilobytes: the wave alone would take 115 MB
