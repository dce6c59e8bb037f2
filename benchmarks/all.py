"""Every benchmark in one run, written to docs/benchmarks.md; each section as soon as it is measured.

python benchmarks/all.py --peers-python PEERS/bin/python [--quick] [--only words,search]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import audio
import breaks
import bridge
import calibration
import changes
import contrastive_audio
import contrastive_images
import document_methods
import documents
import drift
import drift_level
import glove
import graphs
import health
import hierarchical
import images
import inductive
import methods
import monitoring
import page
import phrases
import recommenders
import search
import subwords
import tables
import text_encoders
import text_methods
import upgrade
import watching
import words
from report import Measured, kept, render

BENCHMARKS: dict[str, tuple[str, Callable[[Path, bool], Measured]]] = {
    "words": ("Word vectors", words.run),
    "subwords": ("Words by their n-grams", subwords.run),
    "glove": ("GloVe", glove.run),
    "documents": ("Document vectors", documents.run),
    "hierarchical": ("Hierarchical softmax", hierarchical.run),
    "graphs": ("Graphs", graphs.run),
    "inductive": ("Graphs without training, and nodes never seen", inductive.run),
    "phrases": ("Phrases", phrases.run),
    "methods": ("Which method for words", methods.run),
    "document_methods": ("Which method for documents", document_methods.run),
    "text_encoders": ("Encoders of texts", text_encoders.run),
    "text_methods": ("Which encoder for texts", text_methods.run),
    "images": ("Images by a trained network", images.run),
    "contrastive_audio": ("Sounds by contrast", contrastive_audio.run),
    "contrastive_images": ("Images by contrast", contrastive_images.run),
    "recommenders": ("Recommenders", recommenders.run),
    "audio": ("Voices", audio.run),
    "bridge": ("A bridge between two kinds of data", bridge.run),
    "tables": ("Tables", tables.run),
    "breaks": ("When themes changed", breaks.run),
    "changes": ("Data or space", changes.run),
    "health": ("Health of a space", health.run),
    "drift": ("Tests of drift", drift.run),
    "drift_level": ("False alarms of the tests of drift", drift_level.run),
    "search": ("Exact search", search.run),
    "calibration": ("What scores mean", calibration.run),
    "monitoring": ("Monitoring for ever", monitoring.run),
    "upgrade": ("Changing the model of a store", upgrade.run),
    "watching": ("Watching real data", watching.run),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="smaller runs; docs/benchmarks.md is left alone")
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="names, separated by commas")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    missed = []
    for name in names:
        title, run = BENCHMARKS[name]
        print(f"{title}:", flush=True)
        measured = run(arguments.peers_python, arguments.quick)
        if not measured:  # skipped, and said so
            continue
        text = render(measured)
        print(text, flush=True)
        if not arguments.quick:
            page.write({title: text}, [title for title, _ in BENCHMARKS.values()])
        if not kept(measured):
            missed.append(name)
    if missed:
        print(f"claims missed in: {', '.join(missed)}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
