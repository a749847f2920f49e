"""What the server raises, besides `graph.errors.Refused`.

- `ServerError`: message meant for the person at the keyboard
  - `SettingsError`: an environment variable or option has a bad value
  - `StorageError`: the database cannot be used
"""

from __future__ import annotations

from typing import Final

from graph.errors import Refused
from graph.problems import Problem

HTTP_STATUS: Final[dict[str, int]] = {
    "unknown-flow": 404,
    "revision-conflict": 409,
    "unknown-node-type": 422,
}
"""Problem code → HTTP status of a refusal; 422 for all others."""


class ServerError(Exception):
    """Root of the tree."""


class SettingsError(ServerError):
    """A setting has a bad value; the message names it and says what would be right."""


class StorageError(ServerError):
    """The database cannot be used."""


def http_status(refused: Refused) -> int:
    """The HTTP status that tells a refusal best."""
    return next((HTTP_STATUS[p.code] for p in refused.problems if p.code in HTTP_STATUS), 422)


def unknown_flow(flow_id: str, hint: str | None = None) -> Refused:
    """The refusal of a flow id that does not exist."""
    message = f"there is no flow {flow_id[:80]!r}"
    return Refused([Problem(code="unknown-flow", path="/flowId", message=message, hint=hint)])
