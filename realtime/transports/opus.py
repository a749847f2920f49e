"""Opus through the libopus that PyAV brings along: 24 kHz mono in and out, without frames, resamplers or threads.

PCM is 16-bit little-endian mono at 24 000 Hz throughout, as `bytes`. Encoding one 20 ms frame takes about 30 µs
(`Application.AUDIO`, complexity 5), decoding about 20 µs.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import enum
import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.transports.errors import InvalidAudio, OpusUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE_RATE = 24_000
"""Samples per second of all PCM."""
BYTES_PER_SAMPLE = 2
FRAME_SAMPLES = 480
"""Samples of a 20 ms frame."""
FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE
MAX_PACKET_SAMPLES = 2_880
"""120 ms: no packet is longer."""

_MAX_PACKET_BYTES = 1_275 * 6 + 7
_RTP_RATE = 48_000
"""Opus on RTP counts in 48 kHz whatever is spoken (RFC 7587 section 4.1)."""

# Request numbers of opus_encoder_ctl, from opus_defines.h: they are part of the ABI.
_SET_BITRATE = 4002
_SET_COMPLEXITY = 4010
_SET_INBAND_FEC = 4012
_SET_PACKET_LOSS_PERC = 4014
_RESET_STATE = 4028

# Durations by the configuration number of the TOC byte (RFC 6716 section 3.1), in 48 kHz samples.
_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
_DURATIONS = _SILK * 3 + _HYBRID * 2 + _CELT * 4
_CODE_TWO_FRAMES_UP_TO = 2
_CODE_MANY_FRAMES = 3
_LONGEST_PACKET = 5_760


class Application(enum.IntEnum):
    """What the encoder is tuned for. The numbers are libopus'."""

    VOIP = 2048
    """Speech at its best; five times the cost, and the only one that can carry in-band FEC at these rates."""
    AUDIO = 2049
    """Faithful and cheap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSettings:
    """How sound is encoded."""

    application: Application = Application.AUDIO
    bitrate: int = 32_000
    """Bits per second."""
    complexity: int = 5
    """0 to 10."""
    expected_loss_percent: int = 0
    """Above 0, each packet repeats the one before it coarsely (in-band FEC), and `application` is VOIP."""

    @property
    def fec(self) -> bool:
        """Whether packets repeat the one before them."""
        return self.expected_loss_percent > 0


DEFAULT_SETTINGS = EncoderSettings()
FEC_SETTINGS = EncoderSettings(application=Application.VOIP, expected_loss_percent=10)
"""For networks that lose packets: the peer can restore most of a lost one from the next."""


class Encoder:
    """Turns 20 ms frames into packets. Not for use by several threads at once."""

    def __init__(self, settings: EncoderSettings = DEFAULT_SETTINGS) -> None:
        self._opus = library()
        error = ctypes.c_int(0)
        application = Application.VOIP if settings.fec else settings.application
        self._state: int | None = self._opus.opus_encoder_create(SAMPLE_RATE, 1, application, ctypes.byref(error))
        if not self._state:
            msg = f"libopus made no encoder: {_text_of(error.value)}"
            raise OpusUnavailable(msg)
        self._packet = ctypes.create_string_buffer(_MAX_PACKET_BYTES)
        self._set(_SET_BITRATE, settings.bitrate)
        self._set(_SET_COMPLEXITY, settings.complexity)
        if settings.fec:
            self._set(_SET_INBAND_FEC, 1)
            self._set(_SET_PACKET_LOSS_PERC, settings.expected_loss_percent)

    def encode(self, pcm: bytes) -> bytes:
        """One frame of `FRAME_BYTES` as a packet. Raises `InvalidAudio` for any other length."""
        if len(pcm) != FRAME_BYTES:
            msg = f"A frame has {FRAME_BYTES} bytes, not {len(pcm)}"
            raise InvalidAudio(msg)
        size: int = self._opus.opus_encode(self._living(), pcm, FRAME_SAMPLES, self._packet, _MAX_PACKET_BYTES)
        if size < 0:
            msg = f"libopus did not encode the frame: {_text_of(size)}"
            raise InvalidAudio(msg)
        return ctypes.string_at(self._packet, size)

    def close(self) -> None:
        """Free the state. Harmless when done twice."""
        state, self._state = self._state, None
        if state:
            self._opus.opus_encoder_destroy(state)

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self.close()

    def _set(self, request: int, value: int) -> None:
        # The function is variadic: only the fixed arguments are declared, the last one must carry its own type.
        status: int = self._opus.opus_encoder_ctl(self._living(), request, ctypes.c_int(value))
        if status:
            msg = f"libopus refused request {request} = {value}: {_text_of(status)}"
            raise OpusUnavailable(msg)

    def _living(self) -> int:
        if self._state is None:
            msg = "The encoder is closed"
            raise InvalidAudio(msg)
        return self._state


class Decoder:
    """Turns packets, and the lack of them, into PCM. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._opus = library()
        error = ctypes.c_int(0)
        self._state: int | None = self._opus.opus_decoder_create(SAMPLE_RATE, 1, ctypes.byref(error))
        if not self._state:
            msg = f"libopus made no decoder: {_text_of(error.value)}"
            raise OpusUnavailable(msg)
        self._pcm = ctypes.create_string_buffer(MAX_PACKET_SAMPLES * BYTES_PER_SAMPLE)

    def decode(self, packet: bytes) -> bytes:
        """The sound of a packet of up to 120 ms. Raises `InvalidAudio` when it is no Opus packet."""
        return self._decode(packet, MAX_PACKET_SAMPLES, fec=False)

    def restore(self, following: bytes, samples: int) -> bytes:
        """`samples` of lost sound that end where the packet `following` begins.

        Its in-band FEC gives the last of it where there is any; the rest is concealed. `following` is decoded
        afterwards as usual. `samples` is a multiple of 60 (2.5 ms) and at most `MAX_PACKET_SAMPLES`.
        """
        return self._decode(following, samples, fec=True)

    def conceal(self, samples: int) -> bytes:
        """`samples` of lost sound, guessed from what came before; silence after some 100 ms."""
        return self._decode(None, samples, fec=False)

    def reset(self) -> None:
        """Forget what came before: the next packet belongs to another stretch of sound."""
        self._opus.opus_decoder_ctl(self._living(), _RESET_STATE)

    def close(self) -> None:
        """Free the state. Harmless when done twice."""
        state, self._state = self._state, None
        if state:
            self._opus.opus_decoder_destroy(state)

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self.close()

    def _decode(self, packet: bytes | None, samples: int, *, fec: bool) -> bytes:
        size = 0 if packet is None else len(packet)
        count: int = self._opus.opus_decode(self._living(), packet, size, self._pcm, samples, int(fec))
        if count < 0:
            msg = f"libopus did not decode the packet: {_text_of(count)}"
            raise InvalidAudio(msg)
        return ctypes.string_at(self._pcm, count * BYTES_PER_SAMPLE)

    def _living(self) -> int:
        if self._state is None:
            msg = "The decoder is closed"
            raise InvalidAudio(msg)
        return self._state


