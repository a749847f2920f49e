"""A conversation on two channels, aligned in time: the user left, the assistant right.

Each side goes to its own temporary file at the place its time stamp says; what nobody wrote is a hole in the file,
which reads as silence and takes no room. Memory stays flat however long it lasts; an hour of two people talking at once
takes 346 MB of disk until it is closed.
"""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, BinaryIO, Final, Literal, Self

import numpy as np

from realtime.audio.errors import refuse
from realtime.audio.files import Format, SoundWriter
from realtime.audio.pcm import RATE, SAMPLE_BYTES, samples

if TYPE_CHECKING:
    from types import TracebackType

Side = Literal["user", "assistant"]
MAX_SECONDS: Final = 3_660
"""The longest session, and what it takes to say goodbye."""
_JITTER_MS: Final = 15
"""Time stamps this near the end of what is there continue it: they are rounded, and speech must not be cut for that."""
_BLOCK: Final = RATE * 10


class _Track:
    """One side: samples at their places."""

    def __init__(self) -> None:
        # Nameless: a killed process leaves nothing behind.
        self.file: IO[bytes] = tempfile.TemporaryFile(prefix="autopilot-voice-", buffering=1 << 16)  # noqa: SIM115 - see close
        self.end = 0

    def write(self, pcm: bytes, at: int, limit: int) -> bool:
        """Put samples at their place; what overlaps the past is left out. False when some are beyond `limit`."""
        if abs(at - self.end) <= _JITTER_MS * RATE // 1000:
            at = self.end
        late = max(self.end - at, 0)
        count = len(pcm) // SAMPLE_BYTES
        start, stop = at + late, min(at + count, limit)
        if stop > start:
            if start != self.end:
                self.file.seek(start * SAMPLE_BYTES)
            self.file.write(pcm[late * SAMPLE_BYTES : (stop - at) * SAMPLE_BYTES])
            self.end = stop
        return at + count <= limit

    def read(self, count: int) -> bytes:
        """The next `count` samples; silence after the end."""
        return self.file.read(count * SAMPLE_BYTES).ljust(count * SAMPLE_BYTES, b"\0")


class Recorder:
    """Records both sides of one session; the owner closes it.

    Time stamps are milliseconds since the session began, of when the sound was spoken or played, not of when it came:
    then delay and loss leave everything else where it belongs. The stamps of one side do not go back.
    """

    def __init__(self, max_seconds: int = MAX_SECONDS) -> None:
        self._limit = max_seconds * RATE
        self._tracks: dict[Side, _Track] = {"user": _Track(), "assistant": _Track()}
        self._closed = False
        self.truncated = False
        """Whether sound was left out because the recording would have become too long."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def seconds(self) -> float:
        """How long the recording is."""
        return max(track.end for track in self._tracks.values()) / RATE

    def write(self, side: Side, pcm: bytes, at_ms: float) -> None:
        """24 kHz mono PCM of one side, which sounded at `at_ms`. Nothing happens once closed."""
        if self._closed:
            return
        if not self._tracks[side].write(pcm, round(max(0.0, at_ms) * RATE / 1000), self._limit):
            self.truncated = True

    def save(self, target: BinaryIO, form: Format = "ogg") -> float:
        """Write the recording so far as a stereo file; blocking, for a thread, with no `write` meanwhile.

        Returns:
            Its length in seconds.

        Raises:
            AudioError: `closed`, or `empty` when nothing was ever said.
        """
        if self._closed:
            refuse("closed", "the recording is closed")
        total = max(track.end for track in self._tracks.values())
        if not total:
            refuse("empty", "nothing was recorded")
        tracks = [self._tracks["user"], self._tracks["assistant"]]
        for track in tracks:
            track.file.seek(0)
        with SoundWriter(target, form, channels=2) as writer:
            for at in range(0, total, _BLOCK):
                count = min(_BLOCK, total - at)
                sides = [samples(track.read(count)) for track in tracks]
                writer.write(np.stack(sides, axis=1).tobytes())
        for track in tracks:
            track.file.seek(track.end * SAMPLE_BYTES)
        return total / RATE

    def close(self) -> None:
        """Give the temporary files back. Idempotent."""
        self._closed = True
        for track in self._tracks.values():
            track.file.close()
