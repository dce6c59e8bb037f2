"""The spaces whose quality is measured: a given space in fewer dimensions, or one trained at each."""

from __future__ import annotations

import inspect
import operator
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, get_args, runtime_checkable

from nearer.errors import ParameterError, shown
from nearer.evaluate.dimension.result import Reduction
from nearer.space import Space

REDUCTIONS = get_args(Reduction)
SMALLEST = 8  # of the dimensions tried where none are given: powers of two from here
TRAINED = (32, 64, 128, 256)  # and those for a model
SEEDS = 3
OVERWRITTEN = {  # parameters that every run sets itself -> what to do with them
    "dim": "it is trained at each of dimensions, so leave dim out",
    "seed": "its runs take their seeds from seeds, so leave seed out or give it there",
}


@runtime_checkable
class Trainable(Protocol):
    """A model that is trained at each dimension: what scikit-learn asks of estimators, with `dim`."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name."""
        ...

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name."""
        ...

    def fit(self, corpus: Any) -> Self:
        """Learn `space_` from a corpus."""
        ...


@dataclass(frozen=True)
class Measured:
    """A space at one dimension, and the seconds that training it took (None: it was given)."""

    space: Space
    seconds: float | None


class GivenSpace:
    """A space that is there: its prefixes, or its coordinates on the first principal axes.

    Every dimension is measured through the same reduction, the whole one too, or the curve would show what
    the reduction does and not what the dimension does: "pca" takes the mean away, which changes cosines and
    dot products. Prefixes and axes through the origin change nothing at the whole dimension, so there the
    space is measured as it is.
    """

    seeds: Sequence[int | None] = (None,)

    def __init__(self, space: Space, dimensions: Any, reduction: str | None) -> None:
        fitting = "pca" if space.metric == "euclidean" else "svd"
        chosen = fitting if reduction is None else reduction
        if chosen not in REDUCTIONS:
            raise ParameterError(
                f"reduction is {shown(reduction)}", remedy=f"use one of {', '.join(REDUCTIONS)}"
            )
        self.dimensions = checked_dimensions(dimensions, space.dim)
        self.how = chosen
        self._space = space

    def spaces(self) -> Iterator[tuple[int, Measured]]:
        """Each dimension with its space, in order."""
        changed = [dim for dim in self.dimensions if dim < self._space.dim or self.how == "pca"]
        reduced = self._space
        if self.how != "prefix" and changed:
            reduced = self._space.reduce(changed[-1], "svd" if self.how == "svd" else "pca")
        for dim in self.dimensions:
            yield dim, Measured(reduced.truncate(dim) if dim in changed else self._space, None)


class Training:
    """A model trained afresh at each dimension, once a seed."""

    how = "training"

    def __init__(self, model: Trainable, corpus: Any, dimensions: Any, seeds: Any) -> None:
        parameters = model.get_params()
        if "dim" not in parameters:
            raise ParameterError(
                f"{type(model).__name__} has no parameter dim", remedy="pass a model with one, or its space"
            )
        if corpus is None:
            raise ParameterError("no corpus is given to train on", remedy="pass corpus=")
        if isinstance(corpus, Iterator):
            raise ParameterError(
                "the corpus can be read only once, and every dimension is trained on it",
                remedy="pass a path or a list",
            )
        if parameters.get("checkpoint") is not None:
            raise ParameterError(
                f"the model has checkpoint={shown(parameters['checkpoint'])}: its runs would meet there",
                remedy="leave checkpoint out",
            )
        for name, remedy in OVERWRITTEN.items():
            if name in parameters and parameters[name] != _default(model, name, parameters[name]):
                raise ParameterError(f"the model has {name}={shown(parameters[name])}: {remedy}")
        self.dimensions = checked_dimensions(TRAINED if dimensions is None else dimensions, None)
        self.seeds: Sequence[int | None] = checked_seeds(seeds)
        if "seed" not in parameters:
            if seeds is not None and len(self.seeds) > 1:
                raise ParameterError(
                    f"{type(model).__name__} has no parameter seed, so its runs do not differ",
                    remedy="leave seeds out",
                )
            self.seeds = (None,)
        self._model, self._corpus = model, corpus
        for dim in self.dimensions:
            check = getattr(self._at(dim, self.seeds[0]), "check_parameters", None)
            if check is not None:
                check()

    def spaces(self) -> Iterator[tuple[int, Measured]]:
        """Each dimension with the space of each seed, in order."""
        for dim in self.dimensions:
            for seed in self.seeds:
                model: Any = self._at(dim, seed)
                start = time.perf_counter()
                space = model.fit(self._corpus).space_
                yield dim, Measured(space, time.perf_counter() - start)

    def _at(self, dim: int, seed: int | None) -> Trainable:
        """The model as it was given, unfitted, with this dimension and seed."""
        from sklearn.base import clone  # noqa: PLC0415  (`import nearer` must not load it)

        model: Trainable = clone(self._model)
        model.set_params(dim=dim, **({} if seed is None else {"seed": seed}))
        if "show_progress" in model.get_params():
            model.set_params(show_progress=False)  # there is one bar for all runs
        return model


def _default(model: Trainable, name: str, otherwise: Any) -> Any:
    """What the constructor of the model takes for a parameter that is not given."""
    parameter = inspect.signature(type(model)).parameters.get(name)
    return otherwise if parameter is None or parameter.default is parameter.empty else parameter.default


def checked_dimensions(dimensions: Any, most: int | None) -> list[int]:
    """`dimensions` as a rising list of whole numbers, none above `most`; None: powers of two, then `most`.

    Raises `ParameterError` naming the first value that breaks the rule.
    """
    if dimensions is None:
        assert most is not None
        powers = [1 << power for power in range(17) if SMALLEST <= 1 << power < most]
        return [*powers, most]
    values = [dimensions] if isinstance(dimensions, str | int) else list(dimensions)
    rule = (
        "use whole numbers from 1"
        + (f" to {most:,}" if most is not None else "")
        + ", each larger than the last"
    )
    if not values:
        raise ParameterError("dimensions is empty", remedy=rule)
    whole = [whole_number(value) for value in values]
    for place, (value, number) in enumerate(zip(values, whole, strict=True)):
        if number is None or number < 1:
            raise ParameterError(f"dimensions holds {shown(value)}", remedy=rule)
        if most is not None and number > most:
            raise ParameterError(f"dimensions holds {number:,} and the space has {most:,}", remedy=rule)
        last = whole[place - 1] if place else None
        if last is not None and number <= last:
            how = "twice" if number == last else f"after {last:,}"
            raise ParameterError(f"dimensions holds {number:,} {how}", remedy=rule)
    return [number for number in whole if number is not None]


def checked_seeds(seeds: Any) -> list[int]:
    """Seeds of the runs: 0, 1, ... for a number of them; raises `ParameterError`."""
    count = whole_number(SEEDS if seeds is None else seeds)
    if count is not None:
        values: list[int | None] = list(range(count))
    else:
        values = [whole_number(seed) for seed in seeds] if isinstance(seeds, Sequence) else [None]
    kept = [value for value in values if value is not None and value >= 0]
    if not kept or len(set(kept)) != len(values):
        raise ParameterError(
            f"seeds is {shown(seeds)}", remedy="pass how many, at least 1, or different whole numbers"
        )
    return kept


def whole_number(value: Any) -> int | None:
    """`value` as an int, None where it is no whole number."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None
