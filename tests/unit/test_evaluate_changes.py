"""Changes: turned axes against items that changed, at a rate of errors that is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nearer import Space, evaluate, load
from nearer.chance import benjamini_hochberg
from nearer.errors import FormatError, InputError, MissingExtra, ModelNotFound, ParameterError, StorageError
from nearer.evaluate.changes_bulk import bulk_p_values, median_surface, tail_width
from nearer.evaluate.changes_repeats import least_together

N, DIM, MOVED = 1500, 20, 30
Rows = NDArray[np.float64]


def meanings(n: int = N, dim: int = DIM) -> Rows:
    """Vectors of words, as they are met: frequent ones first, some directions strong, of several lengths."""
    random = np.random.default_rng(0)
    lengths = np.exp(0.3 * random.standard_normal((n, 1)))
    rows: Rows = lengths * (random.standard_normal((n, dim)) * np.linspace(1.5, 0.7, dim) + 0.3)
    return rows


def planted(rows: Rows, count: int = MOVED) -> tuple[Rows, set[str]]:
    """Some keys with the vectors of others."""
    chosen = np.random.default_rng(4).permutation(len(rows))[:count]
    moved = rows.copy()
    moved[chosen] = rows[np.roll(chosen, 1)]
    return moved, {f"k{row}" for row in chosen}


def seen(rows: Rows, seed: int, noise: float = 0.3, *, turn: bool = True, metric: Any = "cosine") -> Space:
    """`rows` as a training with `seed` gives them: on its own axes, with noise, less on frequent words."""
    random = np.random.default_rng(seed)
    dim = rows.shape[1]
    axes = np.linalg.qr(random.standard_normal((dim, dim)))[0] if turn else np.eye(dim)
    rate = np.linspace(0.6, 1.4, len(rows))[:, None]
    return Space(
        [f"k{row}" for row in range(len(rows))],
        (rows + noise * rate * random.standard_normal(rows.shape)) @ axes,
        metric,
    )


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("noise", [0.0, 0.1, 0.4])
def test_turned_axes_are_told_from_items_that_changed(metric: Any, noise: float) -> None:
    rows = meanings()
    before = seen(rows, 1, noise, metric=metric)
    only_turned = evaluate.changes(before, seen(rows, 2, noise, metric=metric))
    assert (only_turned.verdict, only_turned.value, only_turned.changed) == ("turned", 0, [])
    moved, wanted = planted(rows)
    both = evaluate.changes(before, seen(moved, 3, noise, metric=metric))
    assert both.verdict == "turned and items changed"
    hits = len(wanted & set(both.changed))
    assert hits / len(wanted) >= 0.9
    assert hits / both.value >= 0.9


@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_glove_turned_and_noised_is_told_from_fifty_planted_words(noise: float) -> None:
    try:
        words = load("glove-6b-50d")[:20_000]
    except (ModelNotFound, MissingExtra):
        pytest.skip("glove-6b-50d is not installed")
    random = np.random.default_rng(2)
    size = noise * float(np.sqrt((words.vectors**2).mean()))
    moved, places = planted(words.vectors.astype(np.float64), 50)
    wanted = {words.keys[int(place[1:])] for place in places}
    axes = np.linalg.qr(random.standard_normal((50, 50)))[0]
    after = [rows @ axes + size * random.standard_normal(rows.shape) for rows in (words.vectors, moved)]
    quiet, loud = (evaluate.changes(words, Space(words.keys, rows)) for rows in after)
    assert (quiet.verdict, quiet.changed) == ("turned", [])
    hits = len(wanted & set(loud.changed))
    assert loud.verdict == "turned and items changed"
    assert hits / 50 >= 0.9
    assert hits / loud.value >= 0.9


def test_axes_that_stayed_are_said_to_have_stayed() -> None:
    rows = meanings()
    before = seen(rows, 1, 0.2, turn=False)
    assert evaluate.changes(before, before).verdict == "same"
    assert evaluate.changes(before, seen(rows, 2, 0.2, turn=False)).verdict == "same"
    moved, _ = planted(rows)
    assert evaluate.changes(before, seen(moved, 2, 0.2, turn=False)).verdict == "items changed"


def sparse(turned: bool, noise: float, metric: Any) -> tuple[Space, Space]:
    """Columns that are zero in nearly every row, as pixels at the edge are; the same items twice."""
    rows = meanings(600)
    rows[:, -6:] = 0
    for place, row in enumerate((3, 77, 200, 201, 455)):
        rows[row, -1 - place // 2] = 2.0 + place
    random = np.random.default_rng(5)
    axes = np.linalg.qr(random.standard_normal((DIM, DIM)))[0] if turned else np.eye(DIM)
    first, second = (rows + noise * random.standard_normal(rows.shape) for _ in range(2))
    names = [f"k{row}" for row in range(len(rows))]
    return Space(names, first, metric), Space(names, second @ axes, metric)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_directions_of_single_keys_are_not_called_changes(noise: float, metric: Any) -> None:
    for turned in (False, True):
        found = evaluate.changes(*sparse(turned, noise, metric))
        assert (found.verdict, found.changed) == ("turned" if turned else "same", [])


@pytest.mark.parametrize("method", ["orthogonal", "linear", "affine"])
def test_a_space_is_the_same_as_itself_and_as_its_part(method: Any) -> None:
    from sklearn.datasets import load_digits  # noqa: PLC0415  (only here)

    rows = load_digits().data
    for metric in ("cosine", "euclidean"):
        whole = Space([f"d{row}" for row in range(len(rows))], rows, metric)  # type: ignore[arg-type]
        for other in (whole, whole[:900]):
            found = evaluate.changes(whole, other, method=method)
            assert (found.verdict, found.value) == ("same", 0)
            assert not found.residuals.any()


def test_items_that_changed_are_found_beside_directions_of_single_keys() -> None:
    before, after = sparse(True, 0.01, "cosine")
    moved = after.vectors.copy()
    moved[[10, 300]] = moved[[300, 10]]
    found = evaluate.changes(before, Space(after.keys, moved, "cosine"))
    assert set(found.changed) == {"k10", "k300"}
    assert min(found.p_values) > 0


def test_spaces_that_have_nothing_to_do_with_each_other_are_unrelated() -> None:
    random = np.random.default_rng(0)
    names = [f"k{row}" for row in range(300)]
    first, second = (Space(names, random.standard_normal((300, 8))) for _ in range(2))
    found = evaluate.changes(first, second)
    assert found.verdict == "unrelated"
    assert found.relation > 0.05
    assert found.value == 0
    assert abs(found.explained) < 0.1


@pytest.mark.parametrize("method", ["linear", "affine"])
def test_a_stretch_of_some_axes_needs_another_map(method: Any) -> None:
    """What no rotation undoes lies off for every key alike; a matrix undoes it."""
    rows = meanings()
    stretched = rows @ np.diag(np.linspace(0.2, 3, DIM))
    before = seen(rows, 1, 0.05, metric="euclidean")
    after = Space(before.keys, stretched + 0.05 * meanings()[::-1], "euclidean")
    plain = evaluate.changes(before, after)
    found = evaluate.changes(before, after, method=method)
    assert found.verdict == "turned"
    assert found.residual < 0.5 * plain.residual
    assert found.method == method


def test_repeats_say_what_is_noise() -> None:
    """Noise with heavy tails and of every key's own size, which the bulk mistakes for change."""
    random = np.random.default_rng(0)
    rows = meanings(800)
    own = np.exp(0.8 * random.standard_normal((len(rows), 1))) * (
        1 + 8 * (random.random((len(rows), 1)) < 0.02)
    )

    def trained(what: Rows, seed: int) -> Space:
        draws = np.random.default_rng(seed)
        axes = np.linalg.qr(draws.standard_normal((DIM, DIM)))[0]
        noisy = what + 0.1 * own * draws.standard_t(4, size=what.shape)
        return Space([f"k{row}" for row in range(len(what))], noisy @ axes)

    before = [trained(rows, seed) for seed in (1, 2, 3)]
    quiet = [trained(rows, seed) for seed in (4, 5, 6)]
    assert evaluate.changes(before[0], quiet[0]).value > 0  # the bulk knows no key's own noise
    found = evaluate.changes(before[0], quiet[0], repeats_before=before[1:], repeats_after=quiet[1:])
    assert (found.verdict, found.null, found.splits, found.together) == ("turned", "repeats", 9, 3)
    moved, wanted = planted(rows)
    after = [trained(moved, seed) for seed in (7, 8, 9)]
    found = evaluate.changes(before[0], after[0], repeats_before=before[1:], repeats_after=after[1:])
    hits = len(wanted & set(found.changed))
    assert hits / found.value >= 0.9
    assert hits / len(wanted) >= 0.9


