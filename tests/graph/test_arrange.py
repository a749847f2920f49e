"""The layout of a whole flow."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import inf, nan
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from graph.arrange import Places, arrange
from graph.geometry import Box, BoxIndex

GAP = 40
COLUMN_GAP = 80
NODE = (300.0, 200.0)

Sizes = dict[str, tuple[float, float]]
Edges = list[tuple[str, str]]

names = st.sampled_from([f"n{number:02}" for number in range(24)])
figures = st.integers(1, 600) | st.floats(0, 600)
flows = st.dictionaries(names, st.tuples(figures, figures))
links = st.lists(st.tuples(names, names), max_size=40)
garbage = st.sampled_from([0.0, -1.0, 1e300, -1e300, inf, -inf, nan])


def nodes(names_: str) -> Sizes:
    return dict.fromkeys(names_, NODE)


def boxed(sizes: Sizes, places: Places) -> dict[str, Box]:
    return {id_: Box(*places[id_], *size) for id_, size in sizes.items()}


def edges_of(text: str) -> Edges:
    return [(pair[0], pair[1]) for pair in text.split()]


def test_an_empty_flow_has_no_places() -> None:
    assert arrange({}, []) == {}


def test_a_chain_is_a_straight_row() -> None:
    places = arrange(nodes("cab"), edges_of("ab bc"))
    assert places == {"a": (0, 0), "b": (380, 0), "c": (760, 0)}


def test_a_chain_of_unequal_nodes_is_straight_along_its_top() -> None:
    sizes = {"a": (300.0, 80.0), "b": (240.0, 400.0), "c": (320.0, 120.0)}
    assert {y for _, y in arrange(sizes, edges_of("ab bc")).values()} == {0}


def test_a_column_is_as_wide_as_its_widest_node() -> None:
    sizes = {"a": (500.0, 80.0), "b": (240.0, 80.0), "c": (240.0, 80.0)}
    assert arrange(sizes, edges_of("ac bc"))["c"][0] == 580


def test_a_source_stands_next_to_its_consumer() -> None:
    places = arrange(nodes("abcs"), edges_of("ab bc sc"))
    assert places["s"][0] == places["b"][0]


def test_a_node_stands_in_the_middle_of_its_targets() -> None:
    places = arrange(nodes("abcd"), edges_of("ab ac ad"))
    assert sorted(places[id_][1] for id_ in "bcd") == [0, 240, 480]
    assert places["a"][1] == 240


def test_crossed_pairs_are_uncrossed() -> None:
    places = arrange(nodes("abxyz"), edges_of("ay bx az bz"))
    assert (places["a"][1] < places["b"][1]) == (places["y"][1] < places["x"][1])


def test_a_trunk_stays_straight_beside_the_edges_that_pass_it_by() -> None:
    assert {y for _, y in arrange(nodes("abc"), edges_of("ab bc ac")).values()} == {0}


def test_a_start_is_level_with_its_only_target() -> None:
    places = arrange(nodes("abcdx"), edges_of("ab bc cd xc ad"))
    assert places["a"][1] == places["b"][1]


def test_an_edge_that_passes_between_two_nodes_has_room() -> None:
    places = arrange(nodes("mnpqrbcBCze"), edges_of("mp mq nq nr pb rc bB cC qz Be ze Ce"))
    assert places["p"][1] < places["q"][1] < places["r"][1]
    assert places["z"][0] > places["b"][0] == places["c"][0] > places["q"][0]
    assert places["c"][1] - places["b"][1] >= NODE[1] + 2 * GAP


def test_unconnected_parts_are_stacked_downwards() -> None:
    boxes = boxed(nodes("abcd"), arrange(nodes("abcd"), edges_of("ab cd")))
    assert boxes["a"].x == boxes["c"].x == 0
    assert boxes["a"].bottom < boxes["c"].y


def test_nodes_without_edges_come_last_in_rows() -> None:
    places = arrange(nodes("xyab"), edges_of("ab"))
    assert places == {"a": (0, 0), "b": (380, 0), "x": (0, 280), "y": (380, 280)}


def test_many_nodes_without_edges_wrap_into_rows() -> None:
    sizes = {str(number): NODE for number in range(100)}
    places = arrange(sizes, [])
    assert len({y for _, y in places.values()}) > 4
    assert len({x for x, _ in places.values()}) > 4


def test_edges_of_unknown_nodes_self_loops_and_repeats_change_nothing() -> None:
    plain = arrange(nodes("ab"), edges_of("ab"))
    assert arrange(nodes("ab"), edges_of("ab ab aa az zb")) == plain


def test_a_cycle_keeps_all_its_nodes_side_by_side() -> None:
    places = arrange(nodes("abc"), edges_of("ab bc ca"))
    assert sorted(x for x, _ in places.values()) == [0, 380, 760]


def test_nodes_in_a_row_of_ten_thousand_are_all_placed() -> None:
    ids = [str(number) for number in range(10_000)]
    places = arrange(dict.fromkeys(ids, NODE), list(pairwise(ids)))
    assert places == {id_: (380 * number, 0) for number, id_ in enumerate(ids)}


def test_a_flow_of_thousands_of_nodes_has_no_overlaps() -> None:
    random = Random(7)  # noqa: S311 - a fixed figure, not a secret
    ids = [str(number) for number in range(3000)]
    sizes = {id_: (random.uniform(240, 320), random.uniform(80, 400)) for id_ in ids}
    edges = [(ids[number], ids[random.randrange(number + 1, 3000)]) for number in range(2999) for _ in range(2)]
    index = BoxIndex()
    for id_, box in boxed(sizes, arrange(sizes, edges)).items():
        assert index.hits(box, GAP) == []
        index.add(id_, box)


@given(flows, links)
def test_every_node_gets_a_place_that_overlaps_no_other(sizes: Sizes, edges: Edges) -> None:
    places = arrange(sizes, edges)
    assert list(places) == list(sizes)
    assert all(isinstance(figure, int) for corner in places.values() for figure in corner)
    assert not any(one.overlaps(other, GAP) for one, other in combinations(boxed(sizes, places).values(), 2))


@given(flows, links)
def test_edges_point_right(sizes: Sizes, edges: Edges) -> None:
    forward = [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]
    boxes = boxed(sizes, arrange(sizes, forward))
    known = [(boxes[a], boxes[b]) for a, b in forward if a in boxes and b in boxes]
    assert all(target.x >= source.right + COLUMN_GAP for source, target in known)


@given(flows, links)
def test_the_same_flow_gets_the_same_layout(sizes: Sizes, edges: Edges) -> None:
    assert arrange(sizes, edges) == arrange(dict(sizes), list(edges))


@given(st.dictionaries(names, st.tuples(garbage, garbage)), links)
def test_garbage_sizes_are_laid_out_all_the_same(sizes: Sizes, edges: Edges) -> None:
    places = arrange(sizes, edges)
    assert set(places) == set(sizes)
    assert len(set(places.values())) == len(sizes)
