"""Whatever is written as pairs or questions is read back; whatever else ends in one clear error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from nearer.errors import InputError
from nearer.evaluate.pairs import Pair, read_pairs
from nearer.evaluate.questions import Question, read_questions

words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="#:\t,;\ufeff"),
    min_size=1,
    max_size=8,
)
scores = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Pair, words, words, scores), min_size=1, max_size=8), st.sampled_from("\t,; "))
def test_pairs_survive(pairs: list[Pair], separator: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "pairs.txt"
        lines = (f"{p.first}{separator}{p.second}{separator}{p.score!r}\n" for p in pairs)
        file.write_bytes("".join(lines).encode())
        assert read_pairs(file) == pairs


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(words, words, words, words, words), min_size=1, max_size=8))
def test_questions_survive(rows: list[tuple[str, str, str, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "questions.txt"
        file.write_bytes("".join(f": {s}\n{a} {b} {c} {d}\n" for s, a, b, c, d in rows).encode())
        assert read_questions(file) == [Question(*row) for row in rows]


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.text(": #ab1\t\n,", max_size=60).map(str.encode)))
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file.txt"
        file.write_bytes(data)
        for read in (read_pairs, read_questions):
            refusal = refused(read, file)
            assert refusal is None or refusal.startswith(str(file))
            assert refusal is None or "\n" not in refusal


def refused(read: Callable[[Path], object], file: Path) -> str | None:
    """The message of the error; None where something was read."""
    try:
        assert read(file)
    except InputError as error:
        return str(error)
    return None
