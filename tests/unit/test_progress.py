"""Progress: a bar on a terminal after two seconds, log lines elsewhere, never a print."""

from __future__ import annotations

import logging

import pytest

from nearer import progress
from nearer.progress import LOG_EVERY, PATIENCE, Progress


class Clock:
    """`time.monotonic`, set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Bar:
    """Records what a bar is told."""

    def __init__(self, title: str, total: float | None) -> None:
        self.title, self.total, self.stopped = title, total, False
        self.lines: list[tuple[float, str]] = []
        bars.append(self)

    def update(self, done: float, line: str) -> None:
        self.lines.append((done, line))

    def stop(self) -> None:
        self.stopped = True


bars: list[Bar] = []


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    hands = Clock()
    bars.clear()
    monkeypatch.setattr(progress, "time", hands)
    monkeypatch.setattr(progress, "_Bar", Bar)
    return hands


def test_a_bar_comes_after_two_seconds_and_goes_at_the_end(clock: Clock) -> None:
    with Progress("training", 1_000_000, "words", show=True) as work:
        clock.now += PATIENCE - 0.1
        work.advance(250_000)
        assert not bars
        clock.now += 0.1
        work.advance(250_000, "loss 2.500")
        assert [bar.title for bar in bars] == ["training"]
        assert bars[0].lines == [(500_000, "500.0k words, 250.0k words/s, 2 s left, loss 2.500")]
        clock.now += 1
        work.advance(1)
        assert len(bars) == 1
        assert not bars[0].stopped
    assert bars[0].stopped


def test_a_bar_goes_on_an_error_too(clock: Clock) -> None:
    def failing_work() -> None:
        with Progress("training", None, "words", show=True) as work:
            clock.now += 3
            work.advance(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing_work()
    assert bars[0].stopped


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_decides_unless_it_is_asked_for(
    terminal: bool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream:
        def isatty(self) -> bool:
            return terminal

    for show, expected in ((None, terminal), (True, True), (False, False)):
        bars.clear()
        monkeypatch.setattr(progress.sys, "stderr", Stream())
        with Progress("reading", None, "bytes", show) as work:
            clock.now += 5
            work.advance(10)
        monkeypatch.undo()
        monkeypatch.setattr(progress, "time", clock)
        monkeypatch.setattr(progress, "_Bar", Bar)
        assert bool(bars) == expected


def test_no_standard_error_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.sys, "stderr", None)
    assert not Progress("reading", None, "bytes").show


def test_log_lines_come_now_and_then_where_there_is_no_terminal(
    clock: Clock, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO, "nearer")
    with Progress("reading", None, "bytes", show=False) as work:
        for _ in range(7):
            clock.now += LOG_EVERY / 3
            work.advance(10_000_000)
    assert [record.getMessage() for record in caplog.records] == [
        "reading: 30.0M bytes, 1.0M bytes/s",
        "reading: 60.0M bytes, 1.0M bytes/s",
    ]
    assert not bars
    assert capsys.readouterr() == ("", "")


def test_short_work_says_nothing(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Progress("reading", 10, "bytes", show=True) as work:
        clock.now += 1.9
        work.advance(10)
    assert not bars
    assert not caplog.records


@pytest.mark.parametrize(("amount", "text"), [(7, "7"), (1_234, "1.2k"), (5.6e6, "5.6M"), (1e9, "1.0G")])
def test_amounts_are_short(amount: float, text: str) -> None:
    assert progress._short(amount) == text
