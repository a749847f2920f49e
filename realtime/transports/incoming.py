"""From RTP packets to 20 ms frames of PCM: order, concealment, decoding, and a queue for the one who listens."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from realtime.transports.errors import InvalidAudio
from realtime.transports.jitter import RATE, JitterBuffer, Kind, Step
from realtime.transports.opus import FRAME_BYTES, MAX_PACKET_SAMPLES, SAMPLE_RATE, Decoder
from realtime.transports.ports import FRAME_MS, AudioFrame, Source
from realtime.transports.queues import Mailbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

_log = logging.getLogger(__name__)

_QUEUED_FRAMES = 250
"""5 s: a listener that is further behind loses the oldest frames."""
_PER_SAMPLE = RATE // SAMPLE_RATE
_PER_MS = RATE // 1000
_STEP_SAMPLES = 60
"""2.5 ms: libopus makes up sound in multiples of it only."""
_SOURCES = {
    Kind.PLAY: Source.RECEIVED,
    Kind.RESTORE: Source.RESTORED,
    Kind.CONCEAL: Source.CONCEALED,
    Kind.SILENCE: Source.SILENCE,
}


class IncomingAudio:
    """One stream of a peer. The time line goes on whether anybody listens or not; only then is it decoded."""

    def __init__(self) -> None:
        self.jitter = JitterBuffer()
        self.started_at: float | None = None
        """`time.monotonic()` of the first packet, which is millisecond 0."""
        self.frames_dropped = 0
        self._ssrc: int | None = None
        self._listener: _Listener | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def push(self, ssrc: int, sequence: int, stamp: int, payload: bytes) -> None:
        """Take a packet that came just now."""
        now = time.monotonic()
        if self._ssrc != ssrc:
            self._change_stream(ssrc, now)
        self._play(self.jitter.push(sequence, stamp, payload, now))
        if self.jitter.deadline is not None and self._timer is None:
            self._set_timer(now)

    async def frames(self) -> AsyncGenerator[AudioFrame, None]:
        """See `MediaConnection.frames`."""
        if self._listener is not None:
            msg = "There is a listener already"
            raise RuntimeError(msg)
        if self._closed:
            return
        self._listener = listener = _Listener(self.jitter.position)
        try:
            async for frame in listener.queue.read():
                yield frame
        finally:
            self._listener = None
            self.frames_dropped += listener.dropped
            listener.close()

    def close(self) -> None:
        """End the stream; the listener gets what is decoded, and then ends."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._listener is not None:
            self._listener.queue.close()

    def _set_timer(self, now: float) -> None:
        deadline = self.jitter.deadline
        if deadline is not None and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, deadline - now), self._poll)

    def _poll(self) -> None:
        now = time.monotonic()
        self._timer = None
        self._play(self.jitter.poll(now))
        self._set_timer(now)

    def _change_stream(self, ssrc: int, now: float) -> None:
        if self._ssrc is None:
            self.started_at = now
        else:
            self._play(self.jitter.restart(now))
        self._ssrc = ssrc

    def _play(self, steps: Sequence[Step]) -> None:
        listener = self._listener
        if listener is None or self._closed:
            return
        for step in steps:
            listener.play(step)


class _Listener:
    """Decoder, framing and queue of the one who listens."""

    def __init__(self, position: int) -> None:
        self.queue: Mailbox[AudioFrame] = Mailbox(_QUEUED_FRAMES)
        self.dropped = 0
        self._decoder = Decoder()
        self._next_ms = position // _PER_MS
        self._rest = b""
        self._rest_source = Source.RECEIVED

    def play(self, step: Step) -> None:
        source = _SOURCES[step.kind]
        try:
            pcm = self._pcm(step)
        except InvalidAudio:
            # A broken packet takes as long as it says it does.
            pcm, source = bytes(step.length // _PER_SAMPLE * 2), Source.SILENCE
        if not self._rest and len(pcm) == FRAME_BYTES:
            self._put(pcm, source)
            return
        self._cut(pcm, source)

    def close(self) -> None:
        self._decoder.close()

    def _pcm(self, step: Step) -> bytes:
        samples = step.length // _PER_SAMPLE
        if step.kind is Kind.PLAY:
            return self._decoder.decode(step.payload)
        if step.kind is Kind.SILENCE:
            return bytes(samples * 2)
        whole = min(-(-samples // _STEP_SAMPLES) * _STEP_SAMPLES, MAX_PACKET_SAMPLES)
        if step.kind is Kind.RESTORE:
            return self._decoder.restore(step.payload, whole)[-samples * 2 :]
        return self._decoder.conceal(whole)[: samples * 2]

    def _cut(self, pcm: bytes, source: Source) -> None:
        """Packets of other lengths than 20 ms: a frame is as good as its worst part."""
        source_of_first = max(source, self._rest_source) if self._rest else source
        pcm = self._rest + pcm
        end = len(pcm) // FRAME_BYTES * FRAME_BYTES
        for at in range(0, end, FRAME_BYTES):
            self._put(pcm[at : at + FRAME_BYTES], source if at else source_of_first)
        self._rest = pcm[end:]
        self._rest_source = source if end else source_of_first

    def _put(self, pcm: bytes, source: Source) -> None:
        if self.queue.full:
            if not self.dropped:
                _log.warning("a listener does not keep up: incoming sound is dropped")
            self.dropped += 1
            self.queue.drop_oldest()
        self.queue.put(AudioFrame(pcm, self._next_ms, source))
        self._next_ms += FRAME_MS
