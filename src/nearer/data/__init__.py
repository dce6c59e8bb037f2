"""Data: readers that turn files, iterables and tables into bytes, ids and arrays; no learning here."""

from nearer.data.audio import list_audio, read_audio
from nearer.data.columns import is_table_file
from nearer.data.files import file_key
from nearer.data.graph import EdgeSplit, Graph, as_graph
from nearer.data.image_lists import ImageList, list_images
from nearer.data.images import read_image
from nearer.data.interactions import Interactions, InteractionSplit, as_interactions
from nearer.data.item_tables import ItemColumns, item_column
from nearer.data.table import Column, TablePlan
from nearer.data.text import Block, Corpus, TokenLines, find_files, read_corpus

__all__ = [
    "Block",
    "Column",
    "Corpus",
    "EdgeSplit",
    "Graph",
    "ImageList",
    "InteractionSplit",
    "Interactions",
    "ItemColumns",
    "TablePlan",
    "TokenLines",
    "as_graph",
    "as_interactions",
    "file_key",
    "find_files",
    "is_table_file",
    "item_column",
    "list_audio",
    "list_images",
    "read_audio",
    "read_corpus",
    "read_image",
]
