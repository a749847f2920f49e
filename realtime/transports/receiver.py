"""Stands in for aiortc's RTP receiver: no thread, no decoding, no queue. Packets go on at once, reports go back."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket, RtcpSrPacket, RtpPacket
from aiortc.stats import RTCStatsReport

from realtime.transports import internals

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiortc import MediaStreamTrack, RTCDtlsTransport, RTCRtpTransceiver
    from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
    from aiortc.rtp import AnyRtcpPacket

_CLOCK = 48_000
_LATEST_DELAY = 65_536
"""Seconds: a report cannot say more."""


class Receiver:
    """Hands the Opus packets of one peer to `on_packet(ssrc, sequence, stamp, payload)`.

    The names that begin with an underscore, and those in camel case, are the ones by which aiortc calls a receiver.
    """

    def __init__(self, transport: RTCDtlsTransport, on_packet: Callable[[int, int, int, bytes], None]) -> None:
        self.packets = 0
        """RTP and RTCP packets so far: signs of life."""
        self._enabled = True
        self._track: MediaStreamTrack | None = None
        self._transport = transport
        self._on_packet = on_packet
        self._payload_types: frozenset[int | None] = frozenset()
        self._ssrc: int | None = None
        self._streams: dict[int, StreamStatistics] = {}
        self._sender_reports: dict[int, tuple[int, float]] = {}
        self._reports: asyncio.Task[None] | None = None

    def take_place_of(self, transceiver: RTCRtpTransceiver) -> None:
        """Replace the receiver of a transceiver that is not connected yet."""
        self._ssrc = internals.sender_ssrc(transceiver)
        internals.replace_receiver(transceiver, self)

    @property
    def track(self) -> MediaStreamTrack | None:
        """What the peer calls its track; nobody reads from it."""
        return self._track

    @property
    def transport(self) -> RTCDtlsTransport:
        """Where packets come from."""
        return self._transport

    def setTransport(self, transport: RTCDtlsTransport) -> None:  # noqa: N802 - aiortc's name
        """Another transport carries it: sections were bundled."""
        self._transport = transport

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Begin. aiortc calls this once the transport stands, and again on each renegotiation."""
        if self._reports is not None:
            return
        self._payload_types = frozenset(c.payloadType for c in parameters.codecs if c.name.lower() == "opus")
        internals.register(self._transport, self, parameters)
        self._reports = asyncio.create_task(self._report(), name="rtcp receiver reports")

    async def stop(self) -> None:
        """End. Harmless when done twice."""
        reports, self._reports = self._reports, None
        if reports is None:
            return
        internals.unregister(self._transport, self)
        reports.cancel()
        with suppress(asyncio.CancelledError):
            await reports

    async def getStats(self) -> RTCStatsReport:  # noqa: N802 - aiortc's name
        """Nothing: `MediaConnection.stats` has the figures."""
        return RTCStatsReport()

    def _set_rtcp_ssrc(self, ssrc: int) -> None:
        self._ssrc = ssrc

    def _handle_disconnect(self) -> None:
        """Nothing is held here that would have to be let go."""

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        self.packets += 1
        if isinstance(packet, RtcpSrPacket):
            middle = (packet.sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF
            self._sender_reports[packet.ssrc] = (middle, time.monotonic())

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:  # noqa: ARG002 - aiortc's name
        self.packets += 1
        if not self._enabled or packet.payload_type not in self._payload_types:
            return
        stream = self._streams.get(packet.ssrc)
        if stream is None:
            # A peer that changes its stream leaves the old one behind for good.
            self._streams.clear()
            stream = self._streams[packet.ssrc] = StreamStatistics(_CLOCK)
        stream.add(packet)
        self._on_packet(packet.ssrc, packet.sequence_number, packet.timestamp, packet.payload)

    async def _report(self) -> None:
        """Tell the peer about its losses: they make its encoder send FEC."""
        while True:
            # RFC 3550 section 6.2 spreads reports at random, so that they do not come in step.
            await asyncio.sleep(0.5 + random.random())  # noqa: S311 - no secret
            if self._ssrc is None or not self._streams:
                continue
            packet = RtcpRrPacket(ssrc=self._ssrc, reports=[self._info(*item) for item in self._streams.items()])
            with suppress(ConnectionError):
                await internals.send_rtcp(self._transport, bytes(packet))

    def _info(self, ssrc: int, stream: StreamStatistics) -> RtcpReceiverInfo:
        last, delay = self._sender_reports.get(ssrc, (0, None))
        since = 0.0 if delay is None else time.monotonic() - delay
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=stream.fraction_lost,
            packets_lost=stream.packets_lost,
            highest_sequence=stream.max_seq or 0,
            jitter=stream.jitter,
            lsr=last,
            dlsr=int(since * 65_536) if since < _LATEST_DELAY else 0,
        )
