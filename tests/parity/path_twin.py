"""Slow twin of hierarchical softmax: the papers' update in NumPy and float64, centre by centre.

It follows what stands at the head of native/hierarchical.hpp and draws from the same generator as the kernel
(word_twin.py), so that both see the same windows and subsampled tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from word_twin import (
    GROUP,
    LOSS_EVERY,
    Floats,
    Random,
    Twin,
    kept_lines,
    learning_rate,
    make_run,
    sigmoid,
    unit_bounds,
)

from nearer.kernels.paths import WordPaths
from nearer.kernels.training import TrainReport
from nearer.kernels.words import LINE_START, WordTraining
from nearer.signal import huffman_paths

Step = tuple[int, list[int]]  # a centre's word, and the words of its window


def path_run(architecture: str = "skipgram", *, vocabulary: int = 60, **settings: object) -> WordTraining:
    """`make_run` with the Huffman tree of its text in place of negatives."""
    run = make_run(architecture, vocabulary=vocabulary, **settings)  # type: ignore[arg-type]
    counts = np.bincount(run.tokens & np.uint32(~LINE_START), minlength=vocabulary)
    nothing = np.empty((0, 2), dtype=np.uint32)
    return replace(run, paths=huffman_paths(counts), negative=0, shared=1, noise=nothing)


def path_of(paths: WordPaths, word: int) -> tuple[list[int], Floats]:
    """Nodes on the path of a word, and 1 where the turn is 0."""
    part = slice(int(paths.offsets[word]), int(paths.offsets[word + 1]))
    return paths.nodes[part].tolist(), 1.0 - paths.bits[part]


def path_loss(scores: Floats, targets: Floats) -> float:
    """-log of the probability of every turn: s(score) for the turn 0, s(-score) for the turn 1."""
    return float(np.logaddexp(0.0, np.where(targets == 1, -scores, scores)).sum())


def steps(run: WordTraining, unit: int) -> Iterator[Step]:
    """Every centre of a unit with its window, in order; a line of one word has no windows."""
    random = Random(run.seed, unit)
    for line in kept_lines(run, *unit_bounds(run, unit), random):
        for centre, word in enumerate(line if len(line) > 1 else []):
            reach = random.window(run.window)
            yield word, line[max(centre - reach, 0) : centre] + line[centre + 1 : centre + reach + 1]


@dataclass
class PathTwin:
    """A run with float64 copies of both matrices, which `train` changes."""

    run: WordTraining
    words: Floats
    nodes: Floats
    group: int

    @classmethod
    def of(
        cls, run: WordTraining, words: NDArray[np.float32], nodes: NDArray[np.float32], variant: str
    ) -> PathTwin:
        return cls(run, words.astype(np.float64), nodes.astype(np.float64), GROUP[variant])

    def train(self, units: range) -> TrainReport:
        step = self.skipgram_step if self.run.architecture == "skipgram" else self.cbow_step
        loss, pairs, tokens = 0.0, 0, 0
        for unit in units:
            begin, end = unit_bounds(self.run, unit)
            tokens += end - begin
            for at, (word, window) in enumerate(steps(self.run, unit)):
                step_loss, step_pairs = step(word, window, learning_rate(self.run, unit))
                if at % LOSS_EVERY == 0:
                    loss, pairs = loss + step_loss, pairs + step_pairs
        return TrainReport(loss, pairs, tokens)

    def skipgram_step(self, word: int, window: list[int], rate: float) -> tuple[float, int]:
        """Every word of the window predicts the centre."""
        nodes, targets = path_of(self.run.paths, word)  # type: ignore[arg-type]
        scores = self.words[window] @ self.nodes[nodes].T
        # the second product takes rows in groups, as word_twin's takes outputs: rows and nodes change places
        Twin(self.run, self.nodes, self.words, self.group).spread(
            nodes, window, rate * (targets - sigmoid(scores))
        )
        return path_loss(scores, targets), len(window)

    def cbow_step(self, word: int, window: list[int], rate: float) -> tuple[float, int]:
        """The window's mean predicts the centre; every context moves by the mean's whole step."""
        nodes, targets = path_of(self.run.paths, word)  # type: ignore[arg-type]
        mean = self.words[window].mean(axis=0)
        scores = self.nodes[nodes] @ mean
        g = rate * (targets - sigmoid(scores))
        step = g @ self.nodes[nodes]
        self.nodes[nodes] += np.outer(g, mean)
        np.add.at(self.words, window, step)
        return path_loss(scores, targets), 1
