"""Texts encoded once in a process of its own, by ours or by sentence-transformers; prints one JSON line.

    python text_encoders_worker.py MODEL TEXTS OUT          encode all texts, save them as OUT
    python text_encoders_worker.py MODEL --cold             the first vector of a process

MODEL is a known encoder ("wordllama"), one with its compute ("all-MiniLM-L6-v2:int8"), or the folder of a
model for sentence-transformers. Everything is as it comes by default: all cores, the library's own batches.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def opened(model: str) -> Callable[[list[str]], Any]:
    """What encodes a list of texts."""
    if Path(model).is_dir():
        from sentence_transformers import SentenceTransformer

        network = SentenceTransformer(model, device="cpu", local_files_only=True)
        return lambda texts: network.encode(texts, show_progress_bar=False)
    import nearer

    name, _, compute = model.partition(":")
    return nearer.encoder(name, **({"compute": compute} if compute else {})).encode


def main() -> None:
    model, texts_file, *rest = sys.argv[1:]
    if texts_file == "--cold":
        opened(model)(["The first text of all."])
        print(json.dumps({"at": time.time()}))
        return
    texts = json.loads(Path(texts_file).read_text(encoding="utf-8"))
    encode = opened(model)
    encode(texts[:64])
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = encode(texts)
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
    import numpy as np

    np.save(rest[0], vectors)


if __name__ == "__main__":
    main()
