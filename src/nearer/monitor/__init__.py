"""Monitor: whether new vectors come from where the baseline came from, at a rate of errors that is
kept."""

from nearer.monitor.baseline import Baseline
from nearer.monitor.comparing import TESTS
from nearer.monitor.two_sample import Comparison, compare
from nearer.monitor.verdict import Moved, TestOutcome, Unusual, Verdict

__all__ = ["TESTS", "Baseline", "Comparison", "Moved", "TestOutcome", "Unusual", "Verdict", "compare"]
