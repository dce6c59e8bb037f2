"""Keys on the command line: between commas, or in a file, one a line."""

from __future__ import annotations

from pathlib import Path

from nearer.errors import EncodingError, InputError


def listed_keys(text: str) -> list[str]:
    """The keys in `text`: of the file FILE for "@FILE", else those between the commas."""
    if text.startswith("@") and len(text) > 1:
        return keys_in(Path(text[1:]))
    return [part.strip() for part in text.split(",") if part.strip()]


def keys_in(file: Path) -> list[str]:
    """The keys in a file, one a line, each once."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise EncodingError(f"byte offset {error.start:,} is not UTF-8", file=file) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    listed = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not listed:
        raise InputError("holds no keys", file=file, remedy="write one key a line")
    return listed
