"""Data: readers that turn files, iterables and tables into bytes, ids and arrays; no learning here."""

from nearer.data.graph import Graph
from nearer.data.interactions import Interactions
from nearer.data.text import Block, Corpus, TokenLines, find_files, read_corpus

__all__ = ["Block", "Corpus", "Graph", "Interactions", "TokenLines", "find_files", "read_corpus"]
