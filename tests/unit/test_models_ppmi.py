"""PPMI: what it reports, what makes it the same again, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from word_corpora import run_python, zipf_lines

from nearer import PPMI
from nearer.errors import InputError, ParameterError
from nearer.models.ppmi import DECIDING

LINES = zipf_lines(4_000, vocabulary=80)


def small(**parameters: object) -> PPMI:
    return PPMI(**{"dim": 6, "min_count": 2, "threads": 1, **parameters})  # type: ignore[arg-type]


def test_the_report_and_the_space_say_what_was_done() -> None:
    model = small().fit(LINES)
    report = model.report_
    assert (report.tokens, report.tokens_read) == (4_000, 4_000)
    assert report.vocabulary == len(model.space_) == 80
    assert 0 < report.positive < report.pairs <= 80 * 80
    assert 0 < report.explained_variance < 1
    assert (np.diff(model.singular_values_) <= 0).all()
    provenance = model.space_.provenance
    assert provenance["model"] == "PPMI"
    assert set(DECIDING) <= set(provenance)
    assert set(DECIDING) | {"errors", "memory", "threads", "show_progress"} == set(PPMI.parameter_names())
    counts = model.space_.items["count"].to_pylist()
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("solver", ["randomized", "lanczos"])
def test_one_seed_gives_the_same_bits_in_any_process(solver: str) -> None:
    program = (
        "import sys; from word_corpora import zipf_lines; from nearer import PPMI;"
        "model = PPMI(6, min_count=2, threads=1, solver=sys.argv[1]);"
        "print(model.fit(zipf_lines(4_000, 80)).space_.identity)"
    )
    assert run_python(program, solver) == [small(solver=solver).fit(LINES).space_.identity]


def test_signs_do_not_depend_on_the_seed() -> None:
    one, two = (small(solver="lanczos", seed=seed).fit(LINES).space_.vectors for seed in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-4)
    largest = np.abs(one).argmax(axis=0)
    assert (one[largest, np.arange(6)] > 0).all()


def test_memory_and_threads_change_no_count() -> None:
    whole, bounded = small().fit(LINES), small(memory="1MB", threads=2).fit(LINES)
    assert whole.report_.positive == bounded.report_.positive
    np.testing.assert_allclose(whole.space_.vectors, bounded.space_.vectors, atol=1e-4)


def test_shift_leaves_fewer_pairs_and_contexts_on_the_left_only_others() -> None:
    plain, shifted, left = (small(**given).fit(LINES) for given in ({}, {"shift": 1.5}, {"symmetric": False}))
    assert shifted.report_.positive < plain.report_.positive
    assert left.report_.pairs < plain.report_.pairs


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"dim": 80},
            "dim=80 is not below the number of words that are kept, 80; set dim to 79 or less, give",
        ),
        ({"shift": 0.5}, "shift=0.5 is not allowed: shift must be a finite number from 1 up"),
        ({"context_smoothing": 1.5}, "context_smoothing=1.5 is not allowed"),
        ({"eigenvalue_weighting": -0.1}, "eigenvalue_weighting=-0.1 is not allowed"),
        ({"solver": "qr"}, "solver='qr' is not allowed: solver must be 'randomized' or 'lanczos'"),
        ({"memory": "lots"}, "memory='lots' is no size"),
    ],
)
def test_parameters_out_of_range(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        small(**parameters).fit(LINES)
    assert str(caught.value).startswith(message)


def test_text_in_which_no_words_attract_each_other_is_refused() -> None:
    with pytest.raises(
        InputError, match="no pair of words stands together 1e\\+06 times as often as by chance; "
    ):
        small(shift=1e6).fit(LINES)
    with pytest.raises(InputError, match="no words found"):
        small().fit(["", " "])
