"""`encoder`: the encoder of a known name, a folder, a file or a model of the Hugging Face hub."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.encoders import fasttext_binary, hub
from nearer.encoders.base import Encoder
from nearer.encoders.image_onnx import open_onnx
from nearer.encoders.known import known_encoders
from nearer.encoders.lookup import Lookup
from nearer.encoders.model_folder import model_type
from nearer.encoders.sentence_folder import is_sentence_folder
from nearer.encoders.static import is_model2vec, open_model2vec
from nearer.encoders.text_models import open_sentence_folder
from nearer.encoders.wav2vec2 import open_wav2vec2
from nearer.encoders.wav2vec2_folder import is_wav2vec2_folder
from nearer.errors import IntegrityError, ModelNotFound, ParameterError, shown
from nearer.replace import whole_folder
from nearer.space import known_models, load, manifest
from nearer.space.formats import binary
from nearer.space.spelling import nearest_spellings


@dataclass(frozen=True)
class FolderKind:
    """A kind of model folder: how it is recognised and what opens it.

    matches : whether a folder is of this kind, by the files in it.
    open : makes the encoder from the folder and the model's options.
    """

    name: str
    matches: Callable[[Path], bool]
    open: Callable[..., Encoder]


# A file that marks the folder of a saved model -> what opens it; models add theirs.
SAVED_MODELS: dict[str, Callable[[Path], Encoder]] = {}
# Folders of other libraries, the most particular first.
FOLDERS: tuple[FolderKind, ...] = (
    FolderKind("model2vec", is_model2vec, open_model2vec),
    FolderKind("wav2vec2", is_wav2vec2_folder, open_wav2vec2),  # some hold a tokenizer, for transcribing
    FolderKind("sentence-transformers", is_sentence_folder, open_sentence_folder),
)
# The ending of a file -> what opens it.
FILES: dict[str, Callable[..., Encoder]] = {".onnx": open_onnx}


def encoder(
    name_or_path: str | os.PathLike[str],
    *,
    local_files_only: bool = True,
    revision: str = "main",
    **options: Any,
) -> Encoder:
    """The encoder of a name or path.

    A name that `nearer models` lists opens the weights of its package; a fastText `.bin` encodes words by its
    n-grams, an `.onnx` file images (`mean=` and `std=` must be stated), a saved model what it was trained on,
    a folder of sentence-transformers or model2vec texts, and a space its keys. `org/name` is a model of the
    Hugging Face hub that is in its local cache.

    Parameters
    ----------
    name_or_path : what exists goes first, then known names, then models of the hub.
    local_files_only : look for a model of the hub in the local cache only; False fetches it where
        HF_HUB_OFFLINE does not forbid it.
    revision : branch, tag or commit of a model of the hub.
    options : what the model can be told, such as `dim=128` or `compute="int8"`.

    Raises what `nearer.load` raises: `ModelNotFound`, `InputError`, `IntegrityError`; `ParameterError` for an
    option the model does not have, and for a saved model whose tokenizer is a callable, which its own `load`
    must be given; `MissingExtra` where an optional library is needed.
    """
    if not isinstance(name_or_path, str | os.PathLike) or not os.fspath(name_or_path):
        raise ParameterError(f"name_or_path is {shown(name_or_path)}", remedy="pass a path or a model's name")
    name = str(os.fspath(name_or_path))
    if _exists(Path(name)):
        return _open_path(Path(name), options)
    known = {model.name: model for model in known_encoders()}
    if name in known:
        require_options(known[name].open, options, name)
        return known[name].load(**options)
    if name in {model.name for model in known_models()}:
        require_options(load, options, name, ())
        return Lookup(load(name))
    if hub.is_identifier(name):
        return _open_path(hub.model_folder(name, revision, local_files_only), options)
    raise _not_found(name, [*known, *(model.name for model in known_models())])


def require_options(
    opens: Callable[..., object],
    options: Mapping[str, object],
    what: object,
    known: tuple[str, ...] | None = None,
) -> None:
    """Raise `ParameterError` for an option that `opens` has no keyword of (or that is not in `known`)."""
    if known is None:
        kinds = inspect.signature(opens).parameters.values()
        known = tuple(part.name for part in kinds if part.kind is inspect.Parameter.KEYWORD_ONLY)
    for option in options:
        if option not in known:
            raise ParameterError(
                f"{what} has no option {shown(option)}",
                remedy=f"its options are {', '.join(known)}" if known else "it has none",
            )


def _open_path(path: Path, options: Mapping[str, Any]) -> Encoder:
    """The encoder in a file or folder that exists."""
    if binary.is_model(path, binary.FASTTEXT):
        require_options(fasttext_binary.read, options, path)
        return fasttext_binary.read(path)
    for mark, open_model in SAVED_MODELS.items():
        if (whole_folder(path) / mark).is_file():
            require_options(open_model, options, path)
            return open_model(path)
    if path.is_dir():
        for kind in FOLDERS:
            if kind.matches(path):
                require_options(kind.open, options, path)
                return kind.open(path, **options)
        if not (whole_folder(path) / manifest.NAME).is_file():
            raise _no_encoder(path)
    elif path.suffix.lower() in FILES:
        opens = FILES[path.suffix.lower()]
        require_options(opens, options, path)
        return opens(path, **options)
    require_options(load, options, path, ())
    return Lookup(load(path))


def _no_encoder(folder: Path) -> IntegrityError:
    """The error for a folder of no kind that opens: what it is, and the kinds there are."""
    architecture = model_type(folder)
    what = f": its model_type is {shown(architecture)}, without a tokenizer" if architecture else ""
    return IntegrityError(
        "is empty" if not any(folder.iterdir()) else f"holds no encoder of a kind that opens{what}",
        file=folder,
        remedy="give a folder of a saved model, a space, or a model of "
        f"{', '.join(kind.name for kind in FOLDERS[:-1])} or {FOLDERS[-1].name}",
    )


def _exists(path: Path) -> bool:
    try:
        return whole_folder(path).exists()
    except (OSError, ValueError):  # a name too long for the system, or with a zero character
        return False


def _not_found(name: str, names: list[str]) -> ModelNotFound:
    problem = f"{shown(name, 200)} is no file, no folder and no known model"
    near = nearest_spellings(name, {other: row for row, other in enumerate(names)})
    if near:
        return ModelNotFound(problem, remedy=f"did you mean {shown(near[0])}?")
    return ModelNotFound(problem, remedy=f"check the path; known models: {', '.join(names)}")
