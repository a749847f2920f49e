"""Checks and rewrites session descriptions (SDP) as text, before the WebRTC stack sees them and after it wrote them."""

from __future__ import annotations

import re

from realtime.transports.errors import BadDescription

MAX_BYTES = 200_000
"""A browser's offer with video has about 10 000."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_SECTION = re.compile(r"^m=(\w+) (\d+) ([A-Z/]+) (.+)$")
_OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000/2$", re.IGNORECASE | re.MULTILINE)
_MAX_MESSAGE_SIZE = re.compile(r"^a=max-message-size:(\d+)(?=\r?$)", re.MULTILINE)
_MDNS_CANDIDATE = re.compile(r"^a=candidate:\S+ \d+ \S+ \d+ \S+\.local ")
_NEEDED = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:")
_OPUS_PARAMETERS = "minptime=10;useinbandfec=1"


def check(sdp: str) -> str:
    """The description with one kind of line end. Raises `BadDescription` that says what is wrong, never quotes."""
    head, sections = _sections(sdp[: MAX_BYTES + 1])
    problem = _problem_of_text(sdp) or _problem(head, sections)
    if problem:
        msg = f"The session description (SDP) cannot be used: {problem}"
        raise BadDescription(msg)
    return (head + "".join(sections)).replace("\n", "\r\n")


def offer_fec(sdp: str) -> str:
    """Say in each audio section that we can use in-band FEC, which makes the peer's encoder send it on losses."""
    _, sections = _sections(sdp)
    for section in sections:
        found = _OPUS.search(section)
        if found and f"a=fmtp:{found[1]} " not in section:
            parameters = f"a=fmtp:{found[1]} {_OPUS_PARAMETERS}"
            sdp = sdp.replace(found[0], f"{found[0]}\r\n{parameters}", 1)
    return sdp


def without_mdns(sdp: str) -> str:
    """Leave out candidates with `.local` names.

    To look them up takes multicast and up to a second; the peer finds us, and is found that way. The end of candidates
    is left out with them: there are more than are listed.
    """
    lines = sdp.splitlines()
    kept = [line for line in lines if not _MDNS_CANDIDATE.match(line)]
    if len(kept) == len(lines):
        return sdp
    return "".join(f"{line}\r\n" for line in kept if line != "a=end-of-candidates")


def with_max_message_size(sdp: str, size: int) -> str:
    """Change what the peer says about the longest message it takes; 0 is "any". Some take more than they say."""
    return _MAX_MESSAGE_SIZE.sub(f"a=max-message-size:{size}", sdp)


def max_message_size(sdp: str) -> int | None:
    """The longest message, in bytes, that the writer of the description takes; None for any."""
    found = _MAX_MESSAGE_SIZE.search(sdp)
    # RFC 8841 section 6: 64 KiB where nothing is said, and 0 means any size.
    return 65_536 if found is None else int(found[1]) or None


def _sections(sdp: str) -> tuple[str, list[str]]:
    """What stands before the first m= line, and each section; lines end in a line feed."""
    lines = [line.rstrip() for line in _LINE_END.split(sdp)]
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            parts.append([])
        if line:
            parts[-1].append(f"{line}\n")
    head, *sections = ("".join(part) for part in parts)
    return head, sections


def _kind(section: str) -> str:
    return section[2:].split(" ", 1)[0]


def _problem_of_text(sdp: str) -> str | None:
    if not sdp.strip():
        return "it is empty"
    if len(sdp) > MAX_BYTES:
        return f"it has {len(sdp)} characters, more than the {MAX_BYTES} that are read"
    return "it holds zero bytes" if "\0" in sdp else None


def _problem(head: str, sections: list[str]) -> str | None:
    if not head.startswith("v=0\n"):
        return 'it does not begin with "v=0"'
    if not sections:
        return "it describes no media (there is no m= line)"
    for section in sections:
        if not _SECTION.match(section.split("\n", 1)[0]):
            return "an m= line cannot be read"
        missing = [name for name in _NEEDED if f"\n{name}" not in section and f"\n{name}" not in head]
        if missing:
            return f"the {_kind(section)} section lacks {', '.join(name[2:-1] for name in missing)}"
    audio = [section for section in sections if _kind(section) == "audio"]
    if not audio:
        return "there is no audio section"
    return None if any(map(_OPUS.search, audio)) else "the audio section has no Opus (opus/48000/2)"
