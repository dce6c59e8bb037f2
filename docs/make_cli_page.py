"""Writes docs/cli.md from the program itself: `python docs/make_cli_page.py`; a test compares the two."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer

from nearer.cli.app import app

PAGE = Path(__file__).with_name("cli.md")
OPENING = """# Command line

This page is written by `docs/make_cli_page.py` from the program's own help.

Every verb takes `--json` (one JSON document on standard output, errors too, as
`{"error": {"type": ..., "message": ...}}`) and `--help`. Progress is shown on a terminal only, on standard
error; so are notes. Exit codes:

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | the work failed: bad data, a full disk, an interrupt; one line on standard error says why |
| 2 | wrong usage: an unknown option, a missing argument, a value outside its range; one line |

`nearer --debug VERB ...` adds the traceback of an error; `nearer --version` prints the version.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([OPENING, *(section(path, verb) for path, verb in verbs("nearer", root()))])


def root() -> Any:
    """The program as a tree of commands."""
    return typer.main.get_command(app)


def verbs(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every verb with its whole name, in the order of the help."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name in command.list_commands(None):
        yield from verbs(f"{path} {name}", command.commands[name])


def section(path: str, verb: Any) -> str:
    """Help, examples, arguments and options of one verb."""
    _, *examples = verb.epilog.split("\n\n")
    hints = get_type_hints(inspect.unwrap(verb.callback))
    rows = [row(parameter, hints[parameter.name]) for parameter in verb.params if parameter.name != "help"]
    return "\n".join(
        [
            f"## `{path}`\n",
            f"{inspect.cleandoc(verb.help)}\n",
            "```sh",
            *examples,
            "```\n",
            "| argument or option | default | meaning |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def row(parameter: Any, hint: Any) -> str:
    """One line of the table of arguments and options."""
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    if parameter.param_type_name == "argument":
        name = parameter.metavar
    else:
        value = parameter.metavar or " or ".join(str(choice) for choice in choices)
        name = f"{', '.join(f'`{option}`' for option in parameter.opts)} {value}".rstrip()
    return (
        "| "
        + " | ".join(cell.replace("|", "\\|") for cell in (name, default(parameter), parameter.help))
        + " |"
    )


def default(parameter: Any) -> str:
    """The default as the help shows it."""
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return str(parameter.show_default)
    value = parameter.default
    return "" if value is None or value is False or callable(value) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
