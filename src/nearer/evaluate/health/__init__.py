"""Health: what can be wrong with a space, each figure with its interval, its meaning and what to do.

health.py      health: checks, measures in order, makes the report
measure.py     Measure: figure, interval, reference, verdict by a stated rule, meaning, advice
points.py      the distinct rows and a sample of them     copies.py, nearest.py   equal rows, nearest rows
spectrum.py    principal axes, intervals of what their variances tell
collapse.py  isotropy.py  dimensions.py  hubness.py  duplicates.py  outliers.py  leakage.py  frequency.py
stability.py   one group of measures a file
report.py      HealthReport: table, plain data            page.py   one offline HTML page
"""

from nearer.evaluate.health.health import health
from nearer.evaluate.health.measure import Measure, Skipped
from nearer.evaluate.health.report import HealthReport

__all__ = ["HealthReport", "Measure", "Skipped", "health"]
