"""Boxes on the canvas, and which of them are near a place.

All figures are flow pixels: x grows to the right, y grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

COLUMN_GAP: Final = 80
"""px between a node and the nodes it feeds."""
ROW_GAP: Final = 40
"""px that stay free around every node."""
FARTHEST: Final = 1e9
"""px: sizes and places beyond this are garbage; sums of them stay far below 2**53, so they are exact."""

_CELL: Final = 400.0
"""px: about one node and its gap, so that an ordinary node touches one to four cells."""
_MOST_CELLS: Final = 16
"""Cells along one side of a box: 6 400 px. Few boxes are larger, so those are searched one by one."""

_Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its top left corner and its size, in px."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: Box, gap: float = 0.0) -> bool:
        """Whether less than `gap` px are free between the two. Boxes that only touch do not overlap."""
        return (
            self.x < other.right + gap
            and other.x < self.right + gap
            and self.y < other.bottom + gap
            and other.y < self.bottom + gap
        )

    def grown(self, gap: float) -> Box:
        """The box with `gap` px more on each side."""
        return Box(self.x - gap, self.y - gap, self.width + 2 * gap, self.height + 2 * gap)


def clip_size(value: float) -> int:
    """`value` as whole px that hold it: 0 for what is no size, at most `FARTHEST`."""
    return ceil(min(value, FARTHEST)) if value > 0 else 0


class BoxIndex:
    """Boxes by id, found by place: a spatial hash whose look-ups do not grow with the flow."""

    def __init__(self) -> None:
        self._boxes: dict[str, Box] = {}
        # Dicts and not sets: they iterate in the order of insertion, and so the same in every process.
        self._cells: dict[_Cell, dict[str, Box]] = {}
        self._large: dict[str, Box] = {}

    def add(self, id: str, box: Box) -> None:  # noqa: A002 - what a node calls it
        """Puts `box` at its place; an earlier box of that id goes away."""
        self.remove(id)
        self._boxes[id] = box
        cells = _cells(box)
        if cells is None:
            self._large[id] = box
            return
        for cell in cells:
            self._cells.setdefault(cell, {})[id] = box

    def remove(self, id: str) -> None:  # noqa: A002
        """Forgets the box of that id, where there is one."""
        box = self._boxes.pop(id, None)
        if box is None:
            return
        self._large.pop(id, None)
        for cell in _cells(box) or ():
            found = self._cells[cell]
            del found[id]
            if not found:
                del self._cells[cell]

    def get(self, id: str) -> Box | None:  # noqa: A002
        return self._boxes.get(id)

    def hits(self, box: Box, gap: float) -> list[str]:
        """The ids of all boxes with less than `gap` px between them and `box`, each once."""
        cells = _cells(box.grown(gap))
        near = self._boxes
        if cells is not None:
            near = dict(self._large)
            for cell in cells:
                if cell in self._cells:
                    near |= self._cells[cell]
        # `overlaps`, but written out: placing a node asks this many times.
        left, top, right, bottom = box.x, box.y, box.right + gap, box.bottom + gap
        return [
            id_
            for id_, other in near.items()
            if other.y < bottom
            and other.x < right
            and top < other.y + other.height + gap
            and left < other.x + other.width + gap
        ]


def _cells(box: Box) -> list[_Cell] | None:
    """The cells that `box` touches; None for a box too large, or too odd, to be kept by cell."""
    left, right = box.x // _CELL, box.right // _CELL
    top, bottom = box.y // _CELL, box.bottom // _CELL
    # Infinities and NaN fail these comparisons as well, before anything is counted.
    if not (0 <= right - left < _MOST_CELLS and 0 <= bottom - top < _MOST_CELLS):
        return None
    rows = range(int(top), int(bottom) + 1)
    return [(column, row) for column in range(int(left), int(right) + 1) for row in rows]
