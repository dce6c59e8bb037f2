"""`nearer breaks`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import Run, RunJson

import nearer
from nearer.monitor import breaks

ASKED = ("--time", "year", "--theme", "trade=tariff,export", "--theme", "peace=treaty,truce")


def test_it_says_what_python_says(here: Path, run: Run, run_json: RunJson) -> None:
    found = run_json("breaks", "speeches.space", *ASKED, "-o", "breaks.html")
    space = nearer.load(here / "speeches.space")
    assert (
        found
        == breaks(space, "year", {"trade": ["tariff", "export"], "peace": ["treaty", "truce"]}).to_dict()
    )
    assert [one["at"] for one in found["breaks"]] == ["2001"]
    assert "<svg" in (here / "breaks.html").read_text(encoding="utf-8")
    shown = run("breaks", "speeches.space", *ASKED)
    assert "2001" in shown.stdout
    assert "none" in shown.stdout
    assert "with chance at most 0.05" in shown.stdout


def test_a_theme_may_be_a_text_for_the_encoder_of_the_space(here: Path, run: Run, run_json: RunJson) -> None:
    encoder = nearer.encoder(here / "a.model")
    texts = ["king queen rook pawn", "tea milk scones jam"]
    rows = encoder.encode([texts[row >= 60] for row in range(120)], show_progress=False)
    years = {"year": [1990 + row // 6 for row in range(120)]}
    space = nearer.Space([f"t{row}" for row in range(120)], rows, items=years, identity=encoder.identity)
    space.save(here / "told.space")
    asked = ("--time", "year", "--theme-text", "tea=tea milk scones jam")
    found = run_json("breaks", "told.space", *asked, "--encoder", "a.model")
    assert [one["at"] for one in found["breaks"]] == ["2000"]
    other = run("breaks", "told.space", *asked, "--encoder", "b.model")
    assert other.exit_code == 1
    assert "b.model has identity" in other.stderr
    assert "give the encoder that made the space" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (("--time", "year"), 2, ("name a theme",)),
        (("--time", "year", "--theme", "trade"), 2, ("--theme trade is not NAME=VALUE",)),
        (("--time", "year", "--theme", "trade=tarif"), 1, ("'tarif' is not in this space", "'tariff'")),
        (("--time", "date", "--theme", "trade=tariff"), 1, ("no column 'date'", "it has year, odd")),
        (("--time", "odd", "--theme", "trade=tariff"), 1, ("row 203: 'long ago' is no time")),
        (("--time", "year", "--theme", "trade=tariff", "--alpha", 2), 2, ("alpha is 2.0",)),
        (("--time", "year", "--theme", "trade=tariff", "--permutations", 10), 2, ("use 19 permutations",)),
        (("--time", "year", "--theme", "trade=tariff", "--block", 10), 2, ("20 times reach", "at least 71")),
        ((*ASKED, "-o", "breaks.png"), 1, ("breaks.png: no page is written as '.png'",)),
        ((*ASKED, "--theme-text", "tea=tea"), 2, ("--theme-text needs --encoder",)),
        ((*ASKED, "--per", "year"), 2, ("times are numbers", "per='value'")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(
    arguments: tuple[object, ...], code: int, parts: tuple[str, ...], here: Path, run: Run
) -> None:
    result = run("breaks", "speeches.space", *arguments)
    assert result.exit_code == code, result.output
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr
