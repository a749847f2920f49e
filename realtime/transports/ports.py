"""What a media connection is, whoever carries it. `webrtc` fills this with aiortc; another backend can.

All sound is PCM: 16-bit little-endian, mono, 24 000 Hz, as `bytes`; 48 bytes are a millisecond. Nothing here blocks,
and every queue is bounded; what happens when one is full stands with it.

Who owns what: whoever makes a connection owns it and closes it. The connection owns its sockets, tasks, timers, encoder
and decoder, and releases all of them in `close()`, which also happens by itself when the peer leaves.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

FRAME_MS = 20
"""Length of every incoming frame."""
BYTES_PER_MS = 48


class Source(enum.IntEnum):
    """Where the sound of an incoming frame is from. What is larger is worse."""

    RECEIVED = 0
    RESTORED = 1
    """The packet was lost; the next one carried a coarse copy (in-band FEC), or the codec guessed."""
    CONCEALED = 2
    """The packet was lost; the codec guessed."""
    SILENCE = 3
    """Nothing was sent (DTX), or too much was lost to guess."""


class AudioFrame(NamedTuple):
    """20 ms of what the peer sent. Frames follow each other without a hole: each starts where the last one ended."""

    pcm: bytes
    """960 bytes."""
    start_ms: int
    """Since the first sound of the connection, in the peer's time."""
    source: Source

    @property
    def concealed(self) -> bool:
        """Whether this is not what the peer sent, or only in part."""
        return self.source is not Source.RECEIVED


class Played(NamedTuple):
    """How far the sound of an item has been sent."""

    item_id: str
    played_ms: int
    total_ms: int
    """All that was written, played or not."""


class PlaybackChange(enum.StrEnum):
    """What happened to an item on its way out."""

    STARTED = "started"
    """Its first packet was sent."""
    FINISHED = "finished"
    """`finish` was called and its last packet was sent."""


class PlaybackEvent(NamedTuple):
    """A change, in the order in which it was heard."""

    change: PlaybackChange
    item: Played


class AudioOutput(Protocol):
    """The queue of outgoing sound. One packet leaves every 20 ms; silence where nothing is queued."""

    @property
    def queued_ms(self) -> int:
        """Sound that waits to be sent."""
        ...

    def write(self, item_id: str, pcm: bytes) -> bool:
        """Queue sound of an item, any length. Raises `QueueFull` (then nothing was taken).

        False when the item was cleared: what a synthesiser still delivers after a barge-in is dropped.
        """
        ...

    def write_packets(self, item_id: str, packets: Sequence[bytes]) -> bool:
        """Queue sound that is already Opus, 20 ms a packet: a file that is played often is encoded once."""
        ...

    def finish(self, item_id: str) -> None:
        """Nothing more comes for this item: its last, partial frame may go, and FINISHED is told after it."""
        ...

    def clear(self) -> list[Played]:
        """Drop all that waits; the next packet, at most 20 ms later, is silence. How far each dropped item got."""
        ...

    def position(self, item_id: str) -> Played | None:
        """How far an item got; None for one that is not known (the last 256 are)."""
        ...

    async def room(self) -> None:
        """Wait until there is room for at least a second of sound. Raises `ConnectionEnded`."""
        ...

    def changes(self) -> AsyncGenerator[PlaybackEvent, None]:
        """What is played, as it happens; ends with the connection. One reader."""
        ...


class ConnectionState(enum.StrEnum):
    """Life of a connection. It only moves forward."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    ENDED = "ended"


class EndReason(enum.StrEnum):
    """Why a connection ended."""

    CLOSED = "closed"
    """`close()` was called here."""
    PEER_LEFT = "peer_left"
    """The peer said goodbye."""
    PEER_VANISHED = "peer_vanished"
    """Nothing was heard from the peer for some seconds, and it does not answer."""
    CONNECT_FAILED = "connect_failed"
    """ICE or DTLS did not get through in time."""
    SLOW_CONSUMER = "slow_consumer"
    """The peer did not read what it was sent."""
    SLOW_READER = "slow_reader"
    """We did not read what the peer sent."""
    PEER_BROKE_RULES = "peer_broke_rules"
    """The peer sent more, or longer texts, than it was told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaStats:
    """Figures of the incoming sound."""

    packets_received: int
    packets_lost: int
    packets_late: int
    """Came after their time, and count as lost too."""
    frames_dropped: int
    """Not read in time by the listener, oldest first."""


class MediaConnection(Protocol):
    """A peer with sound and text both ways."""

    @property
    def state(self) -> ConnectionState:
        """Where in its life the connection is."""
        ...

    @property
    def end_reason(self) -> EndReason | None:
        """Why it ended; None before."""
        ...

    @property
    def output(self) -> AudioOutput:
        """Sound to the peer. May be written to before the connection stands."""
        ...

    @property
    def stats(self) -> MediaStats:
        """Figures so far."""
        ...

    @property
    def input_started_at(self) -> float | None:
        """`time.monotonic()` at the millisecond 0 of the frames; aligns both sides of a recording."""
        ...

    async def answer(self, offer_sdp: str) -> str:
        """Take an offer and give the answer, all candidates in it. Raises `BadDescription`."""
        ...

    async def offer(self) -> str:
        """The offer of the client role, all candidates in it. To be followed by `accept`."""
        ...

    async def accept(self, answer_sdp: str) -> None:
        """Take the peer's answer to our offer. Raises `BadDescription`."""
        ...

    async def connected(self) -> None:
        """Wait until sound and text can flow. Raises `ConnectFailed` after a bounded time."""
        ...

    async def ended(self) -> EndReason:
        """Wait until the connection has ended and everything is released."""
        ...

    def frames(self) -> AsyncGenerator[AudioFrame, None]:
        """Incoming sound, from when the first frame is asked for; ends with the connection.

        One listener, which leaves by `aclose` (`contextlib.aclosing`); without one nothing is decoded. A listener that
        falls more than a few seconds behind loses the oldest frames (`MediaStats.frames_dropped`).
        """
        ...

    def messages(self) -> AsyncGenerator[str, None]:
        """Incoming texts, all since the start; ends with the connection. One reader.

        A reader that lets too many wait ends the connection (`EndReason.SLOW_READER`): texts are not left out.
        """
        ...

    @property
    def max_message_bytes(self) -> int | None:
        """Largest text that the peer takes, in bytes of UTF-8; None when there is no limit or it is not yet known."""
        ...

    def send(self, text: str) -> None:
        """Send a text, in order and reliably; before the channel is open it waits in the queue.

        Raises `MessageTooLarge` (the connection stays), `SlowConsumer` (it ends) or `ConnectionEnded`.
        """
        ...

    async def close(self, reason: EndReason = EndReason.CLOSED) -> None:
        """End it and release everything. Returns when that is done; harmless when done twice."""
        ...
