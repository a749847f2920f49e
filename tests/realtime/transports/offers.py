"""Offers, good and bad. What is bad comes with the words of its refusal; None where only the WebRTC stack notices."""

from __future__ import annotations

OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 4 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "a=msid-semantic: WMS",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:ice-pwd-of-the-offer-0123456",
        "a=ice-options:trickle",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        "a=mid:0",
        "a=sendrecv",
        "a=msid:- track",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:0 PCMU/8000",
        "a=ssrc:1 cname:x",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:ice-pwd-of-the-offer-0123456",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        "a=mid:1",
        "a=sctp-port:5000",
        "a=max-message-size:262144",
        "",
    ]
)


def _without(start: str) -> str:
    return "\r\n".join(line for line in OFFER.split("\r\n") if not line.startswith(start))


def _with(old: str, new: str) -> str:
    assert old in OFFER
    return OFFER.replace(old, new)


MALFORMED: dict[str, tuple[str, str | None]] = {
    "empty": ("", "is empty"),
    "blank": (" \r\n\r\n", "is empty"),
    "not SDP": ("hello", "does not begin"),
    "JSON": ('{"type": "offer", "sdp": "v=0"}', "does not begin"),
    "HTML": ("<html></html>", "does not begin"),
    "zero byte": (OFFER + "\0", "zero bytes"),
    "huge": (OFFER + "a=x\r\n" * 100_000, "more than the 200000"),
    "head only": ("v=0\r\no=- 4 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", "no media"),
    "cut in an m= line": (OFFER[: OFFER.index("m=audio") + 12], "m= line"),
    "cut after the m= line": (OFFER[: OFFER.index("c=IN")], "lacks ice-ufrag"),
    "no ICE user": (_without("a=ice-ufrag"), "lacks ice-ufrag"),
    "no ICE password": (_without("a=ice-pwd"), "lacks ice-pwd"),
    "no fingerprint": (_without("a=fingerprint"), "lacks fingerprint"),
    "no setup": (_without("a=setup"), "lacks setup"),
    "data channel only": (OFFER[: OFFER.index("m=audio")] + OFFER[OFFER.index("m=application") :], "no audio"),
    "G.711 only": (_without("a=rtpmap:111").replace("a=fmtp:111 minptime=10;useinbandfec=1\r\n", ""), "no Opus"),
    "port that is no number": (_with("m=audio 9 ", "m=audio nine "), "m= line"),
    "setup that does not exist": (_with("a=setup:actpass", "a=setup:maybe"), None),
    "fingerprint without a value": (_with("a=fingerprint:sha-256 AB", "a=fingerprint:AB"), None),
    "payload type that is no number": (_with("SAVPF 111 0", "SAVPF x 0"), None),
    "payload type of RTCP": (_with("SAVPF 111 0", "SAVPF 111 73"), None),
    "fmtp of another codec": (_with("a=fmtp:111", "a=fmtp:55"), None),
    "no RTCP mux": (_without("a=rtcp-mux"), None),
    "candidate without a port": (OFFER + "a=candidate:1 1 udp\r\n", None),
    "message size that is no number": (_with("size:262144", "size:many"), None),
    "address of another kind": (_with("c=IN IP4 0.0.0.0", "c=IN IP9 zero"), None),
}
