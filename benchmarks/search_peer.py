"""The faiss side of benchmarks/search.py: loads the vectors, then answers "search" with the seconds it took.

Run by the interpreter that has faiss-cpu; the ids found are left in ids.npy beside the vectors.
"""

import sys
import time
from pathlib import Path

import faiss
import numpy as np


def main() -> None:
    folder, k, threads = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    faiss.omp_set_num_threads(threads)
    vectors, queries = np.load(folder / "vectors.npy"), np.load(folder / "queries.npy")
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    print("ready", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        _, ids = index.search(queries, k)
        seconds = time.perf_counter() - started
        np.save(folder / "ids.npy", ids)
        print(seconds, flush=True)


if __name__ == "__main__":
    main()
