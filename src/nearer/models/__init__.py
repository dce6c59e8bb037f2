"""Models: one method a file, each a thread from raw data to a space."""

from nearer.models.doc2vec import Doc2Vec
from nearer.models.incremental import FitReport
from nearer.models.word2vec import Word2Vec

__all__ = ["Doc2Vec", "FitReport", "Word2Vec"]
