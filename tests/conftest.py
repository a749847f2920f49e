"""What all tests share: the event loop they run on, and the flow most of them begin with."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
