"""Left-to-right layout of a whole flow.

Columns by longest path; order and height within a column by barycentre sweeps; free of overlaps
by pool-adjacent-violators (isotonic regression), which moves a column's nodes as little as
possible from where their neighbours want them. All figures are whole flow pixels, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import floor, isqrt
from typing import TYPE_CHECKING, Final

from graph.geometry import COLUMN_GAP, ROW_GAP, clip_size
from graph.placement import dependency_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SWEEPS: Final = 4
"""Rounds of there and back; more hardly change anything."""
_PART_GAP: Final = 80
"""px between unconnected parts."""
_NARROWEST: Final = 1600
"""px: rows of unconnected nodes are at least so wide before they wrap."""
_NODE_PULL: Final = 1000
_WAYPOINT_PULL: Final = 1
"""A node keeps its place against the edges that pass it: the trunk stays straight, the bypass gives way."""

Places = dict[str, tuple[float, float]]


def arrange(boxes: Mapping[str, tuple[float, float]], edges: Sequence[tuple[str, str]]) -> Places:
    """The top left corner of every node of `boxes`, which maps ids to (width, height).

    `edges` are (source, target) pairs. Every target is at least `COLUMN_GAP` px right of its
    sources, but for the edges that close a cycle. Edges of unknown nodes count for nothing.
    """
    graph = _build(list(boxes.values()), _numbered(list(boxes), edges))
    corners: dict[int, tuple[int, int]] = {}
    floor_y, width = 0, 0
    for part in _parts(graph):
        placed = _arrange_part(part, graph, floor_y)
        corners.update(placed)
        floor_y = max(y + graph.heights[vertex] for vertex, (_, y) in placed.items()) + _PART_GAP
        width = max(width, *(x + graph.widths[vertex] for vertex, (x, _) in placed.items()))
    lonely = [vertex for vertex in range(graph.nodes) if vertex not in corners]
    corners.update(_rows(lonely, graph, floor_y, width))
    return {id_: corners[vertex] for vertex, id_ in enumerate(boxes)}


@dataclass(slots=True)
class _Graph:
    """An acyclic graph of vertices 0..n-1: the nodes, then the waypoints of edges that cross columns."""

    nodes: int
    widths: list[int]
    heights: list[int]
    columns: list[int]
    order: list[int]
    """All vertices, sources first."""
    before: list[list[int]]
    after: list[list[int]]
    from_start: list[list[int]]
    """`after`, but empty for vertices that have sources."""

    def pull(self, vertex: int) -> int:
        return _NODE_PULL if vertex < self.nodes else _WAYPOINT_PULL


def _numbered(ids: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[list[int]]:
    """Per node, the numbers of its targets, each once and without itself."""
    number = {id_: vertex for vertex, id_ in enumerate(ids)}
    pairs = dict.fromkeys((number[a], number[b]) for a, b in edges if a in number and b in number and a != b)
    after: list[list[int]] = [[] for _ in ids]
    for source, target in pairs:
        after[source].append(target)
    return after


def _build(sizes: Sequence[tuple[float, float]], after: list[list[int]]) -> _Graph:
    """The graph with its columns: acyclic, and no edge longer than a column as far as waypoints suffice."""
    after = _acyclic(after)
    columns = _columns(dependency_order(after), _turned(after), after)
    _route(columns, after)
    before = _turned(after)
    waypoints = [0] * (len(after) - len(sizes))
    return _Graph(
        nodes=len(sizes),
        widths=[clip_size(width) for width, _ in sizes] + waypoints,
        heights=[clip_size(height) for _, height in sizes] + waypoints,
        columns=columns,
        order=dependency_order(after),
        before=before,
        after=after,
        from_start=[[] if sources else targets for sources, targets in zip(before, after, strict=True)],
    )


def _acyclic(after: list[list[int]]) -> list[list[int]]:
    """`after` with the edges that close a cycle turned around, so that they still keep their ends close."""
    rank = {vertex: position for position, vertex in enumerate(dependency_order(after))}
    pairs = ((vertex, target) for vertex, targets in enumerate(after) for target in targets)
    turned = dict.fromkeys((a, b) if rank[a] < rank[b] else (b, a) for a, b in pairs)
    forward: list[list[int]] = [[] for _ in after]
    for source, target in turned:
        forward[source].append(target)
    return forward


def _turned(after: Sequence[Sequence[int]]) -> list[list[int]]:
    """Per vertex, those that lead to it."""
    before: list[list[int]] = [[] for _ in after]
    for vertex, targets in enumerate(after):
        for target in targets:
            before[target].append(vertex)
    return before


def _columns(order: Sequence[int], before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    """Per vertex, its column: right of all its sources, and no further from its consumers than it has to be."""
    columns = [0] * len(after)
    for vertex in order:
        for target in after[vertex]:
            columns[target] = max(columns[target], columns[vertex] + 1)
    for vertex in reversed(order):
        # Moving right shortens the edges out and lengthens those in: worth it if there are no more of the latter.
        if after[vertex] and len(after[vertex]) >= len(before[vertex]):
            columns[vertex] = min(columns[target] for target in after[vertex]) - 1
    return columns


def _route(columns: list[int], after: list[list[int]]) -> None:
    """Gives edges that pass columns a waypoint in each, shortest edges first; adds the waypoints to both lists.

    They keep the edge from running behind nodes. No more of them than nodes: time stays linear.
    """
    budget = len(after)
    passing = sorted(
        (columns[target] - columns[vertex] - 1, vertex, slot)
        for vertex, targets in enumerate(after)
        for slot, target in enumerate(targets)
        if columns[target] - columns[vertex] > 1
    )
    for passed, vertex, slot in passing:
        budget -= passed
        if budget < 0:
            return
        target = after[vertex][slot]
        chain = range(len(after), len(after) + passed)
        columns.extend(range(columns[vertex] + 1, columns[target]))
        after.extend([following] for following in (*chain[1:], target))
        after[vertex][slot] = chain[0]


def _parts(graph: _Graph) -> list[list[int]]:
    """The connected parts with edges, in the order of their first nodes; each sources first."""
    part_of = [-1] * len(graph.after)
    parts: list[list[int]] = []
    for root in range(graph.nodes):
        if part_of[root] < 0 and (graph.after[root] or graph.before[root]):
            _flood(root, len(parts), part_of, graph)
            parts.append([])
    for vertex in graph.order:
        if part_of[vertex] >= 0:
            parts[part_of[vertex]].append(vertex)
    return parts


def _flood(root: int, part: int, part_of: list[int], graph: _Graph) -> None:
    """Marks what is connected to `root`."""
    part_of[root] = part
    open_ = [root]
    while open_:
        vertex = open_.pop()
        for other in (*graph.before[vertex], *graph.after[vertex]):
            if part_of[other] < 0:
                part_of[other] = part
                open_.append(other)


def _arrange_part(part: Sequence[int], graph: _Graph, floor_y: int) -> dict[int, tuple[int, int]]:
    """The corners of the nodes of one connected part, whose top is at `floor_y`."""
    columns: list[list[int]] = [[] for _ in range(1 + max(graph.columns[vertex] for vertex in part))]
    for vertex in part:
        columns[graph.columns[vertex]].append(vertex)
    tops = _sweep(columns, graph)
    widths = (max(graph.widths[vertex] for vertex in column) + COLUMN_GAP for column in columns)
    lefts = list(accumulate(widths, initial=0))
    nodes = [vertex for vertex in part if vertex < graph.nodes]
    shift = floor_y - min(tops[vertex] for vertex in nodes)
    return {vertex: (lefts[graph.columns[vertex]], tops[vertex] + shift) for vertex in nodes}


def _sweep(columns: Sequence[list[int]], graph: _Graph) -> dict[int, int]:
    """Per vertex its top: sorts and spreads each column by its sources, then by its targets, and so on."""
    tops: dict[int, int] = {}
    for column in columns:
        _spread(column, dict.fromkeys(column, 0.0), tops, graph)
    for _ in range(_SWEEPS):
        for column in columns[1:]:
            _settle(column, graph.before, tops, graph)
        for column in reversed(columns[:-1]):
            _settle(column, graph.after, tops, graph)
    # Ends at the sources' wishes: people read from there, and a chain continues where it starts.
    for column in columns[1:]:
        _settle(column, graph.before, tops, graph)
    # Those without sources had no wish in that pass; they follow their targets.
    for column in reversed(columns[:-1]):
        _settle(column, graph.from_start, tops, graph)
    return tops


def _settle(column: list[int], near: Sequence[Sequence[int]], tops: dict[int, int], graph: _Graph) -> None:
    """Sorts one column by the mean top of each vertex's neighbours `near`, and puts it there."""
    wishes: dict[int, float] = {}
    for vertex in column:
        total = pulls = 0
        for other in near[vertex]:
            pull = graph.pull(other)
            total += pull * tops[other]
            pulls += pull
        wishes[vertex] = total / pulls if pulls else tops[vertex]
    column.sort(key=wishes.__getitem__)
    _spread(column, wishes, tops, graph)


