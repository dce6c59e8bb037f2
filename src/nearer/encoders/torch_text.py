"""Any model of sentence-transformers, run by that library and torch: for what CTranslate2 does not run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.base import Modality, checked_batch_size
from nearer.encoders.model_folder import file_digest
from nearer.encoders.sentence_folder import DOCUMENT_PROMPTS, SentenceFolder
from nearer.encoders.texts import checked_texts
from nearer.encoders.torch_settings import quiet_transformers, torch_threads
from nearer.errors import FormatError
from nearer.extras import require
from nearer.kernels.threads import thread_count
from nearer.progress import Progress
from nearer.space.identity import header

TORCH_BATCH = 32


class SentenceModel:
    """Encodes texts by a model of sentence-transformers, as that library does.

    Parameters
    ----------
    model : what the files of its folder say (`read_sentence_folder`).
    prompt, query_prompt, document_prompt : as of `Transformer`.
    threads : threads of torch; None uses every core.

    Raises `MissingExtra` where sentence-transformers or torch is not installed, and `FormatError` for a model
    that it cannot open.
    """

    modality: ClassVar[Modality] = "text"

    def __init__(
        self,
        model: SentenceFolder,
        *,
        prompt: str | None = None,
        query_prompt: str | None = None,
        document_prompt: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.model = model
        default = () if model.default_prompt is None else (model.default_prompt,)
        self.prompt = model.prompt(prompt, default)
        self.query_prompt = model.prompt(query_prompt, ("query",))
        self.document_prompt = model.prompt(document_prompt, DOCUMENT_PROMPTS)
        self.threads = thread_count(threads)
        self._library = require("sentence_transformers", "torch", f"the model in {model.folder}")
        self._network = self._open()

    def _open(self) -> Any:
        try:
            with quiet_transformers():
                return self._library.SentenceTransformer(
                    str(self.model.folder),
                    device="cpu",
                    local_files_only=True,
                    model_kwargs={"use_safetensors": True},
                ).eval()
        except Exception as error:  # whatever the libraries below may say
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise FormatError(
                f"cannot be opened by sentence-transformers: {said[:300]}",
                file=self.model.folder,
                remedy="check the folder, or update the library",
            ) from error

    @cached_property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return int(self._vectors(["a"]).shape[1])

    @cached_property
    def identity(self) -> str:
        """SHA-256 over every file of the folder but hidden ones and descriptions (.md), and the prompts."""
        folder = self.model.folder
        paths = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
        files = {
            str(name): file_digest(path)
            for name, path in paths.items()
            if name.suffix.lower() != ".md" and not any(part.startswith(".") for part in name.parts)
        }
        prompts = [self.prompt, self.query_prompt, self.document_prompt]
        return hashlib.sha256(
            header("sentence-transformers", dtype="float32", metric="cosine", files=files, prompts=prompts)
        ).hexdigest()

    def encode(
        self, items: Sequence[str], batch_size: int = 1024, show_progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Vectors of texts, each after `prompt`: float32 (n, dim).

        Raises `InputError` for a single string and for the first item that is no text; `ParameterError` for a
        batch that is no whole number from 1 up.
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

    def _encode(
        self, items: Sequence[str], prompt: str, batch_size: int, show_progress: bool | None
    ) -> NDArray[np.float32]:
        texts, batch_size = checked_texts(items), checked_batch_size(batch_size)
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        step = min(batch_size, TORCH_BATCH)
        with Progress("encoding", len(texts), "texts", show_progress) as progress:
            for start in range(0, len(order), step):
                places = order[start : start + step]
                vectors[places] = self._vectors([texts[place] for place in places], prompt)
                progress.advance(len(places))
        return vectors

    def _vectors(self, texts: list[str], prompt: str = "") -> NDArray[np.float32]:
        with torch_threads(self.threads):
            found = self._network.encode(
                texts, prompt=prompt, batch_size=len(texts), show_progress_bar=False, convert_to_numpy=True
            )
        return np.asarray(found, dtype=np.float32)
