"""What was opened is closed: tasks, sockets, threads."""
# pyright: reportPrivateUsage=false
# What is held inside is what may leak.

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from pathlib import Path

import pytest

from realtime.transports.webrtc import WebRtcConnection
from tests.realtime.transports.offers import MALFORMED
from tests.realtime.transports.peers import PATIENCE, StockPeer, collect, join, talk
from tests.realtime.transports.sounds import tone

pytestmark = pytest.mark.anyio

_OPEN_FILES = Path("/proc/self/fd")


def open_things() -> tuple[int, int, int]:
    gc.collect()
    files = len(list(_OPEN_FILES.iterdir())) if _OPEN_FILES.is_dir() else 0
    return len(asyncio.all_tasks()), files, threading.active_count()


async def settle() -> tuple[int, int, int]:
    """Closing a socket takes a turn of the loop or two."""
    for _ in range(5):
        await asyncio.sleep(0.01)
    return open_things()


async def one_session() -> None:
    client, server = WebRtcConnection(), WebRtcConnection()
    await join(client, server)
    client.send("hello")
    await asyncio.wait_for(collect(server, 0.1), PATIENCE)
    await client.close()
    await asyncio.wait_for(server.ended(), PATIENCE)


async def test_20_sessions_leave_nothing_behind() -> None:
    await one_session()
    before = await settle()
    for _ in range(4):
        await asyncio.gather(*(one_session() for _ in range(5)))
    after = await settle()
    assert after == before


async def test_no_thread_is_started_for_a_session() -> None:
    threads = threading.active_count()
    client, server = WebRtcConnection(), WebRtcConnection()
    await join(client, server)
    await asyncio.wait_for(collect(server, 0.2), PATIENCE)
    assert threading.active_count() == threads
    await asyncio.gather(client.close(), server.close())


async def test_sessions_that_never_came_to_be_leave_nothing_behind() -> None:
    await one_session()
    before = await settle()
    for text, _ in MALFORMED.values():
        with pytest.raises(Exception, match=r"SDP"):
            await WebRtcConnection().answer(text)
    stock = StockPeer.make()
    unanswered = WebRtcConnection()
    await unanswered.answer(await stock.offer())
    await unanswered.close()
    await stock.close()
    assert await settle() == before


async def test_sound_that_nobody_listens_to_does_not_pile_up() -> None:
    async with talk(tone(1)) as (ours, stock):
        while ours.stats.packets_received < 40:  # noqa: ASYNC110 - there is nobody to tell
            await asyncio.sleep(0.02)
        receiver = ours._receiver
        assert receiver.track is not None
        assert receiver.track._queue.qsize() == 0  # type: ignore[attr-defined]
        assert sys.getsizeof(ours._incoming.jitter._held) < 10_000
        assert stock.opened.is_set()
