"""Data: readers that turn files, iterables and tables into bytes, ids and arrays; no learning here."""

from nearer.data.text import Block, Corpus, TokenLines, read_corpus

__all__ = ["Block", "Corpus", "TokenLines", "read_corpus"]
