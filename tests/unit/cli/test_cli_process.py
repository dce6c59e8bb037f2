"""What only a process of its own shows: pipes, signals, full disks, locales, start-up."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nearer

NEARER = Path(sys.executable).parent / "nearer"


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [str(NEARER), *map(str, arguments)]
    settings = {"capture_output": True, "text": True, "timeout": 60, **options}
    return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload, no-any-return]


def test_version() -> None:
    shown = run("--version")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, f"nearer {nearer.__version__}\n", "")


def test_python_runs_it_as_a_module() -> None:
    command = [sys.executable, "-m", "nearer", "--version"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout == f"nearer {nearer.__version__}\n"


def test_standard_output_is_one_document(here: Path) -> None:
    shown = run("fit", "words", "corpus.txt", "-o", "new.space", "--epochs", 1, "--json")
    assert shown.returncode == 0
    assert shown.stderr == ""
    assert json.loads(shown.stdout)["space"] == "new.space"


def test_a_reader_who_has_had_enough_is_no_error(here: Path) -> None:
    command = (
        f"{NEARER} neighbors words.space import string -k 4000 --json | head -1; echo ${{PIPESTATUS[0]}}"
    )
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout == "{\n0\n"
    assert shown.stderr == ""


def test_a_full_standard_output_is_one_line(here: Path) -> None:
    with Path("/dev/full").open("w") as full:
        shown = run("neighbors", "words.space", "import", capture_output=False, stdout=full, stderr=-1)
    assert shown.returncode == 1
    assert shown.stderr == "nearer: No space left on device\n"


def test_a_terminal_without_these_characters_gets_escapes(here: Path) -> None:
    nearer.Space(["żółw", "🐢"], [[1, 0], [0, 1]]).save("turtles.space")
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = run("neighbors", "turtles.space", "żółw", env=plain)
    assert shown.returncode == 0
    assert "\\U0001f422" in shown.stdout


def test_text_may_come_through_a_pipe(here: Path) -> None:
    with Path("corpus.txt").open() as text:
        shown = run("fit", "words", "-", "-o", "new.space", "--epochs", 1, "--json", stdin=text)
    assert shown.returncode == 0, shown.stderr
    piped = subprocess.run(
        ["bash", "-c", f"cat corpus.txt | {NEARER} fit words - -o piped.space --epochs 1 --json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(piped.stdout)["tokens"] == json.loads(shown.stdout)["tokens"]


def small_files() -> None:
    """What a full disk does, for one process: no file may grow beyond 20 kB."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "words", "corpus.txt", "-o", "words.space", "--overwrite", "--epochs", 1),
        ("fit", "words", "corpus.txt", "-o", "new.space", "--epochs", 1, "--checkpoint", "run"),
        ("convert", "words.space", "other.space", "--overwrite"),
        ("convert", "words.space", "words.vec"),
        ("map", "words.space", "map.png", "--top", 50),
    ],
    ids=lambda arguments: "-".join(map(str, arguments[:3])),
)
def test_a_full_disk_leaves_what_was_there(arguments: tuple[object, ...], here: Path) -> None:
    nearer.load("words.space").save("other.space")
    before = nearer.load("words.space").identity
    shown = run(*map(str, arguments), preexec_fn=small_files)
    assert shown.returncode == 1
    *notes, line = shown.stderr.splitlines()
    assert line.startswith("nearer: ")
    assert "File too large" in line
    assert all(note.startswith("nearer: note: ") for note in notes)
    for name in ("words.space", "other.space"):
        assert nearer.load(name).identity == before


def test_an_index_that_cannot_be_kept_answers_all_the_same(here: Path) -> None:
    shown = run("search", "words.space", "import", "--index", "hnsw", preexec_fn=small_files)
    assert shown.returncode == 0
    assert "import" in shown.stdout
    assert "File too large; it answers now and is built again next time" in shown.stderr
    assert all(line.startswith("nearer: note: ") for line in shown.stderr.splitlines())


def test_a_checkpoint_without_room_costs_nothing_that_was_learned(here: Path) -> None:
    vectors = (here / "words.space" / "vectors.safetensors").stat().st_size

    def room_for_vectors_only() -> None:  # a checkpoint holds two such matrices
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (vectors * 5 // 4, vectors * 5 // 4))

    arguments = ("corpus.txt", "-o", "new.space", "--dim", 32, "--epochs", 1, "--checkpoint", "run")
    shown = run("fit", "words", *arguments, preexec_fn=room_for_vectors_only)
    assert shown.returncode == 1
    *notes, line = shown.stderr.splitlines()
    assert "run" in line
    assert line.endswith("; what was learned so far is saved in new.space")
    assert all(note.startswith("nearer: note: ") for note in notes)
    assert "new.space" in shown.stdout
    assert nearer.load("new.space").vectors.shape == nearer.load("words.space").vectors.shape


def test_an_interrupt_saves_what_was_learned(here: Path) -> None:
    command = [str(NEARER), "fit", "words", "corpus.txt", "-o", "new.space", "--epochs", "5000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == (
        "nearer: interrupted (with --checkpoint FOLDER the next run could go on); "
        "what was learned so far is saved in new.space\n"
    )
    assert "new.space" in out
    assert len(nearer.load("new.space")) > 1000


def test_an_interrupt_elsewhere_is_one_line(here: Path) -> None:
    os.mkfifo("slow.txt")
    process = subprocess.Popen(
        [str(NEARER), "fit", "words", "slow.txt", "-o", "new.space"], stderr=subprocess.PIPE, text=True
    )
    with Path("slow.txt").open("w") as slow:
        slow.write("some words\n" * 1000)
        slow.flush()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == "nearer: interrupted\n"
    assert not Path("new.space").exists()
