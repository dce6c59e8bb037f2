"""Corpora and small models that several tests of word training share."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from nearer import Word2Vec


def zipf_lines(tokens: int, vocabulary: int = 400, length: int = 20, seed: int = 0) -> list[str]:
    """Lines of words whose frequencies follow Zipf's law; the same on every machine."""
    source = random.Random(seed)
    words = [f"w{i}" for i in range(vocabulary)]
    drawn = source.choices(words, [1 / (i + 1) for i in range(vocabulary)], k=tokens)
    return [" ".join(drawn[i : i + length]) for i in range(0, tokens, length)]


def small_word2vec(**parameters: Any) -> Word2Vec:
    """A model that trains in no time, on one thread."""
    return Word2Vec(**{"dim": 16, "min_count": 2, "epochs": 2, "threads": 1, **parameters})


def importing(folder: Path) -> dict[str, str]:
    """The environment of a process that can import what lies in `folder` too."""
    known = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *([known] if known else [])])}


def run_python(program: str, *arguments: object) -> list[str]:
    """Words that `program` prints in a process of its own; it can import this module."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(
        command, env=importing(Path(__file__).parent), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
