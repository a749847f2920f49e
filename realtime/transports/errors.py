"""What can go wrong on the way to a peer, and who should act on it.

Root: `TransportError`. Below it:

- `BadDescription`: the peer's SDP cannot be used: the peer mends it (HTTP 400)
- `ConnectFailed`: ICE or DTLS did not get through in time: try again or use another network
- `ConnectionEnded`: used after its end; `reason` says why it ended
- `MessageTooLarge`: one message is larger than the peer takes: send less at once
- `SlowConsumer`: the peer does not read what it is sent: the connection is closed
- `QueueFull`: more sound is queued for sending than is kept: write later
- `InvalidAudio`: sound that is not base64 of 16-bit samples: the sender mends it
- `Overloaded`: no room for another session: try again after `retry_after_s` (HTTP 503)
- `OpusUnavailable`: no usable libopus: the operator installs one
"""

from __future__ import annotations

from typing import ClassVar


class TransportError(Exception):
    """Base of all errors of this package. `code` is for programs, `message` for people."""

    code: ClassVar[str] = "transport_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadDescription(TransportError):  # noqa: N818 - named for what the peer has sent
    """An SDP offer or answer that cannot be used. Never quotes it: it holds credentials."""

    code = "invalid_sdp"


class ConnectFailed(TransportError):  # noqa: N818 - it says what happened
    """The connection was not there in time, or its handshake was refused."""

    code = "connect_failed"


class ConnectionEnded(TransportError):  # noqa: N818 - it says what happened
    """The connection is not open (any more)."""

    code = "connection_ended"


class MessageTooLarge(TransportError):  # noqa: N818 - it says what happened
    """A message of `size` bytes is larger than the `limit` of the peer. Nothing was sent; the connection stays."""

    code = "message_too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"A message of {size} bytes is larger than the {limit} bytes that the peer takes")
        self.size = size
        self.limit = limit


class SlowConsumer(TransportError):  # noqa: N818 - it says who
    """The peer does not read as fast as it is sent to. Events cannot be left out, so the connection is closed."""

    code = "slow_consumer"


class QueueFull(TransportError):  # noqa: N818 - it says what happened
    """The queue of outgoing sound is full. Nothing of the write was taken."""

    code = "queue_full"


class InvalidAudio(TransportError):  # noqa: N818 - it says what is wrong
    """Sound that cannot be read."""

    code = "invalid_audio"


class Overloaded(TransportError):  # noqa: N818 - it says what is wrong
    """No new session is taken on now. Those that run are not touched."""

    code = "overloaded"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class OpusUnavailable(TransportError):  # noqa: N818 - it says what is missing
    """libopus was not found, or what was found is not libopus."""

    code = "opus_unavailable"
