"""How `nearer monitor` tells windows: those of a stream as they come, and what moved."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from nearer.cli.output import cell, print_table, write

if TYPE_CHECKING:
    from nearer.monitor import Told, Watched

WIDTHS = (6, -20, 6, 6, 6, -5, 0)  # of a stream's columns; negative: set to the left
PARTS = 5  # of a window, shown


class Teller:
    """Tells the windows of a stream one by one; notes go to standard error, beside JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json, self._begun = as_json, False

    def tell(self, told: Told) -> None:
        """One window, and what moved where it is an alarm."""
        from nearer.monitor import HEADS, called  # noqa: PLC0415  (verbs start fast)

        if self._as_json:
            write(json.dumps(told.to_dict(), allow_nan=False))
        else:
            if not self._begun:
                write(_line(HEADS))
            write(_line(told.cells()))
            for part in told.verdict.moved[:PARTS]:
                change = f"{cell(part.before)} -> {cell(part.after)}"
                write(f"        {called(part)}: {change}, such as {', '.join(part.examples)}")
        self._begun = True
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """What is to be known beside the windows."""
        sys.stderr.write(f"nearer: note: {text}\n")

    def end(self, watched: Watched, left: int) -> None:
        """What the alarms mean, and what was left over."""
        from nearer.monitor import ADVICE  # noqa: PLC0415  (verbs start fast)

        if left:
            rows = "the last row fills" if left == 1 else f"the last {left:,} rows fill"
            self.note(f"{rows} no window: not checked")
        if not self._as_json:
            write(f"\n{watched.meaning}")
            if watched.alarms:
                write(ADVICE)


def explain(watched: Watched) -> None:
    """What moved in the first window that raised an alarm, with examples, and what to do."""
    from nearer.monitor import ADVICE, SPREAD, called, with_text  # noqa: PLC0415  (verbs start fast)

    if not watched.alarms:
        return
    told = watched.alarms[0]
    others = len(watched.alarms) - 1
    more = f"; the first alarm of {others + 1:,}, --json and -o FILE.html tell all" if others else ""
    title = f"Window {told.window}, from {told.start}{more}"
    write()
    if told.verdict.moved:
        rows = [
            (called(part), part.before, part.after, part.effect,
             ", ".join(with_text(key, watched.texts) for key in part.examples))
            for part in told.verdict.moved[:PARTS]
        ]  # fmt: skip
        heads = ("moved", "before", "after", "effect", "examples")
        print_table(heads, rows, numbers=("before", "after", "effect"), title=title)
    else:
        write(f"{title}: the change is {SPREAD}")
    write(f"\n{ADVICE}")


def _line(cells: tuple[str, ...]) -> str:
    """Cells in columns of fixed width, which a stream needs: what comes later is not known."""
    placed = (
        text.rjust(width) if width >= 0 else text.ljust(-width)
        for text, width in zip(cells, WIDTHS, strict=True)
    )
    return "  ".join(placed).rstrip()
