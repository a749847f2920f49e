"""Sound by reference: where in which stream, how many milliseconds. Bytes stay with whoever owns the streams."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from realtime.protocol.errors import ProtocolError, bad_audio, too_long

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AudioReader", "AudioRef", "FormatName", "bytes_per_ms", "decode_audio"]

FormatName = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]

SAMPLE_RATE: Final = 24_000
"""Of `audio/pcm`: signed 16-bit little-endian, mono."""
MOST_APPENDED: Final = 15 * 1024 * 1024
"""Bytes of sound in one event."""
_MOST_BASE64: Final = (MOST_APPENDED + 2) // 3 * 4
_BYTES_PER_MS: Final[dict[FormatName, int]] = {"audio/pcm": 48, "audio/pcmu": 8, "audio/pcma": 8}


@dataclass(frozen=True, slots=True)
class AudioRef:
    """A stretch of sound."""

    stream: Literal["input", "output", "inline"]
    """What the user said, what the assistant said, or sound that came inside an item."""
    start_ms: int
    """Of `input`: since the first audio of the session. Of `output` and `inline`: 0."""
    end_ms: int
    item_id: str = ""
    """The item that holds it."""
    data: bytes = b""
    """Of `inline`: the sound itself, in the session's input format."""

    @property
    def ms(self) -> int:
        return self.end_ms - self.start_ms


if TYPE_CHECKING:
    AudioReader = Callable[[AudioRef], bytes]
"""Gives the sound of a reference (PCM, 24 kHz), or nothing if it is gone. Asked only when an item is retrieved."""


def bytes_per_ms(name: FormatName) -> int:
    """Of one channel: 24 kHz 16 bit, or 8 kHz 8 bit."""
    return _BYTES_PER_MS[name]


def decode_audio(text: str, path: str) -> bytes:
    """The sound of a base64 string.

    Raises:
        ProtocolError: too long, not base64, or empty.
    """
    if len(text) > _MOST_BASE64:
        raise too_long(path, _MOST_BASE64, len(text))
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise bad_audio(path) from None
    if not data:
        message = f"Invalid '{path}'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got empty bytes."
        raise ProtocolError(message, "invalid_value", path)
    return data