def _spread(column: Sequence[int], wishes: Mapping[int, float], tops: dict[int, int], graph: _Graph) -> None:
    """Sets the tops of one column: in this order, without overlaps, with the least squares of distances to `wishes`.

    Less what lies above it, each top has to be at least the one before. So neighbours that come
    out the wrong way round are pooled: they move as one block, at the mean of their wishes.
    """
    offsets = list(accumulate((graph.heights[vertex] + ROW_GAP for vertex in column), initial=0))
    blocks: list[tuple[float, int, int]] = []  # (sum of pulled wishes, sum of pulls, number of vertices)
    for vertex, offset in zip(column, offsets, strict=False):
        pull = graph.pull(vertex)
        total, pulls, size = (wishes[vertex] - offset) * pull, pull, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / pulls:
            above = blocks.pop()
            total, pulls, size = total + above[0], pulls + above[1], size + above[2]
        blocks.append((total, pulls, size))
    # Rounding a non-decreasing row keeps it so, and the offsets are whole: no gap gets smaller.
    starts = (floor(total / pulls + 0.5) for total, pulls, size in blocks for _ in range(size))
    tops.update((vertex, start + offset) for vertex, start, offset in zip(column, starts, offsets, strict=False))


def _rows(lonely: Sequence[int], graph: _Graph, floor_y: int, width: int) -> dict[int, tuple[int, int]]:
    """The corners of nodes without edges: in rows from `floor_y` down, about as wide as all else, or square."""
    area = sum((graph.widths[vertex] + COLUMN_GAP) * (graph.heights[vertex] + ROW_GAP) for vertex in lonely)
    limit = max(width, _NARROWEST, isqrt(area))
    corners: dict[int, tuple[int, int]] = {}
    x, y, tallest = 0, floor_y, 0
    for vertex in lonely:
        if x and x + graph.widths[vertex] > limit:
            x, y, tallest = 0, y + tallest + ROW_GAP, 0
        corners[vertex] = (x, y)
        x += graph.widths[vertex] + COLUMN_GAP
        tallest = max(tallest, graph.heights[vertex])
    return corners
