"""Pages: a result as one HTML file that works offline: text, facts, tables, charts; nothing is fetched."""

from nearer.pages.charts import bars, histogram, lines, points
from nearer.pages.page import Page

__all__ = ["Page", "bars", "histogram", "lines", "points"]
