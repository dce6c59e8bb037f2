"""`nearer fit`: train vectors on data; one file a kind of model."""

from __future__ import annotations

import typer

from nearer.cli.examples import shown
from nearer.cli.fit import words

__all__ = ["fit_app"]

fit_app = typer.Typer(help="Train vectors on your data.")
fit_app.command("words", epilog=shown(words.EXAMPLES))(words.words)
