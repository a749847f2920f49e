"""`autopilot serve`: the app on a port."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from server.composition import build_workspace
from server.errors import SettingsError
from server.http.app import build_app
from server.mcp.server import Door, build_server
from server.mcp.toolbox import Toolbox

if TYPE_CHECKING:
    from server.settings import Settings

_SHUTDOWN_SECONDS: Final = 2
"""Event streams never end by themselves; after this they are cut."""


def serve(settings: Settings) -> int:
    """Serve until told to stop.

    Raises:
        SettingsError: the address is taken, or exposed without a token.
        StorageError: the database cannot be used.
    """
    settings.check_exposed()
    with _listen(settings) as listener:
        return asyncio.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> int:
    workspace = build_workspace(settings)

    async def load() -> Toolbox:
        return Toolbox(workspace)

    app = build_app(settings, workspace, build_server(Door(load), stdio=False))
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        server_header=False,
        ws="none",
    )
    try:
        # Now rather than when uvicorn starts the app, which would answer a failure with a traceback.
        await workspace.open()
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"Composer Autopilot on http://{shown}:{port} (MCP at /mcp); Ctrl+C stops it", flush=True)  # noqa: T201
        server = uvicorn.Server(config)
        await server.serve(sockets=[listener])
    finally:
        await workspace.close()
    return 0 if server.started else 1


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        # From here on clients are queued, so that whoever reads the address may use it at once.
        listener.listen()
    except OSError as error:
        listener.close()
        message = f"cannot listen on {settings.host} port {settings.port}: {error.strerror}"
        raise SettingsError(message) from error
    return listener
