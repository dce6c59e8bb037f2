"""Every error that Nearer raises on purpose, as one tree.

    NearerError
    ├── InputError (ValueError)          data that cannot be read as what it was given as
    │   ├── EncodingError                bytes that are not UTF-8
    │   └── FormatError                  a file that breaks its format, or a value a format cannot hold
    ├── ParameterError (ValueError)      an argument outside its allowed range
    │   └── TrainingFailed               training that diverged or collapsed, by parameters or by its data
    ├── UnknownKey (KeyError)            a key that a space does not hold
    ├── SpaceMismatch (ValueError)       vectors of one identity where another is expected
    ├── IntegrityError (ValueError)      a saved artefact that is cut short, edited or not ours
    ├── StorageError (OSError)           a disk that is full, or a place that cannot be written
    ├── NotFitted (ValueError, AttributeError)   learned state asked for before `fit`
    ├── ModelNotFound (LookupError)      a name that is no file, no folder and no known model that is here
    └── MissingExtra (ImportError)       an optional library that is not installed

A message is one line: where (file, row), what (the value), the rule it broke, and the remedy.
"""

from __future__ import annotations

__all__ = [
    "EncodingError",
    "FormatError",
    "InputError",
    "IntegrityError",
    "MissingExtra",
    "ModelNotFound",
    "NearerError",
    "NotFitted",
    "ParameterError",
    "SpaceMismatch",
    "StorageError",
    "TrainingFailed",
    "UnknownKey",
]


class NearerError(Exception):
    """Root of the tree; catch it to catch everything Nearer raises on purpose.

    The message is composed once, here: ``file, row 3: what is wrong; remedy``.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: object = None,
        row: int | str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.row = row
        self.remedy = remedy
        place = ", ".join(
            part
            for part in (self.file, None if row is None else row if isinstance(row, str) else f"row {row}")
            if part
        )
        message = f"{place}: {problem}" if place else problem
        super().__init__(one_line(f"{message}; {remedy}" if remedy else message))

    def __str__(self) -> str:
        return str(self.args[0])


class InputError(NearerError, ValueError):
    """Data that cannot be read as what it was given as."""


class EncodingError(InputError):
    """Bytes that are not UTF-8; the message names the byte offset."""


class FormatError(InputError):
    """A file that breaks the rules of its format, or a value that a format cannot hold."""


class ParameterError(NearerError, ValueError):
    """An argument outside its allowed range; the message names argument, value and range."""


class TrainingFailed(ParameterError):
    """Training that diverged or collapsed: by its parameters, or since the data hold nothing to learn."""


class UnknownKey(NearerError, KeyError):
    """A key that a space does not hold; the message offers the nearest spellings."""


class SpaceMismatch(NearerError, ValueError):
    """Vectors of one identity where another is expected; the message names both and the repair."""


class IntegrityError(NearerError, ValueError):
    """A saved artefact that is cut short, edited or not ours; the message names file and hash."""


class StorageError(NearerError, OSError):
    """A disk that is full, or a place that cannot be written; what was there before stays whole."""


class NotFitted(NearerError, ValueError, AttributeError):
    """Learned state asked for before `fit`."""


class ModelNotFound(NearerError, LookupError):
    """A name that is no file, no folder and no known model that is here."""


class MissingExtra(NearerError, ImportError):
    """An optional library that is not installed; the message holds the exact install line."""


def one_line(text: str) -> str:
    """`text` with line breaks and other control characters escaped: an error is one line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(value: object, limit: int = 60) -> str:
    """`value` as an error message quotes it: its repr, cut to about `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
