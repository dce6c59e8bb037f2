"""Word training against gensim and fastText, side by side: the same text, two threads, ours around each peer.

    python benchmarks/words.py --peers-python PEERS/bin/python [--quick]

Needs NEARER_DATA (the 17-million-word Wikipedia text and the word sets). Before and after every run of a peer
ours is run too; a ratio is the peer's time over the mean of the two.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from report import Row, render
from side_by_side import Bench, Run, compare_scores, data_folder, scores_of, time_row

WORKER = Path(__file__).with_name("words_worker.py")


def rate(bench: Bench, runs: list[Run]) -> float:
    """Megabytes of text a second, counted and encoded; median."""
    return bench.corpus.stat().st_size / 1e6 / statistics.median(run.count for run in runs)


def skipgram_rows(bench: Bench, setting: str, seeds: int) -> list[Row]:
    """Skip-gram d=100 against gensim over several seeds, and fastText once."""
    ours, peers, pairs = [], [], []
    for seed in range(1, seeds + 1):
        before = bench.run("nearer", seed=seed)
        peer = bench.run("gensim", seed=seed)
        after = bench.run("nearer", seed=seed + 100, judge=False)
        ours.append(before)
        peers.append(peer)
        pairs.append((peer, [before, after]))
    fast_before = bench.run("nearer", seed=201, judge=False)
    fasttext = bench.run("fasttext")
    fast_after = bench.run("nearer", seed=202, judge=False)
    times = [time_row("", peer, around, 15, "") for peer, around in pairs]
    totals = [peer.total / statistics.mean(run.total for run in around) for peer, around in pairs]
    mine = statistics.median(run.train for run in ours)
    megabytes = bench.corpus.stat().st_size / 1e6
    return [
        Row(
            f"training, skip-gram d=100, {setting}: gensim 4.4",
            f"{mine:.1f} s",
            f"{statistics.median(run.train for run in peers):.1f} s",
            statistics.median(row.ratio for row in times),
            15,
            "scores below",
        ),
        Row(
            f"file to saved vectors, skip-gram d=100, {setting}: gensim 4.4",
            f"{statistics.median(run.total for run in ours):.1f} s",
            f"{statistics.median(run.total for run in peers):.1f} s",
            statistics.median(totals),
            12,
            "scores below",
        ),
        time_row(
            f"training, skip-gram d=100, {setting}: fastText 0.9.3 (both with counting)",
            fasttext,
            [fast_before, fast_after],
            20,
            f"analogies, WordSim, SimLex {scores_of(ours[0])} v {scores_of(fasttext)}",
        ),
        *compare_scores("skip-gram d=100", ours, peers, "gensim"),
        Row(
            "peak memory, skip-gram d=100: gensim 4.4",
            f"{max(run.peak for run in ours) / 1e6:.0f} MB",
            f"{min(run.peak for run in peers) / 1e6:.0f} MB",
            min(run.peak for run in peers) / max(run.peak for run in ours),
            1.0,
            "whole process",
        ),
        Row(
            f"reading, counting and encoding {megabytes:.0f} MB: at least 100 MB/s (beside: gensim's count)",
            f"{rate(bench, ours):.0f} MB/s",
            f"{rate(bench, peers):.0f} MB/s",
            rate(bench, ours) / 100,
            1.0,
            f"median of {len(ours)} runs",
        ),
    ]


def other_rows(bench: Bench, setting: str) -> list[Row]:
    """CBOW against fastText, and d=300 against gensim."""
    rows = []
    for claim, peer, target, options in (
        ("training, CBOW d=100", "fasttext", 6, {"architecture": "cbow"}),
        ("training, skip-gram d=300", "gensim", 9, {"dim": 300}),
    ):
        before = bench.run("nearer", **options)
        theirs = bench.run(peer, **options)
        after = bench.run("nearer", judge=False, **options)
        name = {"fasttext": "fastText 0.9.3 (both with counting)", "gensim": "gensim 4.4"}[peer]
        quality = f"analogies, WordSim, SimLex {scores_of(before)} v {scores_of(theirs)}"
        rows.append(time_row(f"{claim}, {setting}: {name}", theirs, [before, after], target, quality))
    return rows


def run(peers_python: Path, quick: bool = False) -> list[Row]:
    """All rows; `quick` takes 1 M words and one seed, to see that it works."""
    data = data_folder("words")
    if data is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(data, peers_python, Path(name), 1_000_000 if quick else None, WORKER)
        setting = f"{bench.words / 1e6:.0f} M words, 3 epochs, 2 threads"
        return skipgram_rows(bench, setting, 1 if quick else 3) + other_rows(bench, setting)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--peers-python", type=Path, required=True, help="interpreter with gensim and fasttext"
    )
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    arguments = parser.parse_args()
    print(render(run(arguments.peers_python, arguments.quick)))


if __name__ == "__main__":
    main()
