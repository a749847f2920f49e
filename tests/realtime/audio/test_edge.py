"""The value on an audio edge."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from realtime.audio.edge import BufferEdge, StreamEdge, buffer_pcm, format_edge, parse_edge
from realtime.audio.errors import AudioError
from realtime.audio.files import ogg_bytes
from realtime.audio.g711 import pcm_to_alaw, pcm_to_mulaw
from realtime.audio.pcm import duration_ms
from tests.realtime.audio.tones import amplitude, tone


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("edge", [StreamEdge("audio_1"), BufferEdge(b"\1\2\3\4", "audio/webm", 48_000)])
def test_what_is_written_is_read_again(edge: StreamEdge | BufferEdge) -> None:
    assert parse_edge(format_edge(edge)) == edge


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("audio", "object"),
        ({}, "type"),
        ({"type": "strem", "streamId": "a"}, "type"),
        ({"type": "stream"}, "streamId"),
        ({"type": "stream", "streamId": ""}, "streamId"),
        ({"type": "stream", "streamId": 7}, "streamId"),
        ({"type": "stream", "streamId": "a", "buffer": "AAAA"}, "buffer"),
        ({"type": "stream", "streamID": "a"}, "streamID"),
        ({"type": "buffer"}, "buffer"),
        ({"type": "buffer", "buffer": ""}, "buffer"),
        ({"type": "buffer", "buffer": "not base64!"}, "base64"),
        ({"type": "buffer", "buffer": "AAA"}, "base64"),
        ({"type": "buffer", "buffer": "AAAA", "streamId": "a"}, "streamId"),
        ({"type": "buffer", "buffer": "AAAA", "sampleRate": 0}, "sampleRate"),
        ({"type": "buffer", "buffer": "AAAA", "sampleRate": True}, "sampleRate"),
        ({"type": "buffer", "buffer": "AAAA", "mimeType": 5}, "mimeType"),
    ],
)
def test_what_is_wrong_is_named(value: Any, says: str) -> None:
    with pytest.raises(AudioError, match=says) as caught:
        parse_edge(value)
    assert caught.value.code == "bad-edge"


def test_a_buffer_that_is_too_large_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(AudioError) as caught:
        parse_edge({"type": "buffer", "buffer": "A" * 2_000}, max_bytes=1_000)
    assert caught.value.code == "too-large"


def test_every_kind_of_buffer_becomes_the_same_sound() -> None:
    low = tone(440, 500, rate=8_000)
    kinds = [
        ("audio/pcm", 8_000, low),
        ("audio/pcm", 24_000, tone(440, 500)),
        ("audio/pcmu", 8_000, pcm_to_mulaw(low)),
        ("audio/pcma", 8_000, pcm_to_alaw(low)),
        ("audio/ogg; codecs=opus", 24_000, ogg_bytes(tone(440, 500))),
    ]
    for mime_type, rate, data in kinds:
        value = {"type": "buffer", "buffer": encoded(data), "mimeType": mime_type, "sampleRate": rate}
        edge = parse_edge(value)
        assert isinstance(edge, BufferEdge)
        pcm = buffer_pcm(edge)
        assert duration_ms(pcm) == pytest.approx(500, abs=25)
        assert amplitude(pcm, 440) == pytest.approx(12_000, rel=0.1)


def test_a_data_url_of_a_browser_is_understood() -> None:
    edge = parse_edge({"type": "buffer", "buffer": "data:audio/pcm;base64," + encoded(b"\1\2")})
    assert isinstance(edge, BufferEdge)
    assert edge.data == b"\1\2"


def test_a_buffer_is_bounded_in_seconds_and_does_not_show_its_sound() -> None:
    with pytest.raises(AudioError) as caught:
        buffer_pcm(BufferEdge(tone(440, 1_100)), max_seconds=1)
    assert caught.value.code == "too-long"
    with pytest.raises(AudioError):
        buffer_pcm(BufferEdge(b"\1"))
    assert repr(BufferEdge(b"secret")) == "BufferEdge(6 bytes, 'audio/pcm', 24000)"
