"""The `audio` part of a session: formats, transcription, turn detection, voice. Defaults are those seen on the wire."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Discriminator, Field, Tag

from realtime.protocol.audio import FormatName
from realtime.protocol.shapes import Replaced, Shape

__all__ = ["VOICES", "AudioFormat", "SemanticVad", "ServerVad", "Transcription", "TurnDetection", "Voice", "voice_name"]

VoiceName = Literal["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]
VOICES: Final[tuple[str, ...]] = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)


class Pcm(Replaced):
    """Signed 16-bit little-endian, mono."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24000] = 24000


class Pcmu(Replaced):
    """G.711 µ-law, 8 kHz."""

    type: Literal["audio/pcmu"]


class Pcma(Replaced):
    """G.711 A-law, 8 kHz."""

    type: Literal["audio/pcma"]


AudioFormat = Annotated[Pcm | Pcmu | Pcma, Field(discriminator="type")]


class NoiseReduction(Shape):
    """Filters the input; `strength` stays as it is when an update does not name it."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"strength"})
    type: Literal["near_field", "far_field"] | None = None
    strength: float | None = None


class Transcription(Replaced):
    """Which recogniser writes down what the user says, and what it is told beforehand."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"languages", "keywords", "delay"})
    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    languages: list[str] | None = None
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class ServerVad(Shape):
    """Turns end after a silence. The service's documents say 500 ms; its sessions said 200."""

    type: Literal["server_vad"] = "server_vad"
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    prefix_padding_ms: Annotated[int, Field(ge=0, le=60_000)] = 300
    silence_duration_ms: Annotated[int, Field(ge=0, le=60_000)] = 200
    idle_timeout_ms: Annotated[int, Field(ge=5_000, le=30_000)] | None = None
    create_response: bool = True
    interrupt_response: bool = True


class SemanticVad(Shape):
    """Turns end when what was said seems complete."""

    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection = Annotated[ServerVad | SemanticVad, Field(discriminator="type")]


class CustomVoice(Replaced):
    """A voice that was made for the account."""

    id: Annotated[str, Field(max_length=128)]


def _voice_kind(value: object) -> str:
    return "custom" if isinstance(value, (dict, CustomVoice)) else "plain"


Voice = Annotated[
    Annotated[VoiceName, Tag("plain")] | Annotated[CustomVoice, Tag("custom")], Discriminator(_voice_kind)
]


def voice_name(voice: VoiceName | CustomVoice) -> str:
    """A voice as response objects write it: clients refuse an object there."""
    return voice.id if isinstance(voice, CustomVoice) else voice


class AudioInput(Shape):
    """What comes from the user."""

    format: AudioFormat = Pcm()
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: TurnDetection | None = ServerVad()


class AudioOutput(Shape):
    """What the assistant says."""

    format: AudioFormat = Pcm()
    voice: Voice = "alloy"
    speed: Annotated[float, Field(ge=0.25, le=1.5)] = 1.0


class AudioBoth(Shape):
    """Both directions."""

    input: AudioInput = AudioInput()
    output: AudioOutput = AudioOutput()


class AudioListening(Shape):
    """A transcription session only listens."""

    input: AudioInput = AudioInput()


class ResponseAudioOutput(Shape):
    """What one response may say otherwise than the session."""

    format: AudioFormat | None = None
    voice: Voice | None = None


class ResponseAudio(Shape):
    """The `audio` part of `response.create`."""

    output: ResponseAudioOutput = ResponseAudioOutput()


def format_name(audio_format: Pcm | Pcmu | Pcma) -> FormatName:
    return audio_format.type
