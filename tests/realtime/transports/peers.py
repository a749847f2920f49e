"""A plain aiortc client with nothing of ours in it, and helpers to bring two peers together."""

from __future__ import annotations

import asyncio
import fractions
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame as AvFrame
from av import AudioResampler

from realtime.transports.webrtc import WebRtcConnection, WebRtcSettings
from tests.realtime.transports.sounds import FRAME, RATE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiortc import RTCDataChannel

    from benchmarks.voice_relay import Relay
    from realtime.transports.ports import AudioFrame, MediaConnection
    from tests.realtime.transports.sounds import Samples

PATIENCE = 10.0


class SoundTrack(MediaStreamTrack):
    """Plays a sound once at its pace, then silence."""

    kind = "audio"

    def __init__(self, sound: Samples | None = None) -> None:
        super().__init__()
        self._pcm = (np.zeros(0) if sound is None else sound).astype("<i2").tobytes()
        self.sent_at: list[float] = []

    async def recv(self) -> AvFrame:
        if self.readyState != "live":
            raise MediaStreamError
        count = len(self.sent_at)
        if count:
            await asyncio.sleep(max(0.0, self.sent_at[0] + count * 0.02 - time.monotonic()))
        frame = AvFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update(self._pcm[count * 960 : (count + 1) * 960].ljust(960, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = RATE, count * FRAME, fractions.Fraction(1, RATE)
        self.sent_at.append(time.monotonic())
        return frame


@dataclass
class StockPeer:
    """The other end: aiortc as it comes."""

    peer: RTCPeerConnection
    track: SoundTrack
    channel: RTCDataChannel
    messages: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[bytes] = field(default_factory=list[bytes])
    heard_at: list[float] = field(default_factory=list[float])
    listening: asyncio.Task[None] | None = None

    @classmethod
    def make(cls, sound: Samples | None = None) -> StockPeer:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        track = SoundTrack(sound)
        peer.addTrack(track)
        stock = cls(peer, track, peer.createDataChannel("oai-events"))
        stock.channel.on("open", stock.opened.set)
        stock.channel.on("message", stock.messages.put_nowait)
        peer.on("track", stock.listen)
        return stock

    def listen(self, track: MediaStreamTrack) -> None:
        self.listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        with suppress(MediaStreamError):
            while True:
                frame = cast("AvFrame", await track.recv())  # pyright: ignore[reportUnknownMemberType] - Packet[?]
                parts = resampler.resample(frame)
                self.heard.append(b"".join(part.to_ndarray().tobytes() for part in parts))
                self.heard_at.append(time.monotonic())

    async def offer(self) -> str:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self.peer.close()
        if self.listening is not None:
            await asyncio.wait([self.listening], timeout=1)


@asynccontextmanager
async def talk(
    sound: Samples | None = None, *, relay: Relay | None = None, settings: WebRtcSettings | None = None
) -> AsyncGenerator[tuple[WebRtcConnection, StockPeer]]:
    """Our connection and a stock client, connected, and closed in the end."""
    ours, stock = WebRtcConnection(settings), StockPeer.make(sound)
    try:
        offer = await stock.offer()
        answer = await ours.answer(await relay.offer(offer) if relay else offer)
        await stock.accept(await relay.answer(answer) if relay else answer)
        await asyncio.wait_for(ours.connected(), PATIENCE)
        await asyncio.wait_for(stock.opened.wait(), PATIENCE)
        yield ours, stock
    finally:
        await ours.close()
        await stock.close()
        if relay:
            relay.close()


async def join(offerer: MediaConnection, answerer: MediaConnection, relay: Relay | None = None) -> None:
    """Connect two peers of ours."""
    offer = await offerer.offer()
    answer = await answerer.answer(await relay.offer(offer) if relay else offer)
    await offerer.accept(await relay.answer(answer) if relay else answer)
    await asyncio.wait_for(asyncio.gather(offerer.connected(), answerer.connected()), PATIENCE)


async def collect(connection: MediaConnection, seconds: float) -> tuple[list[AudioFrame], list[float]]:
    """Frames until there are so many seconds of them, and when each came."""
    frames: list[AudioFrame] = []
    times: list[float] = []
    async for frame in connection.frames():
        frames.append(frame)
        times.append(time.monotonic())
        if len(frames) >= round(seconds * 50):
            break
    return frames, times
