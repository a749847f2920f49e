"""From packets to frames: gaps are filled at their exact length, and the listener may be late or slow."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime.transports.incoming import IncomingAudio
from realtime.transports.opus import FEC_SETTINGS, FRAME_BYTES, Encoder
from realtime.transports.ports import AudioFrame, Source
from tests.realtime.transports.sounds import chirps, from_pcm, likeness, to_pcm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def packets(seconds: float) -> list[bytes]:
    pcm, encoder = to_pcm(chirps(seconds)), Encoder(FEC_SETTINGS)
    return [encoder.encode(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm), FRAME_BYTES)]


async def hear(feed: Callable[[IncomingAudio], None]) -> tuple[list[AudioFrame], IncomingAudio]:
    incoming, frames = IncomingAudio(), list[AudioFrame]()

    async def listen() -> None:
        async for frame in incoming.frames():
            frames.append(frame)

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    feed(incoming)
    await asyncio.sleep(0.03)
    incoming.close()
    await asyncio.wait_for(task, 1)
    return frames, incoming


def feeding(numbers: Iterable[int], sound: list[bytes], ssrc: int = 1) -> Callable[[IncomingAudio], None]:
    def feed(incoming: IncomingAudio) -> None:
        for number in numbers:
            incoming.push(ssrc, number, number * 960, sound[number])

    return feed


def test_a_recording_with_losses_is_as_long_as_the_original_and_in_step_with_it() -> None:
    sound = packets(4)
    lost = {n for n in range(1, 199) if n % 20 == 7} | {100, 101, 102}
    frames, incoming = asyncio.run(hear(feeding((n for n in range(200) if n not in lost), sound)))
    assert [frame.start_ms for frame in frames] == list(range(0, 4000, 20))
    assert {frame.start_ms // 20 for frame in frames if frame.concealed} == lost
    assert {frame.source for frame in frames} == {Source.RECEIVED, Source.RESTORED}
    found, delay = likeness(chirps(4), from_pcm(b"".join(frame.pcm for frame in frames)))
    assert found > 0.9
    assert delay < 0.02
    assert incoming.jitter.counters.lost == len(lost)
    for start in range(0, 3, 1):
        part = slice(start * 24_000, (start + 1) * 24_000)
        whole = from_pcm(b"".join(frame.pcm for frame in frames))
        assert likeness(chirps(4)[part], whole[part])[1] == pytest.approx(delay, abs=0.001)


def test_without_a_listener_nothing_is_decoded_and_the_clock_goes_on() -> None:
    async def run() -> None:
        incoming, sound = IncomingAudio(), packets(1)
        feeding(range(20), sound)(incoming)
        frames = incoming.frames()
        first = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(0)
        feeding(range(20, 22), sound)(incoming)
        assert (await first).start_ms == 400
        await frames.aclose()
        feeding(range(22, 30), sound)(incoming)
        async with aclosing(incoming.frames()) as again:
            following = asyncio.ensure_future(anext(again))
            await asyncio.sleep(0)
            feeding(range(30, 31), sound)(incoming)
            assert (await following).start_ms == 600

    asyncio.run(run())


def test_there_is_one_listener() -> None:
    async def run() -> None:
        incoming = IncomingAudio()
        first = asyncio.ensure_future(anext(incoming.frames()))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="listener already"):
            await anext(incoming.frames())
        incoming.close()
        with pytest.raises(StopAsyncIteration):
            await first

    asyncio.run(run())


def test_a_listener_that_does_not_keep_up_loses_the_oldest_frames_only() -> None:
    sound = packets(1) * 8
    frames, incoming = asyncio.run(hear(feeding(range(400), sound)))
    assert [frame.start_ms for frame in frames] == list(range(150 * 20, 400 * 20, 20))
    assert incoming.frames_dropped == 150


@pytest.mark.parametrize("length", [480, 1920])
def test_packets_of_other_lengths_make_frames_of_20_ms(length: int) -> None:
    silent = {480: bytes([30 << 3]), 1920: bytes([31 << 3 | 1])}[length]

    def feed(incoming: IncomingAudio) -> None:
        for number in range(40):
            incoming.push(1, number, number * length, silent + b"\xff\xfe\xff\xfe")

    frames, _ = asyncio.run(hear(feed))
    assert [frame.start_ms for frame in frames] == list(range(0, 40 * length // 48, 20))
    assert {len(frame.pcm) for frame in frames} == {FRAME_BYTES}


def test_a_broken_packet_is_silence_of_its_length() -> None:
    sound = packets(1)
    sound[5] = bytes([31 << 3 | 3, 1]) + b"\xff" * 3
    sound[6] = bytes([31 << 3 | 2, 255, 255])
    frames, _ = asyncio.run(hear(feeding(range(10), sound)))
    assert [frame.start_ms for frame in frames] == list(range(0, 20 * len(frames), 20))
    assert Source.SILENCE in {frame.source for frame in frames}


def test_another_stream_of_the_peer_goes_on_in_the_same_time_line() -> None:
    sound = packets(1)

    def feed(incoming: IncomingAudio) -> None:
        feeding(range(10), sound)(incoming)
        feeding(range(30, 40), sound, ssrc=2)(incoming)

    frames, _ = asyncio.run(hear(feed))
    assert [frame.start_ms for frame in frames] == list(range(0, 400, 20))
    assert np.abs(from_pcm(frames[15].pcm)).max() > 0
