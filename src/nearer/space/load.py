"""`load`: a space from whatever holds one."""

from __future__ import annotations

import os
from pathlib import Path

from nearer.errors import ModelNotFound, ParameterError, shown
from nearer.replace import whole_folder
from nearer.space import formats, store
from nearer.space.pretrained import known_models
from nearer.space.space import Space
from nearer.space.spelling import nearest_spellings


def load(path_or_name: str | os.PathLike[str], *, format: str | None = None, verify: bool = True) -> Space:
    """The space in a `.space` folder, a file of another format, or a known model.

    Parameters
    ----------
    path_or_name : a path, whose ending says the format, or a name that `nearer models` lists. A path that
        exists goes first.
    format : a key of `nearer.space.formats.FORMATS` if the ending does not tell.
    verify : check the hashes of a `.space` folder and of a known model.

    Raises `ModelNotFound` where there is nothing of that name, with the install line of a known model;
    `IntegrityError` for files that were changed; `FormatError` naming file, row and value.
    """
    if not isinstance(path_or_name, str | os.PathLike) or not os.fspath(path_or_name):
        raise ParameterError(f"path_or_name is {shown(path_or_name)}", remedy="pass a path or a model's name")
    text = str(os.fspath(path_or_name))
    path = Path(text)
    if _exists(path):
        if format in (None, "space") and whole_folder(path).is_dir():
            return store.read(path, verify=verify)
        return formats.read(path, format)
    models = {model.name: model for model in known_models()}
    if text in models:
        return models[text].load(verify)
    raise _not_found(text, list(models))


def _exists(path: Path) -> bool:
    try:
        return whole_folder(path).exists()
    except (OSError, ValueError):  # a name too long for the system, or with a zero character
        return False


def _not_found(text: str, names: list[str]) -> ModelNotFound:
    problem = f"{shown(text, 200)} is no file, no folder and no known model"
    near = nearest_spellings(text, {name: row for row, name in enumerate(names)})
    if near:
        return ModelNotFound(problem, remedy=f"did you mean {shown(near[0])}?")
    return ModelNotFound(problem, remedy=f"check the path; known models: {', '.join(names)}")
