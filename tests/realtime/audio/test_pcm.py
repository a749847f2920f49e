"""Raw sound: rates, telephone codes, levels, frames, holes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest

from realtime.audio.g711 import alaw_to_pcm, mulaw_to_pcm, pcm_to_alaw, pcm_to_mulaw
from realtime.audio.gaps import GapFiller
from realtime.audio.pcm import (
    FLOOR_DBFS,
    FRAME_BYTES,
    Framer,
    comfort_silence,
    duration_ms,
    level_dbfs,
    samples,
    silence,
    to_pcm,
)
from realtime.audio.resampling import RATES, Resampler, resample
from tests.realtime.audio.tones import amplitude, tone

Code = Callable[[bytes], bytes]
PAIRS = [(source, target) for source in RATES for target in RATES if source != target]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_resampling_keeps_duration_and_tone(source: int, target: int) -> None:
    sound = tone(997, 500, rate=source)
    other = resample(sound, source, target)
    assert len(other) // 2 == round(len(sound) // 2 * target / source)
    assert amplitude(other, 997, rate=target) == pytest.approx(12_000, rel=0.03)
    # The rest of it is 40 dB down.
    at = np.arange(len(other) // 2)
    mine = samples(other).astype(np.float64)
    basis = np.stack([np.sin(2 * np.pi * 997 / target * at), np.cos(2 * np.pi * 997 / target * at)], axis=1)
    rest = mine - basis @ np.linalg.lstsq(basis, mine, rcond=None)[0]
    assert np.std(rest[target // 50 : -target // 50]) < 12_000 / 100


@pytest.mark.parametrize(("source", "target"), [(24_000, 16_000), (22_050, 24_000), (48_000, 24_000), (24_000, 8_000)])
def test_a_stream_in_pieces_of_any_size_resamples_like_the_whole(source: int, target: int) -> None:
    sound = tone(440, 400, rate=source)
    stream = Resampler(source, target)
    pieces = [stream.feed(sound[at : at + 333]) for at in range(0, len(sound), 333)]
    joined = b"".join(pieces) + stream.flush()
    whole = resample(sound, source, target)
    # Filters begin and end in silence: the last samples may be the fill.
    count = min(len(joined), len(whole)) // 2 - 40
    assert np.array_equal(samples(joined)[:count], samples(whole)[:count])


def test_what_a_lower_rate_cannot_hold_is_gone_and_not_folded_back() -> None:
    low = resample(tone(6_500, 400), 24_000, 8_000)
    assert level_dbfs(low) < -50


@pytest.mark.parametrize("rate", [0, 3_999, 192_001])
def test_a_rate_that_is_none_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match="sample rate"):
        Resampler(rate, 24_000)


@pytest.mark.parametrize(
    ("codec", "decode", "encode"),
    [("pcm_mulaw", mulaw_to_pcm, pcm_to_mulaw), ("pcm_alaw", alaw_to_pcm, pcm_to_alaw)],
)
def test_g711_is_what_ffmpeg_says_it_is(codec: str, decode: Code, encode: Code) -> None:
    codes = bytes(range(256))
    # The types of PyAV know the codecs of pictures only.
    decoder: Any = av.AudioCodecContext.create(codec, "r")
    decoder.layout = "mono"
    decoder.sample_rate = 8_000
    frames: list[av.AudioFrame] = decoder.decode(av.Packet(codes))
    theirs = b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)
    assert decode(codes) == theirs
    # There and back, every code is itself; mu-law has two zeros.
    again = encode(decode(codes))
    assert {a for a, b in zip(codes, again, strict=True) if a != b} <= {0x7F}
    everything = np.arange(-32_768, 32_768, dtype=np.int64)
    heard = samples(decode(encode(to_pcm(everything.astype(np.int16))))).astype(np.int64)
    assert np.all(np.abs(heard - everything) <= np.maximum(np.abs(everything) // 16, 16) + 8)


def test_levels_are_decibels_of_full_scale() -> None:
    assert level_dbfs(b"") == FLOOR_DBFS
    assert level_dbfs(silence(480)) == FLOOR_DBFS
    assert level_dbfs(tone(1_000, 100, peak=32_767)) == pytest.approx(-3.01, abs=0.02)
    assert level_dbfs(tone(1_000, 100, peak=3_276.7)) == pytest.approx(-23.01, abs=0.02)
    assert level_dbfs(comfort_silence(24_000)) == pytest.approx(-66, abs=0.5)
    assert comfort_silence(10, FLOOR_DBFS) == silence(10)


def test_too_loud_is_clipped_and_never_wraps_round() -> None:
    assert samples(to_pcm(np.array([40_000.0, -40_000.0, 0.4]))).tolist() == [32_767, -32_768, 0]


def test_frames_come_out_whole_whatever_goes_in() -> None:
    framer = Framer()
    sound = tone(300, 107)
    frames = [frame for at in range(0, len(sound), 77) for frame in framer.feed(sound[at : at + 77])]
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    last = framer.flush()
    assert len(last) == FRAME_BYTES
    assert (b"".join(frames) + last)[: len(sound)] == sound
    assert framer.flush() == b""


def test_a_lost_frame_is_filled_with_comfort_silence_and_nothing_shifts() -> None:
    filler = GapFiller()
    frames = [tone(500, 20, peak=9_000)] * 5
    out = [filler.feed(frame, 480 * number) for number, frame in enumerate(frames) if number != 2]
    assert [part.filled for part in out] == [0, 0, 480, 0]
    whole = b"".join(part.pcm for part in out)
    assert duration_ms(whole) == 100
    hole = whole[2 * FRAME_BYTES : 3 * FRAME_BYTES]
    assert FLOOR_DBFS < level_dbfs(hole) < -45


def test_late_and_doubled_frames_are_left_out_and_long_holes_are_shortened() -> None:
    filler = GapFiller(longest_ms=100)
    frame = tone(500, 20)
    assert filler.feed(frame, 1_000_000).pcm == frame
    assert filler.feed(frame, 1_000_000).dropped == 480
    half = filler.feed(frame, 1_000_240)
    assert (half.dropped, half.pcm) == (240, frame[480:])
    assert filler.feed(frame, 9_000_000).filled == 2_400
