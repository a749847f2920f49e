"""Identifiers in the forms that the service was seen to mint.

`event_|item_|resp_|conv_|sess_` and 21 base62 characters, of which the first five tell the second of creation; `call_`
and 16; `output_audio_buffer.*` events carry 16 hex digits. Over WebRTC a session is `sess_u0_…` and its call `rtc_u0_…`
with the same end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IdSource", "call_id_of", "created_at"]

Kind = Literal["event", "item", "resp", "conv", "sess"]

_DIGITS: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EPOCH: Final = 1_576_800_000
"""2019-12-20, in unix seconds: what the first five characters count from."""
_STAMP: Final = 5
_TAIL: Final = 16
_CALL: Final = "rtc_u0_"
_CALL_SESSION: Final = "sess_u0_"
_BASE62: Final = bytes(_DIGITS[byte % 62] for byte in range(256))
"""A byte to a character in one C call. Eight characters are a quarter likelier than the others: no harm."""


class IdSource:
    """Mints identifiers from `entropy(n) -> n random bytes` (`os.urandom`, or a seeded one in tests)."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._second = -1
        self._stamp = ""

    def mint(self, kind: Kind, unix: float) -> str:
        """A new identifier of this kind, created at `unix` seconds."""
        return f"{kind}_{self._stamped(unix)}"

    def call(self) -> str:
        """The id of a function call."""
        return "call_" + self.letters(_TAIL)

    def buffer_event(self) -> str:
        """The event id of an `output_audio_buffer.*` event."""
        return "event_" + self._entropy(8).hex()

    def secret(self) -> str:
        """An ephemeral client secret, 128 bits."""
        return "ek_" + self._entropy(16).hex()

    def rtc_session(self, unix: float) -> str:
        """The id of a session over WebRTC; `call_id_of` tells its call's."""
        return _CALL_SESSION + self._stamped(unix)

    def letters(self, count: int) -> str:
        """Random base62 characters."""
        return self._entropy(count).translate(_BASE62).decode("ascii")

    def _stamped(self, unix: float) -> str:
        second = int(unix)
        if second != self._second:
            self._second, self._stamp = second, _base62(max(0, second - _EPOCH))
        return self._stamp + self.letters(_TAIL)


def call_id_of(session_id: str) -> str:
    """The call that carries a WebRTC session.

    Raises:
        ValueError: the session is not one over WebRTC.
    """
    if not session_id.startswith(_CALL_SESSION):
        message = f"{session_id!r} is not a session over WebRTC"
        raise ValueError(message)
    return _CALL + session_id.removeprefix(_CALL_SESSION)


def created_at(identifier: str) -> int:
    """The unix second in which an identifier of 21 characters was minted."""
    stamp = identifier.rsplit("_", 1)[-1][:_STAMP].encode("ascii")
    value = 0
    for digit in stamp:
        value = value * 62 + _DIGITS.index(digit)
    return value + _EPOCH


def _base62(value: int) -> str:
    """The last five digits of a number."""
    digits = bytearray()
    for _ in range(_STAMP):
        value, digit = divmod(value, 62)
        digits.append(_DIGITS[digit])
    return bytes(reversed(digits)).decode("ascii")
