"""What `nearer dims` tells people to run next does what it says."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_running import Run

import nearer
from nearer.cli.dims import MODELS


@pytest.mark.parametrize(
    ("model", "settings", "written"),
    [
        ("words", {"max_vocabulary": None, "window": 5, "architecture": "cbow"}, "--architecture cbow"),
        ("words", {"max_vocabulary": 70, "objective": "hierarchical"}, None),
        ("subwords", {"buckets": 90, "errors": "replace", "least_learning_rate": 1e-5}, None),
        ("docs", {"train_words": False, "architecture": "dbow"}, ""),
        ("docs", {"train_words": True, "noise_exponent": -0.5}, "--train-words --noise-exponent -0.5"),
        ("glove", {"symmetric": False, "x_max": 5}, "--left-only --x-max 5"),
        ("glove", {"symmetric": True, "memory": "1 GB"}, "--memory '1 GB'"),
        ("ppmi", {"symmetric": False, "shift": 2}, "--left-only --shift 2"),
    ],
)
def test_the_command_that_dims_prints_trains_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Run,
    model: str,
    settings: dict[str, Any],
    written: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    topics = (["sea", "ship", "wave", "sail"], ["oven", "bread", "flour", "yeast"])
    lines = [" ".join(rng.choice(topics[row % 2], 30)) + "\n" for row in range(60)]
    (tmp_path / "my text.txt").write_text("".join(lines))
    (tmp_path / "rated.tsv").write_text(
        "sea\tship\t5\nsea\toven\t1\nbread\toven\t4\nwave\tsail\t3\nflour\tsea\t2\n"
    )
    (tmp_path / "topics.tsv").write_text("".join(f"{row}\t{row % 2}\n" for row in range(60)))
    test = ("--labels", "topics.tsv") if model == "docs" else ("--similarity", "rated.tsv")
    given = [word for name, value in settings.items() for word in ("--set", f"{name}={json.dumps(value)}")]
    call = ("dims", "my text.txt", "--model", model, *test, "--dims", "2,3", "--threads", 1, *given)
    result = run(*call, *(() if model == "ppmi" else ("--seeds", 1)))
    assert result.exit_code == 0, result.output
    command = next(line for line in result.stdout.splitlines() if "nearer fit" in line).partition("nearer ")[
        2
    ]
    if written is not None:
        options = command.partition("OUT.space ")[2].rpartition(" --dim ")[0]
        assert options == f"{written} --threads 1".strip()
    trained = run(*shlex.split(command))
    assert trained.exit_code == 0, trained.output
    dim = int(command.rpartition(" ")[2])
    expected = getattr(nearer, MODELS[model])(dim, threads=1, **settings).fit("my text.txt").space_
    assert nearer.load("OUT.space").identity == expected.identity
