"""The orders of events: those that were recorded, and those that the documents promise."""

from __future__ import annotations

from realtime.protocol.effects import CancelGeneration, ClearPlayback, Generate, Listen, PlayAudio, Transcribe
from realtime.protocol.ids import created_at
from tests.realtime.protocol.talking import Talk, message, types

TURN_ENDS = [
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]
SPEECH_BEGINS = [
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
]
SPEECH_ENDS = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]


def test_a_spoken_turn_is_committed_and_answered() -> None:
    talk = Talk()
    assert types(talk.greeting) == ["session.created"]
    assert types(talk.turn()) == ["input_audio_buffer.speech_started", *TURN_ENDS, "response.created"]
    assert types(talk.speak()) == [*SPEECH_BEGINS, "response.output_audio.delta"]
    assert types(talk.done()) == SPEECH_ENDS


def test_speech_is_told_with_its_padding_and_its_silence_under_the_id_of_its_item() -> None:
    talk = Talk()
    talk.listen(1000, voice=False)
    events = talk.turn(1000)
    started, stopped, committed, added = events[0], events[1], events[2], events[3]
    assert (started["audio_start_ms"], stopped["audio_end_ms"]) == (700, 2200)
    assert {started["item_id"], stopped["item_id"], committed["item_id"], added["item"]["id"]} == {started["item_id"]}
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    heard = talk.last(Transcribe).audio
    assert (heard.start_ms, heard.end_ms) == (700, 2200)
    assert talk.last(Listen).item_id == started["item_id"]


def test_the_answerer_is_asked_when_what_the_user_said_is_known() -> None:
    talk = Talk()
    talk.turn()
    assert talk.count(Generate) == 0
    assert talk.transcribed("What time is it?") == [], "the client has not asked for transcripts"
    assert [item.text for item in talk.asked.context] == ["What time is it?"]


def test_an_answerer_that_hears_for_itself_is_asked_at_once() -> None:
    talk = Talk(answers_from_audio=True)
    talk.turn()
    assert [ref.ms for ref in talk.asked.context[0].audio] == [1200]


def test_an_answer_does_not_wait_for_words_that_will_never_come() -> None:
    talk = Talk({"audio": {"input": {"transcription": {"model": "whisper-1"}}}})
    talk.turn()
    failed = talk.take(talk.session.transcription_failed(talk.last(Transcribe).item_id, "unintelligible", talk.now))
    assert types(failed) == ["conversation.item.input_audio_transcription.failed"]
    assert talk.count(Generate) == 1


