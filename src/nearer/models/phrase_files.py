r"""Phrases as tab-separated text, one a row, under a line of settings and a line of names.

    #nearer-phrases-1 {"delimiter": "_", "exclude": ["of"], "min_count": 5, "passes": 1, ...}
    phrase<TAB>parts<TAB>count<TAB>score<TAB>pass
    new_york<TAB>new york<TAB>271<TAB>98.5<TAB>1

Parts are set apart by one space. In words, a backslash, tab, line feed, carriage return and space are written
``\\ \t \n \r \s``. Lines may end in CR LF, and blank lines may follow the last.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nearer.errors import EncodingError, FormatError, InputError
from nearer.replace import new_file
from nearer.signal.phrases import Phrase

MARK = "#nearer-phrases-1"
HEADS = ("phrase", "parts", "count", "score", "pass")
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", " ": "\\s"}
MEANINGS = {escape: char for char, escape in ESCAPES.items()}
SETTINGS = ("score", "threshold", "min_count", "passes", "delimiter", "exclude", "max_vocabulary")


def write_phrases(path: Path, settings: dict[str, Any], phrases: Sequence[Phrase], overwrite: bool) -> None:
    """Write `phrases` and the settings they were learned with; raises `StorageError`."""
    with new_file(path, overwrite) as file:
        file.write(table_of(settings, phrases))


def table_of(settings: dict[str, Any], phrases: Sequence[Phrase]) -> bytes:
    """The bytes of the table."""
    lines = [f"{MARK} {json.dumps(settings, ensure_ascii=False, sort_keys=True)}", "\t".join(HEADS)]
    lines += map(_row, phrases)
    return ("\n".join(lines) + "\n").encode()


def read_phrases(path: Path) -> tuple[dict[str, Any], list[Phrase]]:
    """Settings and phrases; raises `InputError`, `EncodingError`, `FormatError` with file and row."""
    lines = _lines(path)
    settings = _settings(lines[0], path)
    if lines[1:2] != ["\t".join(HEADS)]:
        raise FormatError(f"the heads must be {' '.join(HEADS)}, separated by tabs", file=path, row=2)
    if lines[-1] != "":
        raise FormatError("the last line has no end: the file is cut short", file=path, row=len(lines))
    phrases: list[Phrase] = []
    seen: set[tuple[int, tuple[str, ...]]] = set()
    for row, line in enumerate(lines[2:-1], start=3):
        problem, phrase = _parsed(line, settings, phrases[-1].in_pass if phrases else 1)
        if phrase is not None and (phrase.in_pass, phrase.parts) in seen:
            problem = "these parts stand in another row of the same pass"
        if problem or phrase is None:
            raise FormatError(problem, file=path, row=row, remedy="correct the row or fit the phrases anew")
        seen.add((phrase.in_pass, phrase.parts))
        phrases.append(phrase)
    return settings, phrases


def _lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise InputError(problem, file=path, remedy="check the path") from None
    if not data.startswith(MARK.encode()):
        raise FormatError(
            f"this is no table of phrases: its first line must begin with {MARK}",
            file=path,
            remedy="give a file that Phrases.save or `nearer fit phrases` wrote",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise EncodingError("invalid UTF-8", file=path, row=row) from None
    lines = text.replace("\r\n", "\n").split("\n")  # in words, a carriage return is escaped
    while lines[-2:] == ["", ""]:
        lines.pop()
    return lines


def _settings(line: str, path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(line.removeprefix(MARK))
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict) or sorted(settings) != sorted(SETTINGS):
        raise FormatError(f"the settings must be a JSON object of {', '.join(SETTINGS)}", file=path, row=1)
    delimiter, exclude = settings["delimiter"], settings["exclude"]
    if not isinstance(delimiter, str) or delimiter == "":
        raise FormatError("the delimiter must be a text that is not empty", file=path, row=1)
    if not isinstance(exclude, list) or not all(isinstance(word, str) for word in exclude):
        raise FormatError("exclude must be a list of words", file=path, row=1)
    return settings


def _row(phrase: Phrase) -> str:
    parts = " ".join(map(_escaped, phrase.parts))
    return "\t".join(
        (_escaped(phrase.phrase), parts, str(phrase.count), repr(phrase.score), str(phrase.in_pass))
    )


def _escaped(word: str) -> str:
    return re.sub(r"[\\\t\n\r ]", lambda found: ESCAPES[found[0]], word)


def _plain(cell: str) -> str | None:
    """The word that `cell` stands for, or None where a backslash means nothing."""
    if re.fullmatch(r"(?:[^\\]|\\[\\tnrs])*", cell) is None:
        return None
    return re.sub(r"\\.", lambda found: MEANINGS[found[0]], cell)


def _parsed(line: str, settings: dict[str, Any], least_pass: int) -> tuple[str, Phrase | None]:
    """What is wrong with a row, or the phrase in it."""
    cells = line.split("\t")
    if len(cells) != len(HEADS):
        return f"{len(cells)} cells, where {len(HEADS)} are expected", None
    parts = [_plain(cell) for cell in cells[1].split(" ")]
    words = tuple(part for part in parts if part)
    phrase = _plain(cells[0])
    if len(words) < max(2, len(parts)):
        return f"the parts {cells[1]!r} are no two words or more, separated by one space", None
    if phrase is None or phrase != settings["delimiter"].join(words):
        return f"the phrase {cells[0]!r} is not its parts joined by {settings['delimiter']!r}", None
    if [word in settings["exclude"] for word in words] != [False, *[True] * (len(words) - 2), False]:
        return "the words inside a phrase, and only they, must be among those in exclude", None
    if re.fullmatch("[0-9]{1,18}", cells[2]) is None or int(cells[2]) < 1:
        return f"the count {cells[2]!r} is no whole number from 1 up", None
    score = _number(cells[3])
    if score is None:
        return f"the score {cells[3]!r} is no finite number", None
    if re.fullmatch("[0-9]{1,3}", cells[4]) is None or int(cells[4]) < least_pass:
        return f"the pass {cells[4]!r} is no whole number from {least_pass} up", None
    return "", Phrase(phrase, words, int(cells[2]), score, int(cells[4]))


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
