"""`nearer fit table`: vectors of rows, by an autoencoder or by FAMD."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_running import Run, RunJson

import nearer

FIT = ("fit", "table", "people.csv", "-o", "people.vectors.space")
SMALL = ("--dim", 4, "--hidden", 8, "--epochs", 2, "--threads", 1)


def test_the_options_are_given_to_the_model(here: Path, run_json: RunJson) -> None:
    options = ("--column-kinds", "age=category", "--column-kinds", "name=text", "--ignore", "income,hours")
    more = ("--bins", 7, "--noise", 0.3, "--batch-size", 16, "--learning-rate", 0.01, "--seed", 3)
    document = run_json(*FIT, *SMALL, *options, *more, "--model", "people.model")
    expected = nearer.TableAutoencoder(
        4, hidden=8, epochs=2, threads=1, bins=7, noise=0.3, batch_size=16, learning_rate=0.01, seed=3,
        kinds={"age": "category", "name": "text"}, ignore=["income", "hours"],
    ).fit("people.csv")  # fmt: skip
    assert document["identity"] == expected.identity
    assert [document[name] for name in ("rows", "columns", "ignored", "dim")] == [60, 5, 3, 4]
    space = nearer.load("people.vectors.space")
    assert space.identity == expected.identity
    assert space.keys[:2] == expected.space_.keys[:2]
    vectors = nearer.encoder("people.model").encode("people.csv")
    np.testing.assert_allclose(vectors, space.vectors, atol=1e-6)


def test_famd_is_a_method(here: Path, run_json: RunJson, run: Run) -> None:
    document = run_json(*FIT, "--method", "famd", "--dim", 4, "--key", "name", "--model", "people.model")
    expected = nearer.FAMD(4, key="name").fit("people.csv")
    assert document["identity"] == expected.identity
    assert nearer.load("people.vectors.space").keys[0] == "person 0"
    again = run(*FIT, "--method", "famd", "--dim", 4, "--overwrite")
    assert again.exit_code == 0, again.output
    assert "left out" in again.stdout
    assert "of the inertia" in again.stdout


def test_people_are_told_what_was_read_and_what_comes_next(here: Path, run: Run) -> None:
    result = run(*FIT, *SMALL, "--ignore", "name", "--model", "people.model")
    assert result.exit_code == 0, result.output
    assert "6: 1 category, 3 number, 1 date, 1 boolean" in result.stdout
    assert "id (the key)" in result.stdout
    assert "name (as asked)" in result.stdout
    commands = [line.split("nearer ", 1)[1] for line in result.stdout.splitlines() if "nearer " in line]
    assert any(command.startswith("embed people.csv again.space") for command in commands)
    embedded = run("embed", "people.csv", "again.space", "--encoder", "people.model")
    assert embedded.exit_code == 0, embedded.output
    found, expected = nearer.load("again.space"), nearer.load("people.vectors.space")
    assert found.identity == expected.identity
    np.testing.assert_allclose(found.vectors, expected.vectors, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--column-kinds", "age"), 2, "--column-kinds age is not COL=KIND"),
        (("--column-kinds", "age=float"), 2, "the kind of column 'age', 'float', is none; give number"),
        (("--column-kinds", "years=number"), 1, "people.csv: there is no column 'years'; it has id, name"),
        (("--column-kinds", "trade=number"), 1, "people.csv, row 0: column 'trade': 'baker' is no number"),
        (("--ignore", "pay"), 1, "people.csv: there is no column 'pay'; it has id, name"),
        (("--key", "trade"), 1, "people.csv, row 2: the key 'baker' in column 'trade' stands here twice"),
        (("--method", "famd", "--epochs", 3), 2, "--epochs is nothing that --method famd has"),
        (("--method", "famd", "--dim", 999), 2, "dim=999 is above the number of dimensions that the table"),
        (("--noise", 2), 2, "noise=2.0 is not allowed: noise must be a finite number from 0 to 0.9"),
        (("--model", "people.vectors.space"), 2, "would be lost"),
    ],
)
def test_what_is_wrong_is_one_line(
    here: Path, run: Run, arguments: tuple[object, ...], code: int, message: str
) -> None:
    result = run(*FIT, *arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not (here / "people.vectors.space").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n,\n,\n", "void.csv: no column of the table tells rows apart; 'a': every value is missing"),
        ("a,b\n", "void.csv: the table has no rows"),
        ("", "void.csv: the file is empty"),
        ("a,b\n1,2\n3\n", "void.csv, line 3: 1 cell, and the header has 2"),
        ("a,b\n1,inf\n2,3\n", "void.csv, row 0: column 'b': inf is no finite number"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(here: Path, run: Run, text: str, message: str) -> None:
    (here / "void.csv").write_text(text)
    result = run("fit", "table", "void.csv", "-o", "void.space")
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
