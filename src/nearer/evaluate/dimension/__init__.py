"""Choosing the dimension by measurement: quality, memory and time at each, and the smallest that will do.

choose.py    choose_dimension: checks, measures, recommends
sources.py   the spaces that are measured: prefixes or axes of a given one, or trained ones
quality.py   intervals over seeds and items
timing.py    time of an exact search
result.py    DimensionResult: table, plain data
figure.py    the curve as PNG or SVG       page.py, page/   one offline HTML page
"""

from nearer.evaluate.dimension.choose import choose_dimension
from nearer.evaluate.dimension.result import DimensionResult, DimensionRow

__all__ = ["DimensionResult", "DimensionRow", "choose_dimension"]
