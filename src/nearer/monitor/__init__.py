"""Monitor: whether new vectors come from where the baseline came from, at a rate of errors that is kept."""

from nearer.monitor.baseline import Baseline
from nearer.monitor.breaks import breaks
from nearer.monitor.breaks_result import Break, BreakItem, Breaks
from nearer.monitor.two_sample import Comparison, compare
from nearer.monitor.verdict import Moved, TestOutcome, Unusual, Verdict

__all__ = [
    "Baseline",
    "Break",
    "BreakItem",
    "Breaks",
    "Comparison",
    "Moved",
    "TestOutcome",
    "Unusual",
    "Verdict",
    "breaks",
    "compare",
]
