"""Maps: a space as a picture. Takes a `Space`, gives PNG, SVG or one offline HTML page.

In the order of the work: `neighbours.py` -> `tsne.py` -> `clusters.py` -> `map.py` (the `Map` value) ->
`figure.py` with `labels.py` and `fonts.py` (PNG, SVG), or `page.py` with the files of `page/` (HTML).
"""

from nearer.maps.clusters import Groups, clusters
from nearer.maps.map import Map, draw
from nearer.maps.neighbours import Neighbours, nearest_rows
from nearer.maps.tsne import tsne

__all__ = ["Groups", "Map", "Neighbours", "clusters", "draw", "nearest_rows", "tsne"]
