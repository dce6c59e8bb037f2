"""Words with their character n-grams: cutting, means of rows, and training, the native engine's typed face.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.kernels import _native
from nearer.kernels.training import TrainReport, aligned_alike, require, require_range
from nearer.kernels.words import WordTraining, negative_rules, word_rules

MOST_BUCKETS = 2**31 - 1  # what the fastText program can count
LONGEST_NGRAM = 1_000


def cut_ngrams(
    words: Sequence[str | bytes], min_n: int, max_n: int, buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Buckets of the n-grams of `min_n` to `max_n` characters of each word, between the marks `<` and `>`.

    Returns starts int64 (n + 1,) and buckets uint32 (m,): those of word i are
    buckets[starts[i]:starts[i + 1]], as and in the order in which the fastText program finds them; a mark
    alone is no n-gram, and `</s>`, its word for the end of a line, has none. Words are text, or UTF-8 bytes.

    Raises `ParameterError` for a range or a number of buckets that cannot be; words that are neither are not
    checked for before `TypeError` or `UnicodeEncodeError` says so.
    """
    require(
        {
            "n-grams run from min_n to max_n, neither below 0": 0 <= min_n <= max_n <= LONGEST_NGRAM,
            "n-grams have a bucket": max_n == 0 or 1 <= buckets <= MOST_BUCKETS,
        }
    )
    return _native.cut_ngrams(list(words), min_n, max_n, max(buckets, 1))


def mean_rows(
    table: NDArray[np.uint8],
    dim: int,
    pitch: int,
    starts: NDArray[np.int64],
    rows: NDArray[np.int64],
    counts: NDArray[np.int64],
    threads: int = 1,
) -> NDArray[np.float32]:
    """Means of rows of float32: (n, dim); of item i, the sum of rows[starts[i]:starts[i + 1]] over counts[i].

    `table` is the bytes of a matrix whose rows of `dim` values lie `pitch` bytes apart; it may be a file's,
    at any byte. Rows are added in their order, in single precision. A count of 0 leaves the sum.
    """
    least, most = (int(rows.min()), int(rows.max())) if len(rows) else (0, -1)
    require(
        {
            "rows lie in the table": least >= 0 and (most < 0 or most * pitch + 4 * dim <= len(table)),
            "starts and counts have an entry an item": len(starts) == len(counts) + 1
            and int(starts[-1]) <= len(rows),
        }
    )
    out = np.empty((len(counts), dim), dtype=np.float32)
    _native.mean_rows(table, starts, rows, counts, pitch, out, threads)
    return out


@dataclass(frozen=True)
class SubwordTraining(WordTraining):
    """A run over words and their n-grams: what `train_subwords` is given.

    Attributes
    ----------
    starts, rows : int64 (v + 1,) and uint32 (m,); the mean of the input rows rows[starts[w]:starts[w + 1]] is
        the hidden vector of word w.
    negative : negative samples of a centre; a block of `shared` centres pools those of all its centres, and
        each pair weighs them so that they count as `negative`.
    """

    starts: NDArray[np.int64] = field(kw_only=True)
    rows: NDArray[np.uint32] = field(kw_only=True)

    def train(
        self, arrays: Mapping[str, NDArray[Any]], first: int, last: int, threads: int, variant: str
    ) -> TrainReport:
        """Train units [first, last) of "inputs" and "outputs", in place: see `train_subwords`."""
        return train_subwords(self, arrays["inputs"], arrays["outputs"], first, last, threads, variant)


def train_subwords(
    run: SubwordTraining,
    input_rows: NDArray[np.float32],
    output_rows: NDArray[np.float32],
    first: int,
    last: int,
    threads: int,
    variant: str,
) -> TrainReport:
    """Train units [first, last), counted over all epochs, in place.

    `input_rows` is float32 (words and n-grams, stride), `output_rows` (v, stride), both from `padded_rows`;
    ids in `tokens` are below v, which is not checked. What `train_units` says of threads and bits holds here.

    Raises `ParameterError` for arguments the kernel cannot work with.
    """
    require_range(len(run.tokens), run.planned_units, first, last, threads)
    require(
        {
            "rows of both matrices are aligned, of one width": aligned_alike(input_rows, output_rows),
            **word_rules(run, len(output_rows)),
            **negative_rules(run, len(output_rows)),
            "starts have an entry a word and one more": run.starts.shape == (len(output_rows) + 1,),
            "every word has rows": bool((np.diff(run.starts) > 0).all()) and run.starts[-1] == len(run.rows),
            "rows lie in the input matrix": int(run.rows.max(initial=0)) < len(input_rows),
        }
    )
    loss, pairs, tokens = _native.train_subwords(
        variant,
        run.architecture == "cbow",
        run.tokens,
        run.unit_tokens,
        run.keep,
        run.noise,
        run.starts,
        run.rows,
        input_rows,
        output_rows,
        run.window,
        run.negative * run.shared,
        1.0 / run.shared,
        run.shared,
        run.learning_rate,
        run.least_learning_rate,
        run.planned_units,
        run.seed,
        first,
        last,
        threads,
    )
    return TrainReport(loss, pairs, tokens)
