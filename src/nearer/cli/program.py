"""How every verb ends: exit codes, errors as one line or one JSON document, interrupts, closed pipes.

0   done
1   the work failed: bad data, a full disk, an interrupt; one line on standard error
2   wrong usage: an unknown option, a missing argument, a value outside its range; one line
3   done, and a window raised an alarm (`nearer monitor`)
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from nearer.errors import NearerError, ParameterError, TrainingFailed, one_line

UsageError = typer.BadParameter.__bases__[0]  # Click's, which Typer imports or brings along by its version
DONE, FAILED, WRONG_USAGE, ALARMED = 0, 1, 2, 3
ORDER = [
    "tour",
    "fit",
    "split",
    "embed",
    "info",
    "neighbors",
    "analogy",
    "axis",
    "evaluate",
    "calibrate",
    "health",
    "dims",
    "changes",
    "align",
    "backfill",
    "search",
    "recommend",
    "breaks",
    "monitor",
    "map",
    "convert",
    "models",
]


class Program(TyperGroup):
    """The group of all verbs; everything that can go wrong in one of them ends here."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs in the order of the work, as the help shows them; those not named in ORDER come last."""
        return sorted(super().list_commands(ctx), key=lambda name: [*ORDER, name].index(name))

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> Any:
        """Run the verb that `args` (None: those of the process) name, and exit."""
        arguments = list(sys.argv[1:] if args is None else args)
        with _notes_on_standard_error():
            code = self._run(arguments)
        sys.exit(code)

    def _run(self, arguments: list[str]) -> int:
        as_json, debug = "--json" in arguments, "--debug" in arguments
        for stream in (sys.stdout, sys.stderr):
            _never_fail_to_encode(stream)
        try:
            with self.make_context("nearer", arguments) as context:
                self.invoke(context)
            sys.stdout.flush()
        except typer.Exit as request:
            return request.exit_code
        except BrokenPipeError:
            _give_up_standard_output()
            return DONE  # whoever read has had enough, as with `nearer ... | head`
        except KeyboardInterrupt:
            return _fail("Interrupted", "interrupted", as_json, FAILED)
        except Exception as error:
            if debug and not isinstance(error, UsageError):
                traceback.print_exc()
            return _fail(*_described(error), as_json, code_of(error))
        return DONE


def code_of(error: Exception) -> int:
    """The exit code that stands for `error`."""
    if isinstance(error, TrainingFailed):  # the data may be why
        return FAILED
    return WRONG_USAGE if isinstance(error, UsageError | ParameterError) else FAILED


def _described(error: Exception) -> tuple[str, str]:
    """Type and message of an error, as its line shows them."""
    kind = type(error).__name__
    if isinstance(error, UsageError):
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "nearer"
        message = error.format_message().replace("Value error, ", "")  # type: ignore[attr-defined]  # Click's
        return kind, f"{message} (see: {path} --help)"
    if isinstance(error, NearerError):
        return kind, str(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return kind, f"{place}{error.strerror or error}"
    if isinstance(error, MemoryError):
        return kind, "not enough memory for this"
    return kind, f"unexpected {kind}: {error}; `nearer --debug VERB ...` shows where"


def _fail(kind: str, message: str, as_json: bool, code: int) -> int:
    """Say what went wrong: a line on standard error, or a document on standard output."""
    message = one_line(message)
    try:
        if as_json:
            print(json.dumps({"error": {"type": kind, "message": message}}), flush=True)  # noqa: T201
        else:
            print(f"nearer: {message}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _give_up_standard_output()
    return code


def _never_fail_to_encode(stream: Any) -> None:
    """A terminal that cannot show a character gets its escape."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _give_up_standard_output() -> None:
    """Let what is still buffered go nowhere, so that the interpreter ends in silence."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # a stream without a file has nothing to flush
        return


@contextmanager
def _notes_on_standard_error() -> Iterator[None]:
    """Show what the library logs, a line each."""
    logger = logging.getLogger("nearer")
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: record.name != "nearer.monitor")  # a verb tells its verdicts itself
    handler.setFormatter(logging.Formatter("nearer: note: %(message)s"))
    logger.addHandler(handler)
    before, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = before
        logger.removeHandler(handler)
