"""Items in order, retrieved, deleted, truncated; and what an answerer is told of them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from realtime.protocol.conversation import ContextItem, Item, Part, context_of
from realtime.protocol.spoken import Spoken, first_words
from tests.realtime.protocol.talking import Talk, encoded, message, pcm, types

if TYPE_CHECKING:
    from realtime.protocol.audio import AudioRef


def add(talk: Talk, name: str, **fields: Any) -> str | None:
    events = talk.client("conversation.item.create", item={**message(name), "id": f"item_{name}"}, **fields)
    assert types(events) == ["conversation.item.added", "conversation.item.done"]
    assert events[0]["previous_item_id"] == events[1]["previous_item_id"]
    return events[0]["previous_item_id"]


def told(talk: Talk) -> list[str]:
    """What an answerer would be told, in order."""
    talk.client("response.create", response={"output_modalities": ["text"]})
    texts = [item.text for item in talk.asked.context]
    talk.done()
    return texts


def test_items_stand_at_the_end_behind_another_or_first() -> None:
    talk = Talk()
    assert add(talk, "b") is None
    assert add(talk, "d") == "item_b"
    assert add(talk, "c", previous_item_id="item_b") == "item_b"
    assert add(talk, "a", previous_item_id="root") is None
    assert told(talk) == ["a", "b", "c", "d"]


def test_a_deleted_item_is_gone_from_the_order() -> None:
    talk = Talk()
    for name in "abc":
        add(talk, name)
    assert types(talk.client("conversation.item.delete", item_id="item_c")) == ["conversation.item.deleted"]
    assert add(talk, "d") == "item_b"
    assert told(talk) == ["a", "b", "d"]


def test_deleting_what_is_being_said_leaves_the_response_whole() -> None:
    talk = Talk()
    talk.client("response.create")
    item_id = talk.speak()[0]["item"]["id"]
    talk.client("conversation.item.delete", item_id=item_id)
    events = talk.done()
    assert "conversation.item.done" not in types(events)
    assert types(events)[-2:] == ["response.output_item.done", "response.done"]


def test_deleting_what_is_being_written_down_lets_the_answer_begin() -> None:
    talk = Talk()
    item_id = talk.turn()[0]["item_id"]
    talk.client("conversation.item.delete", item_id=item_id)
    assert talk.asked.context == ()
    assert talk.transcribed("too late") == []


def sound_of(ref: AudioRef) -> bytes:
    return ref.data or pcm(ref.ms)


def test_sound_inside_an_item_is_kept_and_given_back_with_it() -> None:
    talk = Talk(read_audio=sound_of)
    item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": encoded(250)}]}
    added = talk.client("conversation.item.create", item=item)[0]
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    (retrieved,) = talk.client("conversation.item.retrieve", item_id=added["item"]["id"])
    assert base64.b64decode(retrieved["item"]["content"][0]["audio"]) == pcm(250)


def test_what_was_said_is_retrieved_with_its_sound_up_to_a_size() -> None:
    talk = Talk(read_audio=sound_of, most_retrieved_audio=len(pcm(1500)))
    short, long = talk.turn(1000)[0]["item_id"], ""
    talk.client("response.cancel")
    long = talk.turn(2000)[0]["item_id"]
    assert "audio" in talk.client("conversation.item.retrieve", item_id=short)[0]["item"]["content"][0]
    assert "audio" not in talk.client("conversation.item.retrieve", item_id=long)[0]["item"]["content"][0]


def test_appended_sound_is_handed_over_with_its_place_in_the_stream_and_odd_bytes_wait() -> None:
    from realtime.protocol.effects import Heard

    talk = Talk()
    for size in (961, 959, 960):
        talk.client("input_audio_buffer.append", audio=base64.b64encode(bytes(size)).decode())
    heard = [effect for effect in talk.effects if isinstance(effect, Heard)]
    assert [len(effect.audio) for effect in heard] == [960, 960, 960]
    assert [(effect.start_ms, effect.end_ms) for effect in heard] == [(0, 20), (20, 40), (40, 60)]


def test_g711_counts_eight_bytes_a_millisecond() -> None:
    from realtime.protocol.effects import Heard

    talk = Talk({"audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    talk.client("input_audio_buffer.append", audio=base64.b64encode(bytes(160)).decode())
    assert (talk.last(Heard).end_ms, talk.last(Heard).format) == (20, "audio/pcmu")


def test_words_are_cut_where_they_were_heard() -> None:
    spoken = Spoken()
    spoken.add("Hello there. ", 1000)
    spoken.add("How are you today?", 1000)
    assert spoken.heard(0) == ""
    assert spoken.heard(1000) == "Hello there."
    assert spoken.heard(1500) == "Hello there. How are"
    assert spoken.heard(9000) == "Hello there. How are you today?"


def test_words_that_run_ahead_belong_to_the_sound_that_follows() -> None:
    spoken = Spoken()
    for word in ("One ", "two ", "three "):
        spoken.add(word, 0)
    spoken.add("", 900)
    spoken.add("four", 300)
    assert spoken.heard(900) == "One two three"
    assert spoken.heard(600) == "One two"


def test_words_are_never_cut_in_the_middle() -> None:
    assert first_words("Hello there", 0.5) == "Hello"
    assert first_words("Hello there", 0.4) == ""
    assert first_words("Hello there", 1.0) == "Hello there"


def item(name: str, **fields: Any) -> Item:
    return Item(name, fields.pop("kind", "message"), "user", "completed", [Part("input_text", "x" * 40)], **fields)


def test_a_context_that_is_too_long_loses_its_oldest_items() -> None:
    items = [item(str(number)) for number in range(10)]
    assert [each.item_id for each in context_of(items, 45)] == ["6", "7", "8", "9"]
    assert len(context_of(items, 100)) == 10
    assert [each.item_id for each in context_of(items, 45, kept=0.5)] == ["8", "9"]
    assert len(context_of(items, None)) == 10


def test_the_output_of_a_call_that_is_gone_goes_with_it() -> None:
    call = Item("c", "function_call", call_id="1", arguments="x" * 400)
    output = Item("o", "function_call_output", call_id="1", output="y")
    assert context_of([call, output, item("m")], 50) == (ContextItem.of(item("m")),)
    assert len(context_of([call, output, item("m")], 500)) == 3


def test_truncation_may_be_disabled_or_have_a_limit_of_its_own() -> None:
    for truncation, expected in (
        ("auto", 1),
        ("disabled", 5),
        ({"type": "retention_ratio", "retention_ratio": 1.0, "token_limits": {"post_instructions": 10}}, 0),
    ):
        talk = Talk({"truncation": truncation}, context_tokens=20)
        for name in "abcde":
            add(talk, name * 60)
        assert len(told(talk)) == expected


def test_what_the_answer_is_asked_with_is_the_session_unless_told_otherwise() -> None:
    tool = {"type": "function", "name": "f"}
    talk = Talk(
        {"tools": [tool], "tool_choice": {"type": "function", "name": "f"}, "audio": {"output": {"speed": 1.25}}}
    )
    talk.client("response.create")
    asked = talk.asked
    assert (asked.tools, asked.tool_choice) == ((tool,), {"type": "function", "name": "f"})
    assert (asked.modality, asked.voice, asked.speed, asked.audio_format) == ("audio", "alloy", 1.25, "audio/pcm")
    talk.done()
    params = {
        "tools": [],
        "tool_choice": "none",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low"},
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "cedar"}},
    }
    talk.client("response.create", response=params)
    asked = talk.asked
    assert (asked.tools, asked.tool_choice, asked.parallel_tool_calls) == ((), "none", False)
    assert (asked.reasoning_effort, asked.modality, asked.voice) == ("low", "text", "cedar")
