from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nearer.maps.labels import inside, overlap, place

FRAME = (0.0, 0.0, 300.0, 200.0)
COORDINATES = st.tuples(st.floats(-50, 350), st.floats(-50, 250))


@given(
    st.lists(COORDINATES, min_size=1, max_size=60),
    st.floats(5, 120),
    st.floats(4, 30),
    st.integers(0, 30),
)
def test_labels_never_overlap_and_never_leave_the_frame(points, width, height, most):
    anchors = np.array(points)
    placements = place(
        range(len(points)), anchors, lambda _: (width, height), FRAME, gap=5, most=most, crowding=50
    )
    assert len(placements) <= most
    assert all(inside(placement.box, FRAME) for placement in placements)
    assert not any(overlap(one.box, other.box) for one, other in combinations(placements, 2))


def test_the_first_in_order_is_placed_where_there_is_room_for_one():
    anchors = np.full((5, 2), 50.0)
    frame = (0.0, 40.0, 300.0, 60.0)
    placed = place([3, 1, 4], anchors, lambda _: (240, 18), frame, gap=5, most=9, crowding=9)
    assert [placement.row for placement in placed] == [3]


def test_a_label_moves_aside_and_gets_a_leader_where_marks_crowd():
    ring = [(100 + 8 * x, 100 + 8 * y) for x in range(-2, 3) for y in range(-2, 3)]
    (placement,) = place([12], np.array(ring), lambda _: (14, 14), FRAME, gap=5, most=1, crowding=1)
    assert placement.displaced


def test_a_lone_label_stands_to_the_right_of_its_mark():
    (placement,) = place(
        [0], np.array([[100.0, 100.0]]), lambda _: (40, 10), FRAME, gap=6, most=5, crowding=5
    )
    assert placement.box == (106, 95, 146, 105)
    assert not placement.displaced


def test_where_marks_are_few_no_label_hides_one():
    random = np.random.default_rng(3)
    anchors = random.uniform(100, 500, (60, 2))
    placed = place(range(60), anchors, lambda _: (50.0, 12.0), (0, 0, 600, 600), gap=6, most=60, crowding=4)
    assert len(placed) > 40
    for label in placed:
        left, bottom, right, top = label.box
        hidden = (
            (left < anchors[:, 0])
            & (anchors[:, 0] < right)
            & (bottom < anchors[:, 1])
            & (anchors[:, 1] < top)
        )
        assert not hidden.any()
