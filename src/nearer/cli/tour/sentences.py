"""The eighth part: sentences of four topics, by whatever encoders of texts are here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nearer
from nearer.cli.output import print_table, write
from nearer.cli.tour.left_out import left_out
from nearer.cli.tour.shipped import shipped_lines
from nearer.errors import MissingExtra, ModelNotFound

ENCODERS = ("wordllama", "all-MiniLM-L6-v2")  # the quick one, the exact one
ASKED = "My computer is too slow, what can I do?"
SAVED = "sentences.space"


def sentences(folder: Path, quiet: bool) -> dict[str, Any]:
    """Embed, search and judge the sentences; returns what was found, and the files in `folder`."""
    topics, texts = told()
    found: dict[str, dict[str, Any]] = {}
    missing, files = [], []
    for name in ENCODERS:
        try:
            encoder = nearer.encoder(name)
            made = nearer.embed(encoder, zip(texts, texts, strict=True))
        except (MissingExtra, ModelNotFound) as error:
            missing.append(str(error))
            continue
        files = [folder / SAVED]
        made.space.save(files[0], overwrite=True)
        near = nearer.evaluate.knn(made.space, topics, k=5)
        answer = made.space.neighbors(encoder.encode_query([ASKED])[0], 2).keys
        found[name] = {"dim": encoder.dim, "knn": near.to_dict(), "nearest": answer}
    if not found:
        return left_out(" and ".join(missing), quiet)
    if not quiet:
        write(f"{len(texts)} sentences of {len(set(topics))} topics; is a sentence's topic that of its five")
        write("nearest (a quarter would be by chance), and what is nearest to a question?\n")
        write(f"{ASKED}\n")
        rows = [(name, told["knn"]["value"], told["dim"], told["nearest"][0]) for name, told in found.items()]
        print_table(("encoder", "accuracy", "dim", "nearest sentence"), rows, numbers=("accuracy", "dim"))
        for line in missing:
            write(f"left out: {line}")
    return {"sentences": len(texts), "encoders": found, "missing": missing, "files": files}


def told() -> tuple[list[str], list[str]]:
    """Topics and sentences of the list that comes with the tour."""
    rows = [line.split("\t") for line in shipped_lines("sentences.tsv")]
    return [topic for topic, _ in rows], [text for _, text in rows]
