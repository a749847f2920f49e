"""What the store is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.actions import Batch
    from graph.changes import Change
    from graph.flow import Flow
    from graph.history import Commit
    from graph.problems import Problem


@dataclass(frozen=True, slots=True)
class Listed:
    """A flow in a list."""

    id: str
    name: str
    revision: int
    updated_at: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Some flows, and how many there are."""

    flows: tuple[Listed, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A flow at a revision. The flow is the store's own: read it, do not keep it."""

    id: str
    revision: int
    flow: Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A request to change a flow."""

    flow_id: str
    batch: Batch
    author: str
    reason: str | None = None
    base_revision: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """What an edit did."""

    stored: Stored
    changes: tuple[Change, ...]
    rebased: bool = False
    reverted: tuple[Commit, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert:
    """A request to undo or redo."""

    flow_id: str
    author: str
    """Who asks."""
    of_author: str | None = None
    """Whose commits; None for anybody's."""
    steps: int = 1
    revision: int | None = None
    """This commit and no other."""
    redo: bool = False
