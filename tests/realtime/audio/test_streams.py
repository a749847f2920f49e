"""Live streams and who owns them."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from realtime.audio.errors import AudioError
from realtime.audio.pcm import FRAME_BYTES
from realtime.audio.streams import AudioStreamRegistry, Frame, LiveStream

pytestmark = pytest.mark.anyio


def numbered(number: int) -> bytes:
    return bytes([number]) * FRAME_BYTES


async def test_every_reader_gets_every_frame_in_order_and_then_the_end() -> None:
    stream = LiveStream()
    readers = [stream.read() for _ in range(3)]
    sound = b"".join(numbered(number) for number in range(5))
    for at in range(0, len(sound), 700):
        stream.write(sound[at : at + 700])
    stream.stop()
    for reader in readers:
        frames = [frame async for frame in reader]
        assert [frame.number for frame in frames] == list(range(5))
        assert b"".join(frame.pcm for frame in frames) == sound
    assert stream.readers == 0


async def test_a_slow_reader_loses_the_oldest_and_is_told_while_others_lose_nothing() -> None:
    stream = LiveStream()
    slow, quick = stream.read(behind=3), stream.read()
    for number in range(10):
        stream.write(numbered(number))
    stream.stop()
    frames = [frame async for frame in slow]
    assert [(frame.number, frame.lost) for frame in frames] == [(7, 7), (8, 0), (9, 0)]
    assert slow.lost == 7
    assert len([frame async for frame in quick]) == 10


async def test_a_reader_waits_for_what_is_not_yet_there() -> None:
    stream = LiveStream()
    reader = stream.read()
    coming = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    assert not coming.done()
    stream.write(numbered(1))
    assert await coming == Frame(numbered(1), 0)


async def test_stopping_wakes_waiting_readers_and_fills_the_last_frame_up() -> None:
    stream = LiveStream()
    reader = stream.read()
    stream.write(b"\1" * 10)
    waiting = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    stream.stop()
    stream.stop()
    assert (await waiting).pcm == (b"\1" * 10).ljust(FRAME_BYTES, b"\0")
    with pytest.raises(StopAsyncIteration):
        await anext(reader)
    stream.write(numbered(1))
    assert stream.frames == 1
    assert [frame async for frame in stream.read()] == []


async def test_a_reader_that_leaves_is_forgotten() -> None:
    stream = LiveStream()
    async with stream.read() as reader:
        assert stream.readers == 1
        left = weakref.ref(reader)
    stream.write(numbered(1))
    assert stream.readers == 0
    del reader
    gc.collect()
    assert left() is None


async def test_the_registry_gives_what_was_registered_and_stops_what_is_unregistered() -> None:
    registry: AudioStreamRegistry[LiveStream] = AudioStreamRegistry()
    stream = LiveStream()
    stream_id = registry.register(stream, "session-1")
    assert registry.get(stream_id) is registry.need(stream_id) is stream
    assert registry.owner(stream_id) == "session-1"
    assert registry.unregister(stream_id)
    assert stream.stopped
    assert registry.get(stream_id) is None
    assert not registry.unregister(stream_id)
    with pytest.raises(AudioError, match="there is no audio stream") as caught:
        registry.need(stream_id)
    assert caught.value.code == "unknown-stream"


async def test_an_owner_releases_its_own_streams_and_no_others() -> None:
    registry: AudioStreamRegistry[LiveStream] = AudioStreamRegistry()
    mine = [LiveStream() for _ in range(3)]
    for stream in mine:
        registry.register(stream, "me")
    other = registry.register(LiveStream(), "other")
    assert registry.release("me") == 3
    assert registry.release("me") == 0
    assert all(stream.stopped for stream in mine)
    assert registry.need(other).stopped is False
    registry.clear()
    assert len(registry) == 0


async def test_a_thousand_sessions_leave_nothing_behind() -> None:
    registry: AudioStreamRegistry[LiveStream] = AudioStreamRegistry()
    gone: list[weakref.ref[LiveStream]] = []
    stream = LiveStream()
    for number in range(1_000):
        stream = LiveStream()
        registry.register(stream, f"session-{number}")
        stream.read()
        stream.write(numbered(number % 256))
        gone.append(weakref.ref(stream))
        registry.release(f"session-{number}")
    del stream
    gc.collect()
    assert len(registry) == 0
    assert not any(ref() for ref in gone)


async def test_the_number_of_streams_is_bounded() -> None:
    registry: AudioStreamRegistry[LiveStream] = AudioStreamRegistry(limit=2)
    registry.register(LiveStream(), "a")
    registry.register(LiveStream(), "a")
    with pytest.raises(AudioError) as caught:
        registry.register(LiveStream(), "a")
    assert caught.value.code == "too-many-streams"
