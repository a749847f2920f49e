"""What the listener has heard by when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime.audio.playback import PlaybackClock


def test_items_play_one_after_the_other_in_real_time() -> None:
    clock = PlaybackClock()
    clock.queue("a", 300, now=1_000)
    clock.queue("b", 200, now=1_010)
    assert clock.ends_at(1_010) == 1_500
    assert clock.heard("a", 1_100).played_ms == 100
    assert clock.heard("b", 1_100).played_ms == 0
    playing = clock.playing(1_350)
    assert playing is not None
    assert (playing.item_id, playing.played_ms) == ("b", 50)
    assert clock.heard("a", 1_350).whole
    assert clock.playing(1_500) is None


def test_sound_that_comes_late_is_not_played_before_it_is_there() -> None:
    clock = PlaybackClock()
    clock.queue("a", 100, now=0)
    clock.queue("a", 100, now=500)
    assert clock.heard("a", 300).played_ms == 100
    assert clock.heard("a", 550).played_ms == 150


def test_barging_in_says_how_far_each_item_came_and_silences_the_rest() -> None:
    clock = PlaybackClock()
    clock.queue("a", 400, now=0)
    clock.queue("a", 100, now=0, content_index=1)
    clock.queue("b", 100, now=0)
    cut = clock.cut(150)
    assert [(part.item_id, part.content_index, part.played_ms) for part in cut] == [
        ("a", 0, 150),
        ("a", 1, 0),
        ("b", 0, 0),
    ]
    assert clock.playing(160) is None
    assert clock.heard("a", 9_999).played_ms == 150
    assert clock.cut(170) == []
    clock.queue("c", 50, now=200)
    assert clock.heard("c", 225).played_ms == 25


def test_what_is_forgotten_is_forgotten_but_still_plays() -> None:
    clock = PlaybackClock()
    clock.queue("a", 100, now=0)
    clock.forget("a")
    assert clock.heard("a", 50).played_ms == 50
    assert clock.heard("a", 200).played_ms == 100
    clock.forget("a")
    assert clock.heard("a", 200).played_ms == 0
    assert clock.heard("never", 200).queued_ms == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 500), st.integers(0, 400)), max_size=30))
def test_played_never_goes_back_nor_beyond_what_was_queued(steps: list[tuple[str, int, int]]) -> None:
    clock = PlaybackClock()
    now, queued, before = 0.0, 0.0, 0.0
    for item, length, wait in steps:
        clock.queue(item, length, now)
        queued += length
        now += wait
        played = clock.heard("a", now).played_ms + clock.heard("b", now).played_ms
        assert before <= played <= min(queued, now)
        before = played
