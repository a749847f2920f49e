"""The client's view: entries in order, from providers of every dialect."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.provider_events import XAI
from realtime.protocol.transcript import EMPTY, Transcript
from tests.realtime.protocol.talking import Talk, pcm

Event = dict[str, Any]


def user(item_id: str, previous: str | None, text: str | None = None) -> Event:
    content = {"type": "input_audio", "transcript": None} if text is None else {"type": "input_text", "text": text}
    item = {"id": item_id, "type": "message", "role": "user", "status": "completed", "content": [content]}
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def answer(item_id: str, previous: str | None) -> Event:
    item: Event = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def words(item_id: str, text: str) -> Event:
    kind = "conversation.item.input_audio_transcription.completed"
    return {"type": kind, "item_id": item_id, "content_index": 0, "transcript": text}


def delta(item_id: str, text: str, kind: str = "response.output_audio_transcript.delta") -> Event:
    return {"type": kind, "item_id": item_id, "content_index": 0, "delta": text}


def sound(item_id: str, ms: int) -> Event:
    return {"type": "response.output_audio.delta", "item_id": item_id, "delta": base64.b64encode(pcm(ms)).decode()}


def fold(*events: Event, into: Transcript | None = None) -> Transcript:
    transcript = into or Transcript()
    for number, event in enumerate(events):
        transcript.apply(event, 1000.0 + number)
    return transcript


def test_an_empty_conversation_says_so() -> None:
    assert Transcript().text == EMPTY == "(No conversation yet)"
    assert Transcript().entries == ()


def test_entries_stand_in_the_order_of_the_conversation_and_not_of_arrival() -> None:
    transcript = fold(
        user("u1", None),
        answer("a1", "u1"),
        delta("a1", "Fine."),
        words("u1", "How are you?"),
        user("u2", "a1", "Good."),
    )
    assert transcript.text == "User: How are you?\nAI: Fine.\nUser: Good."


def test_an_item_may_arrive_before_its_predecessor() -> None:
    transcript = fold(user("c", "b", "C"), user("b", "a", "B"), user("a", None, "A"))
    assert [entry.text for entry in transcript.entries] == ["A", "B", "C"]


@given(st.permutations("ABCDEF"))
def test_any_order_of_arrival_gives_the_order_of_the_conversation(arrival: list[str]) -> None:
    transcript = fold(*(user(name, chr(ord(name) - 1) if name > "A" else None, name) for name in arrival))
    assert "".join(entry.text for entry in transcript.entries) == "ABCDEF"


def test_items_inserted_in_the_middle_and_at_the_root_find_their_place() -> None:
    transcript = fold(
        user("b", None, "B"), user("d", "b", "D"), user("c", "b", "C"), user("a", None, "A"), user("e", "d", "E")
    )
    assert "".join(entry.text for entry in transcript.entries) == "ABCDE"


def test_predecessors_that_go_in_circles_do_no_harm() -> None:
    transcript = fold(user("a", "b", "A"), user("b", "a", "B"), user("c", "c", "C"))
    assert sorted(entry.text for entry in transcript.entries) == ["A", "B", "C"]


def test_a_null_predecessor_in_item_done_moves_nothing() -> None:
    done = {**answer("a1", None), "type": "conversation.item.done"}
    transcript = fold(user("u1", None, "Hi."), answer("a1", "u1"), delta("a1", "Hello."), done)
    assert transcript.text == "User: Hi.\nAI: Hello."


def test_an_entry_is_partial_then_final_and_keeps_its_time() -> None:
    started = {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
    live = {"type": "conversation.item.input_audio_transcription.delta", "item_id": "u1", "delta": " Hel"}
    transcript = fold(started, live)
    (entry,) = transcript.entries
    assert entry.wire() == {"id": "u1", "role": "user", "text": "Hel", "timestamp": 1_000_000, "status": "partial"}
    fold(user("u1", None), words("u1", "Hello."), into=transcript)
    (entry,) = transcript.entries
    assert (entry.text, entry.status, entry.timestamp) == ("Hello.", "final", 1_000_000)


def test_a_cursor_tells_what_has_changed() -> None:
    transcript = fold(user("u1", None, "Hi."), answer("a1", "u1"), delta("a1", "Hel"))
    first = transcript.since(0)
    assert [entry.id for entry in first.entries] == ["u1", "a1"]
    assert transcript.since(first.cursor).entries == ()
    assert transcript.apply(delta("a1", "lo."), 1.0)
    second = transcript.since(first.cursor)
    assert [(entry.id, entry.text) for entry in second.entries] == [("a1", "Hello.")]
    assert second.cursor > first.cursor


def test_an_error_ends_nothing() -> None:
    transcript = fold(user("u1", None, "Hi."))
    assert not transcript.apply({"type": "error", "error": {"code": "x", "message": "no"}}, 1.0)
    assert transcript.last_error == {"code": "x", "message": "no"}
    fold(user("u2", "u1", "Still here?"), into=transcript)
    assert len(transcript.entries) == 2


def test_an_interrupted_answer_is_marked_and_cut_where_its_length_is_known() -> None:
    cut = {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
    known = fold(answer("a1", None), delta("a1", "One two three four"), sound("a1", 2000), cut)
    (entry,) = known.entries
    assert (entry.text, entry.status, entry.cut_ms) == ("One two", "interrupted", 1000)
    unknown = fold(answer("a1", None), delta("a1", "One two three four"), cut)
    assert (unknown.entries[0].text, unknown.entries[0].status) == ("One two three four", "interrupted")


def test_what_comes_after_an_interruption_does_not_bring_the_words_back() -> None:
    done = {"type": "response.output_audio_transcript.done", "item_id": "a1", "content_index": 0, "transcript": "All."}
    cut = {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 0}
    transcript = fold(answer("a1", None), delta("a1", "All of it"), sound("a1", 100), cut, done, delta("a1", "!"))
    assert transcript.entries == ()


def test_an_answer_that_was_played_to_its_end_was_not_interrupted() -> None:
    done = {"type": "conversation.item.done", "item": {**answer("a1", None)["item"], "status": "completed"}}
    cut = {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 1990}
    transcript = fold(answer("a1", None), delta("a1", "All."), sound("a1", 2000), done, cut)
    assert transcript.entries[0].status == "final"


@pytest.mark.parametrize(
    ("status", "expected"), [("cancelled", "interrupted"), ("incomplete", "final"), ("failed", "final")]
)
def test_an_answer_ends_as_its_response_does(status: str, expected: str) -> None:
    item = {**answer("a1", None)["item"], "status": "incomplete"}
    added = {"type": "response.output_item.added", "response_id": "r1", "item": item}
    done = {"type": "response.done", "response": {"id": "r1", "status": status, "output": [item]}}
    assert fold(added, delta("a1", "Well"), done).entries[0].status == expected


def test_beta_names_are_understood() -> None:
    created = {**user("u1", None, "Hi."), "type": "conversation.item.created"}
    transcript = fold(
        created,
        {**answer("a1", "u1"), "type": "conversation.item.created"},
        delta("a1", "Hel", "response.audio_transcript.delta"),
        {"type": "response.audio_transcript.done", "item_id": "a1", "transcript": "Hello."},
        delta("a2", "Written.", "response.text.delta"),
    )
    assert transcript.text == "User: Hi.\nAI: Hello.\nAI: Written."


def test_cumulative_words_replace_and_those_in_progress_are_not_final() -> None:
    updated = {"type": "conversation.item.input_audio_transcription.updated", "item_id": "u1", "transcript": "Hello"}
    transcript = fold(
        user("u1", None), updated, {**words("u1", "Hello, I"), "status": "in_progress"}, into=Transcript(XAI)
    )
    assert (transcript.entries[0].text, transcript.entries[0].status) == ("Hello, I", "partial")
    fold(words("u1", "Hello, I am here."), into=transcript)
    assert (transcript.entries[0].text, transcript.entries[0].status) == ("Hello, I am here.", "final")


def test_where_null_says_nothing_items_stand_as_they_came() -> None:
    transcript = fold(user("a", None, "A"), user("b", None, "B"), into=Transcript(XAI))
    assert [entry.text for entry in transcript.entries] == ["A", "B"]


def test_function_calls_and_instructions_are_not_part_of_the_talk() -> None:
    call = {"id": "f1", "type": "function_call", "name": "f", "call_id": "c", "arguments": "{}"}
    system = {"id": "s1", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]}
    transcript = fold(
        {"type": "conversation.item.added", "previous_item_id": None, "item": system},
        {"type": "conversation.item.added", "previous_item_id": "s1", "item": call},
    )
    assert transcript.text == EMPTY


def a_talk() -> tuple[Talk, Transcript]:
    talk = Talk({"audio": {"input": {"transcription": {"model": "whisper-1"}}}})
    talk.turn()
    talk.transcribed("What is the weather?")
    talk.call("get_weather", "{}")
    talk.done()
    call_id = talk.all[-1]["response"]["output"][0]["call_id"]
    output = {"type": "function_call_output", "call_id": call_id, "output": "Rain."}
    talk.client("conversation.item.create", item=output)
    talk.client("response.create")
    item_id = talk.speak("It is raining in London.", 2000)[0]["item"]["id"]
    talk.turn()
    talk.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1200)
    talk.transcribed("Stop.")
    talk.call("unanswered", "{}")
    transcript = Transcript()
    for event in talk.all:
        transcript.apply(event, 1000.0)
    return talk, transcript


def test_a_new_connection_is_told_what_was_said_and_heard_and_enters_nothing_twice() -> None:
    _, transcript = a_talk()
    expected = "User: What is the weather?\nAI: It is raining\nUser: Stop."
    assert transcript.text == expected
    again = Talk({"output_modalities": ["text"]})
    replay = transcript.replay()
    kinds = [event["item"]["type"] for event in replay]
    assert kinds == ["message", "function_call", "function_call_output", "message", "message"], (
        "the open call is not told"
    )
    assert replay[3]["item"]["content"] == [{"type": "output_text", "text": "It is raining"}]
    transcript.end()
    for event in replay:
        again.client(event["type"], item=event["item"])
    again.client(
        "conversation.item.create",
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go on."}]},
    )
    again.client("response.create")
    again.write("Gladly.")
    again.done()
    for event in again.all:
        assert event["type"] != "error"
        transcript.apply(event, 2000.0)
    assert transcript.text == f"{expected}\nUser: Go on.\nAI: Gladly."
    assert [entry.status for entry in transcript.entries] == ["final", "interrupted", "final", "final", "final"]


def test_a_replay_may_be_short_and_then_has_no_outputs_without_calls() -> None:
    _, transcript = a_talk()
    assert [event["item"]["type"] for event in transcript.replay(3)] == ["message", "message"]
    assert transcript.replay(0) == []


def test_what_was_deleted_stays_in_the_transcript_and_is_not_told_again() -> None:
    transcript = fold(user("u1", None, "Secret."), {"type": "conversation.item.deleted", "item_id": "u1"})
    assert transcript.text == "User: Secret."
    assert transcript.replay() == []


def test_ids_that_a_service_would_refuse_are_not_told_and_the_items_recognised_by_their_words() -> None:
    long = "939d83ab-9b98-4839-87aa-1fe2b76b65ef"
    transcript = fold(user(long, None, "Hi."), into=Transcript(XAI))
    (event,) = transcript.replay()
    assert "id" not in event["item"]
    fold(user("new", None, "Hi."), user("next", "new", "And?"), into=transcript)
    assert [(entry.id, entry.text) for entry in transcript.entries] == [(long, "Hi."), ("next", "And?")]


def test_the_end_of_a_connection_settles_what_was_coming() -> None:
    transcript = fold(user("u1", None, "Hi."), answer("a1", "u1"), delta("a1", "Well, I"))
    transcript.end()
    assert [entry.status for entry in transcript.entries] == ["final", "interrupted"]
