"""Monitor: whether new vectors come from where the baseline came from, at a rate that is kept."""

from nearer.monitor.baseline import Baseline
from nearer.monitor.breaks import breaks
from nearer.monitor.breaks_result import Break, BreakItem, Breaks
from nearer.monitor.comparing import TESTS
from nearer.monitor.delays import delay
from nearer.monitor.explaining import moved
from nearer.monitor.monitor import Monitor
from nearer.monitor.outliers import outlier_scores
from nearer.monitor.power import detectable
from nearer.monitor.sequential import Evidence
from nearer.monitor.texts import texts_of, with_text
from nearer.monitor.times import Times, read_times, time_of
from nearer.monitor.two_sample import Comparison, compare
from nearer.monitor.verdict import Delay, Detectable, Effect, Moved, TestOutcome, Unusual, Verdict
from nearer.monitor.watched import ADVICE, HEADS, SPREAD, Told, Watched, called
from nearer.monitor.watching import stream, watch
from nearer.monitor.windows import Window, Windows, in_order_of_time, times_of, windows

__all__ = [
    "ADVICE",
    "HEADS",
    "SPREAD",
    "TESTS",
    "Baseline",
    "Break",
    "BreakItem",
    "Breaks",
    "Comparison",
    "Delay",
    "Detectable",
    "Effect",
    "Evidence",
    "Monitor",
    "Moved",
    "TestOutcome",
    "Times",
    "Told",
    "Unusual",
    "Verdict",
    "Watched",
    "Window",
    "Windows",
    "breaks",
    "called",
    "compare",
    "delay",
    "detectable",
    "in_order_of_time",
    "moved",
    "outlier_scores",
    "read_times",
    "stream",
    "texts_of",
    "time_of",
    "times_of",
    "watch",
    "windows",
    "with_text",
]
