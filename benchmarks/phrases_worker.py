"""Phrases once, in a process of its own, ours or gensim's: file in, phrases and the joined text out.

    python phrases_worker.py LIBRARY CORPUS OUT CONNECTORS SCORE

Both read the same file, count every pair, score it and rewrite the whole text: ours as word ids, on two
threads; gensim as lists of words. OUT gets the phrases with their scores; one JSON line is printed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

THREADS = 2
THRESHOLD = {"mikolov": 10.0, "npmi": 0.5}
MIN_COUNT = 5
Outcome = tuple[dict[str, float], int, float, float]  # phrases, tokens left, seconds, those of reading


def nearer_run(corpus: str, connectors: list[str], score: str) -> Outcome:
    from nearer import Phrases
    from nearer.signal import encode_corpus

    model = Phrases(
        score, THRESHOLD[score], MIN_COUNT, exclude=connectors, tokenizer="whitespace", threads=THREADS
    )
    begin = time.perf_counter()
    encoded = encode_corpus(corpus, tokenizer="whitespace", threads=THREADS)
    read = time.perf_counter() - begin
    joined = model.fit_encoded(encoded)
    seconds = time.perf_counter() - begin
    return {phrase.phrase: phrase.score for phrase in model.phrases_}, len(joined.tokens), seconds, read


def gensim_run(corpus: str, connectors: list[str], score: str) -> Outcome:
    from gensim.models.phrases import Phrases
    from gensim.models.word2vec import LineSentence

    begin = time.perf_counter()
    lines = LineSentence(corpus)
    model = Phrases(
        lines,
        min_count=MIN_COUNT,
        threshold=THRESHOLD[score],
        max_vocab_size=10**9,
        scoring={"mikolov": "default", "npmi": "npmi"}[score],
        connector_words=frozenset(connectors),
    ).freeze()
    left = sum(len(model[line]) for line in lines)
    return model.phrasegrams, left, time.perf_counter() - begin, 0.0


def main() -> None:
    library, corpus, out, connectors, score = sys.argv[1:]
    run = {"nearer": nearer_run, "gensim": gensim_run}[library]
    phrases, left, seconds, read = run(corpus, connectors.split(), score)
    Path(out).write_text(json.dumps(phrases), encoding="utf-8")
    print(json.dumps({"seconds": seconds, "read": read, "left": left}))


if __name__ == "__main__":
    main()
