"""The command line: one verb a file; each parses, calls the public API and prints.

    app.py       the program and its verbs        program.py      errors, exit codes, closed pipes
    output.py    tables and JSON                   options.py      what several verbs take
    destination.py   is there room for the result, asked before any work
    identified.py    which files say what space their vectors belong to

Verbs, in the order of the work: `fit/`, `embed.py` -> `info.py`, `neighbors.py`, `analogy.py` -> `evaluate/`,
`dims.py`, `search.py`, `map.py` -> `convert.py`, `models.py`; `tour/` shows them all.
"""

from nearer.cli.app import app

__all__ = ["main"]


def main() -> None:
    """Run `nearer` with the arguments of this process; exits with 0, 1 (work failed) or 2 (wrong usage)."""
    app()
