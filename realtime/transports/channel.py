"""The data channel that carries events as texts, with bounded queues both ways."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from realtime.transports.errors import ConnectionEnded, MessageTooLarge, SlowConsumer
from realtime.transports.ports import EndReason
from realtime.transports.queues import Mailbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from aiortc import RTCDataChannel

_log = logging.getLogger(__name__)

LABEL = "oai-events"
_MAX_WAITING_IN = 4_096
"""Texts."""
_MAX_WAITING_OUT = 8 * 1024 * 1024
"""Bytes."""


class EventChannel:
    """Texts both ways. Before the peer's channel is there, what is sent waits."""

    def __init__(self, on_fault: Callable[[EndReason], None], *, max_waiting_out: int = _MAX_WAITING_OUT) -> None:
        self.received = 0
        """Messages so far: signs of life."""
        self.limit: int | None = None
        """Longest message, in bytes, that the peer takes."""
        self._on_fault = on_fault
        self._max_waiting_out = max_waiting_out
        self._channel: RTCDataChannel | None = None
        self._incoming: Mailbox[str] = Mailbox(_MAX_WAITING_IN)
        self._waiting: deque[str] = deque()
        self._waiting_bytes = 0
        self._closed = False

    def attach(self, channel: RTCDataChannel) -> None:
        """Use a channel of either side. Any other than the first one of our label is left alone."""
        if channel.label != LABEL or self._channel is not None:
            return
        self._channel = channel
        channel.on("message", self._on_message)
        channel.on("close", self._incoming.close)
        if channel.readyState == "open":
            self._flush()
        else:
            channel.on("open", self._flush)

    def messages(self) -> AsyncGenerator[str, None]:
        """See `MediaConnection.messages`."""
        return self._incoming.read()

    def send(self, text: str) -> None:
        """See `MediaConnection.send`."""
        channel = self._channel
        if self._closed or (channel is not None and channel.readyState in {"closing", "closed"}):
            msg = "The connection has ended"
            raise ConnectionEnded(msg)
        size = len(text) if text.isascii() else len(text.encode())
        if self.limit is not None and size > self.limit:
            raise MessageTooLarge(size, self.limit)
        is_open = channel is not None and channel.readyState == "open"
        waiting = channel.bufferedAmount if channel is not None and is_open else self._waiting_bytes
        if waiting and waiting + size > self._max_waiting_out:
            self._on_fault(EndReason.SLOW_CONSUMER)
            msg = f"{waiting} bytes wait for the peer, which does not read them"
            raise SlowConsumer(msg)
        if channel is not None and is_open:
            channel.send(text)
        else:
            self._waiting.append(text)
            self._waiting_bytes += size

    def close(self) -> None:
        """End `messages`, drop what waits. The channel itself goes with its connection. Harmless when done twice."""
        self._closed = True
        self._waiting.clear()
        self._incoming.close()

    def _flush(self) -> None:
        channel = self._channel
        if channel is None:
            return
        while self._waiting:
            text = self._waiting.popleft()
            try:
                channel.send(text)
            except ValueError:
                # It was queued before the peer had said how much it takes.
                _log.warning("a text of %d characters is longer than the peer takes; it was not sent", len(text))
        self._waiting_bytes = 0

    def _on_message(self, message: str | bytes) -> None:
        self.received += 1
        text = message if isinstance(message, str) else message.decode("utf-8", "replace")
        if not self._incoming.put(text) and not self._closed:
            self._on_fault(EndReason.SLOW_READER)
