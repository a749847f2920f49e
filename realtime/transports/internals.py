"""Every name of aiortc and aioice that is not part of their interface and that we touch, in one place.

`aiortc==1.16.0` and `aioice==0.13.0` are pinned for these. `tests/realtime/transports/test_internals.py` compares each
with what it was when this was written and fails when it has changed: then read the new source, and mend here.

- `RTCRtpTransceiver.__receiver`: our `Receiver` takes the place of aiortc's, which starts a thread, decodes to 48 kHz
  stereo, keeps 80 ms (280 ms after the first loss), and queues without limit what nobody reads.
- `RTCDtlsTransport._register_rtp_receiver`, `._unregister_rtp_receiver`, `._send_rtp`: what a receiver needs.
- `RTCRtpReceiver`: the names by which aiortc calls a receiver (`RECEIVER_NAMES`).
- `RTCIceTransport._connection`, `Connection._nominated`, `CandidatePair.protocol`: to ask the peer whether it is there.
- `RTCRtpSender._ssrc`: the number that receiver reports carry.
- `RTCSctpTransport._advertised_rwnd`: room left for what the peer sends.
- `aioice.ice.get_host_addresses`: leaves 127.0.0.1 out; a machine that has nothing else gets no candidate at all.
- `aiortc.rtcsctptransport.USERDATA_MAX_LENGTH`: size of the pieces that texts are cut into.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from aioice import ice, stun
from aiortc import rtcsctptransport

if TYPE_CHECKING:
    from collections.abc import Generator

    from aiortc import RTCDtlsTransport, RTCRtpTransceiver, RTCSctpTransport
    from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
    from aiortc.rtcrtpreceiver import RTCRtpReceiver

RECEIVER_NAMES: Final = (
    "_enabled",
    "_handle_disconnect",
    "_handle_rtcp_packet",
    "_handle_rtp_packet",
    "_set_rtcp_ssrc",
    "_track",
    "getStats",
    "receive",
    "setTransport",
    "stop",
    "track",
    "transport",
)
"""What aiortc asks of a receiver."""

_LOOPBACK = "127.0.0.1"
_PIECE: Final = 1_100
"""Bytes of text in one SCTP packet. aiortc's own 1160 just fit into 1280, the smallest MTU of IPv6; a TURN relay on the
way adds 36, and what does not fit is lost for good, each time it is sent again."""
_PROBE_RETRANSMISSIONS = 0

_include_loopback: ContextVar[bool] = ContextVar("include_loopback", default=False)
_host_addresses = ice.get_host_addresses


def _addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: FBT001 - as aioice calls it
    addresses = _host_addresses(use_ipv4, use_ipv6)
    if use_ipv4 and (_include_loopback.get() or not addresses):
        addresses.append(_LOOPBACK)
    return addresses


def prepare() -> None:
    """Change what is shared by all connections of the process. Harmless when done twice."""
    ice.get_host_addresses = _addresses
    rtcsctptransport.USERDATA_MAX_LENGTH = _PIECE


@contextmanager
def loopback(*, always: bool) -> Generator[None]:
    """Candidates gathered inside include 127.0.0.1: `always`, or only where there is no other address."""
    token = _include_loopback.set(always)
    try:
        yield
    finally:
        _include_loopback.reset(token)


class ReplacesReceiver(Protocol):
    """Marks what may stand in for an `RTCRtpReceiver`."""

    async def stop(self) -> None:
        """End it."""
        ...


def replace_receiver(transceiver: RTCRtpTransceiver, receiver: ReplacesReceiver) -> None:
    """Let our receiver have the sound of a transceiver that is not connected yet."""
    name = "_RTCRtpTransceiver__receiver"
    if not hasattr(transceiver, name):
        msg = f"aiortc has changed: RTCRtpTransceiver has no {name}"
        raise RuntimeError(msg)
    setattr(transceiver, name, receiver)


def sender_ssrc(transceiver: RTCRtpTransceiver) -> int:
    """The number under which our side of a transceiver sends, and reports."""
    return transceiver.sender._ssrc  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def hoards(sctp: RTCSctpTransport | None) -> bool:
    """Whether a peer keeps sending pieces of a text beyond the window it was given. aiortc itself keeps them all."""
    return sctp is not None and sctp._advertised_rwnd < 0  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def register(transport: RTCDtlsTransport, receiver: object, parameters: RTCRtpReceiveParameters) -> None:
    """From now on `transport` hands RTP and RTCP to `receiver`."""
    # A receiver is what has the names; aiortc's type for it is a private Protocol.
    transport._register_rtp_receiver(cast("RTCRtpReceiver", receiver), parameters)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def unregister(transport: RTCDtlsTransport, receiver: object) -> None:
    """Undo `register`."""
    transport._unregister_rtp_receiver(cast("RTCRtpReceiver", receiver))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


async def send_rtcp(transport: RTCDtlsTransport, packet: bytes) -> None:
    """Send an RTCP packet. Raises `ConnectionError` when the transport is down."""
    await transport._send_rtp(packet)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


async def ask_for_life(transport: RTCDtlsTransport) -> bool:
    """Send the peer one STUN request on the path in use; whether it answers within half a second."""
    connection = transport.transport._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    pairs = cast("dict[int, Any]", connection._nominated)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    password = connection.remote_password
    for pair in list(pairs.values()):
        request = connection.build_request(pair, nominate=False)
        try:
            await pair.protocol.request(
                request,
                pair.remote_addr,
                integrity_key=(password or "").encode(),
                retransmissions=_PROBE_RETRANSMISSIONS,
            )
        except stun.TransactionFailed:
            return True  # an error is an answer too
        except (stun.TransactionError, OSError):
            return False
        return True
    return False
