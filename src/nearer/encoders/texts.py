"""Texts and their tokens: what every encoder of texts does with its items before it encodes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nearer.errors import FormatError, InputError, shown
from nearer.space.formats.source import reading_errors


def checked_texts(items: Sequence[Any]) -> list[str]:
    """`items` as a list of texts.

    Raises `InputError` for a single string, and for the first item that is no string or holds a lone
    surrogate, which no tokenizer reads.
    """
    if isinstance(items, str | bytes):
        raise InputError(
            f"encode takes a list of texts, not one string {shown(items)}", remedy=f"use [{shown(items)}]"
        )
    texts = list(items)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"{shown(text)} is no text", row=f"item {place}", remedy="pass strings")
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            raise InputError(
                f"the text {shown(text)} holds a lone surrogate",
                row=f"item {place}",
                remedy="decode it with errors='replace'",
            )
    return texts


def read_tokenizer(path: Path) -> Any:
    """The tokenizer of a `tokenizer.json`, which neither cuts nor pads.

    Raises `FormatError` for a file that is none, and `InputError` for one that cannot be read.
    """
    from tokenizers import Tokenizer  # noqa: PLC0415  (only encoders of texts need it)

    with reading_errors(path):
        data = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_buffer(data)
    except Exception as error:  # the library raises no narrower kind
        said = str(error).partition("\n")[0][:200]
        raise FormatError(
            f"is no tokenizer that can be read: {said}",
            file=path,
            remedy="fetch it again, or update tokenizers",
        ) from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def unknown_token(tokenizer: Any) -> int | None:
    """The id of the token that stands for what the vocabulary does not hold, if there is one."""
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("unk_id") is not None:
        return int(model["unk_id"])
    token = model.get("unk_token")
    return None if token is None else tokenizer.token_to_id(token)
