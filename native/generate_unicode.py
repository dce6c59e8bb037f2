"""Writes unicode_words.hpp: which code points are word characters or white space, and their lower case.

Run with the Python whose Unicode version the tokeniser should follow: ``python native/generate_unicode.py``.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

LAST = 0x110000


def ranges(member: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Maximal runs (first, last) of code points for which `member` holds."""
    first = None
    for code in range(LAST + 1):
        inside = code < LAST and member(chr(code))
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            yield first, code - 1
            first = None


def is_word(char: str) -> bool:
    """Letters, digits, and the marks that combine with them."""
    return unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def lower_shifts() -> Iterator[tuple[int, int, int]]:
    """Runs (first, last, shift) of word characters whose lower case lies `shift` code points on."""
    run: tuple[int, int, int] | None = None
    for code in range(LAST):
        shift = ord(chr(code).lower()[0]) - code if is_word(chr(code)) else 0
        if run and shift == run[2] and code == run[1] + 1:
            run = (run[0], code, shift)
            continue
        if run and run[2]:
            yield run
        run = (code, code, shift)


def rows(items: list[str], width: int = 108) -> str:
    """The items as comma-separated lines of at most `width` characters."""
    lines, line = [], " "
    for item in items:
        if len(line) + len(item) + 2 > width:
            lines.append(line)
            line = " "
        line += f" {item},"
    return "\n".join([*lines, line])


def main() -> None:
    """Write the header beside this file."""
    word = [f"{{{a}, {b}}}" for a, b in ranges(is_word)]
    space = [f"{{{a}, {b}}}" for a, b in ranges(str.isspace)]
    lower = [f"{{{a}, {b}, {s}}}" for a, b, s in lower_shifts()]
    text = f"""// Made by generate_unicode.py from Unicode {unicodedata.unidata_version}; do not edit.
#pragma once

#include <cstdint>

namespace nearer {{

constexpr const char* kUnicodeVersion = "{unicodedata.unidata_version}";

struct CodeRange {{
  uint32_t first, last;
}};
struct CodeShift {{
  uint32_t first, last;
  int32_t shift;
}};

// Letters, decimal digits and combining marks.
constexpr CodeRange kWordRanges[] = {{
{rows(word)}
}};

// White space, as Python's str.split() has it.
constexpr CodeRange kSpaceRanges[] = {{
{rows(space)}
}};

// Simple lower-casing: add the shift.
constexpr CodeShift kLowerShifts[] = {{
{rows(lower)}
}};

}}  // namespace nearer
"""
    Path(__file__).with_name("unicode_words.hpp").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
