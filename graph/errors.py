"""What this package raises.

- `GraphError`
  - `RegistryError`: a node type file or plug-in is broken; names the file.
  - `Refused`: a request would break a flow; carries every `Problem` found.

What is wrong with a flow is data first (`graph.problems.Problem`); `Refused` is how a function
that promised a result hands that data to its caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.problems import Problem


class GraphError(Exception):
    """Root of the tree."""


class RegistryError(GraphError):
    """A node type cannot be loaded. The message names the file or distribution to mend."""


class Refused(GraphError):  # noqa: N818 - it says what happened to the request
    """Nothing was applied. `problems` lists every reason, never empty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.code}: {p.message}" for p in self.problems))
