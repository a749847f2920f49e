"""Loads what stands behind the protocol. Importing this module is the dear part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.composition import build_workspace
from server.mcp.toolbox import Toolbox

if TYPE_CHECKING:
    from server.settings import Settings


async def load_toolbox(settings: Settings) -> Toolbox:
    """The toolbox of the settings' data directory, its database open.

    Raises:
        ServerError: the database cannot be used.
    """
    workspace = build_workspace(settings)
    try:
        await workspace.open()
    except BaseException:
        await workspace.close()
        raise
    return Toolbox(workspace)
