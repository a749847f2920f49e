"""A document on its way in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.problems import MOST_PROBLEMS, Code, Problem, clip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.flow import Flow


@dataclass(slots=True)
class Reading:
    """The flow as far as it has been read, what is wrong, and what was mended on the way."""

    flow: Flow
    problems: list[Problem] = field(default_factory=list[Problem])
    mended: Counter[str] = field(default_factory=Counter[str])
    """What was done to read it → how many times."""
    unplaced: list[str] = field(default_factory=list[str])
    """Ids of nodes without a position."""

    def refuse(
        self,
        code: Code,
        path: str,
        message: str,
        *,
        hint: str | None = None,
        node_id: str | None = None,
        edge_id: str | None = None,
    ) -> None:
        """Note what the document breaks; `path` points into it."""
        self.problems.append(
            Problem(code=code, path=path, message=message, hint=hint, node_id=node_id, edge_id=edge_id)
        )

    def left_out(self, what: str, keys: Iterable[str]) -> None:
        """Note keys of the document that are not kept."""
        for key in keys:
            self.mended[f"left out: {what} {clip(key)}"] += 1

    @property
    def hopeless(self) -> bool:
        """Whether so much is wrong that reading on tells nobody anything."""
        return len(self.problems) >= MOST_PROBLEMS

    def notes(self) -> tuple[Problem, ...]:
        """What was mended, as problems."""
        counted = (text if count == 1 else f"{text} ({count} times)" for text, count in sorted(self.mended.items()))
        return tuple(Problem(code="import-note", path="", message=message) for message in counted)
