"""Outgoing sound: what is sent, in which order, and what is known about it afterwards."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.transports.errors import ConnectionEnded, QueueFull
from realtime.transports.opus import FRAME_BYTES, Decoder, Encoder, silence
from realtime.transports.playout import Playout
from realtime.transports.ports import PlaybackChange, Played
from tests.realtime.transports.sounds import chirps, from_pcm, likeness, loudness, to_pcm, tone

SECOND = to_pcm(tone(1))


def drain(playout: Playout, frames: int) -> bytes:
    decoder = Decoder()
    return b"".join(decoder.decode(playout.next_packet()) for _ in range(frames))


async def changes(playout: Playout) -> list[tuple[PlaybackChange, str, int]]:
    playout.close()
    return [(event.change, event.item.item_id, event.item.played_ms) async for event in playout.changes()]


def test_what_is_written_is_what_is_sent() -> None:
    playout = Playout()
    sound = chirps(1)
    for at in range(0, 48_000, 1_000):  # no multiple of a frame
        playout.write("a", to_pcm(sound)[at : at + 1_000])
    playout.finish("a")
    assert playout.queued_ms == 1000
    found, delay = likeness(sound, from_pcm(drain(playout, 52)))
    assert found > 0.9
    assert delay < 0.02
    assert playout.position("a") == Played("a", 1000, 1000)
    assert playout.queued_ms == 0


def test_without_sound_silence_is_sent_and_nothing_encoded() -> None:
    playout = Playout()
    assert {playout.next_packet() for _ in range(20)} == {silence()}


def test_items_follow_each_other_and_tell_when_they_begin_and_end() -> None:
    playout = Playout()
    playout.write("a", SECOND[:4_800])
    playout.finish("a")
    playout.write("b", SECOND[:5_000])
    playout.finish("b")
    drain(playout, 20)
    assert asyncio.run(changes(playout)) == [
        (PlaybackChange.STARTED, "a", 0),
        (PlaybackChange.FINISHED, "a", 100),
        (PlaybackChange.STARTED, "b", 0),
        (PlaybackChange.FINISHED, "b", 104),
    ]


def test_an_item_that_is_finished_after_its_last_packet_ends_then() -> None:
    playout = Playout()
    playout.write("a", SECOND[:FRAME_BYTES])
    drain(playout, 3)
    playout.finish("a")
    playout.finish("a")
    assert [change for change, *_ in asyncio.run(changes(playout))] == [PlaybackChange.STARTED, PlaybackChange.FINISHED]


def test_a_partial_frame_waits_a_moment_for_its_rest() -> None:
    playout = Playout()
    playout.write("a", SECOND[:1_400])
    drain(playout, 2)
    assert playout.position("a") == Played("a", 20, 29)
    playout.write("a", SECOND[1_400:1_920])
    drain(playout, 1)
    assert playout.position("a") == Played("a", 40, 40)
    playout.write("a", SECOND[1_920:2_400])
    drain(playout, 3)
    assert playout.position("a") == Played("a", 50, 50)


def test_a_barge_in_silences_the_next_packet_and_says_what_was_heard() -> None:
    playout = Playout()
    playout.write("a", SECOND)
    playout.write("b", SECOND)
    drain(playout, 10)
    assert playout.clear() == [Played("a", 200, 1000), Played("b", 0, 1000)]
    # 6.5 ms of the encoder's look-ahead are still to come, then nothing.
    assert loudness(drain(playout, 5)[FRAME_BYTES:]) < 30
    assert playout.queued_ms == 0


def test_what_comes_for_a_cleared_item_is_dropped() -> None:
    playout = Playout()
    playout.write("a", SECOND)
    drain(playout, 3)
    playout.clear()
    assert not playout.write("a", SECOND)
    assert not playout.write_packets("a", [silence()])
    playout.finish("a")
    assert playout.write("b", SECOND)
    assert playout.queued_ms == 1000
    assert PlaybackChange.FINISHED not in [change for change, *_ in asyncio.run(changes(playout))]


def test_an_item_whose_synthesis_lags_behind_is_cleared_too() -> None:
    playout = Playout()
    playout.write("a", SECOND[:FRAME_BYTES])
    drain(playout, 5)
    assert playout.clear() == [Played("a", 20, 20)]
    assert not playout.write("a", SECOND)
    assert playout.clear() == []


def test_ready_packets_go_out_as_they_are() -> None:
    encoder = Encoder()
    packets = [encoder.encode(SECOND[at : at + FRAME_BYTES]) for at in range(0, 9_600, FRAME_BYTES)]
    playout = Playout()
    playout.write_packets("file", packets)
    playout.finish("file")
    assert [playout.next_packet() for _ in packets] == packets
    assert playout.position("file") == Played("file", 200, 200)
    assert playout.next_packet() == silence()


def test_the_queue_is_bounded_and_room_is_awaited() -> None:
    async def fill() -> None:
        playout = Playout(limit_ms=2_000)
        playout.write("a", SECOND * 2)
        with pytest.raises(QueueFull, match="2000 ms"):
            playout.write("a", SECOND)
        waiting = asyncio.create_task(playout.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        drain(playout, 50)
        await asyncio.wait_for(waiting, 1)
        assert playout.write("a", SECOND)
        waiting = asyncio.create_task(playout.room())
        await asyncio.sleep(0)
        playout.close()
        with pytest.raises(ConnectionEnded):
            await waiting
        with pytest.raises(ConnectionEnded):
            playout.write("a", SECOND)

    asyncio.run(fill())


def test_items_are_not_remembered_for_ever() -> None:
    playout = Playout()
    for number in range(1000):
        playout.write(str(number), SECOND[:FRAME_BYTES])
        playout.finish(str(number))
        playout.next_packet()
    assert playout.position("0") is None
    assert playout.position("999") == Played("999", 20, 20)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from("abc"), st.integers(0, 4_000)),
        st.tuples(st.just("packets"), st.sampled_from("abc"), st.integers(0, 4)),
        st.tuples(st.just("finish"), st.sampled_from("abc"), st.just(0)),
        st.tuples(st.just("send"), st.just(""), st.integers(1, 8)),
        st.tuples(st.just("clear"), st.just(""), st.just(0)),
    ),
    max_size=40,
)


def was_cleared(steps: list[tuple[str, str, int]]) -> bool:
    return any(verb == "clear" for verb, *_ in steps)


def do(playout: Playout, verb: str, item: str, amount: int) -> None:
    if verb == "write":
        playout.write(item, bytes(amount // 2 * 2))
    elif verb == "packets":
        playout.write_packets(item, [silence()] * amount)
    elif verb == "finish":
        playout.finish(item)
    elif verb == "clear":
        playout.clear()
        assert playout.queued_ms == 0
    else:
        for _ in range(amount):
            assert playout.next_packet()


@settings(deadline=None, derandomize=True, database=None, max_examples=100)
@given(steps=steps)
def test_positions_add_up_whatever_happens(steps: list[tuple[str, str, int]]) -> None:
    playout = Playout()
    for step in steps:
        do(playout, *step)
        for known in filter(None, map(playout.position, "abc")):
            assert 0 <= known.played_ms <= known.total_ms
    for name in "abc":
        playout.finish(name)
    while playout.queued_ms:
        playout.next_packet()
    events = asyncio.run(changes(playout))
    for name in "abc":
        kinds = [change for change, item, _ in events if item == name]
        assert kinds.count(PlaybackChange.STARTED) <= 1
        if PlaybackChange.STARTED in kinds and not was_cleared(steps):
            assert PlaybackChange.FINISHED in kinds[kinds.index(PlaybackChange.STARTED) :]
