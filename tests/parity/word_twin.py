"""Slow twins of the word-training kernels: the paper's update in NumPy and float64, block by block.

They follow the papers and what stands at the head of native/word_block.hpp, skipgram.hpp and cbow.hpp, and
draw from a Python version of the generator in native/random.hpp, so that kernel and twin see the same
windows, negatives and subsampled tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nearer.kernels.training import TrainReport, padded_rows
from nearer.kernels.words import LINE_START, WordTraining
from nearer.signal import keep_thresholds, noise_table

MASK = 2**64 - 1
LOSS_EVERY = 64  # native/word_training.hpp
Floats = NDArray[np.float64]
Word = np.uint32(~LINE_START)

# How many outputs a variant's second product takes at a time. It matters only where one word stands in a
# block twice: a later group then sees what an earlier one wrote.
GROUP = {"avx512": 12, "neon": 12, "avx2": 5, "x86_64": 5, "generic": 5}


class Random:
    """The counter-based generator of native/random.hpp."""

    def __init__(self, seed: int, stream: int) -> None:
        self.state = seed * 0x9E3779B97F4A7C15 & MASK
        self.state = self.next() ^ (stream * 0xD1B54A32D192ED03 & MASK)
        self.state = self.next()

    def next(self) -> int:
        self.state = self.state + 0xA0761D6478BD642F & MASK
        product = self.state * (self.state ^ 0xE7037ED1A0B428DB)
        return (product >> 64) ^ (product & MASK)

    def window(self, largest: int) -> int:
        return 1 + ((self.next() >> 32) * largest >> 32)

    def word(self, noise: NDArray[np.uint32]) -> int:
        bits = self.next()
        slot = (bits >> 32) * len(noise) >> 32
        threshold, alias = noise[slot].tolist()
        return slot if bits & 0xFFFFFFFF < threshold else alias


@dataclass(frozen=True)
class Block:
    """Centres (places in a line), a reach for each, and the negatives they share."""

    line: list[int]
    negatives: list[int]
    centres: range
    reach: list[int]

    def window(self, b: int) -> list[int]:
        """Places of the contexts of the block's centre b."""
        centre, reach = self.centres[b], self.reach[b]
        return [
            j for j in range(max(centre - reach, 0), min(centre + reach + 1, len(self.line))) if j != centre
        ]

    def outputs(self) -> list[int]:
        return self.negatives + [self.line[c] for c in self.centres]

    def allowed(self) -> Floats:
        """1 where a negative (row) may serve a centre (column): where it is not that very word."""
        return np.array([[float(word != self.line[c]) for c in self.centres] for word in self.negatives])


@dataclass
class Twin:
    """A run with float64 copies of both matrices, which `train` changes."""

    run: WordTraining
    words: Floats
    outputs: Floats
    group: int

    def train(self, units: range) -> TrainReport:
        step = skipgram_steps if self.run.architecture == "skipgram" else cbow_steps
        loss, pairs, tokens = 0.0, 0, 0
        for unit in units:
            random = Random(self.run.seed, unit)
            begin, end = unit_bounds(self.run, unit)
            lines = kept_lines(self.run, begin, end, random)
            tokens += end - begin
            for at, (block_loss, block_pairs) in enumerate(
                step(self, lines, learning_rate(self.run, unit), random)
            ):
                if at % LOSS_EVERY == 0:
                    loss, pairs = loss + block_loss, pairs + block_pairs
        return TrainReport(loss, pairs, tokens)

    def spread(self, contexts: list[int], outputs: list[int], g: Floats) -> None:
        """Move both matrices by g (outputs, contexts), in the order of the kernel."""
        if len(outputs) <= self.group:
            self.move_group(contexts, outputs, g, self.words, contexts)
            return
        pending = np.zeros((len(contexts), self.words.shape[1]))
        for o in range(0, len(outputs), self.group):
            part = slice(o, o + self.group)
            self.move_group(contexts, outputs[part], g[part], pending, range(len(contexts)))
        np.add.at(self.words, contexts, pending)

    def move_group(
        self, contexts: list[int], outputs: list[int], g: Floats, target: Floats, rows: range | list[int]
    ) -> None:
        before, gradient = self.outputs[outputs], np.zeros((len(outputs), self.outputs.shape[1]))
        for j, (context, row) in enumerate(zip(contexts, rows, strict=True)):
            gradient += np.outer(g[:, j], self.words[context])
            target[row] += g[:, j] @ before
        np.add.at(self.outputs, outputs, gradient)


def unit_bounds(run: WordTraining, unit: int) -> tuple[int, int]:
    """Units begin at the first start of a line, if there is one within the length of a unit."""

    def boundary(nominal: int) -> int:
        if nominal <= 0 or nominal >= len(run.tokens):
            return min(max(nominal, 0), len(run.tokens))
        ahead = run.tokens[nominal : nominal + run.unit_tokens] >= LINE_START
        if ahead.any():
            return nominal + int(ahead.argmax())
        return len(run.tokens) if nominal + run.unit_tokens >= len(run.tokens) else nominal

    nominal = unit % run.units_an_epoch * run.unit_tokens
    return boundary(nominal), boundary(nominal + run.unit_tokens)


def kept_lines(run: WordTraining, begin: int, end: int, random: Random) -> list[list[int]]:
    lines: list[list[int]] = [[]]
    for i, token in enumerate(run.tokens[begin:end]):
        if token >= LINE_START and i:
            lines.append([])
        word = int(token & Word)
        if random.next() >> 32 <= run.keep[word]:
            lines[-1].append(word)
    return lines


