"""Text into what is spoken in one go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.speech.sentences import LONGEST, SentenceSplitter, speakable, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("   \n ", []),
        ("Hello", ["Hello"]),
        ("Hello there. How are you?", ["Hello there.", "How are you?"]),
        ("No. I can not!", ["No.", "I can not!"]),
        ("Dr. Smith met Mr. Jones at 3.5 p.m. today. Fine.", ["Dr. Smith met Mr. Jones at 3.5 p.m. today.", "Fine."]),
        ("It was J. Doe. He left.", ["It was J. Doe.", "He left."]),
        ("1. Open it. 2. Close it.", ["1. Open it.", "2. Close it."]),
        ("It was in 1999. Then", ["It was in 1999.", "Then"]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Really?! Yes...", ["Really?!", "Yes..."]),
        ("Title\n\nText", ["Title", "Text"]),
        ("Two things:\n- one\n- two", ["Two things:", "- one", "- two"]),
        ("你好。再见。", ["你好。", "再见。"]),
    ],
)
def test_sentences_end_where_a_reader_would_pause(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_a_sentence_is_given_as_soon_as_it_is_over_and_not_before() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Hello the") == []
    assert splitter.feed("re.") == []
    assert splitter.feed(" How") == ["Hello there."]
    assert splitter.flush() == ["How"]
    assert splitter.flush() == []


@given(st.text(alphabet="ab .,?!\n1\u2019-", max_size=400), st.integers(1, 17))
def test_streamed_in_pieces_no_letter_is_lost_and_none_doubled(text: str, step: int) -> None:
    splitter = SentenceSplitter()
    pieces = [piece for at in range(0, len(text), step) for piece in splitter.feed(text[at : at + step])]
    pieces += splitter.flush()
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece == piece.strip() and piece for piece in pieces)


@pytest.mark.parametrize("text", ["word " * 500, "a" * 2_000, "so, we went on, " * 90, "\N{GRINNING FACE}" * 999])
def test_no_piece_is_too_long_and_words_stay_whole(text: str) -> None:
    pieces = split_sentences(text)
    assert max(map(len, pieces)) <= LONGEST + 1
    assert "".join("".join(pieces).split()) == "".join(text.split())
    if " " in text:
        assert {word for piece in pieces for word in piece.split()} == set(text.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**Bold** and `code`", "Bold and code"),
        ("See [the page](https://example.org/x?y=1).", "See the page."),
        ("# Title", "Title"),
        ("tab\there\x00null", "tab here null"),
        ("... !!! \N{GRINNING FACE}", ""),
        ("", ""),
    ],
)
def test_markup_and_control_characters_are_not_spoken(text: str, said: str) -> None:
    assert speakable(text) == said
