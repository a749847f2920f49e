"""Descriptions that are wrong are refused with a reason; those that are right pass."""

from __future__ import annotations

import pytest

from realtime.transports import sdp
from realtime.transports.errors import BadDescription
from tests.realtime.transports.offers import MALFORMED, OFFER


def test_a_good_offer_passes_and_gets_one_kind_of_line_end() -> None:
    assert sdp.check(OFFER) == OFFER
    assert sdp.check(OFFER.replace("\r\n", "\n")) == OFFER


@pytest.mark.parametrize("name", [name for name, (_, reason) in MALFORMED.items() if reason])
def test_a_malformed_description_is_refused_with_a_reason_that_does_not_quote(name: str) -> None:
    text, reason = MALFORMED[name]
    with pytest.raises(BadDescription, match=reason) as caught:
        sdp.check(text)
    assert "ice-pwd-of-the-offer" not in str(caught.value)
    assert len(caught.value.message) < 200


def test_fec_is_offered_once() -> None:
    offered = sdp.offer_fec(OFFER.replace("a=fmtp:111 minptime=10;useinbandfec=1\r\n", ""))
    assert "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" in offered
    assert sdp.offer_fec(offered) == offered


def test_names_that_take_multicast_to_resolve_are_left_out() -> None:
    candidate = "a=candidate:1 1 udp 2113937151 {} 51234 typ host\r\n"
    local, plain = candidate.format("0a1b.local"), candidate.format("192.0.2.7")
    both = OFFER + local + plain + "a=end-of-candidates\r\n"
    assert sdp.without_mdns(both) == OFFER + plain
    assert sdp.without_mdns(OFFER + plain + "a=end-of-candidates\r\n").endswith("a=end-of-candidates\r\n")


@pytest.mark.parametrize(("line", "size"), [("a=max-message-size:262144\r\n", 262_144), ("", 65_536)])
def test_the_longest_message_of_the_peer_is_read(line: str, size: int) -> None:
    text = OFFER.replace("a=max-message-size:262144\r\n", line)
    assert sdp.max_message_size(text) == size
    assert sdp.max_message_size(sdp.with_max_message_size(OFFER, 0)) is None