def test_without_repeats_keys_that_are_noisier_are_not_said_to_have_changed() -> None:
    """No key changed; a tenth have thrice the noise, which none of their traits shows."""
    random = np.random.default_rng(0)
    rows = meanings(1000)
    own = np.where(random.random((1000, 1)) < 0.1, 0.6, 0.2)
    before, after = (
        Space([f"k{row}" for row in range(1000)], what)
        for what in (rows, rows + own * random.standard_normal(rows.shape))
    )
    found = evaluate.changes(before, after)
    assert found.value > 20
    assert "lie further off than keys like them: they changed, or are noisier" in found.meaning
    assert "moved" not in found.meaning
    text = " ".join(str(found).split())
    assert found.meaning in text
    assert "if no key is noisier than others like it" in text
    assert "noisier than others like them are flagged too, though they did not change" in text


def test_the_second_witness_compares_no_key_with_itself() -> None:
    before, after = seen(meanings(60, 8), 1, 0.4), seen(meanings(60, 8), 2, 0.4)
    found = evaluate.changes(before, after, k=60)
    overlaps = {item.key: item.overlap for item in found.items if not item.flagged}
    assert len(overlaps) > 50
    for item in found.items:
        others = [overlap for key, overlap in overlaps.items() if key != item.key]
        least = sum(overlap <= item.overlap + 1e-9 for overlap in others)
        assert item.overlap_p == pytest.approx((1 + least) / (1 + len(others)))


