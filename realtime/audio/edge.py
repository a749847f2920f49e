"""The value on an audio edge of a flow: a live stream by its id, or a sound by its bytes.

As JSON `{"type": "stream", "streamId": …}` or `{"type": "buffer", "buffer": <base64>}`, both with `mimeType` and
`sampleRate`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, cast

from realtime.audio.errors import refuse
from realtime.audio.files import MAX_BYTES, MAX_SECONDS, read_sound
from realtime.audio.g711 import G711_RATE, alaw_to_pcm, mulaw_to_pcm
from realtime.audio.pcm import RATE, duration_ms
from realtime.audio.resampling import resample

PCM: Final = "audio/pcm"
_G711: Final = {"audio/pcmu": mulaw_to_pcm, "audio/pcma": alaw_to_pcm}
_FIELDS: Final = frozenset({"type", "streamId", "buffer", "mimeType", "sampleRate"})
_LOWEST: Final = 4_000
_HIGHEST: Final = 192_000
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class StreamEdge:
    """A live stream in the registry; always 16-bit mono PCM."""

    stream_id: str
    mime_type: str = PCM
    sample_rate: int = RATE


@dataclass(frozen=True, slots=True)
class BufferEdge:
    """A whole sound: raw (`audio/pcm`, `audio/pcmu`, `audio/pcma`) or a file of any kind."""

    data: bytes
    mime_type: str = PCM
    sample_rate: int = RATE
    """Of raw PCM; a file says its own."""

    def __repr__(self) -> str:
        return f"BufferEdge({len(self.data)} bytes, {self.mime_type!r}, {self.sample_rate})"


AudioEdge = StreamEdge | BufferEdge


def parse_edge(value: Any, *, max_bytes: int = MAX_BYTES) -> AudioEdge:
    """A JSON value as what it says; unknown fields are refused, so that a misspelt one is not lost.

    Raises:
        AudioError: `bad-edge` naming the field, or `too-large`.
    """
    if not isinstance(value, Mapping):
        _bad("an audio value must be an object with a type")
    fields = cast("Mapping[str, Any]", value)
    unknown = sorted(str(name)[:40] for name in fields if name not in _FIELDS)
    if unknown:
        _bad(f"unknown field {unknown[0]!r}; there are {', '.join(sorted(_FIELDS))}")
    mime_type = _text(fields, "mimeType", PCM).lower()
    rate = _rate(fields)
    kind = fields.get("type")
    if kind == "stream":
        if fields.get("buffer") is not None:
            _bad("buffer: a stream has a streamId only")
        return StreamEdge(_text(fields, "streamId"), mime_type, rate)
    if kind != "buffer":
        _bad("type: must be 'stream' or 'buffer'")
    if fields.get("streamId") is not None:
        _bad("streamId: a buffer has none")
    return BufferEdge(_decoded(fields.get("buffer"), max_bytes), mime_type, rate)


def format_edge(edge: AudioEdge) -> dict[str, Any]:
    """The JSON value of an edge."""
    common = {"mimeType": edge.mime_type, "sampleRate": edge.sample_rate}
    if isinstance(edge, StreamEdge):
        return {"type": "stream", "streamId": edge.stream_id, **common}
    return {"type": "buffer", "buffer": base64.b64encode(edge.data).decode(), **common}


def buffer_pcm(edge: BufferEdge, *, max_seconds: float = MAX_SECONDS) -> bytes:
    """The sound of a buffer as 24 kHz mono PCM; blocking, as `files.read_sound` is.

    Raises:
        AudioError: as `files.read_sound` does.
    """
    kind = edge.mime_type.partition(";")[0].strip()
    if kind in _G711:
        pcm, rate = _G711[kind](edge.data), G711_RATE
    elif kind == PCM:
        pcm, rate = edge.data[: len(edge.data) // 2 * 2], edge.sample_rate
    else:
        return read_sound(edge.data, max_seconds=max_seconds)
    if not pcm:
        refuse("empty", "the buffer holds no sound")
    if duration_ms(pcm, rate) > max_seconds * 1000:
        refuse("too-long", f"the sound is longer than {max_seconds:g} seconds")
    return resample(pcm, rate, RATE)


def _bad(message: str) -> NoReturn:
    refuse("bad-edge", message)


def _text(fields: Mapping[str, Any], name: str, default: str = "") -> str:
    text = fields.get(name)
    text = default if text is None else text
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_NAME:
        _bad(f"{name}: must be a text of 1 to {_LONGEST_NAME} characters")
    return text


def _rate(fields: Mapping[str, Any]) -> int:
    rate = fields.get("sampleRate")
    rate = RATE if rate is None else rate
    if isinstance(rate, bool) or not isinstance(rate, int) or not _LOWEST <= rate <= _HIGHEST:
        _bad(f"sampleRate: must be a whole number from {_LOWEST} to {_HIGHEST}")
    return rate


def _decoded(text: Any, limit: int) -> bytes:
    if not isinstance(text, str) or not text:
        _bad("buffer: must be the sound in base64")
    # Browsers give `data:audio/webm;base64,…`; the mime type beside it counts.
    _, _, body = text.partition("base64,") if text.startswith("data:") else ("", "", text)
    if len(body) > limit // 3 * 4 + 4:
        refuse("too-large", f"buffer: larger than {limit} bytes")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        _bad("buffer: is not base64")
