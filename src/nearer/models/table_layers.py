"""The network of the table autoencoder and its gradients, by hand: a gradient beside its forward pass.

parts -> x: embeddings of categories, pieces of numbers, vectors of texts
x -> z = relu(x W + b) V + x S + a       the row's vector: a hidden layer beside a linear one
z -> z O + c                             logits of every part, to be told from the whole row
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.table import Part, Prepared, pieces

LEAST_SURPRISE = 0.05  # nats; a part that is nearly always the same counts as if it surprised this much
MOST_EMBEDDING = 32
Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Layout:
    """Where each part stands in the input and in the output, and what its loss is divided by."""

    parts: tuple[Part, ...]
    inputs: tuple[slice, ...]
    outputs: tuple[slice, ...]
    surprises: tuple[float, ...]

    @classmethod
    def of(cls, parts: Sequence[Part], surprises: Sequence[float]) -> Layout:
        """The parts one after the other."""
        return cls(
            tuple(parts),
            _slices([input_size(part) for part in parts]),
            _slices([output_size(part) for part in parts]),
            tuple(surprises),
        )

    @property
    def input_width(self) -> int:
        """Length of an input row."""
        return int(self.inputs[-1].stop)

    @property
    def output_width(self) -> int:
        """Length of an output row."""
        return int(self.outputs[-1].stop)


def embedding_size(categories: int) -> int:
    """Dimension of the embeddings of that many categories: one less than there are, of many far fewer."""
    return int(min(max(categories - 1, 2), round(1.6 * (categories + 2) ** 0.56), MOST_EMBEDDING))


def input_size(part: Part) -> int:
    """Numbers that a part gives the input; a flag of what is missing among them."""
    return embedding_size(part.size) if part.kind == "category" else part.size + 1


def output_size(part: Part) -> int:
    """Logits that a part is told from: one for missing among them."""
    return part.size + 1


def embedding_name(place: int) -> str:
    """Name of the embeddings of the part at `place`."""
    return f"embedding{place}"


def read_inputs(prepared: Prepared, layout: Layout, weights: Weights) -> NDArray[Any]:
    """The input rows (n, inputs)."""
    x = np.empty((len(prepared), layout.input_width), weights["first"].dtype)
    for place, (part, where) in enumerate(zip(layout.parts, layout.inputs, strict=True)):
        array, missing = prepared.arrays[place], prepared.missing[place]
        if part.kind == "category":
            x[:, where] = weights[embedding_name(place)][array]
        else:
            block = x[:, where]
            block[:, :-1] = pieces(array, part.edges) if part.kind == "number" else array
            block[:, :-1] -= np.array(part.means, x.dtype)
            block[missing, :-1] = 0.0
            block[:, -1] = missing
    return x


def encode(x: NDArray[Any], weights: Weights) -> tuple[NDArray[Any], NDArray[Any]]:
    """Hidden states (n, hidden) and row vectors (n, dim)."""
    hidden = x @ weights["first"]
    hidden += weights["first_bias"]
    np.maximum(hidden, 0, out=hidden)
    z = hidden @ weights["second"]
    z += x @ weights["skip"]
    z += weights["second_bias"]
    return hidden, z


def decode(z: NDArray[Any], weights: Weights) -> NDArray[Any]:
    """Logits (n, outputs)."""
    logits: NDArray[Any] = z @ weights["out"]
    logits += weights["out_bias"]
    return logits


def backward(
    x: NDArray[Any],
    hidden: NDArray[Any],
    z: NDArray[Any],
    gradient: NDArray[Any],
    noisy: Prepared,
    layout: Layout,
    weights: Weights,
) -> dict[str, NDArray[Any]]:
    """Gradients of all weights, where `gradient` is that of the logits, (n, outputs)."""
    found = {"out": z.T @ gradient, "out_bias": gradient.sum(axis=0)}
    of_z = gradient @ weights["out"].T
    found |= {"second": hidden.T @ of_z, "skip": x.T @ of_z, "second_bias": of_z.sum(axis=0)}
    of_hidden = of_z @ weights["second"].T
    of_hidden *= hidden > 0
    found |= {"first": x.T @ of_hidden, "first_bias": of_hidden.sum(axis=0)}
    of_x = of_hidden @ weights["first"].T
    of_x += of_z @ weights["skip"].T
    for place, (part, where) in enumerate(zip(layout.parts, layout.inputs, strict=True)):
        if part.kind == "category":
            name = embedding_name(place)
            found[name] = _sum_of_rows(noisy.arrays[place], of_x[:, where], len(weights[name]))
    return found


def losses(logits: NDArray[Any], clean: Prepared, layout: Layout) -> tuple[NDArray[Any], NDArray[Any]]:
    """Loss of each row (n,), and the gradient of their sum in the logits, (n, outputs).

    A part's loss is its surprise in nats (of a vector, half the squared error), divided by what it would be
    if only the frequencies of its values were known; a row's is the mean over its parts.
    """
    total = np.zeros(len(logits), np.float64)
    gradient = np.empty_like(logits)
    for place, (part, where) in enumerate(zip(layout.parts, layout.outputs, strict=True)):
        loss = {"category": _choice, "number": _thresholds, "vector": _squares}[part.kind]
        scale = 1.0 / (layout.surprises[place] * len(layout.parts))
        part_loss, part_gradient = loss(logits[:, where], clean.arrays[place], clean.missing[place], part)
        total += part_loss * scale
        gradient[:, where] = part_gradient
        gradient[:, where] *= scale
    return total, gradient


def surprise(array: NDArray[Any], missing: NDArray[np.bool_], part: Part) -> float:
    """The mean loss of a part where only the frequencies of its values are known, in nats."""
    if part.kind == "category":
        counts = np.bincount(targets(array, part), minlength=part.size + 1)
        return max(_entropy(counts / max(counts.sum(), 1)), LEAST_SURPRISE)
    share = float(missing.mean())
    flag = _entropy(np.array([share, 1.0 - share]))
    if part.kind == "vector":
        variance = (array[~missing] - np.array(part.means)).var(axis=0).sum() / 2
        return max(float(variance) * (1.0 - share) + flag, LEAST_SURPRISE)
    means = np.array(part.means)
    each = sum(_entropy(np.array([mean, 1.0 - mean])) for mean in means.tolist())
    return max(each * (1.0 - share) + flag, LEAST_SURPRISE)


def targets(codes: NDArray[np.int32], part: Part) -> NDArray[np.int32]:
    """The class of each row: a known category, or the last for missing ones and for those not known."""
    return np.minimum(codes, part.size)


def _choice(
    logits: NDArray[Any], codes: NDArray[Any], missing: NDArray[np.bool_], part: Part
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Softmax cross-entropy."""
    rows, classes = np.arange(len(codes)), targets(codes, part)
    odds = logits - logits.max(axis=1, keepdims=True)
    right = odds[rows, classes]
    np.exp(odds, out=odds)
    sums = odds.sum(axis=1, keepdims=True)
    odds /= sums
    odds[rows, classes] -= 1.0
    return np.log(sums[:, 0]) - right, odds


