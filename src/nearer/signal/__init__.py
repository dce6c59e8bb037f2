"""Signal: who belongs with whom. Words of one window, and the noise they are told apart from."""

from nearer.signal.cooccurrence import Cooccurrences, count_cooccurrences
from nearer.signal.corpus import EncodedCorpus, encode_corpus
from nearer.signal.negatives import noise_table
from nearer.signal.windows import keep_probability, keep_thresholds

__all__ = [
    "Cooccurrences",
    "EncodedCorpus",
    "count_cooccurrences",
    "encode_corpus",
    "keep_probability",
    "keep_thresholds",
    "noise_table",
]
