"""Our connection against a plain aiortc client, over real sockets of this machine."""
# pyright: reportPrivateUsage=false
# 4097 texts at once are quicker handed in than sent.

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from benchmarks.voice_relay import Relay
from realtime.transports.channel import EventChannel
from realtime.transports.errors import BadDescription, ConnectFailed, ConnectionEnded, MessageTooLarge, SlowConsumer
from realtime.transports.ports import ConnectionState, EndReason, MediaConnection, PlaybackChange, Source
from realtime.transports.webrtc import WebRtcConnection, WebRtcSettings
from tests.realtime.transports.offers import MALFORMED, OFFER
from tests.realtime.transports.peers import PATIENCE, StockPeer, collect, join, talk
from tests.realtime.transports.sounds import chirps, from_pcm, likeness, loudness, to_pcm, tone

pytestmark = pytest.mark.anyio


async def test_sound_goes_both_ways() -> None:
    there, back = chirps(2, seed=1), chirps(2, seed=2)
    async with talk(there) as (ours, stock):
        ours.output.write("item", to_pcm(back))
        ours.output.finish("item")
        frames, _ = await asyncio.wait_for(collect(ours, 2.2), PATIENCE)
        async for event in ours.output.changes():
            if event.change is PlaybackChange.FINISHED:
                assert event.item == ("item", 2000, 2000)
                break
        await asyncio.wait_for(wait_for_frames(stock, 110), PATIENCE)
    assert {frame.source for frame in frames} == {Source.RECEIVED}
    assert [frame.start_ms - frames[0].start_ms for frame in frames] == list(range(0, 2200, 20))
    assert likeness(there, from_pcm(b"".join(frame.pcm for frame in frames)))[0] > 0.85
    assert likeness(back, from_pcm(b"".join(stock.heard)), most_delay=2)[0] > 0.85


async def wait_for_frames(stock: StockPeer, count: int) -> None:
    while len(stock.heard) < count:  # noqa: ASYNC110 - aiortc has no event for it
        await asyncio.sleep(0.02)


