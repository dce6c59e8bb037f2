"""Opens models of texts: CTranslate2 runs those of the BERT family, torch the others."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from nearer.encoders.base import Encoder
from nearer.encoders.ctranslate2_model import unfit
from nearer.encoders.sentence_folder import read_sentence_folder
from nearer.encoders.torch_text import SentenceModel
from nearer.encoders.transformer import Compute, Transformer, Windows
from nearer.errors import ParameterError, shown


def open_sentence_folder(
    folder: Path,
    *,
    backend: Literal["ctranslate2", "torch"] | None = None,
    compute: Compute = "float32",
    windows: Windows = "truncate",
    overlap: int = 0,
    max_tokens: int | None = None,
    normalize: bool | None = None,
    prompt: str | None = None,
    query_prompt: str | None = None,
    document_prompt: str | None = None,
    threads: int | None = None,
) -> Encoder:
    """The model in a folder of sentence-transformers, or of a transformer with its tokenizer.

    backend : "ctranslate2" (extra text) or "torch" (extra torch); None: CTranslate2 where it runs the model.

    The other parameters are those of `Transformer`; torch reads the model as it is and takes prompts and
    threads alone. Raises `FormatError` for a folder that breaks its format or holds a pickle, `MissingExtra`
    where a library is not installed, `ParameterError`.
    """
    if backend not in (None, "ctranslate2", "torch"):
        raise ParameterError(f"backend={shown(backend)} is neither 'ctranslate2' nor 'torch'")
    model = read_sentence_folder(folder)
    fits = (
        not model.beyond and unfit(model.config) is None and (model.transformer / "tokenizer.json").is_file()
    )
    if backend != "torch" and (fits or backend == "ctranslate2"):
        return Transformer(
            model,
            compute=compute,
            windows=windows,
            overlap=overlap,
            max_tokens=max_tokens,
            normalize=normalize,
            prompt=prompt,
            query_prompt=query_prompt,
            document_prompt=document_prompt,
            threads=threads,
        )
    changed = {"compute": compute != "float32", "windows": windows != "truncate", "overlap": overlap != 0}
    changed |= {"max_tokens": max_tokens is not None, "normalize": normalize is not None}
    for name, given in changed.items():
        if given:
            raise ParameterError(
                f"{name} is no option of a model that torch runs ({folder})",
                remedy="leave it out, or choose a model of the BERT family",
            )
    return SentenceModel(
        model, prompt=prompt, query_prompt=query_prompt, document_prompt=document_prompt, threads=threads
    )


def open_sentence_files(
    paths: list[Path],
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
) -> Transformer:
    """The model whose folder the first of `paths` lies in; parameters as of `Transformer`."""
    return Transformer(
        read_sentence_folder(paths[0].parent),
        compute=compute,
        windows=windows,
        overlap=overlap,
        max_tokens=max_tokens,
        normalize=normalize,
        prompt=prompt,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
        threads=threads,
    )
