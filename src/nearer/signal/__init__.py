"""Signal: who belongs with whom. Words of one window, and what they are told apart by: noise, or a tree."""

from nearer.signal.cooccurrence import Cooccurrences, count_cooccurrences
from nearer.signal.corpus import EncodedCorpus, encode_corpus
from nearer.signal.huffman import huffman_paths
from nearer.signal.joined import Joined, Signal
from nearer.signal.labels import SameLabel
from nearer.signal.negatives import noise_table
from nearer.signal.neighbors import Neighbors
from nearer.signal.pairs import Pairs
from nearer.signal.together import Together
from nearer.signal.views import Masked, Views
from nearer.signal.windows import keep_probability, keep_thresholds

__all__ = [
    "Cooccurrences",
    "EncodedCorpus",
    "Joined",
    "Masked",
    "Neighbors",
    "Pairs",
    "SameLabel",
    "Signal",
    "Together",
    "Views",
    "count_cooccurrences",
    "encode_corpus",
    "huffman_paths",
    "keep_probability",
    "keep_thresholds",
    "noise_table",
]
