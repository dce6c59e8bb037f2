"""Data: readers that turn files, iterables and tables into bytes, ids and arrays; no learning here."""

from nearer.data.graph import EdgeSplit, Graph, as_graph
from nearer.data.interactions import Interactions
from nearer.data.text import Block, Corpus, TokenLines, find_files, read_corpus

__all__ = [
    "Block",
    "Corpus",
    "EdgeSplit",
    "Graph",
    "Interactions",
    "TokenLines",
    "as_graph",
    "find_files",
    "read_corpus",
]
