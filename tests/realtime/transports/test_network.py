"""Bad networks: a relay in user space loses and delays datagrams between our connection and a plain aiortc client."""
# pyright: reportPrivateUsage=false
# A peer that sends no sound has to be made.

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from benchmarks.voice_relay import Relay
from realtime.transports.ports import ConnectionState, EndReason, Source
from realtime.transports.webrtc import WebRtcConnection
from tests.realtime.transports.peers import PATIENCE, collect, join, talk
from tests.realtime.transports.sounds import chirps, from_pcm, likeness, to_pcm

pytestmark = pytest.mark.anyio


async def test_at_5_percent_loss_the_recording_is_whole_and_not_shifted() -> None:
    relay, sound = Relay(seed=3), chirps(6)
    async with talk(sound, relay=relay) as (ours, stock):
        relay.weather.loss = 0.05
        frames, times = await asyncio.wait_for(collect(ours, 5), PATIENCE)
        stats = ours.stats
    assert [frame.start_ms - frames[0].start_ms for frame in frames] == list(range(0, 5000, 20))
    assert stats.packets_lost > 3
    assert sum(frame.concealed for frame in frames) == pytest.approx(stats.packets_lost, abs=3)
    received = from_pcm(b"".join(frame.pcm for frame in frames))
    whole, delay = likeness(sound, received)
    assert whole > 0.8
    # Each second is where it belongs, to the millisecond: what is lost is replaced, never cut out.
    for second in range(4):
        part = received[second * 24_000 : (second + 1) * 24_000]
        early = max(0, second * 24_000 - round(delay * 24_000) - 4_800)
        found = likeness(sound[early : early + 36_000], part, most_delay=0.6)
        expected = (early - second * 24_000) / 24_000 + delay
        assert found[1] == pytest.approx(expected, abs=0.0015)
    gaps = [b - a for a, b in pairwise(times)]
    assert max(gaps) < 0.150  # the goal of 100 ms is measured in benchmarks/voice_media.py, on a quiet machine
    assert len(stock.track.sent_at) > 200


async def test_the_sender_of_fec_is_restored_better() -> None:
    """Ours to ours at 10 % loss with FEC: nearly all that was lost is there in a coarse copy."""
    from realtime.transports.opus import FEC_SETTINGS
    from realtime.transports.webrtc import WebRtcSettings

    relay, sound = Relay(seed=4), chirps(3)
    client, server = WebRtcConnection(WebRtcSettings(encoder=FEC_SETTINGS)), WebRtcConnection()
    try:
        await join(client, server, relay)
        relay.weather.loss = 0.10
        client.output.write("sound", to_pcm(sound))
        frames, _ = await asyncio.wait_for(collect(server, 3), PATIENCE)
    finally:
        await asyncio.gather(client.close(), server.close())
        relay.close()
    assert {frame.source for frame in frames} == {Source.RECEIVED, Source.RESTORED}
    assert likeness(sound, from_pcm(b"".join(frame.pcm for frame in frames)))[0] > 0.9


async def test_jitter_is_put_in_order() -> None:
    relay, sound = Relay(seed=5), chirps(4)
    async with talk(sound, relay=relay) as (ours, _):
        relay.weather.jitter = 0.040
        frames, _ = await asyncio.wait_for(collect(ours, 3), PATIENCE)
    assert [frame.start_ms - frames[0].start_ms for frame in frames] == list(range(0, 3000, 20))
    assert sum(frame.concealed for frame in frames) < 20
    assert likeness(sound, from_pcm(b"".join(frame.pcm for frame in frames)))[0] > 0.8


async def test_texts_arrive_whole_and_in_order_in_spite_of_loss() -> None:
    relay = Relay(seed=6)
    async with talk(relay=relay) as (ours, stock):
        relay.weather.loss = 0.05
        texts = [f"{number:03d}" + "x" * 500 for number in range(40)]
        for text in texts:
            ours.send(text)
            stock.channel.send(text)
        received: list[str] = []
        async with asyncio.timeout(PATIENCE):
            async for text in ours.messages():
                received.append(text)
                if len(received) == len(texts):
                    break
        assert received == texts
        assert [await asyncio.wait_for(stock.messages.get(), PATIENCE) for _ in texts] == texts


async def test_a_peer_that_vanishes_is_noticed_within_5_seconds_and_all_is_released() -> None:
    relay = Relay()
    async with talk(relay=relay) as (ours, _):
        relay.weather.cut = True
        began = time.monotonic()
        assert await asyncio.wait_for(ours.ended(), 6) is EndReason.PEER_VANISHED
        assert time.monotonic() - began <= 5.0
        assert ours.state is ConnectionState.ENDED


async def test_a_peer_that_is_only_silent_stays() -> None:
    """A listener that sends no sound and no texts is asked, answers, and is not taken for gone."""
    client, server = WebRtcConnection(), WebRtcConnection()
    client._track.stop()
    await join(client, server)
    ended = asyncio.create_task(server.ended())
    done, _ = await asyncio.wait([ended], timeout=5.5)
    assert not done
    assert server.stats.packets_received == 0
    await asyncio.gather(client.close(), server.close())
    assert await ended is EndReason.PEER_LEFT or server.end_reason is EndReason.CLOSED
