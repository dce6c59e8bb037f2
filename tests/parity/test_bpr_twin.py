"""The BPR kernel against a slow twin in float64, and its steps against finite differences of the loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer.errors import ParameterError
from nearer.kernels import available_variants
from nearer.kernels.bpr import BprTraining, cut_units, train_units
from nearer.kernels.training import padded_rows

Floats = NDArray[np.float64]
VARIANTS = available_variants()
GROUP, DRAWS, MASK = 8, 64, 2**64 - 1


class Stream:
    """native/random.hpp, number by number."""

    def __init__(self, seed: int, stream: int) -> None:
        self.state = seed * 0x9E3779B97F4A7C15 & MASK
        self.state = self.next() ^ (stream * 0xD1B54A32D192ED03 & MASK)
        self.state = self.next()

    def next(self) -> int:
        """64 random bits."""
        self.state = (self.state + 0xA0761D6478BD642F) & MASK
        product = self.state * (self.state ^ 0xE7037ED1A0B428DB)
        return (product >> 64) ^ (product & MASK)

    def below(self, bound: int) -> int:
        """A number below `bound`."""
        return (self.next() >> 32) * bound >> 32


@dataclass
class Twin:
    """Rows in float64, trained sample by sample from the paper's update rules."""

    run: BprTraining
    users: Floats
    items: Floats
    biases: Floats

    def draw(self, user: int, random: Stream) -> list[tuple[int, int]]:
        mine = self.run.indices[self.run.indptr[user] : self.run.indptr[user + 1]].tolist()
        samples = []
        pool = self.run.indices.tolist() if self.run.popular else list(range(len(self.items)))
        for item in mine:
            for _ in range(DRAWS):
                other = pool[random.below(len(pool))]
                if other not in mine:
                    samples.append((item, other))
                    break
        return samples

    def train(self, turn: int) -> None:
        """The unit whose turn it is."""
        run = self.run
        epoch, place = divmod(turn, run.units_an_epoch)
        unit, random = run.order(epoch)[place], Stream(run.seed, turn)
        left = 1 - turn / run.planned_units
        rate = run.least_learning_rate + (run.learning_rate - run.least_learning_rate) * left
        for user in range(run.units[unit], run.units[unit + 1]):
            samples = self.draw(user, random)
            for start in range(0, len(samples), GROUP):
                self.step(user, samples[start : start + GROUP], rate)

    def step(self, user: int, samples: list[tuple[int, int]], rate: float) -> None:
        x, decay = self.users[user].copy(), rate * self.run.regularization
        scores = [x @ (self.items[i] - self.items[j]) + self.biases[i] - self.biases[j] for i, j in samples]
        self.users[user] *= 1 - decay * len(samples)
        for (i, j), score in zip(samples, scores, strict=True):
            step = rate / (1 + np.exp(score))
            self.users[user] += step * (self.items[i] - self.items[j])
            self.items[i] += step * x - decay * self.items[i]
            self.items[j] += -step * x - decay * self.items[j]
            self.biases[i] += step - decay * self.biases[i]
            self.biases[j] += -step - decay * self.biases[j]


def choices(users: int, items: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """About a fifth of all pairs in CSR; one user has everything, one nothing."""
    random = np.random.default_rng(seed)
    chosen = random.random((users, items)) < 0.2
    chosen[2], chosen[3] = True, False
    indptr = np.concatenate([[0], np.cumsum(chosen.sum(axis=1))]).astype(np.int64)
    return indptr, np.nonzero(chosen)[1].astype(np.uint32)


def training(
    popular: bool = False, units: int = 4, epochs: int = 3, regularization: float = 0.05
) -> BprTraining:
    indptr, indices = choices(30, 25, seed=1)
    cuts = np.linspace(0, 30, units + 1).astype(np.int64)
    return BprTraining(indptr, indices, cuts, popular, 0.3, 0.1, regularization, units * epochs, seed=9)


def seeded(dim: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    random = np.random.default_rng(dim)
    users, items = padded_rows(30, dim), padded_rows(25, dim)
    users[:, :dim], items[:, :dim] = random.normal(size=(30, dim)) / 3, random.normal(size=(25, dim)) / 3
    return users, items, (random.normal(size=25) / 5).astype(np.float32)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dim", [1, 10, 32, 64, 100, 128])
@pytest.mark.parametrize("popular", [False, True])
def test_training_is_that_of_a_slow_twin(variant: str, dim: int, popular: bool) -> None:
    run = training(popular)
    users, items, biases = seeded(dim)
    twin = Twin(run, *(array.astype(np.float64) for array in (users, items, biases)))
    report = train_units(run, users, items, biases, 0, run.planned_units, 1, variant)
    for turn in range(run.planned_units):
        twin.train(turn)
    assert report.tokens == 3 * len(run.indices)
    for mine, theirs in zip((users, items, biases), (twin.users, twin.items, twin.biases), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_step_is_the_gradient_of_the_loss(variant: str) -> None:
    """One user with one item of two, so that the only sample is known; no decay."""
    indptr, indices = np.array([0, 1], np.int64), np.array([1], np.uint32)
    run = BprTraining(indptr, indices, np.array([0, 1]), False, 0.1, 0.1, 0.0, 1, seed=0)
    random = np.random.default_rng(4)
    users, items, biases = padded_rows(1, 6), padded_rows(2, 6), np.array([0.2, -0.3], np.float32)
    users[:, :6], items[:, :6] = random.normal(size=(1, 6)), random.normal(size=(2, 6))
    parameters = np.concatenate([users[0, :6], items[:, :6].ravel(), biases]).astype(np.float64)

    def loss(values: Floats) -> float:
        user, first, second, bias = values[:6], values[6:12], values[12:18], values[18:]
        return float(np.log1p(np.exp(-(user @ (second - first) + bias[1] - bias[0]))))

    gradient = np.array(
        [
            (loss(parameters + step) - loss(parameters - step)) / 2e-5
            for step in 1e-5 * np.eye(len(parameters))
        ]
    )
    report = train_units(run, users, items, biases, 0, 1, 1, variant)
    after = np.concatenate([users[0, :6], items[:, :6].ravel(), biases])
    np.testing.assert_allclose(parameters - after, 0.1 * gradient, rtol=1e-3, atol=1e-6)
    assert report.loss == pytest.approx(loss(parameters), rel=1e-5)


def test_calls_may_be_cut_anywhere() -> None:
    run = training(epochs=5)
    whole, pieces = seeded(20), seeded(20)
    train_units(run, *whole, 0, run.planned_units, 1, VARIANTS[0])
    for first in range(0, run.planned_units, 3):
        train_units(run, *pieces, first, min(first + 3, run.planned_units), 1, VARIANTS[0])
    for one, other in zip(whole, pieces, strict=True):
        assert one.tobytes() == other.tobytes()


def test_units_hold_all_users_and_about_as_many_entries() -> None:
    random = np.random.default_rng(2)
    lengths = random.integers(0, 60, 2000)
    lengths[500] = 40_000
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    units = cut_units(indptr)
    assert units[0] == 0
    assert units[-1] == 2000
    assert (np.diff(units) > 0).all()
    sizes = np.diff(indptr[units])
    assert sizes.max() <= 40_000 + 2 * 8192
    assert np.median(sizes) < 2 * 8192


def test_what_the_kernel_cannot_work_with_is_refused() -> None:
    users, items, biases = seeded(20)
    with pytest.raises(ParameterError, match="a bias for each item"):
        train_units(training(), users, items, biases[:-1], 0, 1, 1, VARIANTS[0])