def test_transcription_may_begin_while_the_user_speaks_and_ends_with_its_usage() -> None:
    talk = Talk({"audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}})
    started = talk.listen(500, voice=True)[0]
    live = talk.take(talk.session.transcription_delta(started["item_id"], "Hel", talk.now))
    assert types(live) == ["conversation.item.input_audio_transcription.delta"]
    talk.listen(300, voice=False)
    (completed,) = talk.transcribed("Hello.")
    assert completed["transcript"] == "Hello."
    assert completed["usage"] == {"type": "duration", "seconds": 1}
    (retrieved,) = talk.client("conversation.item.retrieve", item_id=started["item_id"])
    assert retrieved["item"]["content"] == [{"type": "input_audio", "transcript": "Hello."}]


def test_a_typed_question_gets_a_written_answer() -> None:
    talk = Talk({"output_modalities": ["text"]})
    asked = talk.client("conversation.item.create", item=message("Hello."))
    assert types(asked) == ["conversation.item.added", "conversation.item.done"]
    assert types(talk.client("response.create")) == ["response.created"]
    assert types(talk.write("Hello") + talk.write(" you.")) == [
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
    ]
    assert types(talk.done()) == [
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert talk.all[-1]["response"]["output"][0]["content"] == [{"type": "output_text", "text": "Hello you."}]


def test_push_to_talk_commits_what_was_said_and_waits_for_the_client_to_ask() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": None}}})
    assert types(talk.client("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert talk.listen(1000, voice=True) == []
    committed = talk.client("input_audio_buffer.commit")
    assert types(committed) == TURN_ENDS[1:]
    assert types(talk.client("response.create")) == ["response.created"]


def test_pressing_to_talk_silences_the_answer_over_webrtc() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": None}}}, transport="webrtc")
    talk.client("response.create")
    talk.speak(ms=4000)
    talk.played(1500)
    pressed = talk.client("response.cancel") + talk.client("output_audio_buffer.clear")
    assert types(pressed) == [*SPEECH_ENDS, "conversation.item.truncated", "output_audio_buffer.cleared"]
    assert pressed[-3]["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert pressed[-2]["audio_end_ms"] == 1500


def test_a_manual_commit_in_mid_speech_uses_the_item_that_was_announced() -> None:
    talk = Talk()
    started = talk.listen(500, voice=True)[0]
    committed = talk.client("input_audio_buffer.commit")
    assert types(committed) == TURN_ENDS[1:], "nobody has stopped, and no answer was asked for"
    assert committed[0]["item_id"] == started["item_id"]


def test_a_function_is_called_and_its_output_answered() -> None:
    talk = Talk({"output_modalities": ["text"]})
    talk.client("conversation.item.create", item=message("Weather?"))
    talk.client("response.create")
    called = talk.call("get_weather", '{"city"', more=True) + talk.call("get_weather", ': "London"}')
    assert types(called) == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    assert types(talk.done()) == ["response.done"]
    call = talk.all[-1]["response"]["output"][0]
    assert (call["name"], call["arguments"], call["status"]) == ("get_weather", '{"city": "London"}', "completed")
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Foggy."}
    given = talk.client("conversation.item.create", item=output)
    assert types(given) == ["conversation.item.added", "conversation.item.done"]
    assert "status" not in given[0]["item"]
    talk.client("response.create")
    assert [item.kind for item in talk.asked.context] == ["message", "function_call", "function_call_output"]


def test_an_answer_may_say_something_and_then_call_a_function() -> None:
    talk = Talk()
    talk.client("response.create")
    events = talk.speak("One moment.") + talk.call("look", "{}") + talk.done()
    assert types(events).count("response.output_item.done") == 2
    assert [item["type"] for item in talk.all[-1]["response"]["output"]] == ["message", "function_call"]


def test_speaking_into_an_answer_cancels_it_and_over_a_socket_leaves_the_cut_to_the_client() -> None:
    talk = Talk()
    talk.client("response.create")
    item_id = talk.speak(ms=4000)[0]["item"]["id"]
    events = talk.listen(40, voice=True)
    assert types(events) == ["input_audio_buffer.speech_started", *SPEECH_ENDS]
    assert events[-1]["response"]["status"] == "cancelled"
    assert events[-1]["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert events[-3]["item"]["status"] == "incomplete"
    assert talk.last(CancelGeneration).response_id == talk.response_id
    assert talk.count(ClearPlayback) == 0
    (cut,) = talk.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1000)
    assert cut["type"] == "conversation.item.truncated"
    (told,) = talk.client("conversation.item.retrieve", item_id=item_id)
    assert told["item"]["content"] == [{"type": "output_audio", "transcript": None}]
    assert talk.speak() == [], "what the answerer still says is dropped"


def test_speaking_into_an_answer_over_webrtc_cuts_it_where_it_was_heard() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create")
    for words in ("One two. ", "Three four. ", "Five six. ", "Seven eight."):
        talk.speak(words, 1000)
    assert types(talk.played(20)) == ["output_audio_buffer.started"]
    assert talk.played(2500) == []
    events = talk.listen(40, voice=True)
    assert types(events) == [
        "input_audio_buffer.speech_started",
        *SPEECH_ENDS,
        "conversation.item.truncated",
        "output_audio_buffer.cleared",
    ]
    assert events[-2]["audio_end_ms"] == 2500
    assert talk.last(ClearPlayback).response_id == talk.response_id
    talk.listen(500, voice=True)
    talk.listen(300, voice=False)
    talk.transcribed("Stop.")
    answer, question = talk.asked.context
    assert (answer.text, answer.interrupted) == ("One two. Three four. Five", True)
    assert question.text == "Stop."


def test_sound_that_outlives_its_answer_is_still_cut() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create")
    talk.speak("A long story.", 9000)
    talk.played(100)
    assert types(talk.done())[-1] == "response.done"
    events = talk.listen(40, voice=True)
    assert types(events) == [
        "input_audio_buffer.speech_started",
        "conversation.item.truncated",
        "output_audio_buffer.cleared",
    ]


def test_sound_leaves_by_the_track_over_webrtc_and_its_end_is_told_when_it_was_played() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create")
    assert types(talk.speak()) == SPEECH_BEGINS
    assert talk.last(PlayAudio).ms == 1000
    assert types(talk.played(20)) == ["output_audio_buffer.started"]
    assert types(talk.done()) == SPEECH_ENDS
    assert talk.played(500) == []
    assert types(talk.silent()) == ["output_audio_buffer.stopped"]
    assert talk.silent() == []


def test_a_queue_that_runs_dry_in_mid_answer_is_not_the_end_of_it() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create")
    talk.speak()
    talk.played(1000)
    assert talk.silent() == []
    talk.speak()
    assert types(talk.done())[-1] == "response.done"
    assert types(talk.played(2000)) == ["output_audio_buffer.stopped"]


def test_an_answer_that_may_not_be_interrupted_goes_on_and_the_next_one_waits_for_it() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}}})
    talk.turn()
    talk.transcribed()
    talk.speak()
    assert types(talk.turn()) == ["input_audio_buffer.speech_started", *TURN_ENDS]
    assert types(talk.done())[-2:] == ["response.done", "response.created"]


def test_a_session_may_detect_turns_without_answering_them() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}})
    assert types(talk.turn()) == ["input_audio_buffer.speech_started", *TURN_ENDS]


