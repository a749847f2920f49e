"""The recogniser's own process. Run as a script, so that it holds nothing of ours but this file, and no environment.

It loads the model once (about 95 MB), then forks for every utterance: the child shares the model's pages (about 21 MB
are its own), can be killed or crash alone, and the kernel is fair to all of them. Decoding holds Python's global lock,
which is why it is not done in the server.

Over the control socket the server passes one end of a socket pair for each utterance. On that, both ways, a message is
a byte for its kind, four bytes for the length (big endian), and so many bytes:

    to the child      S  JSON {"adaptation": text, "phrases": [text], "partials": bool}, once and first
                      A  16 kHz 16-bit mono PCM
                      E  that was all
    from the child    H  its process id
                      P  what is understood so far
                      F  JSON {"text", "source", "adaptation"}; then it ends
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import resource
import signal
import socket
import struct
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE: Final = 16_000
HEADER: Final = struct.Struct("!cI")
MAX_MESSAGE: Final = 1 << 20
START: Final = b"S"
AUDIO: Final = b"A"
END: Final = b"E"
HELLO: Final = b"H"
PARTIAL: Final = b"P"
FINAL: Final = b"F"
READY: Final = b"R"
JOB: Final = b"J"
NOT_INSTALLED: Final = 3
"""Exit status: there is no pocketsphinx."""

_MAX_CPU_SECONDS: Final = 120
_PARTIAL_BYTES: Final = RATE * 2 // 2
"""A partial result every half second of sound."""
_FITS: Final = 0.55
"""How alike (0 to 1) a phrase and what was heard freely must be, for the phrase to be what was said."""


def main(control: socket.socket) -> int:
    """Fork for every socket that comes, until there is nobody to send one."""
    try:
        decoder = _load()
    except ImportError:
        return NOT_INSTALLED
    # Children are reaped by the kernel.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control.sendall(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return 0
        for descriptor in descriptors:
            _fork(control, socket.socket(fileno=descriptor), decoder)


def read_messages(connection: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of every message, until the other side closes.

    Raises:
        ValueError: a message longer than `MAX_MESSAGE`.
    """
    file = connection.makefile("rb")
    while len(header := file.read(HEADER.size)) == HEADER.size:
        kind, length = HEADER.unpack(header)
        if length > MAX_MESSAGE:
            message = "message too long"
            raise ValueError(message)
        content = file.read(length)
        if len(content) < length:
            return
        yield kind, content


def message(kind: bytes, content: bytes = b"") -> bytes:
    """A message as it travels."""
    return HEADER.pack(kind, len(content)) + content


def words_of(phrase: str) -> str:
    """A phrase as the dictionary spells it: small letters and apostrophes."""
    plain = phrase.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(word for word in (part.strip("'") for part in re.split(r"[^a-z']+", plain)) if word)


class Hearing:
    """One utterance."""

    def __init__(self, decoder: Any, request: dict[str, Any]) -> None:
        self._decoder = decoder
        self._phrases: list[str] = request.get("phrases", [])
        self._partials: bool = request.get("partials", False)
        self._audio = bytearray()
        self._unreported = 0
        self._told = ""
        # Cepstral means say how a voice and its microphone sound. Unknown, twice as many words are wrong: then it is
        # better to wait for the end and take them from the whole utterance.
        adaptation: str = request.get("adaptation", "")
        self._known = bool(re.fullmatch(r"[-+.,e0-9]{1,400}", adaptation))
        if self._known:
            decoder.set_cmn(adaptation)
            decoder.start_utt()

    def feed(self, pcm: bytes) -> str | None:
        """More sound; a new partial result, if there is one."""
        self._audio += pcm
        if not self._known:
            return None
        self._decoder.process_raw(pcm)
        self._unreported += len(pcm)
        if not self._partials or self._unreported < _PARTIAL_BYTES:
            return None
        self._unreported = 0
        text = self._text()
        if text == self._told:
            return None
        self._told = text
        return text

    def finish(self) -> dict[str, str]:
        """The final message."""
        if self._known:
            self._decoder.end_utt()
        else:
            self._decode_all()
        free = self._text()
        adaptation: str = self._decoder.get_cmn()
        phrase = self._phrase(free) if free else None
        source = "free" if phrase is None else "phrases"
        return {"text": free if phrase is None else phrase, "source": source, "adaptation": adaptation}

    def _decode_all(self) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(bytes(self._audio), full_utt=True)
        self._decoder.end_utt()

    def _text(self) -> str:
        best = self._decoder.hyp()
        return best.hypstr if best is not None else ""

    def _phrase(self, free: str) -> str | None:
        """The phrase that was said, as it was given; None when none fits."""
        known = {words_of(phrase): phrase for phrase in self._phrases}
        usable = [words for words in known if words and all(map(self._decoder.lookup_word, words.split()))]
        if not usable:
            return None
        grammar = f"#JSGF V1.0;\ngrammar phrases;\npublic <phrase> = {' | '.join(usable)} ;"
        self._decoder.add_jsgf_string("phrases", grammar)
        self._decoder.activate_search("phrases")
        self._decode_all()
        said = self._text()
        # A grammar hears one of its sentences in everything, or the beginning of one.
        if said not in known or difflib.SequenceMatcher(None, said, free, autojunk=False).ratio() < _FITS:
            return None
        return known[said]


def _load() -> Any:
    import pocketsphinx  # noqa: PLC0415 - told apart from other failures

    library: Any = pocketsphinx
    # "batch" holds for what is decoded whole; pieces are always normalised as they come.
    return library.Decoder(loglevel="FATAL", cmn="batch")


def _fork(control: socket.socket, job: socket.socket, decoder: Any) -> None:
    with job:
        try:
            child = os.fork()
        except OSError:
            return  # the server sees the socket close
        if child:
            return
        status = 1
        try:
            control.close()
            _hear(job, decoder)
            status = 0
        except (OSError, ValueError, RuntimeError):
            # The server is gone, or sends nonsense, or the decoder gives up: it sees the socket close.
            pass
        finally:
            os._exit(status)


def _hear(job: socket.socket, decoder: Any) -> None:
    # Sound must flow while words are being found.
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS, _MAX_CPU_SECONDS))
    job.sendall(message(HELLO, str(os.getpid()).encode()))
    hearing: Hearing | None = None
    for kind, content in read_messages(job):
        if kind == START:
            hearing = Hearing(decoder, json.loads(content))
        elif hearing is None:
            return
        elif kind == AUDIO:
            partial = hearing.feed(content)
            if partial is not None:
                job.sendall(message(PARTIAL, partial.encode()))
        elif kind == END:
            job.sendall(message(FINAL, json.dumps(hearing.finish()).encode()))
            return


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        sys.exit(main(socket.socket(fileno=int(sys.argv[1]))))
