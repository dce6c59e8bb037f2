"""fastText's `.bin`: a whole model, words and n-grams, as the fastText program writes and reads it.

Little-endian, versions 11 and 12 (the program's sources, Bojanowski et al. 2017):

    int32 x 2       the magic number and the version
    int32 x 12      dim, window, epochs, min_count, negative, word n-grams, loss, model, buckets,
                    min_n, max_n, update rate
    float64         subsample
    int32 x 3       entries, words, labels
    int64 x 2       tokens, and -1: no entry was pruned
    entries times   the word, a zero byte, int64 count, int8 kind (0: word, 1: label)
    one byte        whether the input matrix is quantised
    int64 x 2       rows and columns; then float32 values: a row a word, then a row a bucket
    one byte, ...   the same for the output matrix
"""

from __future__ import annotations

import logging
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.subword import Subword
from nearer.errors import FormatError, shown
from nearer.kernels.subwords import LONGEST_NGRAM
from nearer.replace import new_file
from nearer.space.formats.binary import FASTTEXT
from nearer.space.formats.holding import require_holdable
from nearer.space.formats.source import imported, reading_errors
from nearer.space.space import Space

NAME = "fastText .bin"
ENDS_A_WORD = " \t\n\r\v\f\0"
VERSIONS = (11, 12)
SETTINGS = struct.Struct("<12id")
SIZES = struct.Struct("<3i2q")
ENTRY = struct.Struct("<qb")
MATRIX = struct.Struct("<?2q")
SUPERVISED = 3
WRITE_ROWS = 1 << 14
CUT_SHORT = "fetch it again: it was cut short"
DAMAGED = "fetch it again: it is damaged"

logger = logging.getLogger("nearer")


@dataclass(frozen=True)
class Settings:
    """What the head of a `.bin` says of a model, in the order of the file."""

    dim: int
    window: int
    epochs: int
    min_count: int
    negative: int
    word_ngrams: int
    loss: int  # 1: hierarchical softmax, 2: negative sampling, 3: softmax, 4: one against all
    model: int  # 1: CBOW, 2: skip-gram, 3: supervised
    buckets: int
    min_n: int
    max_n: int
    update_rate: int
    subsample: float


def read(path: Path) -> Subword:
    """The encoder in a `.bin` of fastText, supervised or not; its rows stay in the file, mapped.

    Raises `FormatError` for a file that is cut short, damaged, quantised or of another version.
    """
    path = Path(path)
    with reading_errors(path), path.open("rb") as handle:
        if not handle.read(len(FASTTEXT)) == FASTTEXT:
            raise FormatError("is no fastText model", file=path, remedy="it must begin with its magic number")
        data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    return _Reader(path, data).read()


def read_space(path: Path) -> Space:
    """The words of a `.bin` of fastText, as a space of its encoder's identity; raises what `read` does."""
    encoder = read(path)
    return imported(path, NAME, list(encoder.words), encoder.word_vectors(), identity=encoder.identity)


