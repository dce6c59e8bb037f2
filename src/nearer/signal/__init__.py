"""Signal: who belongs with whom. Words of one window, and what they are told apart by: noise, or a tree."""

from nearer.signal.cooccurrence import Cooccurrences, count_cooccurrences
from nearer.signal.corpus import EncodedCorpus, encode_corpus
from nearer.signal.huffman import huffman_paths
from nearer.signal.negatives import noise_table
from nearer.signal.windows import keep_probability, keep_thresholds

__all__ = [
    "Cooccurrences",
    "EncodedCorpus",
    "count_cooccurrences",
    "encode_corpus",
    "huffman_paths",
    "keep_probability",
    "keep_thresholds",
    "noise_table",
]
