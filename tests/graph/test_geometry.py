"""Boxes, and the index that finds them by place."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.geometry import FARTHEST, Box, BoxIndex, clip_size

GARBAGE = [0.0, -1.0, 1e7, -1e7, 1e300, -1e300, inf, -inf, nan, 5000.0]

places = st.integers(-3000, 3000)
sizes = st.one_of(st.integers(0, 600), st.integers(0, 9000))
sane_boxes = st.builds(Box, places, places, sizes, sizes)
odd_figures = st.sampled_from(GARBAGE)
odd_boxes = st.builds(Box, odd_figures, odd_figures, odd_figures, odd_figures)
gaps = st.sampled_from([0.0, 40.0, 500.0])


def test_a_box_knows_its_far_edges() -> None:
    box = Box(10, 20, 300, 200)
    assert (box.right, box.bottom) == (310, 220)


def test_boxes_that_touch_do_not_overlap() -> None:
    assert not Box(0, 0, 100, 100).overlaps(Box(100, 0, 100, 100))
    assert not Box(0, 0, 100, 100).overlaps(Box(140, 0, 100, 100), gap=40)


def test_boxes_nearer_than_the_gap_overlap() -> None:
    assert Box(0, 0, 100, 100).overlaps(Box(99, 99, 100, 100))
    assert Box(0, 0, 100, 100).overlaps(Box(139, 0, 100, 100), gap=40)


@given(sane_boxes, sane_boxes, gaps)
def test_overlapping_is_mutual(one: Box, other: Box, gap: float) -> None:
    assert one.overlaps(other, gap) == other.overlaps(one, gap)


@pytest.mark.parametrize(
    ("value", "clipped"), [(1.2, 2), (0, 0), (-5, 0), (nan, 0), (inf, FARTHEST), (1e300, FARTHEST), (-inf, 0)]
)
def test_a_size_is_clipped_to_whole_pixels_on_the_canvas(value: float, clipped: float) -> None:
    assert clip_size(value) == clipped


@given(st.lists(st.one_of(sane_boxes, odd_boxes)), sane_boxes, gaps)
def test_hits_are_what_comparing_with_every_box_finds(boxes: list[Box], probe: Box, gap: float) -> None:
    index = BoxIndex()
    for number, box in enumerate(boxes):
        index.add(str(number), box)
    found = index.hits(probe, gap)
    assert sorted(found) == sorted(str(number) for number, box in enumerate(boxes) if probe.overlaps(box, gap))


@given(st.lists(st.one_of(sane_boxes, odd_boxes)), odd_boxes)
def test_garbage_can_be_added_asked_about_and_removed(boxes: list[Box], probe: Box) -> None:
    index = BoxIndex()
    for number, box in enumerate(boxes):
        index.add(str(number), box)
    index.hits(probe, 40)
    for number in range(len(boxes)):
        index.remove(str(number))
    assert index.hits(Box(-FARTHEST, -FARTHEST, 2 * FARTHEST, 2 * FARTHEST), 0) == []


def test_a_removed_box_is_neither_found_nor_hit() -> None:
    index = BoxIndex()
    index.add("a", Box(0, 0, 10, 10))
    index.remove("a")
    assert index.get("a") is None
    assert index.hits(Box(0, 0, 10, 10), 0) == []


def test_removing_an_unknown_id_does_nothing() -> None:
    index = BoxIndex()
    index.remove("a")
    assert index.get("a") is None


def test_adding_an_id_again_moves_its_box() -> None:
    index = BoxIndex()
    index.add("a", Box(0, 0, 10, 10))
    index.add("a", Box(9000, 0, 10, 10))
    assert index.hits(Box(0, 0, 10, 10), 0) == []
    assert index.hits(Box(9000, 0, 10, 10), 0) == ["a"]


def test_a_frame_across_many_cells_is_hit_once() -> None:
    index = BoxIndex()
    index.add("frame", Box(-100, -100, 5000, 5000))
    index.add("wall", Box(0, 0, 1e7, 100))
    assert sorted(index.hits(Box(10, 10, 1000, 1000), 40)) == ["frame", "wall"]
