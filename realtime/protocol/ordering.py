"""The order of a conversation as a client learns it: item by item, each with its predecessor, in any order of arrival.

Behind the same predecessor the later arrival comes first, since it was inserted in front of what stood there. What is
not known to stand anywhere yet (its predecessor was not told) stands last, provisionally.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Order"]


@dataclass(slots=True)
class _Place:
    previous: str | None
    settled: bool
    """Whether `previous` was told, and not assumed."""
    followers: list[str] = field(default_factory=list[str])
    """Settled ones, the latest first, then the provisional ones as they came."""


class Order:
    """Ids in order."""

    def __init__(self) -> None:
        self._places: dict[str | None, _Place] = {None: _Place(None, settled=True)}
        self._sorted: list[str] | None = []

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._places

    def __iter__(self) -> Iterator[str]:
        if self._sorted is None:
            self._sorted = self._walk()
        return iter(self._sorted)

    def note(self, item_id: str) -> None:
        """There is such an item; where it stands is not known."""
        if item_id not in self._places:
            self._put(item_id, self._last(), settled=False)

    def settle(self, item_id: str, previous: str | None) -> None:
        """The item stands behind `previous` (None: first). The first word on it counts; later ones do not move it."""
        place = self._places.get(item_id)
        if place is not None and place.settled:
            return
        if previous == item_id:
            self.note(item_id)
            return
        if place is not None and place.previous == previous and self._places[previous].followers == [item_id]:
            place.settled = True  # where it was assumed to be: nothing to sort
            return
        if previous is not None:
            self.note(previous)
        if place is not None:
            if self._stands_behind(previous, item_id) and not self._freed(previous, item_id):
                return
            self._places[place.previous].followers.remove(item_id)
        self._put(item_id, previous, settled=True)

    def settle_last(self, item_id: str) -> None:
        """The item stands where it is, or last: nobody will say more."""
        self.note(item_id)
        self.settle(item_id, self._places[item_id].previous)

    def _put(self, item_id: str, previous: str | None, *, settled: bool) -> None:
        followers = self._places[previous].followers
        followers.insert(0 if settled else len(followers), item_id)
        place = self._places.get(item_id)
        if place is None:
            self._places[item_id] = _Place(previous, settled)
        else:
            place.previous, place.settled = previous, settled
        if self._sorted is not None and self._walk_ends_with(previous):
            self._sorted.append(item_id)
        else:
            self._sorted = None

    def _walk_ends_with(self, previous: str | None) -> bool:
        """Whether the new item is simply the next one: by far the most frequent case, and no reason to sort again."""
        known = self._sorted or []
        return len(known) == len(self._places) - 2 and (known[-1] if known else None) == previous

    def _last(self) -> str | None:
        if self._sorted is None:
            self._sorted = self._walk()
        return self._sorted[-1] if self._sorted else None

    def _stands_behind(self, item_id: str | None, other: str) -> bool:
        """Whether `other` is among the predecessors of `item_id`, or the same: a loop, were it put behind it."""
        while item_id is not None:
            if item_id == other:
                return True
            item_id = self._places[item_id].previous
        return False

    def _freed(self, item_id: str | None, other: str) -> bool:
        """Whether an item stood behind `other` only by assumption; it then stands where `other` does."""
        while item_id is not None and item_id != other:
            place = self._places[item_id]
            if not place.settled:
                self._places[place.previous].followers.remove(item_id)
                self._put(item_id, self._places[other].previous, settled=False)
                return True
            item_id = place.previous
        return False

    def _walk(self) -> list[str]:
        found: list[str] = []
        stack = list(reversed(self._places[None].followers))
        while stack:
            item_id = stack.pop()
            found.append(item_id)
            stack.extend(reversed(self._places[item_id].followers))
        return found
