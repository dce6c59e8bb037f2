"""Search: the nearest vectors of a space to any query, exactly or by an index.

Every searcher is made from a space and answers `search(queries, k)` with `Hits`: `Exact` compares with every
vector, `HNSW` walks a graph and compares with the few it meets; `CSLS` and `MutualProximity` correct for what
is near to everything; `Halfway` searches a store that is being re-embedded by another model. `matches` leaves
out what a query without a match would find too. `base.py` holds what they share.
"""

from nearer.search.base import Hits, Searcher
from nearer.search.csls import CSLS
from nearer.search.exact import Exact, nearest
from nearer.search.halfway import Halfway
from nearer.search.hnsw import HNSW
from nearer.search.matches import matches
from nearer.search.mutual_proximity import MutualProximity
from nearer.search.recall import recall

__all__ = [
    "CSLS",
    "HNSW",
    "Exact",
    "Halfway",
    "Hits",
    "MutualProximity",
    "Searcher",
    "matches",
    "nearest",
    "recall",
]
