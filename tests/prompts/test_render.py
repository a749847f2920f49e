from __future__ import annotations

from pathlib import Path

import pytest

import prompts
from prompts import PromptError, render

NAMES = sorted(path.stem for path in Path(prompts.__file__).parent.glob("*.md"))


def test_slots_are_filled() -> None:
    text = render("voice-agent", flowId="desk", persona="a baker", flow="a text-input")

    assert "the flow desk" in text
    assert "persona: a baker" in text
    assert "{{" not in text


def test_what_is_filled_in_cannot_open_a_slot() -> None:
    text = render("voice-agent", flowId="{{persona}}", persona="secret", flow="x")

    assert "the flow {{persona}}," in text
    assert text.count("secret") == 1


def test_a_missing_or_unknown_slot_is_an_error_that_names_it() -> None:
    with pytest.raises(PromptError, match="persona"):
        render("voice-agent", flowId="desk", flow="x")
    with pytest.raises(PromptError, match="mood"):
        render("voice-agent", flowId="desk", persona="p", flow="x", mood="glad")


def test_an_unknown_prompt_is_an_error_that_names_it() -> None:
    with pytest.raises(PromptError, match="no-such"):
        render("no-such")


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_ends_with_one_newline_and_has_no_long_lines(name: str) -> None:
    text = (Path(prompts.__file__).parent / f"{name}.md").read_text(encoding="utf-8")

    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert max(map(len, text.splitlines())) <= 120
