"""Connector words: those that may stand inside a phrase but neither begin nor end one."""

from __future__ import annotations

ENGLISH = (
    "a", "an", "and", "as", "at", "by", "de", "for", "from", "in", "into", "nor", "of", "off", "on", "or",
    "over", "per", "the", "to", "under", "upon", "versus", "via", "with", "within", "without",
)  # fmt: skip
