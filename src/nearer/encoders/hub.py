"""The local cache of the Hugging Face hub: the folder of a model that was fetched before.

    HUB/models--ORG--NAME/refs/REVISION              the commit that a branch or tag stood at
    HUB/models--ORG--NAME/snapshots/COMMIT/...       its files

HUB is HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub, as
the documentation of huggingface_hub has it. Nothing is fetched unless asked for.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from nearer.errors import ModelNotFound, NearerError, ParameterError, shown
from nearer.extras import require

IDENTIFIER = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
YES = {"1", "ON", "YES", "TRUE"}  # what switches a variable on, in any case
FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.onnx"]  # never a pickle


def is_identifier(name: str) -> bool:
    """Whether `name` is spelled as a model of the hub is: "org/name"."""
    return IDENTIFIER.fullmatch(name) is not None and ".." not in name


def hub_folder() -> Path:
    """Where the hub's files are kept."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def cached(identifier: str, revision: str = "main") -> Path | None:
    """The files of a model at a branch, tag or commit, or None where they are not in the cache."""
    home = hub_folder() / f"models--{identifier.replace('/', '--')}"
    try:
        commit = (home / "refs" / revision).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        commit = revision
    snapshot = home / "snapshots" / commit
    return snapshot if commit and snapshot.is_dir() else None


def model_folder(identifier: str, revision: str = "main", local_files_only: bool = True) -> Path:
    """The folder of a model of the hub, fetched first only where `local_files_only` is False.

    Raises `ModelNotFound` where it is not in the cache and may not or cannot be fetched, `MissingExtra` where
    the library that fetches is not installed, `ParameterError` for a revision that is no name.
    """
    if not isinstance(revision, str) or not revision or ".." in revision or revision.startswith("/"):
        raise ParameterError(f"revision={shown(revision)} is no branch, tag or commit")
    if local_files_only or _offline():
        folder = cached(identifier, revision)
        if folder is None:
            raise _not_here(identifier, revision, local_files_only)
        return folder
    return _fetched(identifier, revision)


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in YES


def _not_here(identifier: str, revision: str, local_files_only: bool) -> ModelNotFound:
    asked = (
        "pass local_files_only=False to fetch it" if local_files_only else "unset HF_HUB_OFFLINE to fetch it"
    )
    if local_files_only and _offline():
        asked += ", and unset HF_HUB_OFFLINE"
    at = "" if revision == "main" else f" at revision {shown(revision)}"
    return ModelNotFound(
        f"{shown(identifier, 200)}{at} is no path and not in the Hugging Face cache {hub_folder()}",
        remedy=asked,
    )


def _fetched(identifier: str, revision: str) -> Path:
    library = require("huggingface_hub", "torch", "fetching a model of the Hugging Face hub")
    try:
        return Path(library.snapshot_download(identifier, revision=revision, allow_patterns=FILES))
    except NearerError:
        raise
    except Exception as error:  # whatever the library, its client and the network may say
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelNotFound(
            f"{shown(identifier, 200)} cannot be fetched from the Hugging Face hub: {said[:300]}",
            remedy="check the name and the network, or fetch it elsewhere and pass its folder",
        ) from error
