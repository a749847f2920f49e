"""A voice server to be measured, in a process of its own: offers come in on standard input, answers go out.

All kinds do the same agent work in each session: incoming sound becomes 24 kHz mono PCM in a consumer's hands,
generated 24 kHz mono speech goes out all the time, texts are echoed. `ours` and `ours-uvloop` use
`realtime.transports`; `stock` is aiortc as it comes; `pipecat` is in a module of its own.
"""

from __future__ import annotations

import asyncio
import fractions
import json
import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from realtime.transports.errors import ConnectionEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from aiortc import RTCDataChannel, RTCPeerConnection

    from realtime.transports.ports import MediaConnection

RATE = 24_000
FRAME = 480
FRAME_BYTES = 960
LOUD = 1_500


def speech(seconds: float) -> bytes:
    """Sound with the ups and downs of speech, as PCM."""
    rng = np.random.default_rng(3)
    count = int(seconds * RATE)
    pitch = np.repeat(rng.uniform(100, 250, count // 2_400 + 1), 2_400)[:count]
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(n * phase) / n for n in range(1, 10)) + 0.1 * rng.standard_normal(count)
    return (3_000 * voice * np.abs(np.sin(np.arange(count) * 2 * np.pi * 2.2 / RATE))).astype("<i2").tobytes()


SPEECH = speech(4.0)


@dataclass
class Heard:
    """What the consumer of a session got."""

    frames: int = 0
    last: float = 0.0
    gaps: list[float] = field(default_factory=list[float])
    loud_at: list[float] = field(default_factory=list[float])
    watching: bool = False

    def take(self, pcm: bytes) -> None:
        """One frame of PCM."""
        self.frames += 1
        if self.watching:
            now = time.monotonic()
            if self.last:
                self.gaps.append(now - self.last)
            self.last = now
            if np.abs(np.frombuffer(pcm, "<i2")).max() > LOUD:
                self.loud_at.append(now)


class Session(Protocol):
    """One peer."""

    heard: Heard

    async def answer(self, offer: str) -> str:
        """Take an offer."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class Ours:
    """`realtime.transports`."""

    def __init__(self) -> None:
        from realtime.transports.webrtc import WebRtcConnection  # noqa: PLC0415 - only where it is measured

        self.heard = Heard()
        self._connection: MediaConnection = WebRtcConnection()
        self._tasks: list[asyncio.Task[None]] = []

    async def answer(self, offer: str) -> str:
        """Take an offer."""
        answer = await self._connection.answer(offer)
        self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._echo, self._speak)]
        return answer

    async def close(self) -> None:
        """End it."""
        await self._connection.close()
        await asyncio.wait(self._tasks)

    async def _listen(self) -> None:
        async for frame in self._connection.frames():
            self.heard.take(frame.pcm)

    async def _echo(self) -> None:
        async for text in self._connection.messages():
            self._connection.send(text)

    async def _speak(self) -> None:
        output = self._connection.output
        with suppress(ConnectionEnded):
            while True:
                output.write("speech", SPEECH)
                # The queue neither runs dry nor grows: four seconds are written at a time.
                await asyncio.sleep(6.0 if output.queued_ms > 6_000 else 2.0)


class Stock:
    """aiortc as its documentation shows it."""

    def __init__(self) -> None:
        from aiortc import RTCConfiguration, RTCPeerConnection  # noqa: PLC0415 - only where it is measured

        self.heard = Heard()
        self._peer: RTCPeerConnection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.addTrack(_speech_track())
        self._listening: asyncio.Task[None] | None = None
        self._peer.on("track", self._on_track)
        self._peer.on("datachannel", _echo_on)

    async def answer(self, offer: str) -> str:
        """Take an offer."""
        from aiortc import RTCSessionDescription  # noqa: PLC0415 - only where it is measured

        await self._peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._peer.setLocalDescription()
        return self._peer.localDescription.sdp

    async def close(self) -> None:
        """End it."""
        await self._peer.close()
        if self._listening is not None:
            await asyncio.wait([self._listening])

    def _on_track(self, track: Any) -> None:
        self._listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: Any) -> None:
        from aiortc.mediastreams import MediaStreamError  # noqa: PLC0415 - only where it is measured
        from av import AudioResampler  # noqa: PLC0415 - only where it is measured

        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        with suppress(MediaStreamError):
            while True:
                for frame in resampler.resample(await track.recv()):
                    self.heard.take(bytes(frame.planes[0])[: frame.samples * 2])


def _echo_on(channel: RTCDataChannel) -> None:
    channel.on("message", channel.send)


def _speech_track() -> Any:
    from aiortc import MediaStreamTrack  # noqa: PLC0415 - only where it is measured
    from av import AudioFrame  # noqa: PLC0415 - only where it is measured

    class Speech(MediaStreamTrack):
        kind = "audio"
        count = 0
        began = 0.0

        async def recv(self) -> AudioFrame:
            self.began = self.began or time.monotonic()
            await asyncio.sleep(max(0.0, self.began + self.count * 0.02 - time.monotonic()))
            frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
            at = self.count * FRAME_BYTES % len(SPEECH)
            frame.planes[0].update(SPEECH[at : at + FRAME_BYTES])
            frame.sample_rate, frame.pts, frame.time_base = RATE, self.count * FRAME, fractions.Fraction(1, RATE)
            self.count += 1
            return frame

    return Speech()


def _pipecat() -> Session:
    from benchmarks.voice_pipecat import Pipecat  # noqa: PLC0415 - only where it is installed

    return Pipecat()


KINDS: dict[str, Callable[[], Session]] = {"ours": Ours, "ours-uvloop": Ours, "stock": Stock, "pipecat": _pipecat}


class Server:
    """Sessions of one kind, commanded by lines of JSON."""

    def __init__(self, kind: str) -> None:
        self._make = KINDS[kind]
        self._sessions: list[Session] = []

    async def serve(self) -> None:
        """Until standard input ends."""
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command = cast("dict[str, Any]", json.loads(line))
            reply = await getattr(self, f"do_{command['do']}")(command)
            sys.stdout.write(json.dumps(reply) + "\n")
            sys.stdout.flush()
        await self.do_close({})

    async def do_offer(self, command: dict[str, Any]) -> dict[str, Any]:
        """A new session."""
        session = self._make()
        self._sessions.append(session)
        return {"answer": await session.answer(command["sdp"])}

    async def do_figures(self, command: dict[str, Any]) -> dict[str, Any]:
        """CPU seconds, resident KB and frames so far."""
        del command
        return {
            "cpu": time.process_time(),
            "wall": time.monotonic(),
            "rss": resident_kb(),
            "frames": sum(session.heard.frames for session in self._sessions),
        }

    async def do_watch(self, command: dict[str, Any]) -> dict[str, Any]:
        """Begin to note when frames come."""
        del command
        for session in self._sessions:
            session.heard.watching = True
        return {}

    async def do_heard(self, command: dict[str, Any]) -> dict[str, Any]:
        """When loud frames came, and how long it took from frame to frame."""
        del command
        heard = self._sessions[0].heard
        return {"loud_at": heard.loud_at, "gaps": heard.gaps}

    async def do_close(self, command: dict[str, Any]) -> dict[str, Any]:
        """End all sessions."""
        del command
        sessions, self._sessions = self._sessions, []
        await asyncio.gather(*(session.close() for session in sessions))
        return {}


def resident_kb() -> int:
    """Resident memory of this process."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize() // 1024


def run(main: Callable[[], Coroutine[Any, Any, None]], *, uvloop: bool) -> None:
    """Run on the loop that is measured."""
    if uvloop:
        # Not a dependency: found when it happens to be installed.
        import_module("uvloop").run(main())
    else:
        asyncio.run(main())


if __name__ == "__main__":
    run(Server(sys.argv[1]).serve, uvloop=sys.argv[1].endswith("uvloop"))
