"""Sound files in and out, through PyAV.

Blocking: on an event loop, call through `asyncio.to_thread` (decoding lets go of the GIL).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, Self, cast

import av
import numpy as np
from av.error import FFmpegError

from realtime.audio.errors import refuse
from realtime.audio.pcm import RATE, SAMPLE_BYTES, samples

if TYPE_CHECKING:
    from types import TracebackType

    from av.audio.stream import AudioStream
    from av.container import InputContainer

Format = Literal["wav", "ogg"]
MIME_TYPES: Final[dict[Format, str]] = {"wav": "audio/wav", "ogg": "audio/ogg"}
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_SECONDS: Final = 600.0

_READABLE: Final = "wav,w64,ogg,mp3,flac,matroska,mov,aac,aiff,au,amr,caf"
"""Demuxers we let FFmpeg try. Left to itself it also reads playlists, which name other files and addresses."""
_OPUS_BITS: Final = 24_000
"""Bits a second for each channel of an Opus file: speech of good quality."""


def read_sound(source: bytes | Path, *, max_seconds: float = MAX_SECONDS, max_bytes: int = MAX_BYTES) -> bytes:
    """A sound file as 24 kHz mono PCM.

    Args:
        source: the file's bytes, or where it is.
        max_seconds: the longest sound that is accepted.
        max_bytes: the largest file that is accepted.

    Raises:
        AudioError: `empty`, `too-large`, `too-long`, or `not-audio` for what holds no sound that can be read.
        OSError: the path cannot be read.
    """
    data = _bytes_of(source, max_bytes)
    if not data:
        refuse("empty", "the sound file is empty")
    try:
        with av.open(io.BytesIO(data), "r", options={"format_whitelist": _READABLE}) as container:
            pcm = _decode(container, int(max_seconds * RATE))
    except FFmpegError as error:
        refuse("not-audio", f"this is not a sound file that can be read ({error.strerror or type(error).__name__})")
    if pcm is None:
        refuse("too-long", f"the sound is longer than {max_seconds:g} seconds")
    if not pcm:
        refuse("empty", "the sound file holds no sound")
    return pcm


def wav_bytes(pcm: bytes, *, rate: int = RATE, channels: int = 1) -> bytes:
    """A WAV file of (interleaved) PCM."""
    return _written("wav", pcm, rate, channels)


def ogg_bytes(pcm: bytes, *, rate: int = RATE, channels: int = 1) -> bytes:
    """An Ogg/Opus file of (interleaved) PCM.

    Raises:
        ValueError: Opus knows 8, 12, 16, 24 and 48 kHz only.
    """
    return _written("ogg", pcm, rate, channels)


class SoundWriter:
    """Writes a sound file piece by piece. Closing it finishes the file and leaves the target open."""

    def __init__(self, target: BinaryIO, form: Format, *, rate: int = RATE, channels: int = 1) -> None:
        if form == "ogg" and rate not in {8_000, 12_000, 16_000, 24_000, 48_000}:
            message = f"Opus has no sample rate {rate}"
            raise ValueError(message)
        self._layout = "mono" if channels == 1 else "stereo"
        self._channels = channels
        self._rate = rate
        self._at = 0
        # Nothing of this machine or moment in the file: the same bytes for the same sound.
        # PyAV leaves the type of its packets open.
        container: Any = av.open(target, "w", format=form, options={"fflags": "+bitexact"})
        self._container = container
        codec = "pcm_s16le" if form == "wav" else "libopus"
        self._stream = cast("AudioStream", container.add_stream(codec, rate=rate, layout=self._layout))
        if form == "ogg":
            self._stream.bit_rate = _OPUS_BITS * channels

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, pcm: bytes) -> None:
        """More sound; whole samples of all channels, interleaved."""
        values = samples(pcm)[np.newaxis]
        if not values.size:
            return
        frame = av.AudioFrame.from_ndarray(values, "s16", self._layout)
        frame.sample_rate = self._rate
        frame.pts = self._at
        self._at += values.size // self._channels
        self._mux(frame)

    def close(self) -> None:
        """Finish the file. A second time does nothing."""
        if self._at >= 0:
            self._at = -1
            self._mux(None)
            self._container.close()

    def _mux(self, frame: av.AudioFrame | None) -> None:
        stream: Any = self._stream
        self._container.mux(stream.encode(frame))


def _bytes_of(source: bytes | Path, limit: int) -> bytes:
    if isinstance(source, Path):
        # A byte more than allowed tells too large ones, however large they are.
        with source.open("rb") as file:
            source = file.read(limit + 1)
    if len(source) > limit:
        refuse("too-large", f"the sound file is larger than {limit} bytes")
    return source


def _decode(container: InputContainer, limit: int) -> bytes | None:
    """All of the first sound stream; None when it has more than `limit` samples."""
    if not container.streams.audio:
        refuse("not-audio", "the file has no sound in it")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    pcm = bytearray()
    for frame in container.decode(audio=0):
        _collect(pcm, resampler.resample(frame))
        if len(pcm) > limit * SAMPLE_BYTES:
            return None
    _collect(pcm, resampler.resample(None))
    return None if len(pcm) > limit * SAMPLE_BYTES else bytes(pcm)


def _collect(pcm: bytearray, frames: list[av.AudioFrame]) -> None:
    for frame in frames:
        pcm += memoryview(frame.planes[0])[: frame.samples * SAMPLE_BYTES]


def _written(form: Format, pcm: bytes, rate: int, channels: int) -> bytes:
    target = io.BytesIO()
    # The Opus encoder takes any length, but a single frame of ten minutes is a copy of ten minutes.
    step = rate * channels * SAMPLE_BYTES
    with SoundWriter(target, form, rate=rate, channels=channels) as writer:
        for at in range(0, len(pcm), step):
            writer.write(pcm[at : at + step])
    return target.getvalue()
