"""What is asked of an answerer: `response.create` laid over the session, and the conversation so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime.protocol import items
from realtime.protocol.audio_config import voice_name
from realtime.protocol.client_items import made
from realtime.protocol.config import RetentionRatio, cannot_update_voice
from realtime.protocol.conversation import Item, context_of
from realtime.protocol.effects import Generate
from realtime.protocol.errors import ProtocolError, no_such_item
from realtime.protocol.responses import ResponseSettings
from realtime.protocol.shapes import Shape
from realtime.protocol.usage import Usage, text_tokens

if TYPE_CHECKING:
    from realtime.protocol.client_events import ResponseParams
    from realtime.protocol.config import RealtimeConfig
    from realtime.protocol.conversation import ContextItem
    from realtime.protocol.responses import ResponseRun
    from realtime.protocol.state import State

__all__ = ["Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """What one response is to answer."""

    params: ResponseParams
    config: RealtimeConfig
    input: tuple[Item, ...] | None
    """Instead of the conversation."""

    @classmethod
    def of(cls, state: State, params: ResponseParams) -> Question:
        """The question of a `response.create`.

        Raises:
            ProtocolError: not in this kind of session, not in this voice, or about an item that is not there.
        """
        config = state.realtime
        if config is None:
            message = "Responses cannot be created in a transcription session."
            raise ProtocolError(message, "invalid_value", "type")
        voice = params.audio.output.voice
        if voice is not None and state.spoken and voice_name(voice) != voice_name(config.audio.output.voice):
            raise cannot_update_voice(path="response.audio.output.voice")
        return cls(params, config, _input(state, params))

    @property
    def settings(self) -> ResponseSettings:
        """What the response object shows of it."""
        params, config = self.params, self.config
        output = params.audio.output
        return ResponseSettings(
            modality=(params.output_modalities or config.output_modalities)[0],
            voice=voice_name(output.voice or config.audio.output.voice),
            audio_format=(output.format or config.audio.output.format).wire(),
            max_output_tokens=params.max_output_tokens or config.max_output_tokens,
            metadata=params.metadata,
            in_conversation=params.conversation == "auto",
        )

    def awaits(self, state: State) -> set[str]:
        """The items whose words are still being written down."""
        if state.options.answers_from_audio or not state.pending:
            return set()
        return {item.id for item in self._items(state)} & state.pending

    def context(self, state: State) -> tuple[ContextItem, ...]:
        """What the answerer is told."""
        truncation = self.config.truncation
        budget, kept = state.options.context_tokens, 1.0
        if truncation == "disabled":
            budget = None
        elif isinstance(truncation, RetentionRatio):
            kept = truncation.retention_ratio
            limit = truncation.token_limits.post_instructions if truncation.token_limits else None
            budget = limit if budget is None else min(budget, limit or budget)
        return context_of(self._items(state), budget, kept)

    @property
    def instructions(self) -> str:
        return self.config.instructions if self.params.instructions is None else self.params.instructions

    def generate(self, state: State, run: ResponseRun) -> Generate:
        """The request to the answerer."""
        params, config, settings = self.params, self.config, run.settings
        choice = params.tool_choice or config.tool_choice
        parallel = config.parallel_tool_calls if params.parallel_tool_calls is None else params.parallel_tool_calls
        reasoning = params.reasoning or config.reasoning
        limit = settings.max_output_tokens
        output = params.audio.output
        return Generate(
            response_id=run.id,
            instructions=self.instructions,
            context=self.context(state),
            modality=settings.modality,
            voice=settings.voice,
            speed=config.audio.output.speed,
            audio_format=(output.format or config.audio.output.format).type,
            tools=tuple(tool.wire() for tool in (config.tools if params.tools is None else params.tools)),
            tool_choice=choice.wire() if isinstance(choice, Shape) else choice,
            parallel_tool_calls=parallel is not False,
            max_output_tokens=None if limit == "inf" else limit,
            reasoning_effort=reasoning.effort if reasoning else None,
            metadata=settings.metadata,
            in_conversation=settings.in_conversation,
        )

    def usage(self, state: State, run: ResponseRun) -> Usage:
        """About what it took and gave, when the answerer does not say."""
        given = run.output_tokens
        sizes = [item.tokens for item in self.context(state)]
        return Usage(
            input_text=text_tokens(self.instructions) + sum(text for text, _ in sizes),
            input_audio=sum(audio for _, audio in sizes),
            output_text=given.output_text,
            output_audio=given.output_audio,
        )

    def _items(self, state: State) -> list[Item]:
        return list(state.conversation) if self.input is None else list(self.input)


def _input(state: State, params: ResponseParams) -> tuple[Item, ...] | None:
    if params.input is None:
        return None
    found: list[Item] = []
    for index, given in enumerate(params.input):
        if not isinstance(given, items.ItemReference):
            path = f"response.input[{index}]"
            item_id = given.id or state.mint("item")
            found.append(made(given, item_id, state.ids.call(), state.config.audio.input.format.type, path))
            continue
        item = state.conversation.get(given.id)
        if item is None:
            where = f"response.input[{index}].id"
            raise no_such_item(
                doing="referencing", code="item_reference_invalid_item_id", item_id=given.id, param=where
            )
        found.append(item)
    return tuple(found)