def level(runs: int, before: int, after: int, moved: int) -> tuple[float, float]:
    """Mean share of chance among the flagged, and of p <= 0.05 among unchanged keys, over `runs`."""
    shares, low = [], []
    for run in range(runs):
        random = np.random.default_rng(run)
        rows = random.standard_normal((500, 6))
        own = 0.3 * np.exp(0.7 * random.standard_normal((500, 1)))
        later = rows.copy()
        later[:moved] = random.standard_normal((moved, 6))
        groups = [
            [
                Space(
                    [f"k{row}" for row in range(500)],
                    (what + own * random.standard_t(5, size=rows.shape))
                    @ np.linalg.qr(random.standard_normal((6, 6)))[0],
                )
                for _ in range(count)
            ]
            for what, count in ((rows, before), (later, after))
        ]
        found = evaluate.changes(
            groups[0][0], groups[1][0], repeats_before=groups[0][1:], repeats_after=groups[1][1:], k=1
        )
        flagged = [int(key[1:]) for key in found.changed]
        shares.append(sum(row >= moved for row in flagged) / max(len(flagged), 1))
        low.append(float((found.p_values[moved:] <= 0.05).mean()))
    return float(np.mean(shares)), float(np.mean(low))


def test_p_values_of_repeats_are_uniform_and_chance_is_not_flagged() -> None:
    share, low = level(6, 2, 2, 0)
    assert share == 0
    assert 0.04 < low < 0.06


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 2), (3, 2), (3, 3)])
def test_the_false_discovery_rate_with_repeats_is_kept(before: int, after: int) -> None:
    nothing, low = level(100, before, after, 0)
    assert nothing <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 100)
    assert 0.045 < low < 0.055
    share, _ = level(60, before, after, 40)
    assert share <= 0.065  # 0.05, three standard errors of the mean of 60 runs


def test_the_bulk_flags_no_more_than_it_may_under_gaussian_errors() -> None:
    """3,000 keys whose errors are of one size: any flag is a false one; 5 % of runs may have some."""
    runs = 0
    for seed in range(60):
        residuals = np.sqrt(np.random.default_rng(seed).chisquare(15, 3000))
        p_values, expected = bulk_p_values(residuals, np.zeros((3000, 1)), 1e-9, 20, 0.05)
        runs += bool((benjamini_hochberg(p_values) <= 0.05).any())
        assert np.ptp(expected) < 0.5
    assert runs <= 8  # 60 runs at 5 %: three standard errors


def test_tails_are_widened_to_what_they_are() -> None:
    random = np.random.default_rng(0)
    normal = random.standard_normal(20_000)
    assert 1 <= tail_width(normal, 0.05) < 1.1
    with_some = np.concatenate([normal, np.full(200, 8.0)])
    assert tail_width(with_some, 0.05) < 1.15  # they do not widen the null that they are judged by
    assert tail_width(-random.exponential(size=20_000) + 0.69, 0.05) > 1.5


def test_the_median_surface_follows_its_traits_and_not_those_far_off() -> None:
    random = np.random.default_rng(0)
    traits = random.uniform(-1, 1, (2000, 2))
    true = 1 + traits[:, 0] - traits[:, 1] ** 2
    values = true + 0.1 * random.standard_normal(2000)
    values[:200] += 50
    assert np.abs(median_surface(traits, values) - true).max() < 0.1
    assert np.ptp(median_surface(traits[:30], values[:30])) == 0


