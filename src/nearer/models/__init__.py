"""Models: one method a file, each a thread from raw data to a space."""

from nearer.models.doc2vec import Doc2Vec
from nearer.models.fasttext import FastText
from nearer.models.glove import GloVe
from nearer.models.graphsage import GraphSAGE, SageReport
from nearer.models.incremental import FitReport
from nearer.models.phrases import PhraseReport, Phrases
from nearer.models.ppmi import PPMI, PPMIReport
from nearer.models.prone import ProNE, ProNEReport
from nearer.models.saving import can_save_model
from nearer.models.sif import SIF, PoolingReport
from nearer.models.word2vec import Word2Vec

__all__ = [
    "PPMI",
    "SIF",
    "Doc2Vec",
    "FastText",
    "FitReport",
    "GloVe",
    "GraphSAGE",
    "PPMIReport",
    "PhraseReport",
    "Phrases",
    "PoolingReport",
    "ProNE",
    "ProNEReport",
    "SageReport",
    "Word2Vec",
    "can_save_model",
]
