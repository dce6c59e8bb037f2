"""Transformer: BERT-like encoders of texts, run by CTranslate2 in float32 or int8.

Texts are sorted by length, cut into batches of a number of tokens, and run on all threads, while the texts of
the next batches are cut into tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality, checked_batch_size
from nearer.encoders.ctranslate2_model import ACTIVATIONS, ARCHITECTURES, start, unfit, variables_of
from nearer.encoders.model_folder import file_digest, read_weights, weights_file
from nearer.encoders.sentence_folder import DOCUMENT_PROMPTS, SentenceFolder
from nearer.encoders.texts import checked_texts, read_tokenizer
from nearer.encoders.token_pooling import pooled
from nearer.errors import FormatError, ParameterError, shown
from nearer.kernels.threads import thread_count
from nearer.progress import Progress
from nearer.space.identity import header

Compute = Literal["float32", "int8"]
Windows = Literal["truncate", "mean"]
Ids = list[int]
TOKENS = 1024  # of a batch: its activations stay in the cache
PIECE = 512  # texts whose tokens are cut at a time


class Transformer:
    """Encodes texts by a BERT-like transformer, its pooling, and a normalisation where the model has one.

    Parameters
    ----------
    model : what the files of its folder say (`read_sentence_folder`).
    compute : "float32": what the model's own library gives, to rounding. "int8": weights and activations of
        8 bits, faster, and near it.
    windows : of a text of more tokens than are read: "truncate" reads the first ones, "mean" reads all, in
        windows, and takes the mean of their vectors by number of tokens.
    overlap : tokens that neighbouring windows share.
    max_tokens : tokens read at once, special ones among them; None: as the model says.
    normalize : scale vectors to length 1; None: as the model says.
    prompt, query_prompt, document_prompt : what is put before each text by `encode`, `encode_query` and
        `encode_document`: the name of one of the model's prompts, or a text; None: as the model says.
    threads : None uses every core. They change no bit.

    A text without a token is its special tokens; 0 tokens in all give zeros.
    """

    modality: ClassVar[Modality] = "text"

    def __init__(
        self,
        model: SentenceFolder,
        *,
        compute: Compute = "float32",
        windows: Windows = "truncate",
        overlap: int = 0,
        max_tokens: int | None = None,
        normalize: bool | None = None,
        prompt: str | None = None,
        query_prompt: str | None = None,
        document_prompt: str | None = None,
        threads: int | None = None,
    ) -> None:
        _require_choice("compute", compute, ("float32", "int8"))
        _require_choice("windows", windows, ("truncate", "mean"))
        _require_choice("normalize", normalize, (None, True, False))
        if reason := unfit(model.config) or " and ".join(model.beyond):
            raise FormatError(f"needs {reason}", file=model.folder, remedy='open it with backend="torch"')
        self.model, self.compute, self.windows = model, compute, windows
        self.normalize = model.normalize if normalize is None else normalize
        default = () if model.default_prompt is None else (model.default_prompt,)
        self.prompt = model.prompt(prompt, default)
        self.query_prompt = model.prompt(query_prompt, ("query",))
        self.document_prompt = model.prompt(document_prompt, DOCUMENT_PROMPTS)
        self.threads = thread_count(threads)
        self._tokenizer_file = model.transformer / "tokenizer.json"
        self._tokenizer = read_tokenizer(self._tokenizer_file)
        self._before, self._after = special_tokens(self._tokenizer)
        self._weights_file = weights_file(model.transformer)
        self._variables = variables_of(self._weights_file, model.config, read_weights(self._weights_file))
        self._require_fitting()
        special = len(self._before) + len(self._after)
        self.max_tokens = _max_tokens(max_tokens, model, self._positions, special)
        self.overlap = _whole("overlap", overlap, 0, self.max_tokens - special - 1)

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return len(self.model.pooling) * self._width

    @property
    def _width(self) -> int:
        return int(self._variables["encoder/embeddings_0/weight"].shape[1])

    @property
    def _positions(self) -> int:
        return len(self._variables["encoder/position_encodings/encodings"])

    @cached_property
    def identity(self) -> str:
        """SHA-256 over weights, tokenizer, architecture, arithmetic, pooling, windows and prompts."""
        config = self.model.config
        family = ARCHITECTURES[config["model_type"]]
        settings = {
            "architecture": config["model_type"],
            "activation": ACTIVATIONS[config.get(family.activation, "gelu")],
            "heads": config[family.heads],
            "layers": config[family.layers],
            "epsilon": self._epsilon,
            "pooling": self.model.pooling,
            "normalize": self.normalize,
            "lower": self.model.lower,
            "max_tokens": self.max_tokens,
            "windows": [self.windows, self.overlap],
            "prompts": [self.prompt, self.query_prompt, self.document_prompt],
        }
        source = [file_digest(self._weights_file), file_digest(self._tokenizer_file)]
        return hashlib.sha256(
            header(
                "transformer",
                dtype=self.compute,
                dim=self.dim,
                metric="cosine",
                source=source,
                settings=settings,
            )
        ).hexdigest()

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of texts, each after `prompt`: float32 (n, dim).

        batch_size : most texts in one batch; a batch has no more than some thousand tokens in any case.

        Raises `InputError` for a single string and for the first item that is no text; `ParameterError` for a
        batch that is no whole number from 1 up; `MissingExtra` where CTranslate2 is not installed.
        """
        return self._encode(items, self.prompt, batch_size, show_progress)

    def encode_query(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of texts that are searched with, each after `query_prompt`; raises what `encode` does."""
        return self._encode(items, self.query_prompt, batch_size, show_progress)

    def encode_document(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of texts that are searched for, each after `document_prompt`; raises what `encode` does."""
        return self._encode(items, self.document_prompt, batch_size, show_progress)

    @property
    def _epsilon(self) -> float:
        return float(self.model.config.get("layer_norm_eps", 1e-12))

    @cached_property
    def _engine(self) -> Any:
        return start(self._variables, self._epsilon, self.compute, self.threads)

    def _encode(
        self, items: Sequence[str], prompt: str, batch_size: int, show_progress: bool | None
    ) -> NDArray[np.float32]:
        texts, batch_size = checked_texts(items), checked_batch_size(batch_size)
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if not texts:
            return vectors
        _ = self._engine  # made once, before several threads ask for it
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        pieces = [order[at : at + PIECE] for at in range(0, len(order), PIECE)]
        with (
            Progress("encoding", len(texts), "texts", show_progress) as progress,
            ThreadPoolExecutor(1) as cutter,
            ThreadPoolExecutor(self.threads) as runner,
        ):
            cut = cutter.submit(self._cut, [texts[place] for place in pieces[0]], prompt)
            for number, piece in enumerate(pieces):
                windows = cut.result()
                if number + 1 < len(pieces):
                    following = [texts[place] for place in pieces[number + 1]]
                    cut = cutter.submit(self._cut, following, prompt)
                vectors[piece] = self._run(windows, batch_size, runner)
                progress.advance(len(piece))
        if self.normalize:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return vectors

    def _cut(self, texts: list[str], prompt: str) -> list[list[Ids]]:
        """The windows of each text, as ids of tokens."""
        read = [prompt + text for text in texts] if prompt else texts
        if self.model.lower:
            read = [text.lower() for text in read]
        room = self.max_tokens - len(self._before) - len(self._after)
        found = []
        for encoding in self._tokenizer.encode_batch_fast(read, add_special_tokens=False):
            ids: Ids = encoding.ids
            starts = [0]
            if self.windows == "mean" and len(ids) > room:
                starts = list(range(0, len(ids) - self.overlap, room - self.overlap))
            found.append([self._before + ids[at : at + room] + self._after for at in starts])
        return found

    def _run(
        self, texts: list[list[Ids]], batch_size: int, runner: ThreadPoolExecutor
    ) -> NDArray[np.float32]:
        """A vector a text: the mean of its windows' by number of tokens, (n, dim)."""
        windows = [window for text in texts for window in text]
        batches = list(batches_of(windows, batch_size, padded=self.compute == "float32"))
        found = np.zeros((len(windows), self.dim), dtype=np.float32)
        jobs = runner.map(lambda batch: self._hidden([windows[place] for place in batch]), batches)
        for batch, rows in zip(batches, jobs, strict=True):
            found[batch] = rows
        if len(windows) == len(texts):
            return found
        weights = np.fromiter(map(len, windows), np.float64, len(windows))
        counts = np.fromiter(map(len, texts), np.int64, len(texts))
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        sums = np.add.reduceat(found * weights[:, None], starts, axis=0)
        totals = np.maximum(np.add.reduceat(weights, starts), 1)
        return (sums / totals[:, None]).astype(np.float32)

    def _hidden(self, windows: list[Ids]) -> NDArray[np.float32]:
        """The pooled vector of each window, (b, dim), run as one batch."""
        hidden = np.asarray(self._engine.forward_batch(windows).last_hidden_state)
        return np.stack(
            [pooled(rows[: len(ids)], self.model.pooling) for rows, ids in zip(hidden, windows, strict=True)]
        )

    def _require_fitting(self) -> None:
        """Raise `FormatError` unless every token has a row."""
        tokens = max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1
        rows = len(self._variables["encoder/embeddings_0/weight"])
        if tokens > rows:
            raise FormatError(
                f"holds {rows:,} tokens, its tokenizer {tokens:,}",
                file=self._weights_file,
                remedy="weights and tokenizer must be of one model",
            )


def special_tokens(tokenizer: Any) -> tuple[Ids, Ids]:
    """The ids that a tokenizer puts before and after a text."""
    marked = tokenizer.encode("a")
    inner = [place for place, special in enumerate(marked.special_tokens_mask) if not special]
    first, last = (inner[0], inner[-1] + 1) if inner else (len(marked.ids), len(marked.ids))
    return list(marked.ids[:first]), list(marked.ids[last:])


def batches_of(windows: list[Ids], batch_size: int, padded: bool) -> Iterator[list[int]]:
    """Places of windows in batches, the longest first; windows without a token are in none.

    Without padding a batch holds windows of one length, so that the arithmetic of each is the same to the
    bit in any batch: where activations are rounded to 8 bits, the last bit of a sum can move a whole step.
    """
    order = sorted(
        (place for place, ids in enumerate(windows) if ids), key=lambda place: -len(windows[place])
    )
    at = 0
    while at < len(order):
        length = len(windows[order[at]])
        count = min(batch_size, max(1, TOKENS // length))
        if not padded:
            count = sum(len(windows[place]) == length for place in order[at : at + count])
        yield order[at : at + count]
        at += count


def _max_tokens(wanted: object, model: SentenceFolder, positions: int, special: int) -> int:
    most = min(positions, model.max_tokens or positions) if wanted is None else wanted
    return _whole("max_tokens", most, special + 1, positions)


def _whole(name: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ParameterError(f"{name}={shown(value)} is not a whole number from {least} to {most}")
    return value


def _require_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
        raise ParameterError(f"{name}={shown(value)} is none of {', '.join(map(repr, choices))}")
