"""Nearer: similar things belong near each other.

Raw data becomes vectors, and the vectors are put to work. The rooms, in the order of the work:

| room        | takes                       | gives                                   | next       |
| ----------- | --------------------------- | --------------------------------------- | ---------- |
| `data`      | files, iterables, columns   | text, graphs, interactions              | `signal`   |
| `signal`    | text, graphs, pairs         | word ids, odds, walks, positives        | `models`   |
| `kernels`   | arrays                      | arrays: the native engines              | `models`   |
| `encoders`  | raw items                   | one vector an item                      | `space`    |
| `networks`  | raw items                   | torch modules that training changes     | `models`   |
| `models`    | raw data                    | a fitted estimator with a `Space`       | `space`    |
| `space`     | keys and vectors            | a `Space`: queries, files, identity     | the uses   |
| `evaluate`  | a space and a judgement     | a score with interval, n and coverage   |            |
| `search`    | a space and queries         | the nearest keys, exactly or by index   |            |
| `recommend` | what scores items           | suggestions, filtered and explained     |            |
| `monitor`   | a baseline, then a stream   | verdicts: alarm, p-value, what moved    |            |
| `maps`      | a space                     | a t-SNE picture: PNG, SVG, HTML         |            |
| `cli`       | a command line              | the same, printed                       |            |
"""

from nearer import errors, evaluate, maps, monitor, networks, search, signal
from nearer.data import Graph, Interactions
from nearer.encoders import backfill, embed, encoder
from nearer.models import (
    ALS,
    BPR,
    EASE,
    FAMD,
    PPMI,
    SIF,
    Contrastive,
    DeepWalk,
    Doc2Vec,
    FastText,
    GloVe,
    GraphSAGE,
    Item2Vec,
    Node2Vec,
    Phrases,
    ProNE,
    TableAutoencoder,
    Word2Vec,
    recommender,
)
from nearer.monitor import Monitor
from nearer.space import Alignment, Space, align, load

__all__ = [  # noqa: RUF022  (in the order of `sorted`)
    "ALS",
    "Alignment",
    "BPR",
    "Contrastive",
    "DeepWalk",
    "Doc2Vec",
    "EASE",
    "FAMD",
    "FastText",
    "GloVe",
    "Graph",
    "GraphSAGE",
    "Interactions",
    "Item2Vec",
    "Monitor",
    "Node2Vec",
    "PPMI",
    "Phrases",
    "ProNE",
    "SIF",
    "Space",
    "TableAutoencoder",
    "Word2Vec",
    "align",
    "backfill",
    "embed",
    "encoder",
    "errors",
    "evaluate",
    "load",
    "maps",
    "monitor",
    "networks",
    "recommender",
    "search",
    "signal",
]
__version__ = "0.1.0"
