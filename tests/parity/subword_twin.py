"""Slow twin of the kernels that train words with their n-grams: Bojanowski et al. 2017 in NumPy and float64.

It follows the paper and what stands at the head of native/subwords.hpp; windows, negatives and subsampled
tokens come from the generator that word_twin.py shares with the kernels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from word_twin import (
    GROUP,
    LOSS_EVERY,
    Block,
    Floats,
    Random,
    Twin,
    blocks,
    kept_lines,
    learning_rate,
    make_run,
    pair_loss,
    sigmoid,
    unit_bounds,
)

from nearer.kernels.subwords import SubwordTraining
from nearer.kernels.words import TrainReport


@dataclass
class SubwordTwin:
    """A run with float64 copies of the matrices, which `train` changes."""

    run: SubwordTraining
    inputs: Floats
    outputs: Floats
    group: int

    def train(self, units: range) -> TrainReport:
        step = skipgram_steps if self.run.architecture == "skipgram" else cbow_steps
        pooled = replace(self.run, negative=self.run.negative * self.run.shared)
        loss, pairs, tokens = 0.0, 0, 0
        for unit in units:
            random = Random(self.run.seed, unit)
            begin, end = unit_bounds(self.run, unit)
            lines = kept_lines(self.run, begin, end, random)
            tokens += end - begin
            steps = step(self, blocks(pooled, lines, random), learning_rate(self.run, unit))
            for at, (block_loss, block_pairs) in enumerate(steps):
                if at % LOSS_EVERY == 0:
                    loss, pairs = loss + block_loss, pairs + block_pairs
        return TrainReport(loss, pairs, tokens)

    def rows_of(self, word: int) -> NDArray[np.uint32]:
        return self.run.rows[self.run.starts[word] : self.run.starts[word + 1]]

    def step(self, hidden: Floats, words: list[int], weights: Floats, rate: float) -> tuple[float, Floats]:
        """Move the outputs of `words` (positives, then negatives); the loss, and the steps of `hidden`."""
        positive = np.arange(len(words)) < weights.shape[1] - self.run.negative * self.run.shared
        scores = hidden @ self.outputs[words].T
        moved = Twin(self.run, self.outputs, hidden.copy(), self.group)
        moved.spread(words, list(range(len(hidden))), rate * weights * (positive - sigmoid(scores)))
        loss = (weights * pair_loss(scores.T, positive).T).sum()
        return float(loss), moved.outputs - hidden


def negative_weights(block: Block, shared: int, positives: list[list[int]]) -> Floats:
    """How much a negative counts for each centre: for every positive that is another word, part of a draw."""
    return np.array([[sum(p != k for p in own) / shared for k in block.negatives] for own in positives])


def skipgram_steps(twin: SubwordTwin, found: Iterator[Block], rate: float) -> Iterator[tuple[float, int]]:
    for block in found:
        windows = [block.window(b) for b in range(len(block.centres))]
        low = min([block.centres[0], *(min(window) for window in windows)])
        high = max([block.centres[-1], *(max(window) for window in windows)])
        member = np.array([[j in window for j in range(low, high + 1)] for window in windows], dtype=float)
        positives = [[block.line[j] for j in window] for window in windows]
        weights = np.hstack([member, negative_weights(block, twin.run.shared, positives)])
        centres = [block.line[c] for c in block.centres]
        hidden = np.array([twin.inputs[twin.rows_of(word)].mean(axis=0) for word in centres])
        words = block.line[low : high + 1] + block.negatives
        loss, steps = twin.step(hidden, words, weights, rate)
        for word, step in zip(centres, steps, strict=True):
            np.add.at(twin.inputs, twin.rows_of(word), step)
        yield loss, int(member.sum())


def cbow_steps(twin: SubwordTwin, found: Iterator[Block], rate: float) -> Iterator[tuple[float, int]]:
    """A token's rows are read when it comes into reach of a centre and move when it leaves."""
    sums: dict[int, Floats] = {}
    moves: dict[int, Floats] = {}
    for block in found:
        if block.centres[0] == 0:
            entered = 0
        end = min(block.centres[-1] + 1 + twin.run.window, len(block.line))
        for i in range(entered, end):
            sums[i] = twin.inputs[twin.rows_of(block.line[i])].sum(axis=0)
            moves[i] = np.zeros(twin.inputs.shape[1])
        entered = end
        windows = [block.window(b) for b in range(len(block.centres))]
        sizes = {i: len(twin.rows_of(block.line[i])) for i in sums}
        hidden = np.array(
            [sum(sums[i] for i in window) / sum(sizes[i] for i in window) for window in windows]
        )
        centres = [block.line[c] for c in block.centres]
        weights = np.hstack(
            [np.eye(len(centres)), negative_weights(block, twin.run.shared, [[word] for word in centres])]
        )
        loss, steps = twin.step(hidden, centres + block.negatives, weights, rate)
        for window, step in zip(windows, steps, strict=True):
            for i in window:
                sums[i], moves[i] = sums[i] + sizes[i] * step, moves[i] + step
        last = block.centres[-1] + 1 >= len(block.line)
        for i in [i for i in sums if last or i < block.centres[-1] + 1 - twin.run.window]:
            np.add.at(twin.inputs, twin.rows_of(block.line[i]), moves.pop(i))
            del sums[i]
        yield loss, len(centres)


def make_subword_run(
    architecture: str = "skipgram", vocabulary: int = 60, ngrams: int = 90, **options: object
) -> SubwordTraining:
    """A run whose words have up to six n-grams each, some of them twice, some shared."""
    run = make_run(architecture, vocabulary=vocabulary, **options)  # type: ignore[arg-type]
    random = np.random.default_rng(11)
    rows = [[word, *(vocabulary + random.integers(0, ngrams, word % 7))] for word in range(vocabulary)]
    starts = np.cumsum([0, *map(len, rows)])
    return SubwordTraining(**vars(run), starts=starts, rows=np.concatenate(rows).astype(np.uint32))


def subword_twin_of(
    run: SubwordTraining, inputs: NDArray[np.float32], outputs: NDArray[np.float32], variant: str
) -> SubwordTwin:
    return SubwordTwin(run, inputs.astype(np.float64), outputs.astype(np.float64), GROUP[variant])
