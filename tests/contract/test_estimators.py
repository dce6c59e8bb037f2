"""Conventions that every estimator of the house keeps; it finds them by itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import nearer.models
from mixed_table import mixed_table
from nearer import Space
from nearer.errors import NotFitted, ParameterError
from nearer.models import (
    ALS,
    BPR,
    EASE,
    FAMD,
    PPMI,
    SIF,
    Contrastive,
    DeepWalk,
    Doc2Vec,
    FastText,
    GloVe,
    GraphSAGE,
    Item2Vec,
    Node2Vec,
    Phrases,
    ProNE,
    TableAutoencoder,
    Word2Vec,
)
from nearer.models.parameters import Estimator


class Arguments(tuple[Any, ...]):
    """What `fit` is given where it takes more than one argument."""


ESTIMATORS = [
    value
    for name in nearer.models.__all__
    if inspect.isclass(value := getattr(nearer.models, name)) and issubclass(value, Estimator)
]
CHOICES = [("ann", "tea"), ("ann", "milk"), ("bob", "milk"), ("bob", "tea"), ("bob", "rum"), ("cy", "rum")]
EDGES = [("lion", "zebra"), ("zebra", "horse"), ("horse", "lion"), ("horse", "mouse")]
SENTENCES = ["the lion and the zebra", "a zebra and a lion", "the computer and the mouse"] * 30
# A new estimator brings a small instance and what it is fitted to.
FIVE = str(Path(__file__).parents[1] / "golden" / "five.space")
FIVE_TEXTS = [["lion", "two words"], ["שלום"], ["🦁", "lion"]]
FIVE_KEYS = ["lion", "two words", "שלום", "🦁"]
# Two rings joined by an edge, and a feature of their own that each ring's nodes share.
RINGS = [(f"{r}{i}", f"{r}{(i + 1) % 8}") for r in "ab" for i in range(8)] + [("a0", "b0")]
SEEN = {f"{r}{i}": [r, f"{r}{i % 3}"] for r in "ab" for i in range(8)}
SMALL: dict[type, Callable[[], tuple[Any, Any]]] = {
    ALS: lambda: (ALS(dim=3, iterations=2, threads=1), CHOICES),
    BPR: lambda: (BPR(dim=3, epochs=2, threads=1), CHOICES),
    Contrastive: lambda: (Contrastive(encoder=FIVE, dim=4, epochs=2, threads=1), FIVE_KEYS),
    DeepWalk: lambda: (DeepWalk(dim=4, walks=2, length=5, threads=1), EDGES),
    Doc2Vec: lambda: (Doc2Vec(dim=4, min_count=1, epochs=1, threads=1), SENTENCES),
    EASE: lambda: (EASE(regularization=1.0, threads=1), CHOICES),
    FAMD: lambda: (FAMD(dim=4, threads=1), mixed_table(30)),
    FastText: lambda: (FastText(dim=4, buckets=50, min_count=1, epochs=1, threads=1), SENTENCES),
    GloVe: lambda: (GloVe(dim=4, min_count=1, epochs=2, threads=1), SENTENCES),
    Item2Vec: lambda: (Item2Vec(dim=4, epochs=2, threads=1), CHOICES),
    Node2Vec: lambda: (Node2Vec(dim=4, walks=2, length=5, threads=1), EDGES),
    GraphSAGE: lambda: (GraphSAGE(dim=4, negative=8, epochs=2, threads=1), Arguments((RINGS, SEEN))),
    PPMI: lambda: (PPMI(dim=3, min_count=1, threads=1), SENTENCES),
    Phrases: lambda: (Phrases(threshold=0.1, min_count=1, threads=1), SENTENCES),
    ProNE: lambda: (ProNE(dim=4, threads=1), RINGS),
    SIF: lambda: (SIF(FIVE), FIVE_TEXTS),
    TableAutoencoder: lambda: (TableAutoencoder(dim=4, hidden=8, epochs=2, threads=1), mixed_table(30)),
    Word2Vec: lambda: (Word2Vec(dim=4, min_count=1, epochs=1, threads=1), SENTENCES),
}
# What an estimator learns that makes no space, and how to tell that two have learned the same.
LEARNED: dict[type, str] = {EASE: "identity_", Phrases: "phrases_"}
estimators = pytest.mark.parametrize("kind", ESTIMATORS, ids=lambda kind: kind.__name__)


def fitted(estimator: Any, data: Any) -> Any:
    """`estimator`, fitted to its data, or to all of them where it takes several."""
    return estimator.fit(*data) if isinstance(data, Arguments) else estimator.fit(data)


def learned_by(estimator: Any) -> object:
    """What tells one result of `fit` from another."""
    name = LEARNED.get(type(estimator))
    return estimator.space_.identity if name is None else getattr(estimator, name)


class Strange:
    """A value that no parameter allows and nothing can be done with."""

    def __bool__(self) -> bool:
        raise AssertionError("looked at before fit")


def test_the_suite_finds_what_there_is() -> None:
    assert Word2Vec in ESTIMATORS
    assert set(ESTIMATORS) == set(SMALL)


@estimators
def test_the_constructor_stores_and_does_no_more(kind: type[Estimator]) -> None:
    values = {name: Strange() for name in kind.parameter_names()}
    estimator = kind(**values)
    assert vars(estimator) == values
    for name, value in estimator.get_params().items():
        assert value is values[name]


@estimators
def test_every_parameter_is_documented_has_a_default_and_a_rule(kind: type[Estimator]) -> None:
    text = inspect.getdoc(kind) or ""
    for name, parameter in inspect.signature(kind).parameters.items():
        assert parameter.default is not parameter.empty
        assert name in kind.constraints
        assert name in text.split("Attributes\n----------")[0]
        assert kind.constraints[name].allows(parameter.default)


@estimators
def test_there_is_no_rule_without_its_parameter(kind: type[Estimator]) -> None:
    assert set(kind.constraints) == set(kind.parameter_names())
    assert set(getattr(kind, "deciding", ())) <= set(kind.parameter_names())


@estimators
def test_a_rule_is_checked_by_fit_and_named(kind: type[Estimator]) -> None:
    _, data = SMALL[kind]()
    for name in kind.parameter_names():
        with pytest.raises(ParameterError, match=rf"^{name}=.* is not allowed: {name} must be "):
            fitted(kind(**{name: Strange()}), data)


@estimators
def test_parameters_are_read_and_set_by_name(kind: type[Estimator]) -> None:
    estimator = kind()
    first = kind.parameter_names()[0]
    assert estimator.set_params(**{first: 3}) is estimator
    assert estimator.get_params()[first] == 3
    with pytest.raises(ParameterError, match=f"{kind.__name__} has no parameter 'nonsense'; it has {first}"):
        estimator.set_params(**{first: 4, "nonsense": 1})
    assert estimator.get_params()[first] == 3


@estimators
def test_clone_copies_parameters_and_nothing_learned(kind: type[Estimator]) -> None:
    estimator, data = SMALL[kind]()
    copy = clone(fitted(estimator, data))
    assert copy is not estimator
    assert copy.get_params() == estimator.get_params()
    assert vars(copy).keys() == copy.get_params().keys()


@estimators
def test_fit_returns_self_changes_no_parameter_and_learns_names_that_end_in_an_underscore(
    kind: type[Estimator],
) -> None:
    estimator, data = SMALL[kind]()
    before = dict(estimator.get_params())
    assert fitted(estimator, data) is estimator
    assert estimator.get_params() == before
    learned = {name for name in vars(estimator) if name not in before and not name.startswith("_")}
    assert learned
    assert all(name.endswith("_") for name in learned)
    if kind in LEARNED:
        assert getattr(estimator, LEARNED[kind])
        assert "space_" not in vars(estimator)
    else:
        assert isinstance(estimator.space_, Space)
        assert np.isfinite(estimator.space_.vectors).all()


@estimators
def test_what_is_learned_is_documented(kind: type[Estimator]) -> None:
    estimator, data = SMALL[kind]()
    fitted(estimator, data)
    attributes = (inspect.getdoc(kind) or "").split("Attributes\n----------")[1]
    public = [name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")]
    assert all(f"{name} :" in attributes for name in public)


@estimators
def test_nothing_is_learned_before_fit(kind: type[Estimator]) -> None:
    estimator, _ = SMALL[kind]()
    name = LEARNED.get(kind, "space_")
    with pytest.raises(
        NotFitted, match=f"this {kind.__name__} is not fitted, so it has no {name}; call fit first"
    ):
        getattr(estimator, name)
    for method in ("encode", "encode_query", "encode_document", "transform"):
        if hasattr(kind, method):
            with pytest.raises(NotFitted):
                getattr(estimator, method)(["a"])


@estimators
def test_repr_makes_the_estimator_again(kind: type[Estimator]) -> None:
    estimator, _ = SMALL[kind]()
    assert eval(repr(estimator), {kind.__name__: kind}).get_params() == estimator.get_params()
    assert repr(kind()) == f"{kind.__name__}()"


@estimators
def test_one_seed_and_one_thread_give_one_result(kind: type[Estimator]) -> None:
    (one, data), (two, _) = SMALL[kind](), SMALL[kind]()
    assert learned_by(fitted(one, data)) == learned_by(fitted(two, data))
