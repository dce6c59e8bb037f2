"""Encoders of texts against sentence-transformers: 2,000 mixed texts, and a process's first vector.

    python benchmarks/text_encoders.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA and the packages of all-MiniLM-L6-v2 and wordllama. The texts: 1,000 sentences of STS-B,
700 reports of AG News, 300 whole articles of the BBC. Each library in a process of its own, as it comes by
default, all in turn, twice. A ratio is the smaller of that of wall time and that of CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nearer
from nearer import evaluate
from nearer.encoders import known_encoders
from report import Row, render
from side_by_side import data_folder

WORKER = Path(__file__).with_name("text_encoders_worker.py")
MINILM, STATIC = "all-MiniLM-L6-v2", "wordllama"
INT8 = f"{MINILM}:int8"
TARGETS = {MINILM: 1.7, INT8: 3.0, STATIC: 55.0}
COLD = {STATIC: 0.5, MINILM: 1.0}  # seconds
MIX = (("stsb_test", "sentence1", 1000), ("agnews_test", "text", 700), ("bbc_news", "text", 300))
LEAST_COSINE, LEAST_OVERLAP, DEPTH = 0.9999, 0.95, 10
SLACK, REFERENCE = 0.005, 0.820  # STS-B, Spearman: all-MiniLM-L6-v2 on the leaderboard of MTEB


@dataclass(frozen=True)
class Run:
    """Seconds of one run, and the vectors."""

    wall: float
    cpu: float
    vectors: np.ndarray


class TextBench:
    """The texts, the interpreters and the folder of the model that both sides read."""

    def __init__(self, data: Path, peers_python: Path, folder: Path, quick: bool) -> None:
        self.peers_python, self.folder = peers_python, folder
        texts = mixed(data)[:: 20 if quick else 1]
        self.texts = folder / "texts.json"
        self.texts.write_text(json.dumps(texts), encoding="utf-8")
        self.count = len(texts)

    def command(self, model: str, *arguments: str) -> list[str]:
        """The worker that opens `model`; "" is sentence-transformers."""
        python = Path(sys.executable) if model else self.peers_python
        return [str(python), str(WORKER), model or str(peer_folder()), *arguments]

    def run(self, model: str) -> Run:
        """Encode all texts once."""
        out = self.folder / "vectors.npy"
        answer = subprocess.run(
            self.command(model, str(self.texts), str(out)),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        found = Run(**json.loads(answer.splitlines()[-1]), vectors=np.load(out))
        print(f"  {model or 'peer':24} wall {found.wall:.2f} s, CPU {found.cpu:.2f} s", flush=True)
        return found

    def cold(self, model: str, times: int) -> float:
        """Seconds from the start of a process to its first vector: the median, compiled modules at hand."""
        settings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        settings["PYTHONPYCACHEPREFIX"] = str(self.folder / "compiled")
        found = []
        for _ in range(times + 1):
            begin = time.time()
            answer = subprocess.run(
                self.command(model, "--cold"), check=True, stdout=subprocess.PIPE, text=True, env=settings
            ).stdout
            found.append(json.loads(answer.splitlines()[-1])["at"] - begin)
        return statistics.median(found[1:])


def mixed(data: Path) -> list[str]:
    """The texts of MIX."""
    import pyarrow.parquet as pq

    return [
        str(text)
        for name, column, count in MIX
        for text in pq.read_table(data / "sentences" / f"{name}.parquet")[column].to_pylist()[:count]
    ]


def peer_folder() -> Path:
    """The folder of all-MiniLM-L6-v2, as its package ships it."""
    (entry,) = (known for known in known_encoders() if known.name == MINILM)
    return entry.shipped.verified(MINILM)[0].parent


def speed(bench: TextBench) -> list[Row]:
    """How long all texts take, and how near the vectors are."""
    runs: dict[str, list[Run]] = {}
    for model in (*TARGETS, "") * 2:
        runs.setdefault(model, []).append(bench.run(model))
    peer = runs.pop("")
    rows = []
    for model, ours in runs.items():
        wall, cpu = (
            sum(getattr(run, kind) for run in peer) / sum(getattr(run, kind) for run in ours)
            for kind in ("wall", "cpu")
        )
        quality, good = compared(model, ours[0].vectors, peer[0].vectors)
        rows.append(
            Row(
                f"{bench.count:,} mixed texts, {model}: sentence-transformers 6.2, all-MiniLM-L6-v2",
                f"{statistics.mean(run.wall for run in ours):.2f} s",
                f"{statistics.mean(run.wall for run in peer):.2f} s",
                min(wall, cpu) if good else 0.0,
                TARGETS[model],
                f"wall {wall:.2f} x, CPU {cpu:.2f} x, {quality}",
            )
        )
    return rows


def compared(model: str, ours: np.ndarray, peer: np.ndarray) -> tuple[str, bool]:
    """What vectors of one model have in common, and whether it is enough."""
    if model == STATIC:
        return "another model", True
    if model == MINILM:
        least = float((ours * peer).sum(axis=1).min())
        return f"least cosine {least:.6f}", least >= LEAST_COSINE
    nearest = [top(vectors) for vectors in (ours, peer)]
    shared = np.mean([len(set(a) & set(b)) / DEPTH for a, b in zip(*nearest, strict=True)])
    return f"top-{DEPTH} overlap {shared:.3f}", bool(shared >= LEAST_OVERLAP)


def top(vectors: np.ndarray) -> list[list[int]]:
    """The DEPTH nearest of each text among the others, by cosine."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    found: list[list[int]] = np.argpartition(-scores, DEPTH, axis=1)[:, :DEPTH].tolist()
    return found


def similarity(data: Path) -> list[Row]:
    """STS-B (test, Spearman) of float32 beside the figure of the leaderboard, and of int8 beside float32."""
    pairs = data / "sentences" / "stsb_test.parquet"
    exact = evaluate.sts(nearer.encoder(MINILM), pairs).value
    rough = evaluate.sts(nearer.encoder(MINILM, compute="int8"), pairs).value
    return [
        Row(
            f"STS-B, {name}: {other} minus {SLACK:g}",
            f"{mine:.4f}",
            f"{said:.4f}",
            mine / (said - SLACK),
            1.0,
            "Spearman",
        )
        for name, mine, other, said in (
            (MINILM, exact, "MTEB's figure", REFERENCE),
            (INT8, rough, "float32's", exact),
        )
    ]


def first_vectors(bench: TextBench, times: int) -> list[Row]:
    """From the start of a process to its first vector, within so many seconds."""
    ours = {model: bench.cold(model, times) for model in COLD}
    peer = bench.cold("", 1)
    return [
        Row(
            f"cold process to the first vector, {model}: within {most:g} s",
            f"{ours[model]:.2f} s",
            f"{peer:.2f} s",
            most / ours[model],
            1.0,
            "peer: sentence-transformers 6.2; the ratio is the limit's over ours",
        )
        for model, most in COLD.items()
    ]


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes a twentieth of the texts."""
    data = data_folder("text_encoders")
    missing = [entry.install for entry in known_encoders() if entry.name in COLD and not entry.here]
    if data is None or missing:
        print("".join(f"text_encoders: skipped, needs {line}\n" for line in missing), end="")
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = TextBench(data, peers_python, Path(name), quick)
        return [*speed(bench), *similarity(data), *first_vectors(bench, 1 if quick else 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
