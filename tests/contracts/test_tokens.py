"""What a model pays in tokens, on the real server, word for word what `python -m benchmarks tokens` counts."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from benchmarks import conversation, programs, tokens
from benchmarks.tokenizer import count, count_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.stdio_client import StdioClient


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StdioClient]:
    with programs.autopilot(tmp_path_factory.mktemp("data")) as client:
        yield client


def test_all_tool_definitions_together_are_small(client: StdioClient) -> None:
    sizes = {name: count(text) for name, text in conversation.definitions(client).items()}
    assert sum(sizes.values()) <= tokens.DEFINITIONS, sizes


def test_the_catalogue_of_node_types_is_small(client: StdioClient) -> None:
    assert count(conversation.catalogue(client)) <= tokens.CATALOGUE


def test_the_answer_to_a_one_node_edit_is_short(client: StdioClient) -> None:
    exchanges = conversation.one_node_edits(client)
    long = {found.name: found.answer for found in exchanges if count(found.answer) > tokens.ANSWER}
    assert long == {}


def test_every_fault_is_told_in_a_short_answer(client: StdioClient) -> None:
    found = conversation.refusals(client)
    silent = {fault.name: exchange.answer for fault, exchange in found if not tokens.caught(fault, exchange)}
    long = {fault.name: exchange.answer for fault, exchange in found if count(exchange.answer) > tokens.ANSWER}
    assert (silent, long) == ({}, {})


def test_six_nodes_are_built_from_nothing_and_read_back_for_little(client: StdioClient) -> None:
    for build in conversation.builds(client):
        assert len(build.calls) <= tokens.CALLS
        assert count(build.sent) <= tokens.WRITTEN
        assert count(build.read.answer) <= tokens.READ_PER_NODE * 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("hello world", 2),
        ('{"flowId":"story","revision":4,"applied":true}', 15),
        ('topic text-input inputValue="a cat on the moon"\ntopic -> writer.prompt\n', 17),
        ("iPhone's 1234567 naïve 東京 👩‍🚀\r\n\t  end", 18),
        ("<|endoftext|>", 7),
    ],
)
def test_tokens_are_counted_as_js_tiktoken_counts_them(text: str, expected: int) -> None:
    assert count(text) == expected


def test_both_tokenizers_agree_on_what_is_said(client: StdioClient) -> None:
    if shutil.which("node") is None or not (programs.MODULES / "js-tiktoken").is_dir():
        pytest.skip("js-tiktoken is not installed: run `npm install` in benchmarks/")
    texts = conversation.definitions(client) | {"catalogue": conversation.catalogue(client)}
    counts, _ = count_all(texts)
    assert counts == {name: count(text) for name, text in texts.items()}
