"""The report as one HTML page: what is wrong first, then every figure with its meaning, then charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nearer.evaluate.health.measure import Measure, number
from nearer.pages import Page, histogram, lines

if TYPE_CHECKING:
    from nearer.evaluate.health.report import HealthReport

FLOOR = 1e-12  # least share of variance that is drawn


def page(report: HealthReport) -> Page:
    """The page."""
    made = Page(f"Health of {report.n:,} vectors")
    made.facts(
        [
            ("verdict", report.verdict),
            ("items", report.n),
            ("distinct", report.distinct),
            ("columns", report.dim),
            ("metric", report.metric),
            ("identity", report.identity),
            ("sample", report.sample),
            ("neighbours", report.k),
            ("seed", report.seed),
        ]
    )
    for measure in report.measures:
        if measure.wanting:
            head = f"{measure.verdict}: {measure.name} {number(measure.value)}."
            alarm = measure.verdict == "bad"
            made.paragraph(f"{head} {measure.meaning} {measure.advice}", alarm=alarm)
    _figures(made, report)
    made.heading("Charts")
    _charts(made, report)
    _examples(made, report)
    return made


def _figures(made: Page, report: HealthReport) -> None:
    for group in dict.fromkeys(measure.group for measure in report.measures):
        made.heading(group.capitalize())
        rows = [
            (
                *measure.figures(),
                measure.verdict,
                _said(measure),
            )
            for measure in report.measures
            if measure.group == group
        ]
        heads = ("measure", "value", "95 %", "reference", "verdict", "what it means, and what to do")
        made.table(heads, rows, numbers=("value", "95 %", "reference"))
    if report.skipped:
        made.heading("Not measured")
        made.table(("measure", "why"), [(one.name, one.why) for one in report.skipped])


def _said(measure: Measure) -> str:
    """Meaning, advice, unit, reference and rule, a sentence each."""
    advice = f"{measure.advice} " if measure.wanting else ""
    reference = f" Reference: {measure.reference_of}." if measure.reference_of else ""
    unit = measure.unit[:1].upper() + measure.unit[1:]
    return f"{measure.meaning} {advice}{unit}; of {measure.n:,} items.{reference} Rule: {measure.rule}."


def _charts(made: Page, report: HealthReport) -> None:
    charts = report.charts
    if charts.spectrum:
        shares = np.maximum(charts.spectrum, FLOOR)
        axes = np.arange(1, len(shares) + 1)
        even = np.full(len(shares), np.log10(1 / len(shares)))
        drawn = lines(
            axes,
            {"these vectors": np.log10(shares), "all axes alike": even},
            x_label="principal axis",
            y_label="log10 of the share of variance",
        )
        made.figure(drawn, "Variance along the principal axes; a flat line uses all dimensions alike.")
    if charts.similarities is not None:
        drawn = histogram(charts.similarities.counts, charts.similarities.edges, x_label=report.metric)
        made.figure(
            drawn, "Scores of random pairs of items: what a score means is how far it lies to the right."
        )
    if charts.occurrences is not None:
        drawn = histogram(
            np.log10(1 + np.asarray(charts.occurrences.counts)),
            charts.occurrences.edges,
            marks={"mean": float(report.k)},
            x_label="neighbour lists an item is in",
        )
        made.figure(
            drawn, "Items by the neighbour lists they are in, as log10(1 + items); hubs are far right."
        )


def _examples(made: Page, report: HealthReport) -> None:
    shown = [measure for measure in report.measures if measure.examples]
    if not shown:
        return
    made.heading("Examples")
    made.table(("measure", "keys"), [(measure.name, measure.named()) for measure in shown])
