"""Reading for document models: documents as ids and tags, refused where there is nothing to learn from."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nearer.data.documents import Document, documents_name, located, read_documents
from nearer.errors import InputError, shown
from nearer.kernels.words import UNIT_TOKENS
from nearer.signal.corpus import Errors, Tokenizer
from nearer.signal.documents import EncodedDocuments, encode_documents

logger = logging.getLogger("nearer")


@dataclass(frozen=True)
class DocumentMaterial:
    """Encoded documents, cut into units of `unit_tokens` tokens."""

    documents: EncodedDocuments
    unit_tokens: int = UNIT_TOKENS

    @property
    def units_an_epoch(self) -> int:
        """Units of work that make one pass."""
        return -(-len(self.documents.tokens) // self.unit_tokens)

    @property
    def facts(self) -> dict[str, int]:
        """What `FitReport` says of the documents."""
        return {
            "tokens": len(self.documents.tokens),
            "tokens_read": self.documents.tokens_read,
            "vocabulary": len(self.documents.words),
            "distinct": self.documents.distinct,
        }

    def fingerprint(self, settings: dict[str, object]) -> str:
        """SHA-256 of the documents, their tags, the vocabulary and the settings that decide a run."""
        names = [settings, self.documents.words, self.documents.tag_names]
        digest = hashlib.sha256(json.dumps(names, sort_keys=True).encode())
        for array in (self.documents.tokens, self.documents.tag_starts, self.documents.tags):
            digest.update(array.data)
        return digest.hexdigest()


class ReadsDocuments(Protocol):
    """The parameters of a model that say how its documents are read."""

    key: str | None
    text: str | None
    tags: str | None
    empty: Literal["error", "skip"]
    min_count: int
    max_vocabulary: int | None
    tokenizer: Tokenizer
    errors: Errors
    show_progress: bool | None


def encoded_documents(
    model: ReadsDocuments,
    documents: Any,
    vocabulary: Sequence[str] | None = None,
    tag_names: Sequence[str] | None = None,
) -> EncodedDocuments:
    """`documents` as ids and tags, read as `model` says; what is given fixes the words and tags.

    Raises `InputError` for documents without a word that is kept, unless `model.empty` is "skip", and for
    documents that leave fewer than two words.
    """
    encoded = encode_documents(
        read_documents(documents, key=model.key, text=model.text, tags=model.tags),
        tokenizer=model.tokenizer,
        min_count=model.min_count,
        max_vocabulary=model.max_vocabulary,
        vocabulary=vocabulary,
        tag_names=tag_names,
        errors=model.errors,
        show_progress=model.show_progress,
    )
    if encoded.distinct == 0:
        raise InputError("no words found in the documents", file=documents_name(documents))
    if len(encoded.words) < 2:
        raise InputError(
            f"min_count={model.min_count} leaves {len(encoded.words)} of {encoded.distinct:,} different "
            "words, and at least 2 are needed",
            file=documents_name(documents),
            remedy="lower min_count or give more text",
        )
    if encoded.empty and model.empty == "error":
        raise _empty(encoded.empty[0], None if vocabulary is not None else model.min_count)
    if not len(encoded.tokens):
        raise InputError(
            "no document holds a word that this model knows",
            file=documents_name(documents),
            remedy="fit a new model to them",
        )
    if encoded.empty:
        hold, were = ("holds", "was") if len(encoded.empty) == 1 else ("hold", "were")
        logger.warning(
            "%s of the documents %s no word that is kept and %s left out, first %s in row %s",
            f"{len(encoded.empty):,}",
            hold,
            were,
            shown(encoded.empty[0].key),
            encoded.empty[0].row,
        )
    return encoded


def _empty(document: Document, min_count: int | None) -> InputError:
    """The error that `document` holds no word that is kept; the words are fixed where `min_count` is None."""
    skip = 'pass empty="skip" (--empty skip)'
    if document.blank and document.form != "document":
        return InputError(
            f"the {document.form} is empty",
            file=document.source,
            row=document.row,
            remedy=f"leave it out, or {skip}",
        )
    if document.blank:
        return located(document, "is empty", remedy=f"leave it out, or {skip}")
    if min_count is None:
        return located(document, "holds no word that this model knows", remedy=f"leave it out, or {skip}")
    return located(
        document,
        f"holds no word that occurs min_count={min_count} times",
        remedy=f"leave it out, lower min_count, or {skip}",
    )
