"""Slow twins of the document kernels: PV-DBOW and PV-DM in NumPy and float64, step by step.

They follow Le & Mikolov 2014 and what stands at the head of native/pv_dbow.hpp and pv_dm.hpp, and draw from
the Python version of the generator (word_twin.py), so that kernel and twin see the same words and negatives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from word_twin import GROUP, LOSS_EVERY, Floats, Random, sigmoid

from nearer.kernels.documents import DocumentTraining, Method, Settings, output_width
from nearer.kernels.training import padded_rows
from nearer.kernels.words import LINE_START
from nearer.signal import keep_thresholds, noise_table

POOL_SIZE, POOL_USES = 512, 8  # native/pv_dbow.hpp


class Pool:
    """The negatives of PV-DBOW: taken a group at a time, each drawn anew after its last use."""

    def __init__(self, noise: NDArray[np.uint32], group: int, random: Random) -> None:
        self.noise, self.group, self.at = noise, group, 0
        size = max(POOL_SIZE // group * group, group)
        self.words = [random.word(noise) for _ in range(size)]
        self.left = [i % POOL_USES for i in range(size)]

    def negatives(self) -> list[int]:
        return self.words[self.at : self.at + self.group]

    def advance(self, random: Random) -> None:
        for i in range(self.at, self.at + self.group):
            self.left[i] -= 1
            if self.left[i] < 0:
                self.left[i] = POOL_USES - 1
                self.words[i] = random.word(self.noise)
        self.at = (self.at + self.group) % len(self.words)


@dataclass
class DocumentTwin:
    """A run of one unit an epoch with float64 copies of the matrices, which `train` changes."""

    run: DocumentTraining
    rows: Floats
    words: Floats
    outputs: Floats
    group: int
    losses: list[float] = field(default_factory=list)
    pairs: int = 0

    def train(self, unit: int) -> None:
        """One epoch; the run has one unit."""
        run, given = self.run, self.run.settings
        random = Random(given.seed, unit)
        left = 1 - unit / run.planned_units
        rate = given.least_learning_rate + (given.learning_rate - given.least_learning_rate) * left
        bounds = [*run.starts.tolist(), len(run.tokens)]
        kept = []
        for begin, end in pairwise(bounds):
            words = (run.tokens[begin:end] & ~LINE_START).tolist()
            kept.append([word for word in words if random.next() >> 32 <= given.keep[word]])
        dbow = given.method == "dbow"
        source: Pool | list[int] = (
            Pool(given.noise, given.negative, random)
            if dbow
            else [random.word(given.noise) for _ in range(given.negative)]
        )
        steps = 0
        for number, line in enumerate(kept):
            tags = run.tags[run.tag_starts[number] : run.tag_starts[number + 1]].tolist()
            steps = steps if dbow else sum(map(len, kept[:number]))
            for first in range(0, len(line), given.shared):
                measured = steps % LOSS_EVERY == 0
                centres = list(range(first, min(first + given.shared, len(line))))
                if isinstance(source, Pool):
                    self.dbow_step(tags, [line[c] for c in centres], source.negatives(), rate, measured)
                    source.advance(random)
                else:
                    negatives, source = source, [random.word(given.noise) for _ in range(given.negative)]
                    self.dm_step(tags, line, centres, negatives, rate, measured, random)
                steps += 1

    def dbow_step(
        self, tags: list[int], words: list[int], negatives: list[int], rate: float, measured: bool
    ) -> None:
        """Every tag in turn predicts the words, told apart from the negatives they share."""
        outputs = [*words, *negatives]
        labels = np.array([1.0] * len(words) + [0.0] * len(negatives))
        weights = np.array([1.0] * len(words) + [float(sum(w != n for w in words)) for n in negatives])
        for tag in tags:
            scores = self.outputs[outputs] @ self.rows[tag]
            if measured:
                self.measure(weights * np.logaddexp(0.0, np.where(labels > 0, -scores, scores)), len(words))
            g = rate * (labels - weights * sigmoid(scores))
            self.rows[tag] += self.spread(self.rows[[tag]], outputs, g[:, None])[0]

    def dm_step(
        self,
        tags: list[int],
        line: list[int],
        centres: list[int],
        negatives: list[int],
        rate: float,
        measured: bool,
        random: Random,
    ) -> None:
        """Means or concatenations predict their centres; all are gathered before anything moves."""
        given = self.run.settings
        concat = given.method == "dm_concat"
        reach = [given.window if concat else random.window(given.window) for _ in centres]
        windows = [
            [(d, line[c + d]) for d in range(-r, r + 1) if d and 0 <= c + d < len(line)]
            for c, r in zip(centres, reach, strict=True)
        ]
        hidden = np.array([self.gather(tags, window, concat) for window in windows])
        outputs = [*negatives, *(line[c] for c in centres)]
        labels = np.vstack([np.zeros((len(negatives), len(centres))), np.eye(len(centres))])
        allowed = [[float(n != line[c]) for c in centres] for n in negatives]
        weights = np.vstack([np.array(allowed).reshape(len(negatives), -1), np.eye(len(centres))])
        scores = self.outputs[outputs] @ hidden.T
        if measured:
            self.measure(weights * np.logaddexp(0.0, np.where(labels > 0, -scores, scores)), len(centres))
        g = rate * weights * (labels - sigmoid(scores))
        moves = self.spread(hidden, outputs, g)
        stride = self.rows.shape[1]
        for window, move in zip(windows, moves, strict=True):
            for tag in tags:
                self.rows[tag] += move[:stride]
            for d, word in window:
                place = d + given.window - (d > 0)
                self.words[word] += move[(1 + place) * stride : (2 + place) * stride] if concat else move

    def spread(self, hidden: Floats, outputs: list[int], g: Floats) -> Floats:
        """Move the outputs by g (outputs, hidden), a group at a time; returns how far the hidden move."""
        moves = np.zeros_like(hidden)
        for o in range(0, len(outputs), self.group):
            part = slice(o, o + self.group)
            moves += g[part].T @ self.outputs[outputs[part]]
            np.add.at(self.outputs, outputs[part], g[part] @ hidden)
        return moves

    def gather(self, tags: list[int], window: list[tuple[int, int]], concat: bool) -> Floats:
        if not concat:
            return np.vstack([self.rows[tags], self.words[[word for _, word in window]]]).mean(axis=0)
        places = np.zeros((1 + 2 * self.run.settings.window, self.rows.shape[1]))
        places[0] = self.rows[tags].mean(axis=0)
        for d, word in window:
            places[1 + d + self.run.settings.window - (d > 0)] = self.words[word]
        return places.ravel()

    def measure(self, losses: Floats, pairs: int) -> None:
        self.losses.append(float(losses.sum()))
        self.pairs += pairs


def make_documents(
    method: Method = "dbow",
    *,
    vocabulary: int = 60,
    lengths: tuple[int, ...] = (17, 1, 40, 6),
    tags: tuple[tuple[int, ...], ...] = ((0,), (1,), (2, 0), (3,)),
    window: int = 3,
    negative: int = 5,
    shared: int = 5,
    subsample: float = 0.0,
    learning_rate: float = 0.025,
    seed: int = 7,
) -> DocumentTraining:
    """A run of two epochs over documents of random words, in one unit."""
    source = np.random.default_rng(3)
    tokens = (vocabulary * source.random(sum(lengths)) ** 2).astype(np.uint32)
    counts = np.bincount(tokens, minlength=vocabulary).astype(np.int64) + 1
    starts = np.cumsum((0, *lengths[:-1])).astype(np.int64)
    tokens[starts] |= LINE_START
    settings = Settings(
        method,
        keep_thresholds(counts, subsample),
        noise_table(counts, 0.75),
        window,
        negative,
        shared,
        learning_rate,
        learning_rate / 10,
        seed,
    )
    return DocumentTraining(
        settings,
        tokens,
        starts,
        np.cumsum((0, *map(len, tags))).astype(np.int64),
        np.concatenate(tags).astype(np.uint32),
        planned_units=2,
        unit_tokens=1_000,
    )


def random_matrices(run: DocumentTraining, dim: int, scale: float = 1.0) -> dict[str, NDArray[np.float32]]:
    """Documents, words and outputs of random numbers, as the kernels take them."""
    source = np.random.default_rng(1)
    method, v = run.settings.method, len(run.settings.keep)
    width = output_width(method, dim, run.settings.window)
    stride = output_width("dbow", dim, 1)
    matrices = {
        "documents": padded_rows(int(run.tags.max()) + 1, dim),
        "words": padded_rows(0 if method == "dbow" else v, dim),
        "outputs": padded_rows(v, width),
    }
    for matrix in matrices.values():
        places = matrix.reshape(len(matrix), matrix.shape[1] // stride, stride)[:, :, :dim]
        places[:] = scale * source.uniform(-0.5, 0.5, places.shape)
    return matrices


def twin_of(run: DocumentTraining, matrices: dict[str, NDArray[np.float32]], variant: str) -> DocumentTwin:
    rows, words, outputs = (matrices[name].astype(np.float64) for name in ("documents", "words", "outputs"))
    return DocumentTwin(run, rows, words, outputs, GROUP[variant])
