import numpy as np
import pytest

from nearer import Space
from nearer.errors import InputError, ParameterError
from nearer.maps import clusters
from nearer.maps.clusters import given_groups


@pytest.mark.parametrize("count", [2, 4])
def test_the_silhouette_finds_the_number_of_groups(count):
    rng = np.random.default_rng(0)
    sizes = np.arange(count, 0, -1) * 20
    truth = np.repeat(np.arange(count), sizes)
    points = np.eye(count)[truth] * 10 + rng.normal(0, 0.3, (len(truth), count))
    groups = clusters(points)
    np.testing.assert_array_equal(groups.labels, truth)  # the largest comes first
    assert groups.names == [str(number + 1) for number in range(count)]
    assert groups.silhouette > 0.8


def test_a_cloud_without_groups_is_cut_into_seven_regions():
    groups = clusters(np.random.default_rng(0).normal(size=(400, 40)))
    assert groups.silhouette < 0.1
    assert len(groups.names) == 7


def test_groups_of_a_space_are_named_by_their_central_keys():
    around = np.array([[0, 0], [1, 0], [-1, 0], [3, 3], [-3, -3]])
    vectors = np.vstack([np.add(around, [50, 0]), np.add(around[:4], [0, 50])])
    space = Space(list("abcdefghi"), vectors, metric="euclidean")
    assert clusters(space).names == ["a, b, c", "g, f, h"]


def test_one_distinct_row_is_one_group():
    groups = clusters(np.ones((9, 2)))
    assert groups.names == ["1"]
    assert groups.silhouette is None


def test_unusable_arguments_are_named():
    with pytest.raises(ParameterError, match="k=0 must lie between 1 and the 9 rows"):
        clusters(np.ones((9, 2)), k=0)
    with pytest.raises(InputError, match="2 keys for 9 rows"):
        clusters(np.ones((9, 2)), keys=["a", "b"])


def test_given_values_are_ordered_by_size_and_the_rare_share_one_group():
    groups = given_groups(["x", None, "y", "y", 3, "y", "x"])
    assert groups.names == ["y", "x", "(none)", "3"]
    assert groups.labels.tolist() == [1, 2, 0, 0, 3, 0, 1]
    many = given_groups([*map(str, range(20)), "5", "5"])
    assert len(many.names) == 12
    assert (many.names[0], many.names[-1]) == ("5", "other")
    assert np.count_nonzero(many.labels == 11) == 9


def test_many_different_numbers_are_cut_into_ranges_of_about_as_many_rows():
    groups = given_groups(list(range(600)))
    assert groups.names[0] == "0 to 99"
    assert groups.names[-1] == "500 to 599"
    assert np.bincount(groups.labels).tolist() == [100] * 6
    few = given_groups([1, 1, 2])
    assert few.names == ["1", "2"]


def test_ranges_of_numbers_that_repeat_hold_every_row():
    values = [1.0] * 90 + [float(number) for number in range(20)]
    groups = given_groups(values)
    assert len(groups.labels) == len(values)
    assert sorted(set(groups.labels.tolist())) == list(range(len(groups.names)))
