"""Models: one method a file, each a thread from raw data to a space."""

from nearer.models.als import ALS
from nearer.models.bpr import BPR
from nearer.models.contrastive import Contrastive, ContrastReport
from nearer.models.contrastive_encoding import TowerEncoder
from nearer.models.deepwalk import DeepWalk
from nearer.models.doc2vec import Doc2Vec
from nearer.models.ease import EASE, EASEReport
from nearer.models.factors import FactorReport
from nearer.models.famd import FAMD, FAMDReport
from nearer.models.fasttext import FastText
from nearer.models.glove import GloVe
from nearer.models.graphsage import GraphSAGE, SageReport
from nearer.models.incremental import FitReport
from nearer.models.item2vec import Item2Vec
from nearer.models.node2vec import Node2Vec
from nearer.models.phrases import PhraseReport, Phrases
from nearer.models.ppmi import PPMI, PPMIReport
from nearer.models.prone import ProNE, ProNEReport
from nearer.models.recommender import recommender
from nearer.models.saving import can_save_model
from nearer.models.sif import SIF, PoolingReport
from nearer.models.table_autoencoder import TableAutoencoder, TableReport
from nearer.models.word2vec import Word2Vec

__all__ = [
    "ALS",
    "BPR",
    "EASE",
    "FAMD",
    "PPMI",
    "SIF",
    "ContrastReport",
    "Contrastive",
    "DeepWalk",
    "Doc2Vec",
    "EASEReport",
    "FAMDReport",
    "FactorReport",
    "FastText",
    "FitReport",
    "GloVe",
    "GraphSAGE",
    "Item2Vec",
    "Node2Vec",
    "PPMIReport",
    "PhraseReport",
    "Phrases",
    "PoolingReport",
    "ProNE",
    "ProNEReport",
    "SageReport",
    "TableAutoencoder",
    "TableReport",
    "TowerEncoder",
    "Word2Vec",
    "can_save_model",
    "recommender",
]
