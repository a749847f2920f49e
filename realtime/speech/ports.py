"""What the local endpoint needs of speech; `chooser` says who gives it. Sound is 24 kHz 16-bit mono PCM throughout.

Every implementation has a `label` for people, which says what it is: "flite (offline)", never "assistant voice".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

VOICES: Final = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
SLOWEST: Final = 0.25
FASTEST: Final = 1.5

SpeechCode = Literal["unavailable", "busy", "crashed", "timeout", "cancelled", "bad-request", "refused", "remote"]


class SpeechError(Exception):
    """Speech that was not heard or not spoken. The message holds neither speech nor text nor secrets.

    Attributes:
        code: a stable word for programs. `busy`, `crashed` and `timeout` may go well another time.
    """

    def __init__(self, code: SpeechCode, message: str) -> None:
        super().__init__(message)
        self.code: SpeechCode = code


def fail(code: SpeechCode, message: str) -> NoReturn:
    """Raise a `SpeechError` without what led to it: that may hold speech or keys."""
    raise SpeechError(code, message) from None


@dataclass(frozen=True, slots=True)
class Activity:
    """What a voice activity detector says of one frame."""

    probability: float
    """That somebody speaks, 0 to 1."""
    speech: bool
    """The same as yes or no, held over the short pauses inside words."""
    level: float
    """In dBFS."""


class VoiceActivity(Protocol):
    """Tells speech from the rest, a 20 ms frame at a time. One instance a session; cheap enough for the event loop."""

    label: str

    def feed(self, frame: bytes) -> Activity:
        """The next 20 ms (960 bytes)."""
        ...

    def reset(self) -> None:
        """A new line: forget its noise."""
        ...


@dataclass(slots=True)
class Speaker:
    """What a recogniser learnt about one voice and microphone; kept by the session, filled by the recogniser."""

    adaptation: str = ""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was understood."""

    text: str
    """Empty when nothing was."""
    source: Literal["phrases", "free", "remote"]
    """Whether it is one of the phrases that were given, or free vocabulary."""
    seconds: float
    """How much sound was listened to."""
    truncated: bool = False
    """There was more, but beyond what a recogniser takes at once."""


class Utterance(Protocol):
    """One stretch of speech on its way to becoming text."""

    def feed(self, pcm: bytes) -> None:
        """More of the sound; never waits."""
        ...

    async def finish(self) -> Recognition:
        """That was all: the text of it.

        Raises:
            SpeechError: it could not be recognised.
        """
        ...

    async def cancel(self) -> None:
        """Nobody wants to know any more; what was begun is given up. Idempotent, also after `finish`."""
        ...


class Recognizer(Protocol):
    """Speech to text, for several sessions at a time."""

    label: str

    def listen(
        self,
        *,
        speaker: Speaker | None = None,
        phrases: Sequence[str] = (),
        language: str | None = None,
        prompt: str = "",
        on_partial: Callable[[str], None] | None = None,
    ) -> Utterance:
        """Begin with an utterance; finish or cancel it.

        Args:
            speaker: what is known of the voice.
            phrases: what will probably be said, word for word; what does not fit is recognised freely.
            language: a two-letter code, for recognisers that know several.
            prompt: words to expect, for recognisers that take such.
            on_partial: told what is understood so far, as it grows and changes; a recogniser may not do it.

        Raises:
            SpeechError: `busy` or `unavailable`.
        """
        ...

    async def aclose(self) -> None:
        """Give everything back; utterances under way fail. Idempotent."""
        ...


class Synthesizer(Protocol):
    """Text to speech."""

    label: str

    def speak(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, in pieces as soon as they are made; nothing for text that has no words.

        Closing the generator, or cancelling who waits for it, ends the work at once.

        Args:
            text: any length; it is spoken sentence by sentence.
            voice: one of `VOICES`.
            speed: `SLOWEST` to `FASTEST`.

        Raises:
            SpeechError: when iterated.
        """
        ...

    async def aclose(self) -> None:
        """Give everything back. Idempotent."""
        ...
