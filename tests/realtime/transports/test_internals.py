"""Canaries: what we touch inside aiortc and aioice is as it was. When one fails, read the new source, then mend."""
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# What is private is what is watched here.

from __future__ import annotations

import inspect
from importlib.metadata import version

import aiortc
import pytest
from aioice import ice, stun
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    rtcdtlstransport,
    rtcrtpreceiver,
    rtcrtpsender,
    rtcrtptransceiver,
    rtcsctptransport,
)
from aiortc.codecs.opus import OpusEncoder
from aiortc.rtcdtlstransport import RTCDtlsTransport

from realtime.transports import internals
from realtime.transports.receiver import Receiver


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_the_versions_are_the_ones_that_were_read() -> None:
    assert aiortc.__version__ == "1.16.0"
    assert version("aioice") == "0.13.0"
    assert version("av").startswith("18.1.")


def test_a_transceiver_keeps_its_receiver_where_we_replace_it() -> None:
    source = inspect.getsource(rtcrtptransceiver.RTCRtpTransceiver)
    assert "self.__receiver = receiver" in source
    assert "return self.__receiver" in source
    assert "await self.__receiver.stop()" in source


def ignore(ssrc: int, sequence: int, stamp: int, payload: bytes) -> None:
    pass


@pytest.mark.anyio
async def test_a_replaced_receiver_is_the_one_that_is_asked() -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = peer.addTransceiver("audio")
    assert internals.sender_ssrc(transceiver) == transceiver.sender._ssrc
    receiver = Receiver(transceiver.receiver.transport, ignore)
    receiver.take_place_of(transceiver)
    assert transceiver.receiver is receiver
    assert peer.getReceivers() == [receiver]
    await peer.close()


def test_a_receiver_is_asked_nothing_but_what_ours_can() -> None:
    for name in internals.RECEIVER_NAMES:
        assert hasattr(Receiver, name) or f"self.{name}" in inspect.getsource(Receiver.__init__)
    theirs, ours = rtcrtpreceiver.RTCRtpReceiver, Receiver
    for name in (
        "_handle_rtp_packet",
        "_handle_rtcp_packet",
        "_handle_disconnect",
        "_set_rtcp_ssrc",
        "receive",
        "stop",
    ):
        assert parameters(getattr(theirs, name)) == parameters(getattr(ours, name)), name
    called = "".join(map(inspect.getsource, (RTCPeerConnection, RTCDtlsTransport, rtcrtptransceiver.RTCRtpTransceiver)))
    asked = {
        line.split("receiver.", 1)[1].split("(")[0].split(".")[0].split(" ")[0].rstrip(")[]:,")
        for line in called.splitlines()
        if "receiver." in line and "_data_receiver" not in line and "import" not in line
    }
    assert asked <= {*internals.RECEIVER_NAMES, "track\n"}, asked


def test_the_dtls_transport_hands_packets_to_receivers_as_before() -> None:
    assert parameters(RTCDtlsTransport._register_rtp_receiver) == ["self", "receiver", "parameters"]
    assert parameters(RTCDtlsTransport._unregister_rtp_receiver) == ["self", "receiver"]
    assert parameters(RTCDtlsTransport._send_rtp) == ["self", "data"]
    source = inspect.getsource(rtcdtlstransport)
    assert "await receiver._handle_rtp_packet(packet, arrival_time_ms=arrival_time_ms)" in source
    assert "await recipient._handle_rtcp_packet(packet)" in source


def test_reports_are_made_of_the_same_figures() -> None:
    names = {"add", "fraction_lost", "jitter", "packets_lost", "packets_expected"}
    assert names <= set(dir(rtcrtpreceiver.StreamStatistics))


def test_the_sender_takes_packets_that_are_already_encoded() -> None:
    source = inspect.getsource(rtcrtpsender.RTCRtpSender._next_encoded_frame)
    assert "payloads, timestamp = self.__encoder.pack(data)" in source
    assert parameters(OpusEncoder.pack) == ["self", "packet"]


def test_the_path_in_use_can_be_asked_for_life() -> None:
    assert "self._connection = gatherer._connection" in inspect.getsource(aiortc.RTCIceTransport)
    source = inspect.getsource(ice.Connection.query_consent)
    for name in (
        "self._nominated.values()",
        "self.build_request(pair, nominate=False)",
        "pair.protocol.request(",
        "pair.remote_addr",
        "self.remote_password",
    ):
        assert name in source, name
    assert issubclass(stun.TransactionFailed, stun.TransactionError)


def test_host_addresses_are_asked_for_as_before() -> None:
    assert parameters(internals._host_addresses) == ["use_ipv4", "use_ipv6"]
    assert "addresses = get_host_addresses(" in inspect.getsource(ice.Connection.gather_candidates)
    internals.prepare()
    with internals.loopback(always=True):
        assert "127.0.0.1" in ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
        assert "127.0.0.1" not in ice.get_host_addresses(use_ipv4=False, use_ipv6=True)


def test_texts_are_cut_by_the_number_we_set() -> None:
    internals.prepare()
    assert rtcsctptransport.USERDATA_MAX_LENGTH == 1100
    send = inspect.getsource(rtcsctptransport.RTCSctpTransport._send)
    assert "user_data[pos : pos + USERDATA_MAX_LENGTH]" in send
    assert "self._advertised_rwnd -= len(chunk.user_data)" in inspect.getsource(rtcsctptransport.RTCSctpTransport)
