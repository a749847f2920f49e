"""Opus as the transports use it: sound survives, losses are bridged, what is wrong is said clearly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime.transports import opus
from realtime.transports.errors import InvalidAudio, OpusUnavailable
from tests.realtime.transports.sounds import chirps, from_pcm, likeness, to_pcm

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = [opus.DEFAULT_SETTINGS, opus.FEC_SETTINGS, opus.EncoderSettings(application=opus.Application.VOIP)]


def frames(seconds: float) -> list[bytes]:
    pcm = to_pcm(chirps(seconds))
    return [pcm[at : at + opus.FRAME_BYTES] for at in range(0, len(pcm), opus.FRAME_BYTES)]


@pytest.mark.parametrize("settings", SETTINGS, ids=["audio", "fec", "voip"])
def test_sound_survives(settings: opus.EncoderSettings) -> None:
    encoder, decoder = opus.Encoder(settings), opus.Decoder()
    packets = [encoder.encode(frame) for frame in frames(2)]
    heard = b"".join(decoder.decode(packet) for packet in packets)
    assert len(heard) == 2 * opus.SAMPLE_RATE * 2
    found, delay = likeness(chirps(2), from_pcm(heard))
    assert found > 0.9
    assert 0 <= delay < 0.03
    assert sum(map(len, packets)) * 8 / 2 < settings.bitrate * 1.6


def test_a_lost_packet_is_restored_from_the_next_one() -> None:
    sent = frames(3)

    def heard_without_each_tenth(settings: opus.EncoderSettings) -> tuple[bytes, bytes]:
        encoder, decoder, whole = opus.Encoder(settings), opus.Decoder(), opus.Decoder()
        packets = [encoder.encode(frame) for frame in sent]
        clean = [whole.decode(packet) for packet in packets]
        lossy: list[bytes] = []
        for number, packet in enumerate(packets[:-1]):
            lost = number % 10 == 5
            lossy.append(decoder.restore(packets[number + 1], opus.FRAME_SAMPLES) if lost else decoder.decode(packet))
        places = range(5, len(lossy), 10)
        return b"".join(clean[at] for at in places), b"".join(lossy[at] for at in places)

    def match(settings: opus.EncoderSettings) -> float:
        clean, lossy = map(from_pcm, heard_without_each_tenth(settings))
        assert len(clean) == len(lossy)
        return float(np.corrcoef(clean, lossy)[0, 1])

    with_fec = match(opus.FEC_SETTINGS)
    assert with_fec > 0.8
    assert with_fec > match(opus.EncoderSettings(application=opus.Application.VOIP))


def test_a_gap_is_concealed_at_its_exact_length() -> None:
    decoder = opus.Decoder()
    for frame in map(opus.Encoder().encode, frames(0.2)):
        decoder.decode(frame)
    assert [len(decoder.conceal(n)) for n in (60, 480, 2880)] == [120, 960, 5760]
    decoder.reset()
    assert not any(decoder.conceal(480))


def test_silence_is_a_packet_of_20_ms() -> None:
    assert opus.duration(opus.silence()) == 960
    assert len(opus.silence()) < 8
    assert np.abs(from_pcm(opus.Decoder().decode(opus.silence()))).max() <= 1


@pytest.mark.parametrize(
    ("packet", "ticks"),
    [
        (b"", 0),
        (bytes([0 << 3]), 480),
        (bytes([3 << 3]), 2880),
        (bytes([13 << 3]), 960),
        (bytes([16 << 3]), 120),
        (bytes([31 << 3 | 1]), 1920),
        (bytes([31 << 3 | 3, 6]), 5760),
        (bytes([31 << 3 | 3, 7]), 0),  # 140 ms: no packet is that long
        (bytes([31 << 3 | 3]), 0),
    ],
)
def test_the_first_bytes_say_how_long_a_packet_is(packet: bytes, ticks: int) -> None:
    assert opus.duration(packet) == ticks


def test_what_is_not_opus_is_refused() -> None:
    with pytest.raises(InvalidAudio):
        opus.Decoder().decode(b"\xff\xff\xff\x01")
    with pytest.raises(InvalidAudio, match="960 bytes, not 10"):
        opus.Encoder().encode(bytes(10))


def test_a_closed_codec_says_so_and_closes_again() -> None:
    for codec in (opus.Encoder(), opus.Decoder()):
        codec.close()
        codec.close()
    with pytest.raises(InvalidAudio, match="closed"):
        opus_decoder_after_close()


def opus_decoder_after_close() -> bytes:
    decoder = opus.Decoder()
    decoder.close()
    return decoder.decode(opus.silence())


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    with pytest.raises(OpusUnavailable, match=r"searched: .*nothing\.so.*apt-get install libopus0"):
        opus.library(str(tmp_path / "nothing.so"))


def test_a_library_that_is_not_opus_is_not_taken() -> None:
    with pytest.raises(OpusUnavailable):
        opus.library("libc.so.6")
