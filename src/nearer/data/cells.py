"""Cells of images and sounds as Hugging Face datasets hold them: bytes, a path, or samples and rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def unwrapped(value: Any) -> Any:
    """The bytes, the path or the (samples, rate) in such a cell, None where it holds none of them.

    Anything else is returned as it is.
    """
    if not isinstance(value, Mapping):
        return value
    if {"array", "sampling_rate"} <= set(value) and value["array"] is not None:
        return value["array"], value["sampling_rate"]
    if not {"array", "bytes", "path"} & set(value):
        return value
    return value.get("bytes") or value.get("path") or None
