"""Data or space: do we tell turned axes from items that changed, and flag no more by chance than we say?

    python benchmarks/changes.py [--quick]

GloVe's vectors turned and noised, with and without 50 planted words; words of UN speeches in two periods
beside a control where nothing changed; words trained again with another seed; a graph whose nodes swapped.
No peers here: the truth is known. Needs NEARER_DATA for speeches and graph.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearer
from nearer import Space, evaluate
from nearer.evaluate import ChangesResult
from report import Grid, render
from side_by_side import data_folder

HEADS = ("two spaces", "null", "keys", "verdict", "flagged", "recall", "precision", "target")
WORDS, PLANTED = 20_000, 50
EARLY, LATE = (1970, 1989), (2003, 2022)
THREADS = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    print(render(run(quick=parser.parse_args().quick)))


def run(peers_python: Path | None = None, quick: bool = False) -> Grid:
    """The grid of all comparisons; `quick` takes one noise and no training."""
    rows: list[tuple[str, ...]] = []
    marks: list[bool] = []
    for what in (turned_glove(quick), *([] if quick else [speeches(), nodes()])):
        for row, kept in what:
            print("  " + ", ".join(row), flush=True)
            rows.append(row)
            marks.append(kept)
    return Grid(HEADS, rows, all(marks))


Line = tuple[tuple[str, ...], bool]
Lines = list[Line]


def turned_glove(quick: bool) -> Lines:
    """The 20,000 most frequent words, turned and noised; the same with 50 in each other's places."""
    words = nearer.load("glove-6b-50d")[:WORDS]
    lines = []
    for noise in (0.2,) if quick else (0.0, 0.1, 0.2, 0.4, 0.6):
        for planted in (0, PLANTED):
            found = [turned(words, noise, planted, seed) for seed in range(1 if quick else 5)]
            results, wanted = [result for result, _ in found], [moved for _, moved in found]
            name = f"GloVe turned, noise {noise:.0%}, {planted} words planted, {len(found)} seeds"
            lines.append(line(name, results, wanted))
    return lines


def turned(words: Space, noise: float, planted: int, seed: int) -> tuple[ChangesResult, set[str]]:
    """The judgement of one seed, and the keys that were planted."""
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(words))[:planted]
    moved = words.vectors.astype(np.float64)
    moved[chosen] = moved[np.roll(chosen, 1)]
    axes = np.linalg.qr(random.standard_normal((words.dim, words.dim)))[0]
    size = np.sqrt((words.vectors**2).mean())
    after = Space(words.keys, moved @ axes + noise * size * random.standard_normal(moved.shape))
    return evaluate.changes(words, after, k=1), {words.keys[row] for row in chosen}


def line(name: str, results: list[ChangesResult], wanted: list[set[str]], least: float = 0.9) -> Line:
    """A row of the grid, the worst of several seeds, and whether recall reaches `least`, precision 0.9."""
    hits = [len(set(result.changed) & moved) for result, moved in zip(results, wanted, strict=True)]
    flagged = [result.value for result in results]
    verdicts = sorted({result.verdict for result in results})
    shown = f"{min(flagged)} to {max(flagged)}" if min(flagged) < max(flagged) else str(flagged[0])
    head = (name, results[0].null, f"{results[0].n:,}", " / ".join(verdicts), shown)
    if not wanted[0]:
        return (*head, "-", "-", "none flagged"), max(flagged) == 0
    recall = min(hit / len(moved) for hit, moved in zip(hits, wanted, strict=True))
    precision = min(hit / max(count, 1) for hit, count in zip(hits, flagged, strict=True))
    kept = recall >= least and precision >= 0.9
    return (*head, f"{recall:.3f}", f"{precision:.3f}", f"{least}, 0.9"), kept


