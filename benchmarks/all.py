"""Every benchmark in one run, written to docs/benchmarks.md.

python benchmarks/all.py --peers-python PEERS/bin/python [--quick] [--only words,search]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import search
import words
from report import Row, render

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`, which runs Nearer and the peer side by side on the same machine: the peers in an
environment of their own, ours before and after each of theirs. A ratio is how many times less time Nearer
takes (for scores: the score over the least it may be); *target* is the least ratio that keeps the claim.
Timings vary from machine to machine; run it on yours.

"""
BENCHMARKS: dict[str, Callable[[Path, bool], list[Row]]] = {"words": words.run, "search": search.run}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="smaller runs; docs/benchmarks.md is left alone")
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="names, separated by commas")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    measured = {name: BENCHMARKS[name](arguments.peers_python, arguments.quick) for name in names}
    rows = [row for name in names for row in measured[name]]
    table = render(rows)
    print(table)
    if not arguments.quick and all(measured.get(name) for name in BENCHMARKS):
        PAGE.write_text(HEAD + table, encoding="utf-8")
    sys.exit(0 if all(row.kept for row in rows) else 1)


if __name__ == "__main__":
    main()
