"""Node vectors against PecanPy and gensim, side by side, two threads; published figures; a large graph.

    python benchmarks/graphs.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA: BlogCatalog and Cora.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

import numpy as np

from graphs_worker import TEXT
from nearer import DeepWalk, Graph, Space, evaluate
from report import Row, render
from side_by_side import Bench, Run

WORKER = Path(__file__).with_name("graphs_worker.py")
EDGES, GROUPS, CORA = (
    f"graphs/{name}.parquet" for name in ("blogcatalog_edges", "blogcatalog_nodes", "cora_edges")
)
FASTER, LEANER = 15, 3  # times PecanPy and gensim
SLACK = 0.005  # of F1, against the peer
PUBLISHED, PUBLISHED_SLACK = (
    0.415,
    0.01,
)  # DeepWalk's micro-F1 at 50 % labels, as its authors' program prints it
CORA_AUC = 0.831  # DeepWalk; Kipf and Welling 2016, Table 1
MOST_MEMORY = 12e9  # bytes, of the large graph
MIB = 2**20


class GraphBench(Bench):
    """BlogCatalog, judged by the groups of its nodes."""

    def __init__(self, data: Path, peers_python: Path, folder: Path, shuffles: int) -> None:
        self.data, self.folder, self.worker, self.peers_python = data, folder, WORKER, peers_python
        self.corpus, self.shuffles = data / EDGES, shuffles
        np.savetxt(folder / TEXT, edge_array(self.corpus), fmt="%d", delimiter="\t")

    def judge(self, out: Path) -> dict[str, float]:
        """Micro- and macro-F1 of logistic regression that learns from half the nodes."""
        keys = out.with_suffix(".words").read_text(encoding="utf-8").split("\n")
        space = Space(keys, np.load(out.with_suffix(".npy")))
        labels = self.data / GROUPS
        found = evaluate.nodes(space, labels, fractions=(0.5,), shuffles=self.shuffles)
        return {"micro-F1": found.micro_f1[0.5].value, "macro-F1": found.macro_f1[0.5].value}


def edge_array(file: Path) -> np.ndarray:
    """Edges of a Parquet file, (m, 2)."""
    import pyarrow.parquet as pq

    return np.stack([column.to_numpy() for column in pq.read_table(file).columns[:2]], axis=1)


def against_peer(bench: GraphBench, walks: int) -> list[Row]:
    """node2vec: seconds from edges to vectors, bytes, and F1."""
    options = {"q": 0.5, "walks": walks, "length": 80}
    before = bench.run("nearer", seed=1, **options)
    peer = bench.run("pecanpy", seed=1, **options)
    after = bench.run("nearer", seed=2, **options)
    ours = statistics.mean(run.total for run in (before, after))
    peak = max(run.peak for run in (before, after))
    setting = f"node2vec q=0.5 d=128, BlogCatalog, {walks} walks of 80, 2 threads"
    name = "PecanPy 2.0.9 + gensim 4.4"
    rows = [
        Row(
            f"edges to vectors, {setting}: {name}",
            f"{ours:.1f} s",
            f"{peer.total:.1f} s",
            peer.total / ours,
            FASTER,
            "F1 below",
        ),
        Row(
            f"peak memory of the process, {setting}: {name}",
            f"{peak / MIB:.0f} MiB",
            f"{peer.peak / MIB:.0f} MiB",
            peer.peak / peak,
            LEANER,
            "whole process",
        ),
    ]
    for score, theirs in peer.scores.items():
        mine = statistics.mean(run.scores[score] for run in (before, after))
        claim = f"{score} at 50 % labels, {setting}: {name}'s minus {SLACK:g}"
        rows.append(Row(claim, f"{mine:.3f}", f"{theirs:.3f}", mine / (theirs - SLACK), 1.0, "score"))
    return rows


def published(bench: GraphBench, walks: int) -> list[Row]:
    """DeepWalk's published settings: groups of BlogCatalog's nodes, and links of Cora."""
    score = bench.run("nearer", seed=1, walks=walks, length=40).scores["micro-F1"]
    claim = f"micro-F1 at 50 % labels, DeepWalk d=128, BlogCatalog, {walks} walks of 40: published minus 0.01"
    least = PUBLISHED - PUBLISHED_SLACK
    rows = [Row(claim, f"{score:.3f}", f"{PUBLISHED:.3f}", score / least, 1.0, "score")]
    parts = Graph.read(bench.data / CORA).split(0.1)
    model = DeepWalk(walks=min(walks, 20), seed=1).fit(parts.train)
    auc = evaluate.links(model.space_, parts.test, parts.non_edges).value
    claim = "link prediction AUC, DeepWalk d=128, Cora, a tenth of the edges held out: published"
    return [*rows, Row(claim, f"{auc:.3f}", f"{CORA_AUC:.3f}", auc / CORA_AUC, 1.0, "another split")]


def large(bench: GraphBench, nodes: int, edges: int) -> Row:
    """Peak memory of a drawn graph, half its ends by a power law."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(1)
    sources = generator.permutation(np.arange(edges, dtype=np.int64) % nodes)
    targets = (nodes * generator.random(edges) ** 3).astype(np.int64)
    bench.corpus = bench.folder / "large.parquet"
    pq.write_table(pa.table({"source": sources, "target": targets}), bench.corpus)
    del sources, targets
    run: Run = bench.run("nearer", judge=False, seed=1, q=0.5, walks=1, length=40)
    claim = f"peak memory, node2vec q=0.5 d=128, {nodes:,} nodes, {edges:,} edges, a walk of 40 a node: 12 GB"
    ours = f"{run.peak / 1e9:.1f} GB"
    return Row(claim, ours, "12 GB", MOST_MEMORY / run.peak, 1.0, f"{run.total:.0f} s, edges to vectors")


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes few walks and a small large graph, to see that it works."""
    data = Path(os.environ.get("NEARER_DATA", ""))
    if not (data / EDGES).exists():
        print(f"graphs: skipped, NEARER_DATA does not name the folder with {EDGES}")
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = GraphBench(data, peers_python, Path(name), 2 if quick else 10)
        rows = [*against_peer(bench, 1 if quick else 10), *published(bench, 4 if quick else 80)]
        size = (50_000, 1_000_000) if quick else (1_000_000, 20_000_000)
        return [*rows, large(bench, *size)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", type=Path, required=True, help="interpreter with pecanpy, gensim")
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
