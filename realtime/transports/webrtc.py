"""WebRTC by aiortc: a `MediaConnection` that answers an offer, or makes one."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from realtime.transports import internals, sdp
from realtime.transports.channel import LABEL, EventChannel
from realtime.transports.errors import BadDescription, ConnectFailed, ConnectionEnded
from realtime.transports.incoming import IncomingAudio
from realtime.transports.liveness import TICK_S, Liveness, Verdict
from realtime.transports.opus import DEFAULT_SETTINGS, EncoderSettings, silence
from realtime.transports.outgoing import PacedTrack
from realtime.transports.playout import Playout
from realtime.transports.ports import AudioFrame, ConnectionState, EndReason, MediaStats
from realtime.transports.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_log = logging.getLogger(__name__)

_CLOSE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServer:
    """A STUN or TURN server. Of each kind one is used."""

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcSettings:
    """How connections are made."""

    ice_servers: tuple[IceServer, ...] = ()
    """None by default: a server that peers reach directly needs none, and asking one costs up to 5 s."""
    loopback: bool = False
    """Offer 127.0.0.1 beside other addresses. Where there is no other, it is offered anyway."""
    encoder: EncoderSettings = DEFAULT_SETTINGS
    connect_timeout_s: float = 10.0
    peer_takes_bytes: int | None = None
    """Longest text, instead of what the peer says; 0 is any. Chromium takes 4 MB and says 256 KiB."""


class WebRtcConnection:
    """See `MediaConnection`. Must be made while an event loop runs, and belongs to it."""

    def __init__(self, settings: WebRtcSettings | None = None) -> None:
        self._settings = settings or WebRtcSettings()
        silence()  # raises `OpusUnavailable` here, not in the middle of a call
        internals.prepare()
        servers = [RTCIceServer(s.url, s.username, s.credential) for s in self._settings.ice_servers]
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._playout = Playout(self._settings.encoder)
        self._incoming = IncomingAudio()
        self._channel = EventChannel(self._end)
        self._track = PacedTrack(self._playout.next_packet)
        self._receiver = self._add_audio()
        self._peer.on("datachannel", self._channel.attach)
        self._peer.on("connectionstatechange", self._on_state)
        self._state = ConnectionState.NEW
        self._reason: EndReason | None = None
        self._settled = asyncio.Event()  # connected, or ended
        self._released = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._release: asyncio.Task[None] | None = None

    @property
    def state(self) -> ConnectionState:
        return self._state

    @property
    def end_reason(self) -> EndReason | None:
        return self._reason

    @property
    def output(self) -> Playout:
        return self._playout

    @property
    def stats(self) -> MediaStats:
        counters = self._incoming.jitter.counters
        return MediaStats(
            packets_received=counters.received,
            packets_lost=counters.lost,
            packets_late=counters.late,
            frames_dropped=self._incoming.frames_dropped,
        )

    @property
    def input_started_at(self) -> float | None:
        return self._incoming.started_at

    @property
    def output_started_at(self) -> float | None:
        """`time.monotonic()` of the first packet that was sent."""
        return self._track.started_at

    @property
    def max_message_bytes(self) -> int | None:
        return self._channel.limit

    async def answer(self, offer_sdp: str) -> str:
        self._begin()
        try:
            await self._take(offer_sdp, "offer")
            return await self._describe()
        except BaseException:
            await self.close(EndReason.CONNECT_FAILED)
            raise

    async def offer(self) -> str:
        self._begin()
        try:
            self._channel.attach(self._peer.createDataChannel(LABEL))
            return await self._describe()
        except BaseException:
            await self.close(EndReason.CONNECT_FAILED)
            raise

    async def accept(self, answer_sdp: str) -> None:
        if self._state is ConnectionState.ENDED:
            raise ConnectionEnded(self._ended_text())
        try:
            await self._take(answer_sdp, "answer")
        except BaseException:
            await self.close(EndReason.CONNECT_FAILED)
            raise

    async def connected(self) -> None:
        await self._settled.wait()
        if self._state is ConnectionState.ENDED:
            raise ConnectFailed(self._ended_text())

    async def ended(self) -> EndReason:
        await self._released.wait()
        return self._reason or EndReason.CLOSED

    def frames(self) -> AsyncGenerator[AudioFrame, None]:
        return self._incoming.frames()

    def messages(self) -> AsyncGenerator[str, None]:
        return self._channel.messages()

    def send(self, text: str) -> None:
        self._channel.send(text)

    async def close(self, reason: EndReason = EndReason.CLOSED) -> None:
        self._end(reason)
        await self._released.wait()

    def _add_audio(self) -> Receiver:
        transceiver = self._peer.addTransceiver(self._track)
        transceiver.setCodecPreferences(
            [codec for codec in RTCRtpSender.getCapabilities("audio").codecs if codec.mimeType == "audio/opus"]
        )
        receiver = Receiver(transceiver.receiver.transport, self._incoming.push)
        receiver.take_place_of(transceiver)
        return receiver

    def _begin(self) -> None:
        if self._state is not ConnectionState.NEW:
            msg = "A connection is negotiated once"
            raise ConnectionEnded(msg)
        self._state = ConnectionState.CONNECTING

    async def _take(self, text: str, kind: str) -> None:
        text = sdp.without_mdns(sdp.check(text))
        if self._settings.peer_takes_bytes is not None:
            text = sdp.with_max_message_size(text, self._settings.peer_takes_bytes)
        self._channel.limit = sdp.max_message_size(text)
        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(sdp=text, type=kind))
        except Exception as error:
            # aiortc reads as it goes: whatever is odd surfaces as ValueError, KeyError, AssertionError and others.
            msg = f"The session description (SDP) cannot be used: {type(error).__name__} while it was read"
            raise BadDescription(msg) from error
        for transceiver in self._peer.getTransceivers():
            if transceiver.sender.track is not self._track:
                # Video, or a second microphone: unread it would pile up in memory.
                transceiver.direction = "inactive"
        if kind == "answer":
            self._start_watching()

    async def _describe(self) -> str:
        """Our own description, all candidates in it."""
        with internals.loopback(always=self._settings.loopback):
            await self._peer.setLocalDescription()
        if self._peer.signalingState == "stable":
            self._start_watching()
        return sdp.offer_fec(self._peer.localDescription.sdp)

    def _start_watching(self) -> None:
        self._watch = asyncio.create_task(self._watch_over(), name="webrtc watch")

    async def _watch_over(self) -> None:
        """End the connection when it does not come to stand, or when the peer vanishes."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), self._settings.connect_timeout_s)
        if self._state is not ConnectionState.CONNECTED:
            self._end(EndReason.CONNECT_FAILED)
            return
        liveness = Liveness(time.monotonic())
        while self._state is ConnectionState.CONNECTED:
            await asyncio.sleep(TICK_S)
            verdict = liveness.look(self._receiver.packets + self._channel.received, time.monotonic())
            if verdict is Verdict.ASK:
                answered = await internals.ask_for_life(self._receiver.transport)
                liveness.asked(time.monotonic(), answered=answered)
            elif verdict is Verdict.GONE:
                self._end(EndReason.PEER_VANISHED)
            elif internals.hoards(self._peer.sctp):
                self._end(EndReason.PEER_BROKE_RULES)

    def _on_state(self) -> None:
        state = self._peer.connectionState
        if state == "connected" and self._state is ConnectionState.CONNECTING:
            self._state = ConnectionState.CONNECTED
            self._settled.set()
        elif state in {"failed", "closed"}:
            was_up = self._state is ConnectionState.CONNECTED
            self._end(EndReason.PEER_LEFT if was_up else EndReason.CONNECT_FAILED)

    def _end(self, reason: EndReason) -> None:
        """The one way out; what comes first is the reason."""
        if self._release is not None:
            return
        self._state = ConnectionState.ENDED
        self._reason = reason
        self._settled.set()
        self._playout.close()
        self._incoming.close()
        self._channel.close()
        self._release = asyncio.create_task(self._let_go(), name="webrtc release")

    async def _let_go(self) -> None:
        """Release sockets and tasks. Nothing that goes wrong here is worth more than a line in the log."""
        try:
            if self._watch is not None:
                self._watch.cancel()
                await asyncio.wait([self._watch])
            await asyncio.wait_for(self._peer.close(), _CLOSE_S)
        except Exception:  # noqa: BLE001 - see above, and the owner can do nothing about it
            _log.exception("a connection was not closed cleanly")
        finally:
            self._released.set()

    def _ended_text(self) -> str:
        return f"The connection has ended: {self._reason}"
