"""Parameters of estimators: the constructor stores them, a table says what is allowed, `fit` checks it."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, SupportsFloat

import numpy as np

from nearer.errors import NotFitted, ParameterError, shown


def plain(value: object) -> object:
    """`value` as JSON takes it: a number of NumPy's as Python's own, a callable by its qualified name.

    An estimator is what it says of itself.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return as_float(value)
    if isinstance(value, Estimator):
        return value.described()
    return qualified_name(value) if callable(value) else value


def as_float(value: SupportsFloat) -> float:
    """`value` as the number it is written as: np.float32(0.025) is 0.025, not 0.02500000037."""
    return float(str(value)) if isinstance(value, np.floating) else float(value)


def qualified_name(call: object) -> str:
    """Module and name of a function or class; of anything else that can be called, those of its class."""
    named = call if hasattr(call, "__qualname__") else type(call)
    module = getattr(named, "__module__", None)  # methods of built-in types have none
    name: str = named.__qualname__
    return f"{module}.{name}" if module else name


class Constraint(Protocol):
    """A rule for one parameter."""

    def allows(self, value: object) -> bool:
        """Whether `value` keeps the rule."""
        ...

    def rule(self) -> str:
        """The rule in words, as an error message quotes it."""
        ...


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int
    most: int | None = None

    def allows(self, value: object) -> bool:
        """Whether `value` is such a number (True and False are not)."""
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            return False
        return self.least <= int(value) <= (self.most or math.inf)

    def rule(self) -> str:
        """The rule in words."""
        return f"a whole number from {self.least}" + (f" to {self.most:,}" if self.most else " up")


@dataclass(frozen=True)
class Real:
    """A finite number from `least` (left out if `above`) to `most`."""

    least: float
    most: float | None = None
    above: bool = False

    def allows(self, value: object) -> bool:
        """Whether `value` is such a number; NaN and infinities never are."""
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            return False
        number = float(value)
        if not math.isfinite(number) or (self.most is not None and number > self.most):
            return False
        return number > self.least if self.above else number >= self.least

    def rule(self) -> str:
        """The rule in words."""
        start = f"above {self.least:g}" if self.above else f"from {self.least:g}"
        end = f" to {self.most:g}" if self.most is not None else "" if self.above else " up"
        return f"a finite number {start}{end}"


@dataclass(frozen=True)
class Choice:
    """One of some names; with `calls`, any callable too."""

    names: tuple[str, ...]
    calls: bool = False

    def allows(self, value: object) -> bool:
        """Whether `value` is one of the names, or a callable where those are allowed."""
        return (isinstance(value, str) and value in self.names) or (self.calls and callable(value))

    def rule(self) -> str:
        """The rule in words."""
        return " or ".join(map(repr, self.names)) + (" or a callable" if self.calls else "")


@dataclass(frozen=True)
class Instance:
    """A value of one of some types."""

    types: tuple[type, ...]
    words: str

    def allows(self, value: object) -> bool:
        """Whether `value` has one of the types."""
        return isinstance(value, self.types)

    def rule(self) -> str:
        """The rule in words."""
        return self.words


@dataclass(frozen=True)
class Text:
    """A text of one character or more, all of them printable."""

    def allows(self, value: object) -> bool:
        """Whether `value` is such a text."""
        return isinstance(value, str) and value != "" and value.isprintable()

    def rule(self) -> str:
        """The rule in words."""
        return "a text of one printable character or more"


@dataclass(frozen=True)
class Words:
    """A collection of words, or one of some names that stand for one."""

    names: tuple[str, ...] = ()

    def allows(self, value: object) -> bool:
        """Whether `value` is a list, tuple or set of texts that are not empty, or one of the names."""
        if isinstance(value, list | tuple | set | frozenset):
            return all(isinstance(word, str) and word != "" for word in value)
        return isinstance(value, str) and value in self.names

    def rule(self) -> str:
        """The rule in words."""
        return " or ".join([*map(repr, self.names), "a list of words"])


@dataclass(frozen=True)
class OrNone:
    """None, or what another rule allows."""

    inner: Constraint

    def allows(self, value: object) -> bool:
        """Whether `value` is None or kept by the inner rule."""
        return value is None or self.inner.allows(value)

    def rule(self) -> str:
        """The rule in words."""
        return f"{self.inner.rule()}, or None"


@dataclass(frozen=True)
class Either:
    """What one of two rules allows."""

    one: Constraint
    other: Constraint

    def allows(self, value: object) -> bool:
        """Whether `value` is kept by one of the rules."""
        return self.one.allows(value) or self.other.allows(value)

    def rule(self) -> str:
        """The rule in words."""
        return f"{self.one.rule()}, or {self.other.rule()}"


class Estimator:
    """What scikit-learn expects of an estimator: parameters stored as given, read and set by name."""

    constraints: ClassVar[Mapping[str, Constraint]]

    @classmethod
    def parameter_names(cls) -> list[str]:
        """Names of the constructor's arguments, in order."""
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as the constructor was given them.

        With `deep`, those of a parameter that is an estimator are there too, as ``outer__inner``.
        """
        parameters = {name: getattr(self, name) for name in self.parameter_names()}
        if deep:
            inner = {name: value for name, value in parameters.items() if isinstance(value, Estimator)}
            for name, estimator in inner.items():
                parameters |= {f"{name}__{key}": value for key, value in estimator.get_params().items()}
        return parameters

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name; raises `ParameterError` for a name that is none, and then sets nothing.

        ``outer__inner`` sets a parameter of the estimator that a parameter holds.
        """
        names = self.parameter_names()
        for name in parameters:
            outer, _, inner = name.partition("__")
            holder = parameters.get(outer, getattr(self, outer, None)) if inner else None
            known = (
                inner.partition("__")[0] in holder.parameter_names()
                if isinstance(holder, Estimator)
                else False
            )
            if name not in names and not known:
                raise ParameterError(
                    f"{type(self).__name__} has no parameter {name!r}", remedy=f"it has {', '.join(names)}"
                )
        for name, value in sorted(parameters.items()):  # a holder is set before what it holds
            outer, _, inner = name.partition("__")
            if inner:
                getattr(self, outer).set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def described(self) -> dict[str, object]:
        """What decides the result, as the provenance of a model records it that this is a part of."""
        parameters = self.get_params(deep=False)
        return {"model": type(self).__name__, **{name: plain(value) for name, value in parameters.items()}}

    def check_parameters(self) -> None:
        """Raise `ParameterError` for the first parameter that breaks its rule."""
        for name, value in self.get_params(deep=False).items():
            constraint = self.constraints[name]
            if not constraint.allows(value):
                raise ParameterError(
                    f"{name}={shown(value)} is not allowed: {name} must be {constraint.rule()}"
                )

    if not TYPE_CHECKING:  # a type checker knows the attributes by their declarations

        def __getattr__(self, name):
            """Called for what is not there; names that end in _, and properties, are missing until `fit`."""
            learned = name.endswith("_") or isinstance(getattr(type(self), name, None), property)
            if learned and not name.startswith("_"):
                raise NotFitted(
                    f"this {type(self).__name__} is not fitted, so it has no {name}", remedy="call fit first"
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = (
            f"{name}={value!r}"
            for name, value in self.get_params(deep=False).items()
            if type(value) is not type(defaults[name].default) or value != defaults[name].default
        )
        return f"{type(self).__name__}({', '.join(changed)})"