def learning_rate(run: WordTraining, unit: int) -> float:
    left = max(1 - unit / run.planned_units, 0)
    return run.least_learning_rate + (run.learning_rate - run.least_learning_rate) * left


def draw_ahead(run: WordTraining, random: Random) -> Iterator[list[int]]:
    """The negatives of each block; the kernel draws those of the next block before it trains one."""
    drawn = [random.word(run.noise) for _ in range(run.negative)]
    while True:
        following = [random.word(run.noise) for _ in range(run.negative)]
        yield drawn
        drawn = following


def blocks(run: WordTraining, lines: list[list[int]], random: Random) -> Iterator[Block]:
    """Consecutive centres that share their negatives; a line of one word has no windows."""
    drawn = draw_ahead(run, random)
    for line in lines:
        for first in range(0, len(line) if len(line) > 1 else 0, run.shared):
            negatives = next(drawn)
            centres = range(first, min(first + run.shared, len(line)))
            yield Block(line, negatives, centres, [random.window(run.window) for _ in centres])


def skipgram_steps(
    twin: Twin, lines: list[list[int]], rate: float, random: Random
) -> Iterator[tuple[float, int]]:
    """Train block after block; the loss and pairs of each, from before its update."""
    for block in blocks(twin.run, lines, random):
        windows = [block.window(b) for b in range(len(block.centres))]
        low, high = min(map(min, windows), default=0), max(map(max, windows), default=0)
        low, high = min(low, block.centres[0]), max(high, block.centres[-1])
        member = np.array([[j in window for j in range(low, high + 1)] for window in windows], dtype=float)
        weights = np.vstack([block.allowed() @ member, member])  # in how many windows a pair occurs
        contexts, outputs = block.line[low : high + 1], block.outputs()
        yield block_update(twin, contexts, outputs, weights, rate), int(member.sum())


def cbow_steps(
    twin: Twin, lines: list[list[int]], rate: float, random: Random
) -> Iterator[tuple[float, int]]:
    """Train block after block: a window's mean predicts its centre, each context moves by the mean's step."""
    for block in blocks(twin.run, lines, random):
        contexts = [[block.line[j] for j in block.window(b)] for b in range(len(block.centres))]
        means = np.array([twin.words[window].mean(axis=0) for window in contexts])
        weights = np.vstack([block.allowed(), np.eye(len(means))])
        moved = Twin(twin.run, means.copy(), twin.outputs, twin.group)
        loss = block_update(moved, list(range(len(means))), block.outputs(), weights, rate)
        for window, step in zip(contexts, moved.words - means, strict=True):
            np.add.at(twin.words, window, step)
        yield loss, len(means)


def block_update(twin: Twin, contexts: list[int], outputs: list[int], weights: Floats, rate: float) -> float:
    """Move both matrices against the gradient of the block's loss, which is returned."""
    positive = np.arange(len(outputs)) >= twin.run.negative
    scores = twin.outputs[outputs] @ twin.words[contexts].T
    twin.spread(contexts, outputs, rate * weights * (positive[:, None] - sigmoid(scores)))
    return float((weights * pair_loss(scores, positive)).sum())


def pair_loss(scores: Floats, positive: NDArray[np.bool_]) -> Floats:
    """-log s(x) of positives, -log s(-x) of negatives."""
    return np.logaddexp(0.0, np.where(positive[:, None], -scores, scores))


def sigmoid(x: Floats) -> Floats:
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def make_run(
    architecture: str = "skipgram",
    *,
    vocabulary: int = 60,
    lines: tuple[int, ...] = (40, 1, 25, 2, 90),
    window: int = 5,
    negative: int = 5,
    shared: int = 3,
    subsample: float = 0.0,
    unit_tokens: int = 64,
    epochs: int = 2,
    learning_rate: float = 0.05,
    seed: int = 7,
) -> WordTraining:
    """A run over lines of the given lengths, whose words follow Zipf's law."""
    random = np.random.default_rng(seed)
    share = 1.0 / np.arange(1, vocabulary + 1)
    tokens = random.choice(vocabulary, size=sum(lines), p=share / share.sum()).astype(np.uint32)
    starts = np.cumsum((0, *lines[:-1]))
    counts = np.maximum(np.bincount(tokens, minlength=vocabulary), 1)
    tokens[starts] |= LINE_START
    run = WordTraining(
        architecture=architecture,  # type: ignore[arg-type]
        tokens=tokens,
        keep=keep_thresholds(counts, subsample),
        noise=noise_table(counts, 0.75),
        window=window,
        negative=negative,
        shared=shared,
        learning_rate=learning_rate,
        least_learning_rate=1e-4,
        planned_units=1,
        seed=seed,
        unit_tokens=unit_tokens,
    )
    return replace(run, planned_units=run.units_an_epoch * epochs)


def random_rows(vocabulary: int, dim: int, seed: int, scale: float = 1.0) -> NDArray[np.float32]:
    """Padded rows with normal values; their inner products are about `scale`."""
    rows = padded_rows(vocabulary, dim)
    rows[:, :dim] = np.random.default_rng(seed).normal(0, np.sqrt(scale) / dim**0.25, (vocabulary, dim))
    return rows


def twin_of(
    run: WordTraining, words: NDArray[np.float32], outputs: NDArray[np.float32], variant: str
) -> Twin:
    return Twin(run, words.astype(np.float64), outputs.astype(np.float64), GROUP[variant])
