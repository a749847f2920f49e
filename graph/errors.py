"""What this package raises.

- `GraphError`
  - `RegistryError`: a node type file or plug-in is broken; names the file.
  - `MissingNodeType`: a stored node cannot be read without a package that is no longer installed.
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


class MissingNodeType(GraphError):  # noqa: N818 - it says what is absent
    """A stored flow holds a node whose type is not installed here."""

    def __init__(self, node_id: str, type_name: str) -> None:
        self.node_id = node_id
        self.type_name = type_name
        super().__init__(f"node {node_id!r} has the type {type_name!r}: install the package that provides it")


class Refused(GraphError):  # noqa: N818 - it says what happened to the request
    """Nothing was applied. `problems` lists every reason, never empty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.code}: {p.message}" for p in self.problems))