def test_answers_beside_the_conversation_leave_no_trace_in_it() -> None:
    talk = Talk({"output_modalities": ["text"]})
    talk.client("response.create")
    params = {"conversation": "none", "metadata": {"topic": "a"}, "input": [message("Classify.")], "instructions": "x"}
    (created,) = talk.client("response.create", response=params)
    assert created["response"]["conversation_id"] is None
    assert created["response"]["metadata"] == {"topic": "a"}
    assert talk.asked.instructions == "x"
    assert [item.text for item in talk.asked.context] == ["Classify."]
    events = talk.write("News.") + talk.done()
    assert not [event for event in events if event["type"].startswith("conversation.")]
    talk.client("conversation.item.create", item=message("Hello."))
    assert talk.error("response.create")["code"] == "conversation_already_has_active_response"


def test_silence_after_an_answer_asks_again() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}}})
    talk.turn()
    talk.transcribed()
    talk.speak(ms=2000)
    talk.done()
    assert talk.session.next_deadline() == talk.now + 2 + 6, "the answer has still to be played"
    talk.listen(7000, voice=False)
    assert talk.wait(0) == []
    talk.listen(1020, voice=False)
    events = talk.wait(0)
    assert types(events) == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert events[0]["audio_end_ms"] - events[0]["audio_start_ms"] == 6000
    assert events[0]["item_id"] == events[1]["item_id"]
    assert talk.count(Generate) == 2, "there is nothing to write down"
    assert talk.wait(60) == [], "the answer is under way"


def test_silence_is_counted_from_the_end_of_playback_over_webrtc() -> None:
    session = {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}}}
    talk = Talk(session, transport="webrtc")
    talk.client("response.create")
    talk.speak()
    talk.done()
    talk.wait(20)
    talk.silent()
    assert talk.wait(4.9) == []
    assert types(talk.wait(0.2))[0] == "input_audio_buffer.timeout_triggered"


def test_nobody_is_idle_who_speaks() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}}})
    talk.client("response.create")
    talk.done()
    talk.listen(40, voice=True)
    assert talk.wait(30) == []


def test_limits_are_told_after_each_answer_where_there_are_any() -> None:
    talk = Talk(rate_limits=({"name": "tokens", "limit": 100, "remaining": 90, "reset_seconds": 0.1},))
    talk.client("response.create")
    assert types(talk.done()) == ["response.done", "rate_limits.updated"]


def test_an_answer_that_fails_says_why_and_closes_what_was_open() -> None:
    talk = Talk()
    talk.client("response.create")
    talk.speak()
    events = talk.take(talk.session.generation_failed(talk.response_id, "no model", talk.now, code="model_error"))
    assert types(events) == SPEECH_ENDS
    assert events[-1]["response"]["status_details"] == {
        "type": "failed",
        "error": {"type": "server_error", "code": "model_error", "message": "no model"},
    }