class _Reader:
    """Reads from front to back, and names the part in which the file ends too soon."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self.path, self.data, self.at = path, data, len(FASTTEXT)

    def read(self) -> Subword:
        settings = self._settings()
        words, spellings = self._words()
        rows = self._matrix("input", settings.dim, len(words) + settings.buckets * (settings.max_n > 0))
        self._matrix("output", settings.dim, 0)
        if self.at != len(self.data):
            raise FormatError(
                f"{len(self.data) - self.at:,} bytes follow its last matrix", file=self.path, remedy=DAMAGED
            )
        return Subword(
            words,
            rows,
            min_n=settings.min_n,
            max_n=settings.max_n,
            buckets=settings.buckets,
            spellings=spellings,
        )

    def _unpack(self, form: struct.Struct, part: str) -> tuple[int, ...]:
        if self.at + form.size > len(self.data):
            raise self._cut_short(part)
        values = form.unpack_from(self.data, self.at)
        self.at += form.size
        return values

    def _cut_short(self, part: str) -> FormatError:
        return FormatError(
            f"ends within {part}, after {len(self.data):,} bytes", file=self.path, remedy=CUT_SHORT
        )

    def _settings(self) -> Settings:
        (version,) = self._unpack(struct.Struct("<i"), "its head")
        if version not in VERSIONS:
            raise FormatError(
                f"is a fastText model of version {version}",
                file=self.path,
                remedy="versions 11 and 12 are read: save it again with fastText 0.9",
            )
        names = [part.name for part in fields(Settings)]
        settings = Settings(**dict(zip(names, self._unpack(SETTINGS, "its head"), strict=True)))
        old_supervised = version == 11 and settings.model == SUPERVISED
        if old_supervised or settings.min_n > settings.max_n:  # what the program takes as: no n-grams
            settings = replace(settings, min_n=0, max_n=0)
        for name, value, most in (
            ("dim", settings.dim, 1 << 20),
            ("buckets", settings.buckets, None),
            ("min_n", settings.min_n, None),
            ("max_n", settings.max_n, LONGEST_NGRAM),
        ):
            least = 1 if name == "dim" or (name == "buckets" and settings.max_n > 0) else 0
            if value < least or (most is not None and value > most):
                raise FormatError(f"its head says {name}={value}", file=self.path, remedy=DAMAGED)
        return settings

    def _words(self) -> tuple[list[str], dict[str, bytes]]:
        """The words, and the bytes of those that are not UTF-8; labels are left out."""
        entries, words, labels, _, pruned = self._unpack(SIZES, "its head")
        if min(entries, words, labels) < 0 or words + labels != entries:
            raise FormatError(
                f"its head counts {entries:,} entries, {words:,} words and {labels:,} labels",
                file=self.path,
                remedy=DAMAGED,
            )
        if entries * (ENTRY.size + 1) > len(self.data) - self.at:
            raise FormatError(
                f"promises {entries:,} words and labels, {len(self.data):,} bytes are too few for them",
                file=self.path,
                remedy=CUT_SHORT,
            )
        found: list[str] = []
        spellings: dict[str, bytes] = {}
        for row in range(entries):
            word, kind = self._entry(row, entries)
            if kind != 0:
                continue
            try:
                found.append(word.decode())
            except UnicodeDecodeError:
                found.append(word.decode("utf-8", "backslashreplace"))
                spellings[found[-1]] = word
        if len(found) != words:
            raise FormatError(
                f"its head counts {words:,} words, {len(found):,} follow", file=self.path, remedy=DAMAGED
            )
        if pruned >= 0:
            self._refuse_quantised()
        self._note_spellings(spellings)
        return found, spellings

    def _entry(self, row: int, entries: int) -> tuple[bytes, int]:
        end = self.data.find(b"\0", self.at)
        part = f"word {row + 1:,} of {entries:,}"
        if end < 0:
            raise self._cut_short(part)
        word, self.at = self.data[self.at : end], end + 1
        _, kind = self._unpack(ENTRY, part)
        if kind not in (0, 1):
            raise FormatError(f"{part}, {shown(word)}, is of kind {kind}", file=self.path, remedy=DAMAGED)
        return word, kind

    def _note_spellings(self, spellings: dict[str, bytes]) -> None:
        if spellings:
            logger.warning(
                "%s: words that are not UTF-8: %d, such as %s; their bytes are shown as \\x..",
                self.path,
                len(spellings),
                shown(next(iter(spellings.values()))),
            )

    def _refuse_quantised(self) -> None:
        raise FormatError(
            "is a quantised model (as .ftz), which holds no full vectors",
            file=self.path,
            remedy="read the .bin it was made from",
        )

    def _matrix(self, name: str, dim: int, least_rows: int) -> NDArray[np.float32]:
        """The values of a matrix (rows, dim), mapped."""
        part = f"its {name} matrix"
        if self.at < len(self.data) and self.data[self.at] == 1:
            self._refuse_quantised()
        _, rows, columns = self._unpack(MATRIX, part)
        if columns != dim or rows < least_rows:
            raise FormatError(
                f"{part} is {rows:,} x {columns:,}, and at least {least_rows:,} x {dim:,} is needed",
                file=self.path,
                remedy=DAMAGED,
            )
        if rows * dim * 4 > len(self.data) - self.at:
            raise self._cut_short(part)
        values = np.frombuffer(self.data, "<f4", rows * dim, self.at).reshape(rows, dim)
        self.at += values.nbytes
        return values[:least_rows] if least_rows else values


def require_bin(path: Path) -> None:
    """Raise `FormatError` unless `path` ends as a fastText model does."""
    if path.suffix.lower() != ".bin":
        raise FormatError(
            "the name of a fastText model ends in .bin", file=path, remedy="give it that ending"
        )


def write(
    path: Path,
    encoder: Subword,
    settings: Settings,
    counts: NDArray[np.int64],
    outputs: NDArray[np.float32],
    *,
    overwrite: bool = False,
) -> None:
    """Write a model as version 12; the rows of buckets that have none are zero.

    `counts` is int64 (v,), of the words; `outputs` float32 (v, dim). Raises `FormatError` for another ending
    than .bin and for a word that the format cannot hold, before anything is written, and `StorageError`.
    """
    require_bin(path)
    require_holdable(encoder.words, NAME, ENDS_A_WORD)
    with new_file(Path(path), overwrite) as handle:
        handle.write(FASTTEXT + struct.pack("<i", 12))
        handle.write(SETTINGS.pack(*vars(settings).values()))
        v = len(encoder.words)
        handle.write(SIZES.pack(v, v, 0, int(counts.sum()), -1))
        for word, count in zip(encoder.words, counts.tolist(), strict=True):
            handle.write(encoder.spellings.get(word, word.encode()) + b"\0" + ENTRY.pack(count, 0))
        handle.write(MATRIX.pack(False, v + settings.buckets, encoder.dim))
        _write_rows(handle, encoder.rows[:v])
        for block in _bucket_blocks(encoder, settings.buckets):
            handle.write(block.tobytes())
        handle.write(MATRIX.pack(False, v, encoder.dim))
        _write_rows(handle, outputs)


def _write_rows(handle: BinaryIO, rows: NDArray[np.float32]) -> None:
    for start in range(0, len(rows), WRITE_ROWS):
        handle.write(rows[start : start + WRITE_ROWS].astype("<f4").tobytes())


def _bucket_blocks(encoder: Subword, buckets: int) -> Iterator[NDArray[np.float32]]:
    """Rows of all buckets, a block at a time; zeros where a bucket has none."""
    there = encoder.bucket_rows()
    numbers, rows = np.empty(0, np.int64), np.empty((0, encoder.dim), np.float32)
    for start in range(0, buckets, WRITE_ROWS):
        block = np.zeros((min(WRITE_ROWS, buckets - start), encoder.dim), dtype="<f4")
        while True:
            now = int(np.searchsorted(numbers, start + len(block)))
            block[numbers[:now] - start] = rows[:now]
            numbers, rows = numbers[now:], rows[now:]
            if len(numbers):
                break
            following = next(there, None)
            if following is None:
                break
            numbers, rows = following
        yield block
