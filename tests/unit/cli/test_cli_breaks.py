"""`nearer breaks`: themes by keys and by texts; what is wrong is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_running import Run, RunJson

pytestmark = pytest.mark.usefixtures("here")
THEME = ("breaks", "diary.space", "--time", "month", "--theme", "tea=tea1,tea2", "--top", "0.2")


def test_the_month_is_found(here: Path, run: Run, run_json: RunJson) -> None:
    found = run_json(*THEME, "-o", "themes.html")
    (theme,) = found["themes"]
    assert [one["at"] for one in theme["breaks"]] == ["2020-11-01"]
    assert found["file"] == "themes.html"
    assert "2020-11-01" in (here / "themes.html").read_text()
    shown = run(*THEME)
    assert "rose" in shown.stdout
    assert "100 items of 20 periods" in shown.stdout


def test_a_theme_is_named_by_a_text(run_json: RunJson) -> None:
    texts = (
        "--text",
        "tea=tea milk scones",
        "--text",
        "king queen rook",
        "--encoder",
        "a.model",
        "--top",
        "0.4",
    )
    found = run_json("breaks", "diary.space", "--time", "month", *texts)
    assert [theme["name"] for theme in found["themes"]] == ["tea", "king queen rook"]
    assert [theme["breaks"][0]["after"] > theme["breaks"][0]["before"] for theme in found["themes"]] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (THEME[:4], 2, "name a theme: --theme NAME=KEY,KEY or --text TEXT --encoder NAME"),
        ((*THEME[:4], "--theme", "tea"), 2, "--theme tea is not NAME=KEY,KEY"),
        ((*THEME[:4], "--text", "tea"), 2, "--text needs --encoder, the encoder that made the space"),
        ((*THEME[:4], "--text", "tea", "--encoder", "b.model"), 1, "the encoder b.model has identity"),
        (
            ("breaks", "diary.space", "--time", "when", *THEME[4:]),
            1,
            "there is no column 'when'; it has month",
        ),
        (
            (*THEME[:4], "--theme", "tea=tee1"),
            1,
            "'tee1' is not in this space of 100 keys; did you mean",
        ),
        ((*THEME, "--period", "year"), 1, "2 periods, and a step is told from chance by 6 at least"),
        ((*THEME, "--alpha", "2"), 2, "alpha is 2.0; use a rate between 0 and 1"),
        ((*THEME, "-o", "themes.png"), 1, "themes.png: no page is written as '.png'; end in .html"),
        ((*THEME, "-o", "nowhere/t.html"), 1, "nowhere"),
    ],
)
def test_what_is_wrong_is_one_line(run: Run, arguments: tuple[Any, ...], code: int, message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
