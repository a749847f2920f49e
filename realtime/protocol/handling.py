"""What each of the client's events does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime.protocol import client_events as client
from realtime.protocol.client_items import made
from realtime.protocol.config import updated
from realtime.protocol.effects import Close
from realtime.protocol.errors import ProtocolError, invalid_value, no_such_item
from realtime.protocol.server_events import (
    ErrorEvent,
    ItemAdded,
    ItemDeleted,
    ItemDone,
    ItemRetrieved,
    ItemTruncated,
    SessionUpdated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime.protocol.conversation import Item
    from realtime.protocol.errors import Code
    from realtime.protocol.listening import Listening
    from realtime.protocol.shapes import Json
    from realtime.protocol.speaking import Speaking
    from realtime.protocol.state import State
    from realtime.protocol.transcriptions import Transcriptions

__all__ = ["Handling"]


class Handling:
    """The client's events, carried out. A refused one changes nothing and is answered by `error`."""

    def __init__(
        self,
        state: State,
        listening: Listening,
        speaking: Speaking,
        transcriptions: Transcriptions,
        echo: Callable[[], Json],
    ) -> None:
        self._state, self._listening, self._speaking = state, listening, speaking
        self._transcriptions, self._echo = transcriptions, echo

    def receive(self, message: Mapping[str, Any] | str | bytes) -> None:
        """A message, as it came."""
        event_id = None
        try:
            event = client.parse(message)
            event_id = client.event_id_of(event)
            self._handle(client.read_client_event(event, self._state.options.transport))
        except ProtocolError as error:
            self._state.send(ErrorEvent.of(error, event_id))

    def _handle(self, event: client.ClientEvent) -> None:
        match event:
            case client.InputAudioAppend():
                self._listening.append(event.audio)
            case client.InputAudioCommit():
                self._listening.commit()
            case client.InputAudioClear():
                self._listening.clear()
            case client.OutputAudioClear():
                self._speaking.clear_playback()
            case client.ResponseCreate():
                self._speaking.create(event.response)
            case client.ResponseCancel():
                self._speaking.cancel(event.response_id)
            case client.SessionUpdate():
                self._update(event.session)
            case client.SessionClose():
                self._close()
            case _:
                self._handle_item(event)

    def _handle_item(self, event: client.ClientEvent) -> None:
        match event:
            case client.ItemCreate():
                self._create(event)
            case client.ItemDelete():
                self._found(event.item_id, "deleting", "item_delete_invalid_item_id")
                self._state.conversation.delete(event.item_id)
                self._state.send(ItemDeleted(event.item_id))
                self._transcriptions.gone(event.item_id)
            case client.ItemRetrieve():
                item = self._found(event.item_id, "retrieving", "item_retrieve_invalid_item_id")
                options = self._state.options
                told = item.wire_with_audio(options.read_audio, options.most_retrieved_audio)
                self._state.send(ItemRetrieved(told))
            case client.ItemTruncate():
                self._truncate(event)
            case _:
                raise AssertionError(event)

    def _update(self, session: Json) -> None:
        state = self._state
        state.config = updated(
            state.config, session, spoken=state.spoken, default_instructions=state.options.default_instructions
        )
        self._listening.configured()
        state.send(SessionUpdated(self._echo()))

    def _close(self) -> None:
        self._speaking.stop("session_closed", "The session has ended.")
        self._state.do(Close(1000, "session.close"))
        self._state.closed = True

    def _create(self, event: client.ItemCreate) -> None:
        state, after = self._state, event.previous_item_id
        conversation = state.conversation
        if after is not None and after != "root" and after not in conversation:
            raise no_such_item(
                doing="creating",
                code="item_create_invalid_previous_item_id",
                item_id=after,
                param="previous_item_id",
            )
        given = event.item
        if given.id is not None and (given.id in conversation or given.id == self._listening.speech_item):
            message = f"Error creating item: the item with id '{given.id}' already exists."
            raise ProtocolError(message, "item_create_duplicate_item_id", "item.id")
        if given.type == "function_call_output" and not conversation.has_call(given.call_id):
            # Recorded without a param.
            message = f"Tool call ID '{given.call_id}' not found in conversation."
            raise ProtocolError(message, "invalid_tool_call_id")
        audio_format = state.config.audio.input.format.type
        item = made(given, given.id or state.mint("item"), state.ids.call(), audio_format)
        previous = conversation.add(item, after)
        state.send(ItemAdded(previous, item.wire()))
        state.send(ItemDone(previous, item.wire()))

    def _truncate(self, event: client.ItemTruncate) -> None:
        item = self._found(event.item_id, "truncating", "item_truncate_invalid_item_id")
        if event.content_index >= max(1, len(item.content)):
            raise invalid_value(path="content_index", value=event.content_index)
        part = item.content[event.content_index] if item.content else None
        if part is None or part.spoken is None:
            message = "Only model output audio messages can be truncated"
            raise ProtocolError(message, "unsupported_content_type")
        if event.audio_end_ms > part.ms:
            message = f"Audio content of {part.ms}ms is already shorter than {event.audio_end_ms}ms"
            raise ProtocolError(message, "invalid_value", "audio_end_ms")
        part.cut(event.audio_end_ms)
        self._state.send(ItemTruncated(item.id, event.content_index, event.audio_end_ms))

    def _found(self, item_id: str, doing: str, code: Code) -> Item:
        item = self._state.conversation.get(item_id)
        if item is None:
            raise no_such_item(doing, code, item_id)
        return item