def _thresholds(
    logits: NDArray[Any], numbers: NDArray[Any], missing: NDArray[np.bool_], part: Part
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Binary cross-entropy of each piece of a number's encoding, and of its flag."""
    wanted = np.empty_like(logits)
    wanted[:, :-1] = pieces(numbers, part.edges)
    wanted[:, -1] = missing
    loss, gradient = _binary(logits, wanted)
    loss[missing, :-1] = 0.0
    gradient[missing, :-1] = 0.0
    return loss.sum(axis=1), gradient


def _squares(
    logits: NDArray[Any], vectors: NDArray[Any], missing: NDArray[np.bool_], part: Part
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Half the squared error of a vector, and binary cross-entropy of its flag."""
    gradient = np.empty_like(logits)
    gradient[:, :-1] = logits[:, :-1] - (vectors - np.array(part.means, logits.dtype))
    gradient[missing, :-1] = 0.0
    flag, gradient[:, -1:] = _binary(logits[:, -1:], missing[:, None].astype(logits.dtype))
    return np.einsum("ij,ij->i", gradient[:, :-1], gradient[:, :-1]) / 2 + flag[:, 0], gradient


def _binary(logits: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """-y log p - (1 - y) log(1 - p) for p = 1 / (1 + exp(-logit)), and its gradient."""
    small = np.exp(-np.abs(logits))
    loss = np.maximum(logits, 0) - logits * wanted + np.log1p(small)
    odds = np.where(logits >= 0, 1.0, small) / (1.0 + small)
    return loss, odds - wanted


def _entropy(shares: NDArray[Any]) -> float:
    held = shares[shares > 0]
    return float(-(held * np.log(held)).sum())


def _sum_of_rows(places: NDArray[Any], rows: NDArray[Any], count: int) -> NDArray[Any]:
    """The sum of the rows at each of `count` places."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy: paid for where it is needed)

    cells = (np.ones(len(places), rows.dtype), (places, np.arange(len(places))))
    total: NDArray[Any] = csr_array(cells, shape=(count, len(places))) @ rows
    return total


def _slices(sizes: Sequence[int]) -> tuple[slice, ...]:
    ends = np.cumsum([0, *sizes]).tolist()
    return tuple(slice(start, stop) for start, stop in itertools.pairwise(ends))
