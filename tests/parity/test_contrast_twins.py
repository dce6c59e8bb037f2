"""Objectives of contrast against slow twins, and their gradients by finite differences."""

from __future__ import annotations

import contrast_twin
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from nearer.networks import objectives  # noqa: E402  (needs torch)
from nearer.networks.adamw import adamw_step  # noqa: E402

ROWS, MORE, DIM = 7, 4, 5


def drawn(seed: int, rows: int, unit: bool = True) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIM))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if unit else vectors


def masked(seed: int) -> np.ndarray:
    out = np.random.default_rng(seed).random((ROWS, ROWS + MORE)) < 0.4
    out[0] = True  # a query without any negative
    return out


@pytest.mark.parametrize("seed", range(5))
def test_infonce_is_its_twin(seed: int) -> None:
    queries, candidates, out = drawn(seed, ROWS), drawn(seed + 9, ROWS + MORE), masked(seed)
    target = list(np.random.default_rng(seed).permutation(ROWS))
    expected = contrast_twin.infonce(queries, candidates, target, out, 0.2)
    got = objectives.infonce(
        torch.tensor(queries), torch.tensor(candidates), torch.tensor(target), torch.tensor(out), 0.2
    )
    assert float(got) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_triplets_are_their_twin(seed: int) -> None:
    queries, candidates, out = drawn(seed, ROWS), drawn(seed + 9, ROWS + MORE), masked(seed)
    target = list(range(ROWS))
    expected = contrast_twin.triplet(queries, candidates, target, out, 0.3)
    got = objectives.triplet(
        torch.tensor(queries), torch.tensor(candidates), torch.tensor(target), torch.tensor(out), 0.3
    )
    assert float(got) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_vicreg_is_its_twin(seed: int) -> None:
    left, right = drawn(seed, ROWS, unit=False) * 0.7, drawn(seed + 9, ROWS, unit=False)
    got = objectives.vicreg(torch.tensor(left), torch.tensor(right))
    assert float(got) == pytest.approx(contrast_twin.vicreg(left, right), rel=1e-9)


def test_adamw_is_torchs() -> None:
    ours = [torch.tensor(drawn(6, ROWS)), torch.tensor(drawn(7, 1)[0])]
    theirs = [weight.clone().requires_grad_() for weight in ours]
    moments = [(torch.zeros_like(weight), torch.zeros_like(weight)) for weight in ours]
    optimizer = torch.optim.AdamW(
        [{"params": theirs[:1], "weight_decay": 0.3}, {"params": theirs[1:], "weight_decay": 0.0}]
    )
    for step in range(1, 8):
        gradients = [torch.tensor(drawn(step, len(ours[0]))), torch.tensor(drawn(step, 1)[0])]
        for weight, twin, gradient in zip(ours, theirs, gradients, strict=True):
            weight.grad, twin.grad = gradient, gradient.clone()
        for group in optimizer.param_groups:
            group["lr"] = 0.1 / step
        optimizer.step()
        adamw_step(
            [(weight, *pair, decay) for weight, pair, decay in zip(ours, moments, (0.3, 0.0), strict=True)],
            step=step,
            learning_rate=0.1 / step,
        )
    for weight, twin in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(weight.numpy(), twin.detach().numpy(), rtol=1e-12)


def test_gradients_are_finite_differences() -> None:
    out, target = torch.tensor(masked(3)), torch.arange(ROWS)
    one = torch.tensor(drawn(1, ROWS), requires_grad=True)
    two = torch.tensor(drawn(2, ROWS + MORE), requires_grad=True)
    scale = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda a, b, t: objectives.infonce(a, b, target, out, t), (one, two, scale)
    )
    assert torch.autograd.gradcheck(lambda a, b: objectives.triplet(a, b, target, out, 0.4), (one, two))
    left = torch.tensor(drawn(4, ROWS, unit=False) * 0.5, requires_grad=True)
    right = torch.tensor(drawn(5, ROWS, unit=False) * 0.5, requires_grad=True)
    assert torch.autograd.gradcheck(objectives.vicreg, (left, right))