def test_how_many_must_stand_out_together() -> None:
    """With 2 + 2 spaces there are 2 other splits: of 1,000 keys p is at least 1 / 2,001."""
    assert least_together(1000, 2, 0.05) == 10
    assert least_together(1000, 9, 0.05) == 3
    assert least_together(1000, 34, 0.05) == 1


def test_the_result_tells_keys_neighbours_and_coverage() -> None:
    moved, wanted = planted(meanings())
    before, after = seen(meanings(), 1, 0.2), seen(moved, 2, 0.2)
    found = evaluate.changes(before[:1200], after[300:], k=5, neighbors=10)
    assert found.n == 900
    assert found.coverage == (0.75, 0.75)
    assert len(found.items) == 5
    item = found.items[0]
    assert item.key in wanted
    assert item.flagged
    assert item.residual > 3 * item.expected
    assert item.overlap < 0.2 < found.overlap
    assert item.overlap_p < 0.05
    assert len(item.before) == len(item.after) == 10
    assert item.key not in item.before + item.after
    shared = before[[f"k{row}" for row in range(300, 1200)]]
    assert list(item.before) == [key for key, _ in shared.neighbors(item.key, 10)]
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["changed"] == found.changed
    assert plain["rule"].startswith("unrelated: ")
    assert plain["items"][0]["before"] == list(item.before)
    assert "residuals" not in plain
    assert item.key in str(found)
    assert "75.0% of those before" in str(found)


def test_the_same_seed_gives_the_same_bits() -> None:
    before, after = seen(meanings(), 1), seen(planted(meanings())[0], 2)
    first, second = (evaluate.changes(before, after, seed=3) for _ in range(2))
    assert np.array_equal(first.p_values, second.p_values)
    assert np.array_equal(first.residuals, second.residuals)
    assert first.items == second.items


def test_the_page_is_one_file_without_scripts(tmp_path: Path) -> None:
    rows = meanings()
    before, after = seen(rows, 1), seen(planted(rows)[0], 2)
    evil = "<script>alert(1)</script>"
    keys = [evil if key == "k7" else key for key in before.keys]
    found = evaluate.changes(Space(keys, before.vectors), Space(keys, after.vectors), k=N)
    found.save(tmp_path / "changes.html")
    text = (tmp_path / "changes.html").read_text(encoding="utf-8")
    assert evil not in text
    assert "&lt;script&gt;" in text
    assert "flagged from here" in text
    with pytest.raises(StorageError, match="already exists"):
        found.save(tmp_path / "changes.html")
    with pytest.raises(FormatError, match=r"end in \.html"):
        found.save(tmp_path / "changes.pdf")


def test_spaces_in_fewer_bits_are_compared_too() -> None:
    before, after = seen(meanings(), 1, 0.1), seen(meanings(), 2, 0.1)
    assert evaluate.changes(before.quantize("int8"), after).verdict == "turned"


def test_too_few_shared_keys_are_said_with_the_number_needed() -> None:
    before, after = seen(meanings(), 1), seen(meanings(), 2)
    with pytest.raises(InputError, match="the spaces share no keys"):
        evaluate.changes(before[:500], after[500:])
    with pytest.raises(InputError, match="1 shared key: an orthogonal map from 20 to 20 dimensions is dec"):
        evaluate.changes(before[:500], after[499:])
    with pytest.raises(InputError, match=r"20 shared keys: .* is decided by 24 or more"):
        evaluate.changes(before[:20], after)
    with pytest.raises(InputError, match="24 shared keys are too few to tell change from chance"):
        evaluate.changes(before[:24], after)
    assert evaluate.changes(before[:25], after).n == 25


def test_constant_vectors_are_named() -> None:
    before = seen(meanings(), 1)
    with pytest.raises(InputError, match="the 1,500 vectors of the space after are all the same"):
        evaluate.changes(before, Space(before.keys, np.ones((N, DIM))))
    with pytest.raises(InputError, match="the 1,500 vectors of the space before are all the same"):
        evaluate.changes(Space(before.keys, np.zeros((N, DIM))), before)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fdr": 0}, "fdr is 0; use a rate between 0 and 1"),
        ({"k": 0}, "k is 0; pass a whole number of at least 1"),
        ({"neighbors": True}, "neighbors is True"),
        ({"seed": -1}, "seed is -1; use a whole number of at least 0"),
        ({"seed": 1.5}, r"seed is 1\.5; use a whole number"),
        ({"method": "magic"}, "method is 'magic'"),
    ],
)
def test_arguments_outside_their_range_are_named(wrong: dict[str, Any], message: str) -> None:
    space = seen(meanings(40, 4), 1)
    with pytest.raises(ParameterError, match=message):
        evaluate.changes(space, space, **wrong)
