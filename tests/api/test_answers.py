"""Answers by their shape, whole and in parts."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace as Made
from typing import Any

import pytest

from aitrack.api.answers import read, whole
from aitrack.api.tokens import usage_of

CHAT: Any = {"model": "m", "choices": [{"message": {"content": "hi"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4}}  # fmt: skip
RESPONSES: Any = {"model": "m", "output": [{"type": "message", "content": [{"type": "output_text", "text": "hi"}]}],
             "incomplete_details": {"reason": "max_output_tokens"}, "usage": {"input_tokens": 3, "output_tokens": 4}}  # fmt: skip
ANTHROPIC: Any = {"model": "m", "content": [{"type": "text", "text": "hi"}], "stop_reason": "max_tokens",
             "usage": {"input_tokens": 1, "cache_read_input_tokens": 2, "output_tokens": 4}}  # fmt: skip
GEMINI: Any = {"model_version": "m", "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finish_reason": "MAX_TOKENS"}],
          "usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 3, "thoughts_token_count": 1}}  # fmt: skip


def made(value: Any) -> Any:
    """The same as objects with attributes, as an SDK gives them."""
    if isinstance(value, dict):
        return Made(**{name: made(inner) for name, inner in value.items()})
    return [made(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("answer", [CHAT, RESPONSES, ANTHROPIC, GEMINI])
@pytest.mark.parametrize("form", [lambda value: value, made])
def test_each_shape_gives_text_end_and_tokens(answer: Any, form: Any) -> None:
    """As JSON and as objects: the same text, cut at the limit, three tokens in and four out."""
    found = read(form(answer))

    assert found is not None
    assert (found.text, found.is_cut, found.is_refused) == ("hi", True, False)
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.model) == (3, 4, "m")


@pytest.mark.parametrize(
    "answer",
    [
        {"choices": [{"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}]},
        {"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]},
        {"content": [], "stop_reason": "refusal"},
        {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]},
        {"prompt_feedback": {"block_reason": "SAFETY"}, "candidates": None},
        {"candidates": [{"content": None, "finish_reason": "SAFETY"}]},
    ],
)
def test_refusals_of_all_are_seen(answer: Any) -> None:
    """By a field, by the reason of the end, or by the filter before the model."""
    found = read(made(answer))

    assert found is not None
    assert found.is_refused


def test_a_stream_of_texts_is_put_together() -> None:
    """Any callable at all may give its answer in parts."""

    def parts() -> Iterator[str]:
        yield "he"
        yield "llo"

    assert whole(parts()).text == "hello"


def test_tool_calls_of_a_stream_are_put_together() -> None:
    """Arguments come in pieces, by index."""
    pieces = [("add", "c1", '{"a"'), (None, None, ": 1}")]
    chunks = [
        {
            "choices": [
                {"delta": {"tool_calls": [{"index": 0, "id": id, "function": {"name": name, "arguments": text}}]}}
            ]
        }
        for name, id, text in pieces
    ]

    (call,) = whole(made(chunk) for chunk in chunks).calls

    assert (call.name, call.id, call.parsed()) == ("add", "c1", {"a": 1})


def test_an_object_of_ones_own_is_its_own_value() -> None:
    """What has no known shape is no error."""
    thing = object()

    assert whole(thing).raw is thing
    assert usage_of(thing) is None


def test_no_code_of_an_answer_is_run_for_its_tokens() -> None:
    """A property that raises, or calls the network, is not asked."""

    class Answer:
        @property
        def usage(self) -> Any:
            raise SystemExit(3)

    assert usage_of(Answer()) is None