def test_an_answer_that_is_too_long_is_cut_off_as_incomplete() -> None:
    talk = Talk({"max_output_tokens": 10, "output_modalities": ["text"]})
    talk.client("response.create")
    assert talk.asked.max_output_tokens == 10
    events = talk.write("word " * 5) + talk.write("word " * 5)
    assert events[-1]["type"] == "response.done"
    assert events[-1]["response"]["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert talk.last(CancelGeneration).response_id == talk.response_id


def test_a_filtered_answer_is_incomplete_too() -> None:
    talk = Talk()
    talk.client("response.create")
    (done,) = talk.done(incomplete="content_filter")
    assert (done["response"]["status"], done["response"]["output"]) == ("incomplete", [])


def test_a_transcription_session_writes_down_and_does_not_answer() -> None:
    from realtime.protocol.config import read_session
    from realtime.protocol.session import RealtimeSession
    from tests.realtime.protocol.talking import UNIX, ids

    talk = Talk()
    config = read_session({"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}})
    talk.session = RealtimeSession(ids(), UNIX, config)
    talk.take(talk.session.start(talk.now))
    assert types(talk.turn()) == ["input_audio_buffer.speech_started", *TURN_ENDS]
    assert types(talk.transcribed()) == ["conversation.item.input_audio_transcription.completed"]
    assert talk.error("response.create")["code"] == "invalid_value"
    update = talk.error("session.update", session={"type": "realtime"})
    assert "is not allowed" in update["message"]


def test_clearing_the_loudspeaker_stops_the_answer_that_feeds_it_and_keeps_what_was_heard() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create")
    first = talk.speak("One.", 1000)[0]["item"]["id"]
    talk.call("look", "{}")
    talk.speak("Two three four.", 3000)
    talk.played(2000)
    events = talk.client("output_audio_buffer.clear")
    assert types(events) == [*SPEECH_ENDS, "conversation.item.truncated", "output_audio_buffer.cleared"]
    assert events[-2]["item_id"] != first, "that one was heard to its end"
    assert events[-2]["audio_end_ms"] == 1000
    assert talk.client("output_audio_buffer.clear") == [], "there is nothing to clear, and no response to name"


def test_an_unheard_answer_is_cut_to_nothing() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create")
    talk.speak("Too late.", 1000)
    events = talk.listen(40, voice=True)
    assert events[-2]["audio_end_ms"] == 0
    assert types(events)[-1] == "output_audio_buffer.cleared"


def test_sound_for_a_written_answer_leaves_only_its_words() -> None:
    talk = Talk({"output_modalities": ["text"]})
    talk.client("response.create")
    assert types(talk.speak("Hello."))[-1] == "response.output_text.delta"


def test_reports_about_what_is_over_are_dropped() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create")
    talk.done()
    assert (
        talk.speak() == talk.write("x") == talk.call("f", "{}") == talk.done() == talk.played(5) == talk.silent() == []
    )
    assert talk.take(talk.session.transcription_completed("item_x", "x", talk.now)) == []


def test_words_with_probabilities_are_told_to_who_asked_for_them() -> None:
    probabilities = [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}]
    session = {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
    for include, key in ((None, False), (["item.input_audio_transcription.logprobs"], True)):
        talk = Talk({**session, "include": include})
        item_id = talk.turn()[0]["item_id"]
        (event,) = talk.take(talk.session.transcription_completed(item_id, "Hi", talk.now, logprobs=probabilities))
        assert ("logprobs" in event) == key


def test_clearing_the_input_forgets_what_is_being_said() -> None:
    talk = Talk()
    talk.listen(500, voice=True)
    assert types(talk.client("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert talk.listen(400, voice=False) == []
    events = talk.turn()
    assert types(events)[:2] == ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"]
    assert events[0]["audio_start_ms"] >= 500


def test_turn_detection_can_change_between_turns() -> None:
    talk = Talk()
    talk.turn()
    talk.client("response.cancel")
    talk.update(audio={"input": {"turn_detection": None}})
    assert talk.turn() == []
    talk.update(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}})
    talk.client("input_audio_buffer.clear")
    assert types(talk.listen(500, voice=True)) == ["input_audio_buffer.speech_started"]
    assert talk.listen(200, voice=False) == []
    hinted = talk.take(talk.session.turn_hint(complete=True, now=talk.now)) + talk.listen(120, voice=False)
    assert types(hinted) == [*TURN_ENDS, "response.created"]


def test_time_that_goes_back_is_not_followed() -> None:
    talk = Talk()
    deadline = talk.session.next_deadline()
    assert talk.take(talk.session.tick(-1e9)) == []
    assert talk.session.next_deadline() == deadline


def test_identifiers_do_not_go_back_in_time_with_the_clock() -> None:
    talk = Talk()
    talk.wait(50)
    talk.now -= 50
    (event,) = talk.update(instructions="Be brief.")
    assert created_at(event["event_id"]) == created_at(talk.greeting[0]["event_id"]) + 50


def test_what_sounds_beside_the_conversation_is_not_interrupted_by_the_user() -> None:
    talk = Talk(transport="webrtc")
    talk.client("response.create", response={"conversation": "none"})
    talk.speak("A jingle.", 1000)
    assert types(talk.listen(40, voice=True)) == ["input_audio_buffer.speech_started"]
    assert types(talk.done() + talk.silent())[-1] == "output_audio_buffer.stopped"


def test_a_turn_that_waits_for_its_answer_is_dropped_when_the_user_goes_on() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}}})
    talk.turn()
    talk.turn()
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": True}}})
    events = talk.listen(40, voice=True)
    assert types(events) == ["input_audio_buffer.speech_started", "response.done"]
