"""Turn detection, frame by frame."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.audio_config import SemanticVad, ServerVad
from realtime.protocol.turns import Started, Stopped, TurnDetector

FRAME = 20


def detector(mode: ServerVad | SemanticVad | None, onset_ms: int = 0) -> TurnDetector:
    made = TurnDetector(onset_ms)
    made.configure(mode)
    return made


def run(made: TurnDetector, *stretches: tuple[int, float], start: int = 0) -> list[Started | Stopped]:
    """Stretches of (milliseconds, probability) in frames of 20 ms."""
    at, found = start, list[Started | Stopped]()
    for ms, voice in stretches:
        for _ in range(ms // FRAME):
            at += FRAME
            found += [turn for turn in [made.feed(at, voice, 0)] if turn is not None]
    return found


def test_a_turn_begins_before_its_first_frame_and_ends_after_its_silence() -> None:
    turns = run(detector(ServerVad()), (1000, 0.0), (600, 0.9), (400, 0.1))
    assert turns == [Started(700), Stopped(1800)]


def test_padding_does_not_reach_behind_the_beginning_of_the_stream() -> None:
    assert run(detector(ServerVad()), (100, 1.0)) == [Started(0)]


@pytest.mark.parametrize(("threshold", "turns"), [(0.3, 1), (0.5, 1), (0.7, 0)])
def test_a_voice_counts_from_the_threshold(threshold: float, turns: int) -> None:
    assert len(run(detector(ServerVad(threshold=threshold)), (100, 0.5))) == turns


def test_a_short_pause_does_not_end_a_turn() -> None:
    assert run(detector(ServerVad()), (200, 1.0), (180, 0.0), (200, 1.0)) == [Started(0)]


def test_a_voice_that_wavers_below_the_threshold_is_not_lost() -> None:
    assert run(detector(ServerVad(silence_duration_ms=40)), (200, 0.6), (200, 0.4)) == [Started(0)]


def test_a_click_is_no_speech_where_an_onset_is_asked_for() -> None:
    made = detector(ServerVad(), onset_ms=60)
    assert run(made, (500, 0.0), (40, 1.0), (200, 0.0)) == []
    assert run(made, (60, 1.0), start=740) == [Started(440)]


@pytest.mark.parametrize(("eagerness", "untold"), [("low", 2000), ("medium", 1000), ("auto", 1000), ("high", 500)])
def test_semantic_detection_waits_by_its_eagerness(eagerness: str, untold: int) -> None:
    def mode() -> TurnDetector:
        return detector(SemanticVad.model_validate({"type": "semantic_vad", "eagerness": eagerness}))

    assert run(mode(), (400, 1.0), (9000, 0.0))[1] == Stopped(400 + untold)
    unfinished = mode()
    run(unfinished, (400, 1.0), (20, 0.0))
    unfinished.hint(complete=False)
    assert run(unfinished, (9000, 0.0), start=420) == [Stopped(400 + 4 * untold)]


def test_what_sounds_complete_ends_soon() -> None:
    made = detector(SemanticVad(type="semantic_vad"))
    run(made, (400, 1.0), (100, 0.0))
    assert made.hint(complete=True) is None
    assert run(made, (400, 0.0), start=500) == [Stopped(700)]


def test_a_hint_that_comes_late_ends_the_turn_at_once() -> None:
    made = detector(SemanticVad(type="semantic_vad", eagerness="low"))
    run(made, (400, 1.0), (1000, 0.0))
    assert made.hint(complete=True) == Stopped(1400)


def test_a_hint_is_forgotten_when_the_voice_goes_on() -> None:
    made = detector(SemanticVad(type="semantic_vad"))
    run(made, (400, 1.0), (100, 0.0))
    made.hint(complete=True)
    assert run(made, (100, 1.0), (900, 0.0), start=500) == []


def test_push_to_talk_detects_nothing() -> None:
    assert run(detector(None), (5000, 1.0), (5000, 0.0)) == []


def test_frames_out_of_order_are_ignored() -> None:
    made = detector(ServerVad())
    run(made, (1000, 0.0))
    assert made.feed(500, 1.0, 0) is None
    assert made.feed(float("nan"), 1.0, 0) is None


@given(
    st.lists(st.tuples(st.integers(-50, 200), st.floats(0, 1)), max_size=200),
    st.sampled_from([ServerVad(), ServerVad(silence_duration_ms=0), SemanticVad(type="semantic_vad"), None]),
)
def test_beginnings_and_ends_alternate_and_never_go_back(
    frames: list[tuple[int, float]], mode: ServerVad | SemanticVad | None
) -> None:
    made, at, floor, found = detector(mode), 0, 0, list[Started | Stopped]()
    for step, voice in frames:
        at += step
        turn = made.feed(at, voice, floor)
        if turn is not None:
            found.append(turn)
            floor = turn.end_ms if isinstance(turn, Stopped) else floor
    marks = [turn.start_ms if isinstance(turn, Started) else turn.end_ms for turn in found]
    assert marks == sorted(marks)
    assert all(type(one) is not type(other) for one, other in pairwise(found))
    assert not found or isinstance(found[0], Started)
