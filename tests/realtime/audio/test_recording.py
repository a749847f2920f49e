"""Both sides of a conversation, aligned in time."""

from __future__ import annotations

import io
import os
import resource
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from realtime.audio.errors import AudioError
from realtime.audio.pcm import FRAME_BYTES, RATE, samples
from realtime.audio.recording import Recorder
from tests.realtime.audio.tones import loud_spans, tone

if TYPE_CHECKING:
    from realtime.audio.files import Format


def saved(recorder: Recorder, form: Format = "wav") -> tuple[bytes, bytes]:
    """Left and right of the file."""
    target = io.BytesIO()
    recorder.save(target, form)
    target.seek(0)
    resampler = av.AudioResampler(format="s16", layout="stereo", rate=RATE)
    pcm = b""
    with av.open(target, "r") as container:
        for frame in [*container.decode(audio=0), None]:
            pcm += b"".join(bytes(part.planes[0])[: part.samples * 4] for part in resampler.resample(frame))
    both = samples(pcm).reshape(-1, 2)
    return np.ascontiguousarray(both[:, 0]).tobytes(), np.ascontiguousarray(both[:, 1]).tobytes()


def speak(recorder: Recorder, start_ms: float, length_ms: float, *, without: frozenset[int] = frozenset()) -> None:
    """The user speaks, in frames; some of them get lost."""
    sound = tone(500, length_ms)
    for number in range(len(sound) // FRAME_BYTES):
        if number not in without:
            piece = sound[number * FRAME_BYTES : (number + 1) * FRAME_BYTES]
            recorder.write("user", piece, start_ms + number * 20)


@pytest.mark.parametrize("form", ["wav", "ogg"])
def test_the_user_is_left_the_assistant_right_each_where_it_was_said(form: Format) -> None:
    with Recorder() as recorder:
        speak(recorder, 200, 300)
        recorder.write("assistant", tone(700, 400), 900)
        assert recorder.seconds == pytest.approx(1.3)
        left, right = saved(recorder, form)
    assert [pytest.approx(span, abs=8) for span in [(200, 500)]] == loud_spans(left, gap_ms=20)
    assert [pytest.approx(span, abs=8) for span in [(900, 1_300)]] == loud_spans(right, gap_ms=20)
    assert abs(len(left) - 1.3 * RATE * 2) < RATE * 2 * 0.03


def test_dropped_frames_are_silence_and_what_follows_is_not_shifted() -> None:
    with Recorder() as recorder:
        speak(recorder, 100, 1_000, without=frozenset({10, 11, 30}))
        left, _ = saved(recorder)
    spans = loud_spans(left)
    assert spans == [pytest.approx(span, abs=2) for span in [(100, 300), (340, 700), (720, 1_100)]]


def test_rounded_time_stamps_cut_nothing_and_doubled_frames_are_written_once() -> None:
    sound = tone(500, 400)
    with Recorder() as recorder:
        for number in range(20):
            piece = sound[number * FRAME_BYTES : (number + 1) * FRAME_BYTES]
            jitter = (-7, 0, 6)[number % 3] if number else 0
            recorder.write("user", piece, number * 20 + jitter)
            recorder.write("user", piece, number * 20 - 1)
        left, _ = saved(recorder)
    assert left == sound


def test_a_recording_can_be_saved_and_go_on() -> None:
    with Recorder() as recorder:
        speak(recorder, 0, 100)
        first, _ = saved(recorder)
        speak(recorder, 100, 100)
        second, _ = saved(recorder)
    assert second[: len(first)] == first
    assert len(second) == 2 * len(first)


def test_silence_takes_no_memory_and_no_room_and_the_length_is_bounded() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Recorder(max_seconds=3_600) as recorder:
        speak(recorder, 3_590_000, 200)
        inside: Any = recorder
        inside._tracks["user"].file.flush()
        sizes = [os.fstat(track.file.fileno()) for track in inside._tracks.values()]
        assert sum(size.st_blocks for size in sizes) * 512 < 1_000_000
        assert not recorder.truncated
        recorder.write("assistant", tone(500, 2_000), 3_599_000)
        assert recorder.truncated
        assert recorder.seconds == 3_600
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_closing_gives_the_files_back_and_a_closed_recording_says_so() -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None  # noqa: PTH112, PTH208
    recorder = Recorder()
    with pytest.raises(AudioError) as empty:
        recorder.save(io.BytesIO())
    assert empty.value.code == "empty"
    recorder.close()
    recorder.close()
    recorder.write("user", tone(500, 20), 0)
    with pytest.raises(AudioError) as closed:
        recorder.save(io.BytesIO())
    assert closed.value.code == "closed"
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
