"""Changes in memory that wait for their transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from graph.changes import Change, apply_change, inverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.flow import Flow


class Tentative:
    """Changes made to a flow in memory that are taken back unless the transaction around them commits."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._flow: Flow | None = None
        self._kept: Callable[[], object] | None = None

    def take(self, flow: Flow, changes: list[Change]) -> list[Change]:
        """Answer for changes that were just made."""
        self._flow = flow
        self.changes.extend(changes)
        return changes

    def keep(self, when_committed: Callable[[], object]) -> None:
        """Leave the changes as they are if the transaction commits, and then call `when_committed`."""
        self._kept = when_committed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None and self._kept is not None:
            self._kept()
        elif self._flow is not None:
            for change in inverse(self.changes):
                apply_change(self._flow, change)