def speeches() -> Lines:
    """Words of two periods, three trainings each; of mixed periods; of one text with another seed."""
    data = data_folder("changes")
    if data is None:
        return []
    import pyarrow.parquet as pq

    table = pq.read_table(data / "drift" / "un_debates_1946_2022.parquet")
    years, texts = np.array(table["year"]), table["text"].to_pylist()
    early, late = (
        [text for year, text in zip(years, texts, strict=True) if first <= year <= last]
        for first, last in (EARLY, LATE)
    )
    real = compared(*(parts(documents, seed) for documents, seed in ((early, 1), (late, 2))))
    name = f"UN speeches {EARLY[0]}-{EARLY[1]} and {LATE[0]}-{LATE[1]}, 3 + 3 disjoint parts"
    head = (name, "repeats", f"{real.n:,}", real.verdict, f"{real.value}")
    lines: Lines = [
        ((*head, "-", "-", "climate, african flagged"), {"climate", "african"} <= set(real.changed))
    ]
    mixed = []
    for seed in range(3):
        both = [*early, *late]
        order = np.random.default_rng(seed).permutation(len(both))
        halves = [[both[row] for row in half] for half in (order[: len(early)], order[len(early) :])]
        mixed.append(compared(parts(halves[0], 1), parts(halves[1], 2)))
    lines.append(line("the same speeches, mixed: nothing changed, 3 seeds", mixed, [set()] * 3))
    again = [word_vectors(early, seed) for seed in (1, 2)]
    lines.append(line("words trained again with another seed", [evaluate.changes(*again)], [set()]))
    return lines


def parts(documents: list[str], seed: int) -> list[Space]:
    """Word vectors of three disjoint parts of `documents`, drawn by lot."""
    order = np.random.default_rng(seed).permutation(len(documents))
    return [word_vectors([documents[row] for row in order[part::3]], 10 * seed + part) for part in range(3)]


def word_vectors(documents: list[str], seed: int) -> Space:
    return nearer.Word2Vec(30, epochs=15, min_count=25, threads=THREADS, seed=seed).fit(documents).space_


def compared(before: list[Space], after: list[Space]) -> ChangesResult:
    return evaluate.changes(before[0], after[0], repeats_before=before[1:], repeats_after=after[1:], k=1)


def nodes() -> Lines:
    """Two snapshots of co-authors; in the second 40 of them have exchanged their places."""
    data = data_folder("changes")
    if data is None:
        return []
    import pyarrow.parquet as pq

    table = pq.read_table(data / "graphs" / "ca_grqc_edges.parquet")
    edges = np.column_stack([np.asarray(column) for column in table.columns[:2]])
    names, ends = np.unique(edges, return_inverse=True)
    ends = ends.reshape(edges.shape)
    known = np.flatnonzero(np.bincount(ends.ravel()) >= 10)
    chosen = np.random.default_rng(0).permutation(known)[:40]
    places = np.arange(len(names))
    places[chosen] = np.roll(chosen, 1)
    groups = [[walked(pairs, seed) for seed in seeds] for pairs, seeds in snapshots(ends, places)]
    whole = compared(groups[0], groups[1])
    same = compared(groups[0], groups[2])
    return [
        line("co-authors, 40 of degree 10 or more exchanged", [whole], [{f"n{row}" for row in chosen}], 0.8),
        line("co-authors, nothing changed", [same], [set()]),
    ]


def snapshots(
    ends: NDArray[np.int64], places: NDArray[np.int64]
) -> list[tuple[NDArray[Any], tuple[int, ...]]]:
    """Edges and the seeds of their walks: before, after, and before again."""
    return [(ends, (1, 2, 3)), (places[ends], (4, 5, 6)), (ends, (7, 8, 9))]


def walked(ends: NDArray[np.int64], seed: int) -> Space:
    named = [(f"n{a}", f"n{b}") for a, b in ends]
    model = nearer.DeepWalk(32, walks=10, length=40, window=5, threads=THREADS, seed=seed)
    return model.fit(named).space_


if __name__ == "__main__":
    main()
