"""One client after another: in this process and over real pipes, of the handshake era and of the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mcp import Client

from server.mcp.loading import load_toolbox
from server.mcp.server import Door, build_server
from server.settings import Settings
from tests.doors import PATIENCE, stdio_parameters

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

CLIENTS = ("memory-legacy", "memory-auto", "stdio-legacy", "stdio-auto")


@pytest.fixture(scope="module", params=CLIENTS)
async def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Client]:
    """A client of a server with a data directory of its own, kept for the tests of one file."""
    place, _, mode = str(request.param).partition("-")
    data = tmp_path_factory.mktemp("data")
    if place == "stdio":
        async with Client(stdio_parameters(data), mode=mode, read_timeout_seconds=PATIENCE) as client:
            yield client
        return
    door = Door(lambda: load_toolbox(Settings(data_dir=data)))
    try:
        async with Client(build_server(door, stdio=True), mode=mode, read_timeout_seconds=PATIENCE) as client:
            yield client
    finally:
        await door.close()
