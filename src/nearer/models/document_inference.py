"""Vectors of new documents from a trained model whose words and outputs stay as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.documents import Document, text_or_tokens
from nearer.errors import InputError
from nearer.kernels.documents import Settings, infer
from nearer.kernels.text import WordCounter, merge_counters
from nearer.kernels.training import padded_rows
from nearer.kernels.variants import chosen_variant
from nearer.progress import Progress
from nearer.signal.corpus import Errors, Tokenizer
from nearer.signal.documents import document_ids, kept_tokens, restricted


class Inference:
    """A trained model as an encoder of documents.

    Every document starts from zeros and is trained with random numbers of its own, which follow from the
    words it holds: its vector depends on nothing but the model, those words and their order.
    """

    def __init__(
        self,
        settings: Settings,
        arrays: Mapping[str, NDArray[Any]],
        words: Sequence[str],
        *,
        dim: int,
        epochs: int,
        tokenizer: Tokenizer,
        errors: Errors,
    ) -> None:
        self.settings, self.arrays, self.dim, self.epochs = settings, arrays, dim, epochs
        self.known = {word: row for row, word in enumerate(words)}
        self.tokenizer, self.errors = tokenizer, errors

    def encode(
        self,
        items: Sequence[str | list[str]],
        *,
        batch_size: int,
        skip_empty: bool,
        threads: int,
        show_progress: bool | None,
    ) -> NDArray[np.float32]:
        """Vectors of texts or token lists, float32 (n, dim).

        A document without a known word raises `InputError` naming its row; with `skip_empty` its vector is
        zeros.
        """
        if isinstance(items, str):
            raise InputError("encode takes a list of documents, not one string", remedy="put it in a list")
        vectors = np.zeros((len(items), self.dim), dtype=np.float32)
        with Progress("encoding", len(items), "documents", show_progress) as progress:
            for start in range(0, len(items), batch_size):
                batch = [
                    Document(str(row), (), text_or_tokens(item, row), None, row)
                    for row, item in enumerate(items[start : start + batch_size], start)
                ]
                tokens, lengths = self._ids(batch)
                if not skip_empty and not lengths.all():
                    raise InputError(
                        "the document holds no word that this model knows",
                        row=batch[int(lengths.argmin())].row,
                        remedy='leave it out, or call set_params(empty="skip") for a vector of zeros',
                    )
                rows = self._infer(tokens, lengths, threads)
                vectors[start : start + len(batch)] = rows[:, : self.dim]
                progress.advance(len(batch))
        return vectors

    def _ids(self, batch: list[Document]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Ids of the known words of all documents, end to end, and how many each has."""
        counter = WordCounter()
        pieces = [document_ids(counter, document, self.tokenizer, self.errors) for document in batch]
        merged = merge_counters([counter], 1, None)
        final, _ = restricted(merged.words, merged.ids[0], merged.counts, self.known)
        return kept_tokens(pieces, final)

    def _infer(
        self, tokens: NDArray[np.uint32], lengths: NDArray[np.int64], threads: int
    ) -> NDArray[np.float32]:
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        rows = padded_rows(len(lengths), self.dim)
        infer(
            self.settings,
            tokens,
            starts,
            np.array([_seed(tokens[a:b]) for a, b in pairwise(starts)], np.uint64),
            rows,
            self.arrays["words"],
            self.arrays["outputs"],
            epochs=self.epochs,
            threads=threads,
            variant=chosen_variant(),
        )
        return rows


def _seed(tokens: NDArray[np.uint32]) -> int:
    """The random stream of a document that holds these words."""
    return int.from_bytes(hashlib.blake2b(tokens.astype("<u4").tobytes(), digest_size=8).digest(), "little")