def duration(packet: bytes) -> int:
    """Length of a packet in 48 kHz samples, read off its first bytes; 0 when it is no Opus packet."""
    if not packet:
        return 0
    frame = _DURATIONS[packet[0] >> 3]
    code = packet[0] & 3
    if code == 0:
        return frame
    if code < _CODE_MANY_FRAMES:
        return frame * 2
    count = packet[1] & 63 if len(packet) > 1 else 0
    return frame * count if frame * count <= _LONGEST_PACKET else 0


@cache
def silence() -> bytes:
    """A packet of 20 ms of silence, to be sent without encoding it each time."""
    encoder = Encoder()
    packet = b""
    # The first packets of an encoder carry its start-up; later ones are all alike.
    for _ in range(10):
        packet = encoder.encode(bytes(FRAME_BYTES))
    encoder.close()
    return packet


@cache
def library(path: str | None = None) -> ctypes.PyDLL:
    """libopus, ready to be called. Raises `OpusUnavailable`, which names all places that were searched."""
    searched: list[str] = []
    for candidate in [path] if path else _candidates():
        searched.append(candidate)
        loaded = _load(candidate)
        if loaded is not None:
            return loaded
    places = ", ".join(searched) or "no place at all"
    msg = (
        f"libopus was not found (searched: {places}). PyAV's wheels bring it along (pip install av); "
        "a system library is taken too (Debian: apt-get install libopus0)"
    )
    raise OpusUnavailable(msg)


def _candidates() -> Iterator[str]:
    """Where libopus may be: beside PyAV as its wheels lay it out on each system, then wherever the system has it."""
    spec = importlib.util.find_spec("av")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for folder in (package.parent / "av.libs", package / ".dylibs"):
            yield from sorted(str(file) for file in folder.glob("*opus*") if "opusfile" not in file.name)
    found = ctypes.util.find_library("opus")
    if found:
        yield found
    yield {"darwin": "libopus.0.dylib", "win32": "opus.dll"}.get(sys.platform, "libopus.so.0")


def _load(path: str) -> ctypes.PyDLL | None:
    # PyDLL keeps the interpreter lock during a call. The calls take microseconds; giving the lock away 100 times a
    # second and session means waiting for it each time another thread is busy.
    try:
        opus = ctypes.PyDLL(path)
        _declare(opus)
    except (OSError, AttributeError):
        return None
    return opus


def _declare(opus: ctypes.PyDLL) -> None:
    pointer, number, data = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    error = ctypes.POINTER(ctypes.c_int)
    for name, result, arguments in (
        ("opus_encoder_create", pointer, [number, number, number, error]),
        ("opus_encoder_ctl", number, [pointer, number]),
        ("opus_encode", number, [pointer, data, number, data, number]),
        ("opus_encoder_destroy", None, [pointer]),
        ("opus_decoder_create", pointer, [number, number, error]),
        ("opus_decoder_ctl", number, [pointer, number]),
        ("opus_decode", number, [pointer, data, number, data, number, number]),
        ("opus_decoder_destroy", None, [pointer]),
        ("opus_strerror", data, [number]),
        ("opus_get_version_string", data, []),
    ):
        function = getattr(opus, name)
        function.restype = result
        function.argtypes = arguments


def _text_of(status: int) -> str:
    text: bytes = library().opus_strerror(status)
    return text.decode("ascii", "replace")
