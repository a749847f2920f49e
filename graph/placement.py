"""Where new nodes go: next to their neighbours, on free canvas. Nothing that has a place ever moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from graph.geometry import COLUMN_GAP, FARTHEST, ROW_GAP, Box, BoxIndex, clip_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STEPS: Final = 8
"""Obstacles passed one at a time, so that a node takes the first free place in ordinary flows."""
_PROBES: Final = 200
"""Enough to halve the farthest distance there is down to one px; only a bound."""


@dataclass(frozen=True, slots=True)
class NewBox:
    """A node without a place: its size in px, and the ids of its neighbours, whether those are new or not."""

    id: str
    width: float
    height: float
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


Settle = Callable[[Box], Box]
"""From the box that the neighbours want to the one that the node gets."""


def place(
    new: Sequence[NewBox], index: BoxIndex, *, anchor: Box | None, settle: Settle | None = None
) -> dict[str, tuple[float, float]]:
    """Finds the top left corner (whole px) of each new node, by id, and adds its box to `index`.

    A node goes right of its sources, or else left of its targets, or else right of `anchor`, the
    box of the node that was added last; then down until `ROW_GAP` px around it are free, unless
    `settle` finds it another place. An id that `index` has already keeps its place and is left out
    of the answer.
    """
    nodes = {node.id: node for node in new if index.get(node.id) is None}
    return _Placing(index, anchor, settle or (lambda box: slide(box, index))).run(_sources_first(nodes))


def dependency_order(after: Sequence[Sequence[int]]) -> list[int]:
    """All vertices 0..n-1, each before those it leads to (`after[vertex]`), else in the given order.

    On a cycle one edge has to point back: one that closes it in a depth-first search.
    """
    finished: list[int] = []
    seen = [False] * len(after)
    for root in reversed(range(len(after))):
        # A stack of its own, because a long chain exceeds Python's recursion limit.
        stack = [] if seen[root] else [(root, iter(reversed(after[root])))]
        seen[root] = True
        while stack:
            vertex, rest = stack[-1]
            following = next((other for other in rest if not seen[other]), None)
            if following is None:
                finished.append(vertex)
                stack.pop()
            else:
                seen[following] = True
                stack.append((following, iter(reversed(after[following]))))
    finished.reverse()
    return finished


class _Placing:
    """One call of `place`: what has a place by now."""

    def __init__(self, index: BoxIndex, anchor: Box | None, settle: Settle) -> None:
        self._index = index
        self._anchor = anchor
        self._settle = settle
        self._placed: dict[str, tuple[float, float]] = {}

    def run(self, nodes: Sequence[NewBox]) -> dict[str, tuple[float, float]]:
        """Places `nodes`, which come sources first."""
        for node in nodes:
            if self._boxes(node.sources):
                self._put(node)
        # A new chain that leads into an old node is built backwards from there. Started at the
        # anchor instead, it would end up right of the node it feeds.
        for node in reversed(nodes):
            if node.id not in self._placed and self._boxes(node.targets):
                self._put(node)
        for node in nodes:
            if node.id not in self._placed:
                self._put(node)
        return self._placed

    def _put(self, node: NewBox) -> None:
        width, height = clip_size(node.width), clip_size(node.height)
        x, y = self._wish(node, width)
        box = self._settle(Box(x, y, width, height))
        self._index.add(node.id, box)
        self._anchor = box
        self._placed[node.id] = (box.x, box.y)

    def _wish(self, node: NewBox, width: int) -> tuple[int, int]:
        """Where the neighbours want the node, whether that is free or not."""
        if sources := self._boxes(node.sources):
            return ceil(max(box.right for box in sources)) + COLUMN_GAP, _mean_top(sources)
        if targets := self._boxes(node.targets):
            return int(min(box.x for box in targets) // 1) - COLUMN_GAP - width, _mean_top(targets)
        if self._anchor is not None and _is_guide(self._anchor):
            return ceil(self._anchor.right) + COLUMN_GAP, round(self._anchor.y)
        return 0, 0

    def _boxes(self, ids: Iterable[str]) -> list[Box]:
        """The neighbours that have a place, each once."""
        boxes = (self._index.get(id_) for id_ in dict.fromkeys(ids))
        return [box for box in boxes if box is not None and _is_guide(box)]


def _sources_first(nodes: dict[str, NewBox]) -> list[NewBox]:
    """`nodes` by dependency; an edge counts whichever of its ends mentions it."""
    number = {id_: place_ for place_, id_ in enumerate(nodes)}
    after: list[list[int]] = [[] for _ in nodes]
    for node in nodes.values():
        for source in node.sources:
            if source in number:
                after[number[source]].append(number[node.id])
        after[number[node.id]].extend(number[target] for target in node.targets if target in number)
    listed = list(nodes.values())
    return [listed[vertex] for vertex in dependency_order(after)]


def _is_guide(box: Box) -> bool:
    """Whether a node can go next to `box`: garbage coordinates must not spread. False for NaN too."""
    return -FARTHEST <= box.x <= box.right <= FARTHEST and -FARTHEST <= box.y <= FARTHEST


def _mean_top(boxes: Sequence[Box]) -> int:
    return round(sum(box.y for box in boxes) / len(boxes))


def slide(box: Box, index: BoxIndex) -> Box:
    """`box`, moved down to where it is free: to the first such place, unless many boxes are in the way."""
    y = box.y
    for _ in range(_STEPS):
        below = _below(box, y, index)
        if below is None:
            return _at(box, y)
        y = below
    return _at(box, _gallop(box, y, index))


def _gallop(box: Box, y: float, index: BoxIndex) -> float:
    """A free y at or below `y`, just under a taken one, in about log2(n) look-ups for a column of n boxes.

    The n-th target of one source would otherwise step over the n-1 before it.
    """
    taken, step = y, box.height + ROW_GAP
    free = y
    while (below := _below(box, free, index)) is not None:
        taken, step = below, step * 2
        free = below + step
    # From here `free` is free and what is above `taken` is unknown or taken; they close in on each other.
    for _ in range(_PROBES):
        if taken >= free:
            break
        below = _below(box, taken, index)
        if below is None:
            return taken
        middle = (below + free) // 2
        if (under := _below(box, middle, index)) is None:
            taken, free = below, middle
        else:
            taken = under
    return free


def _below(box: Box, y: float, index: BoxIndex) -> float | None:
    """The first y under all that `box` hits at `y`; None where it hits nothing.

    All positions in between hit the lowest of these as well, so none that is free is passed over.
    """
    hits = (index.get(id_) for id_ in index.hits(_at(box, y), ROW_GAP))
    # What is taller than the canvas cannot be passed by sliding: it counts as background.
    bottoms = [hit.bottom for hit in hits if hit is not None and hit.height <= FARTHEST]
    return ceil(max(bottoms)) + ROW_GAP if bottoms else None


def _at(box: Box, y: float) -> Box:
    return Box(box.x, y, box.width, box.height)
