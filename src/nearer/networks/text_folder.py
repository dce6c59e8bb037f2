"""Where the files of a pretrained transformer are; that they are there, and that none is a pickle."""

from __future__ import annotations

from pathlib import Path

from nearer.encoders import hub, known_encoders
from nearer.errors import InputError, ModelNotFound, shown

CONFIG, TOKENIZER = "config.json", "tokenizer.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")


def model_folder(name: str) -> Path:
    """The folder of a model: a path, a model that a package ships, or one in the Hugging Face cache.

    Raises `ModelNotFound` where there is none, `InputError` for one that lacks a file or holds a pickle.
    """
    folder = _found(name)
    _require_files(folder)
    return folder


def _found(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name)
    for entry in known_encoders():
        if entry.name == name and entry.modality == "text":
            for path in entry.shipped.verified(name):
                if path.name == CONFIG and (path.parent / TOKENIZER).is_file():
                    return path.parent
    if hub.is_identifier(name):
        return hub.model_folder(name)
    raise ModelNotFound(
        f"{shown(name)} is no folder and no transformer that is known",
        remedy=f"give a folder with {CONFIG}, {TOKENIZER} and {WEIGHTS[0]}",
    )


def _require_files(folder: Path) -> None:
    for name in (CONFIG, TOKENIZER):
        if not (folder / name).is_file():
            raise InputError(f"there is no {name}", file=folder, remedy="give the folder of a transformer")
    if not any((folder / weights).is_file() for weights in WEIGHTS):
        pickled = any((folder / name).is_file() for name in PICKLES)
        raise InputError(
            "its weights are a pickle, which can run any code and is refused"
            if pickled
            else f"there is no {WEIGHTS[0]}",
            file=folder,
            remedy="save the model anew as safetensors" if pickled else "give a folder with weights",
        )
