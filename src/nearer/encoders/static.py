"""Static: a text's vector is the mean of its tokens' rows in a table; nothing is computed but that.

Tables are distilled from, or trained in place of, a transformer: Miller, WordLlama (2024); Tulkens & van
Dongen, Model2Vec (2024).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality, checked_batch_size
from nearer.encoders.model_folder import (
    file_digest,
    model_type,
    read_modules,
    read_object,
    read_weights,
    weights_file,
)
from nearer.encoders.texts import checked_texts, read_tokenizer, unknown_token
from nearer.errors import FormatError, ParameterError, shown
from nearer.kernels.subwords import mean_rows
from nearer.kernels.threads import thread_count
from nearer.progress import Progress
from nearer.space.identity import header

MODEL2VEC_TOKENS = 512  # of a text, where a folder of model2vec does not say: what model2vec then takes


class Static:
    """Encodes texts by the mean of their tokens' rows; a text without a token gets zeros.

    Parameters
    ----------
    table : float32 (rows, dim).
    tokenizer : path of its `tokenizer.json`.
    mapping : int64 (v,), the row of each token id; None: the id itself.
    weights : float32 (v,), what each token id counts; None: 1. The sum is divided by the number of tokens.
    max_tokens : tokens of a text that count, the first ones; None: all.
    without : id of a token that does not count (the unknown one).
    normalize : scale vectors to length 1.
    source : SHA-256 of the files that the table and the tokenizer were read from.
    """

    modality: ClassVar[Modality] = "text"

    def __init__(
        self,
        table: NDArray[np.float32],
        tokenizer: Path,
        *,
        mapping: NDArray[np.int64] | None = None,
        weights: NDArray[np.float32] | None = None,
        max_tokens: int | None = None,
        without: int | None = None,
        normalize: bool = False,
        source: Sequence[str] = (),
    ) -> None:
        self.table, self.mapping, self.weights = table, mapping, weights
        self.max_tokens, self.without, self.normalize = max_tokens, without, normalize
        self.source = tuple(source)
        self._tokenizer = read_tokenizer(tokenizer)
        self._dim = int(table.shape[1])

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return self._dim

    @property
    def token_count(self) -> int:
        """How many tokens the tokenizer tells apart: their ids are below this."""
        return max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    def leave_out_unknown(self) -> None:
        """Let the token that stands for what the vocabulary does not hold count nothing from now on."""
        self.without = unknown_token(self._tokenizer)

    @cached_property
    def identity(self) -> str:
        """SHA-256 over the files of table and tokenizer, dimension, what counts and normalisation."""
        return hashlib.sha256(
            header(
                "static",
                dtype="float32",
                dim=self.dim,
                metric="cosine",
                source=self.source,
                max_tokens=self.max_tokens,
                without=self.without,
                weighted=self.weights is not None,
                normalize=self.normalize,
            )
        ).hexdigest()

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of texts: float32 (n, dim); zeros for a text that has no token.

        Raises `InputError` for a single string and for the first item that is no text; `ParameterError` for a
        batch that is no whole number from 1 up.
        """
        texts, batch_size = checked_texts(items), checked_batch_size(batch_size)
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        with Progress("encoding", len(texts), "texts", show_progress) as progress:
            for start in range(0, len(texts), batch_size):
                batch = texts[start : start + batch_size]
                vectors[start : start + len(batch)] = self._means(self._tokens(batch))
                progress.advance(len(batch))
        if self.normalize:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    encode_query = encode
    encode_document = encode

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        ids = [found.ids for found in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        if self.max_tokens is not None:
            ids = [tokens[: self.max_tokens] for tokens in ids]
        if self.without is not None:
            ids = [[token for token in tokens if token != self.without] for tokens in ids]
        return ids

    def _means(self, ids: list[list[int]]) -> NDArray[np.float32]:
        counts = np.fromiter(map(len, ids), np.int64, len(ids))
        starts = np.concatenate([[0], np.cumsum(counts)])
        tokens = np.fromiter(chain.from_iterable(ids), np.int64, int(starts[-1]))
        rows = tokens if self.mapping is None else self.mapping[tokens]
        if self.weights is None:
            pitch = self.table.strides[0]
            return mean_rows(self._bytes, self.dim, pitch, starts, rows, counts, thread_count(None))
        from scipy.sparse import csr_array  # noqa: PLC0415  (only tables with weights need it)

        shape = (len(ids), len(self.table))
        sums = csr_array((self.weights[tokens].astype(np.float64), rows, starts), shape=shape) @ self.table
        return np.asarray(sums / np.maximum(counts, 1)[:, None], dtype=np.float32)

    @cached_property
    def _bytes(self) -> NDArray[np.uint8]:
        """The bytes of the table, from the first value to the last: rows may be cut to `dim`."""
        length = (len(self.table) - 1) * self.table.strides[0] + 4 * self.dim
        return np.lib.stride_tricks.as_strided(self.table.view(np.uint8), (length,), (1,), writeable=False)


def open_wordllama(paths: list[Path], *, dim: int | None = None, normalize: bool = False) -> Static:
    """The table and tokenizer of the package wordllama: 32,000 tokens, 256 dimensions, of which the first
    `dim` may be kept alone (Kusupati et al. 2022, Matryoshka Representation Learning).

    Raises `ParameterError` for a `dim` that is not from 1 to 256.
    """
    table = np.asarray(read_weights(paths[0])["embedding.weight"], dtype=np.float32)
    return Static(
        _first(table, dim), paths[1], normalize=_flag(normalize), source=[file_digest(path) for path in paths]
    )


def is_model2vec(folder: Path) -> bool:
    """Whether a folder holds a static table as model2vec and sentence-transformers save one."""
    return model_type(folder) == "model2vec" or _static_part(folder) is not None


def open_model2vec(folder: Path, *, dim: int | None = None, normalize: bool | None = None) -> Static:
    """The static model in a folder of model2vec, or of sentence-transformers' StaticEmbedding.

    dim : keep the first dimensions alone; None: all.
    normalize : scale vectors to length 1; None: as the folder says.

    Raises `FormatError` for files that break their format or do not fit each other, or hold a pickle.
    """
    part = _static_part(folder) or folder
    path, tokenizer = weights_file(part), part / "tokenizer.json"
    weights, config = read_weights(path), read_object(folder / "config.json", {})
    name = "embeddings" if "embeddings" in weights else "embedding.weight"
    if name not in weights or weights[name].ndim != 2:
        raise FormatError(
            "holds no table `embeddings` of two dimensions", file=path, remedy="check the model"
        )
    encoder = Static(
        _first(np.asarray(weights[name], dtype=np.float32), dim),
        tokenizer,
        mapping=_optional(weights, "mapping", np.int64),
        weights=_optional(weights, "weights", np.float32),
        normalize=_says_normalize(folder, config) if normalize is None else _flag(normalize),
        max_tokens=config.get("max_length", MODEL2VEC_TOKENS) if name == "embeddings" else None,
        source=[file_digest(path), file_digest(tokenizer)],
    )
    if name == "embeddings":
        encoder.leave_out_unknown()
    _require_fitting(path, encoder)
    return encoder


def _static_part(folder: Path) -> Path | None:
    """The folder of the StaticEmbedding that `modules.json` begins with, if it does."""
    modules = read_modules(folder)
    if modules and modules[0].kind == "StaticEmbedding":
        return folder / modules[0].path
    return None


def _says_normalize(folder: Path, config: dict[str, Any]) -> bool:
    return bool(config.get("normalize")) or any(part.kind == "Normalize" for part in read_modules(folder))


def _first(table: NDArray[np.float32], dim: object) -> NDArray[np.float32]:
    """The first `dim` columns of a table, None: all."""
    if dim is None:
        return table
    if isinstance(dim, bool) or not isinstance(dim, int) or not 1 <= dim <= table.shape[1]:
        raise ParameterError(f"dim={shown(dim)} is not a whole number from 1 to {table.shape[1]}")
    return table[:, :dim]


def _flag(normalize: object) -> bool:
    if not isinstance(normalize, bool):
        raise ParameterError(f"normalize={shown(normalize)} is neither True nor False")
    return normalize


def _optional(weights: dict[str, NDArray[Any]], name: str, dtype: type) -> NDArray[Any] | None:
    return np.asarray(weights[name], dtype=dtype) if name in weights else None


def _require_fitting(path: Path, encoder: Static) -> None:
    """Raise `FormatError` unless every token has a row, and a weight where there are some."""
    tokens = encoder.token_count
    mapping = np.arange(len(encoder.table)) if encoder.mapping is None else encoder.mapping
    weighted = tokens if encoder.weights is None else len(encoder.weights)
    if min(len(mapping), weighted) < tokens:
        raise FormatError(
            f"holds {min(len(mapping), weighted):,} tokens, its tokenizer {tokens:,}",
            file=path,
            remedy="table and tokenizer must be of one model",
        )
    if mapping.size and not 0 <= mapping.min() <= mapping.max() < len(encoder.table):
        raise FormatError("its mapping names rows that are not there", file=path, remedy="fetch it again")