async def test_sound_is_there_at_once() -> None:
    beep = np.concatenate([np.zeros(24_000), *[np.concatenate([tone(0.02, 1000), np.zeros(4_320)])] * 10])
    async with talk(beep) as (ours, stock):
        frames, times = await asyncio.wait_for(collect(ours, 2.9), PATIENCE)
        sent_at = stock.track.sent_at
    delays: list[float] = []
    for number in range(50, 150, 10):
        heard = next(
            at for frame, at in zip(frames, times, strict=True) if at >= sent_at[number] and loudness(frame.pcm) > 1_000
        )
        delays.append(heard - sent_at[number])
    assert sorted(delays)[len(delays) // 2] < 0.060  # aiortc itself: 0.088 at best


async def test_texts_go_both_ways_in_order() -> None:
    async with talk() as (ours, stock):
        texts = ['{"type": "session.update"}', "grüße", "x" * 200_000, ""]
        for text in texts:
            stock.channel.send(text)
            ours.send(text)
        received = [text async for text in first(ours, len(texts))]
        assert received == texts
        assert [await asyncio.wait_for(stock.messages.get(), PATIENCE) for _ in texts] == texts


async def first(connection: MediaConnection, count: int):  # noqa: ANN201 - an async generator of texts
    async with asyncio.timeout(PATIENCE):
        async for text in connection.messages():
            yield text
            count -= 1
            if not count:
                return


async def test_what_is_sent_before_the_channel_is_open_waits() -> None:
    stock, ours = StockPeer.make(), WebRtcConnection()
    ours.send("early")
    await stock.accept(await ours.answer(await stock.offer()))
    assert await asyncio.wait_for(stock.messages.get(), PATIENCE) == "early"
    await asyncio.gather(ours.close(), stock.close())


async def test_a_text_that_is_too_long_is_refused_and_the_rest_goes_on() -> None:
    async with talk() as (ours, stock):
        assert ours.max_message_bytes == 262_144
        with pytest.raises(MessageTooLarge, match="262144") as caught:
            ours.send("ü" * 131_073)
        assert caught.value.size == 262_146
        ours.send("next")
        assert await asyncio.wait_for(stock.messages.get(), PATIENCE) == "next"


async def test_a_limit_of_the_peer_can_be_overruled() -> None:
    async with talk(settings=WebRtcSettings(peer_takes_bytes=0)) as (ours, stock):
        assert ours.max_message_bytes is None
        ours.send("x" * 1_000_000)
        assert len(await asyncio.wait_for(stock.messages.get(), PATIENCE)) == 1_000_000


async def test_a_barge_in_is_heard_within_200_ms() -> None:
    async with talk() as (ours, stock):
        ours.output.write("answer", to_pcm(tone(10)))
        await asyncio.wait_for(wait_until_loud(stock), PATIENCE)
        cut = time.monotonic()
        (played,) = ours.output.clear()
        count = len(stock.heard) + 25
        await asyncio.wait_for(wait_for_frames(stock, count), PATIENCE)
        assert 0 < played.played_ms < 5_000
        loud = [at for pcm, at in zip(stock.heard, stock.heard_at, strict=True) if loudness(pcm) > 300]
        # 80 ms of this are the jitter buffer of the client.
        assert max(loud) - cut < 0.200


async def wait_until_loud(stock: StockPeer) -> None:
    while not stock.heard or loudness(stock.heard[-1]) < 1_000:  # noqa: ASYNC110 - aiortc has no event for it
        await asyncio.sleep(0.02)


async def test_a_peer_that_leaves_is_noticed_at_once() -> None:
    async with talk() as (ours, stock):
        frames = asyncio.create_task(collect(ours, 3600))
        texts = asyncio.create_task(anext(ours.messages()))
        await stock.close()
        assert await asyncio.wait_for(ours.ended(), 2) is EndReason.PEER_LEFT
        await asyncio.wait_for(frames, 1)
        with pytest.raises(StopAsyncIteration):
            await texts
        with pytest.raises(ConnectionEnded):
            ours.send("anyone?")
        assert ours.state is ConnectionState.ENDED


async def test_close_is_harmless_when_done_twice_and_at_any_moment() -> None:
    never_used = WebRtcConnection()
    await never_used.close()
    await never_used.close(EndReason.PEER_LEFT)
    assert never_used.end_reason is EndReason.CLOSED
    with pytest.raises(ConnectFailed):
        await never_used.connected()
    offering = WebRtcConnection()
    await offering.offer()
    await asyncio.gather(offering.close(), offering.close())
    answering, stock = WebRtcConnection(), StockPeer.make()
    answer = await answering.answer(await stock.offer())
    await answering.close()
    with pytest.raises(ConnectionEnded):
        await answering.answer(answer)
    await stock.close()


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_offer_is_the_peers_mistake(name: str) -> None:
    connection = WebRtcConnection()
    with pytest.raises(BadDescription) as caught:
        await connection.answer(MALFORMED[name][0])
    assert "ice-pwd-of-the-offer" not in caught.value.message
    assert connection.state is ConnectionState.ENDED


async def test_a_malformed_answer_is_the_peers_mistake() -> None:
    connection = WebRtcConnection()
    await connection.offer()
    with pytest.raises(BadDescription):
        await connection.accept(OFFER.replace("m=application", "m=video"))


async def test_a_peer_that_cannot_be_reached_is_given_up_in_time() -> None:
    connection = WebRtcConnection(WebRtcSettings(connect_timeout_s=0.5))
    await connection.answer(OFFER)
    began = time.monotonic()
    with pytest.raises(ConnectFailed, match="connect_failed"):
        await connection.connected()
    assert time.monotonic() - began < 2
    assert await asyncio.wait_for(connection.ended(), 2) is EndReason.CONNECT_FAILED


async def test_the_answer_asks_for_fec_and_has_all_candidates() -> None:
    connection = WebRtcConnection()
    answer = await connection.answer(OFFER)
    assert "a=fmtp:111 minptime=10;useinbandfec=1\r\n" in answer
    assert "a=rtpmap:0 PCMU" not in answer
    assert answer.count("a=candidate:") >= 1
    assert "127.0.0.1" not in answer
    await connection.close()
    on_loopback = WebRtcConnection(WebRtcSettings(loopback=True))
    assert " 127.0.0.1 " in await on_loopback.answer(OFFER)
    await on_loopback.close()


async def test_video_is_declined_and_the_call_goes_on() -> None:
    stock = StockPeer.make(tone(2))
    stock.peer.addTransceiver("video")
    stock.peer.addTransceiver("audio")
    ours = WebRtcConnection()
    answer = await ours.answer(await stock.offer())
    assert answer.count("a=inactive") == 2
    await stock.accept(answer)
    frames, _ = await asyncio.wait_for(collect(ours, 0.5), PATIENCE)
    assert loudness(frames[-1].pcm) > 1_000
    await asyncio.gather(ours.close(), stock.close())


async def test_two_of_ours_understand_each_other() -> None:
    client, server = WebRtcConnection(), WebRtcConnection()
    await join(client, server)
    client.output.write("question", to_pcm(chirps(1)))
    frames, _ = await asyncio.wait_for(collect(server, 1.1), PATIENCE)
    assert likeness(chirps(1), from_pcm(b"".join(frame.pcm for frame in frames)))[0] > 0.9
    client.send("hello")
    assert [text async for text in first(server, 1)] == ["hello"]
    assert server.stats.packets_received > 50
    assert server.input_started_at is not None
    await asyncio.gather(client.close(), server.close())


async def test_a_peer_that_reads_nothing_is_cut_off_before_memory_grows() -> None:
    relay = Relay()
    async with talk(relay=relay) as (ours, _):
        relay.weather.cut = True
        for _ in range(80):
            ours.send("x" * 100_000)
        with pytest.raises(SlowConsumer):
            send_megabytes(ours, 2)
        assert await asyncio.wait_for(ours.ended(), 6) is EndReason.SLOW_CONSUMER


def send_megabytes(connection: MediaConnection, count: int) -> None:
    for _ in range(count * 10):
        connection.send("x" * 100_000)


async def test_texts_that_nobody_reads_end_the_connection() -> None:
    faults: list[EndReason] = []
    channel = EventChannel(faults.append)
    for number in range(4_097):
        channel._on_message(str(number))
    assert faults == [EndReason.SLOW_READER]


async def test_a_fault_in_a_reader_stays_with_the_reader() -> None:
    async with talk(tone(2)) as (ours, stock):

        async def broken() -> None:
            async for _ in ours.frames():
                msg = "a bug of the listener"
                raise RuntimeError(msg)

        with pytest.raises(RuntimeError, match="a bug"):
            await asyncio.wait_for(broken(), PATIENCE)
        stock.channel.send("still here")
        assert [text async for text in first(ours, 1)] == ["still here"]
        assert ours.state is ConnectionState.CONNECTED
