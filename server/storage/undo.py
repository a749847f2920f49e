"""Which commits an undo or redo concerns, and why it cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from graph.errors import Refused
from graph.history import redoable, undoable
from graph.problems import Problem, clip, nearest_or_all

if TYPE_CHECKING:
    from graph.history import Commit, Entry
    from server.storage.shapes import Revert

_MOST_NAMED: Final = 12


def chosen(request: Revert, entries: list[Entry]) -> tuple[list[int], list[int]]:
    """The revisions to revert, and those that could be reverted instead.

    Raises:
        Refused: there are none.
    """
    choose = redoable if request.redo else undoable
    possible = choose(entries, request.of_author)
    if request.revision is None:
        chosen = possible[: request.steps]
    else:
        chosen = [revision for revision in possible if revision == request.revision]
    if not chosen:
        raise Refused([_nothing(request, entries, possible)])
    return chosen, [revision for revision in possible if revision not in chosen]


def _nothing(request: Revert, entries: list[Entry], possible: list[int]) -> Problem:
    what = "redo" if request.redo else "undo"
    if request.revision is not None:
        message = f"revision {request.revision} is not there to {what}"
        hint = ", ".join(map(str, possible[:_MOST_NAMED])) or None
        return Problem(code="invalid-value", path="/revision", message=message, hint=hint)
    if request.of_author is not None:
        message = f"there is nothing by {clip(request.of_author)} to {what}"
        hint = nearest_or_all(request.of_author, dict.fromkeys(entry.author for entry in reversed(entries)))
        return Problem(code="invalid-value", path="/author", message=message, hint=hint)
    return Problem(code="invalid-value", path="/steps", message=f"there is nothing to {what}")


def blocked(refused: Refused, commit: Commit, others: list[int]) -> Refused:
    """The refusal of a revert that would take back what others built on: names the commit, and the next one to try."""
    who = f"revision {commit.revision} by {commit.author}"
    hint = f"revision: {others[0]}" if others else None
    return Refused([replace(p, message=f"{who}: {p.message}", hint=p.hint or hint) for p in refused.problems])
