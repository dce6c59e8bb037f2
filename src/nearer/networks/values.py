"""Settings of networks as numbers: checked where a network is made, so that a mistake is one line."""

from __future__ import annotations

import numbers

from nearer.errors import ParameterError, shown


def whole(name: str, value: object, least: int, most: int) -> int:
    """`value` as a whole number from `least` to `most`; raises `ParameterError`."""
    right = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not right or not least <= int(value) <= most:  # type: ignore[call-overload]  # a number by now
        raise ParameterError(f"{name}={shown(value)} is not a whole number from {least:,} to {most:,}")
    return int(value)  # type: ignore[call-overload,no-any-return]


def fraction(name: str, value: object, least: float, most: float) -> float:
    """`value` as a finite number from `least` to `most`; raises `ParameterError`."""
    right = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not right or not least <= (number := float(value)) <= most:  # type: ignore[arg-type]  # a number by now
        raise ParameterError(f"{name}={shown(value)} is not a number from {least:g} to {most:g}")
    return number
