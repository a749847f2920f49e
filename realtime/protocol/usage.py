"""Tokens, as far as they can be told without a tokenizer: audio by its length (the service's rule), text by letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from realtime.protocol.shapes import Json

__all__ = ["Usage", "text_tokens", "transcription_usage"]

USER_MS_PER_TOKEN: Final = 100
ASSISTANT_MS_PER_TOKEN: Final = 50
_LETTERS_PER_TOKEN: Final = 4
_BY_TOKENS: Final = ("gpt-4o-transcribe", "gpt-4o-mini-transcribe")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a response took and gave."""

    input_text: int = 0
    input_audio: int = 0
    output_text: int = 0
    output_audio: int = 0
    cached_text: int = 0

    def wire(self) -> Json:
        """The `usage` of a response."""
        into, out = self.input_text + self.input_audio, self.output_text + self.output_audio
        return {
            "total_tokens": into + out,
            "input_tokens": into,
            "output_tokens": out,
            "input_token_details": {
                "text_tokens": self.input_text,
                "audio_tokens": self.input_audio,
                "image_tokens": 0,
                "cached_tokens": self.cached_text,
                "cached_tokens_details": {"text_tokens": self.cached_text, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": self.output_text, "audio_tokens": self.output_audio},
        }


def text_tokens(text: str) -> int:
    """About how many tokens a text is."""
    return -(-len(text) // _LETTERS_PER_TOKEN)


def transcription_usage(model: str | None, ms: int, text: str) -> Json:
    """The `usage` of a transcription: tokens for the gpt-4o models, whole seconds (recorded) for all others."""
    if model is not None and model.startswith(_BY_TOKENS):
        heard, written = -(-ms // USER_MS_PER_TOKEN), text_tokens(text)
        details: dict[str, Any] = {"text_tokens": 0, "audio_tokens": heard}
        return {
            "type": "tokens",
            "total_tokens": heard + written,
            "input_tokens": heard,
            "input_token_details": details,
            "output_tokens": written,
        }
    return {"type": "duration", "seconds": -(-ms // 1000)}
