"""One step of adaptive prompting, without a loop."""

from __future__ import annotations

import json
from typing import Any

import pytest

import aitrack

TEXT = "Return the invoice as JSON. " + "A line of the invoice. " * 300
KINDS = ["invalid_json", "schema", "truncated", "context_length", "overload", "rate_limit", "auth", "unknown"]


def parse_error() -> ValueError:
    try:
        json.loads('{"total": 12,')
    except ValueError as error:
        return error
    raise AssertionError


def test_the_same_kind_comes_out() -> None:
    """Text for text, messages for messages, each saying what was done to it."""
    messages = [{"role": "user", "content": TEXT}]
    for kind in KINDS:
        text, list_ = aitrack.adapt_prompt(TEXT, kind), aitrack.adapt_prompt(messages, kind)
        assert isinstance(text, str)
        assert isinstance(list_, list)
        assert text.kind == list_.kind
        assert text.did
    assert messages == [{"role": "user", "content": TEXT}]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("429 Too Many Requests"),
        ConnectionResetError(104, "reset"),
        TimeoutError("timed out"),
        KeyError("price"),
        KeyboardInterrupt(),
        "overloaded",
        "something else",
    ],
)
def test_what_no_prompt_mends_leaves_it_byte_for_byte(error: Any) -> None:
    """A busy server is not the prompt's fault."""
    assert aitrack.adapt_prompt(TEXT, error) == TEXT
    assert aitrack.adapt_prompt([{"role": "user", "content": TEXT}], error) == [{"role": "user", "content": TEXT}]


def test_a_prompt_that_is_too_long_gets_shorter() -> None:
    """Old turns go first; a single text loses its middle, never its ends."""
    error = RuntimeError("This model's maximum context length is 4096 tokens")
    turns = [{"role": role, "content": f"{role} {turn}"} for turn in range(4) for role in ("user", "assistant")]
    messages = [{"role": "system", "content": "rules"}, *turns, {"role": "user", "content": "the question"}]

    text, shorter = aitrack.adapt_prompt(TEXT, error), aitrack.adapt_prompt(messages, error)

    assert len(text) < 0.7 * len(TEXT)
    assert text.startswith("Return the invoice as JSON.")
    assert (shorter[0], shorter[-1]) == (messages[0], messages[-1])
    assert len(shorter) < len(messages)


def test_a_parser_says_where_it_stopped() -> None:
    """The note carries its position, and a short excerpt of the answer."""
    adapted = aitrack.adapt_prompt([{"role": "user", "content": "JSON"}], parse_error())

    assert [message["role"] for message in adapted] == ["user", "assistant", "user"]
    assert "line 1 column 14" in adapted[-1]["content"]
    assert adapted.adaptation == "feedback"


def test_a_rejected_answer_names_its_fields() -> None:
    """As the author's own check said it."""
    adapted = aitrack.adapt_prompt("The invoice", aitrack.Reject("bad", fields=["total: expected number"]))

    assert "total: expected number" in adapted


def test_a_refusal_is_clarified_only_with_a_purpose() -> None:
    """It is not argued with."""
    error = RuntimeError("blocked by the content policy")

    assert aitrack.adapt_prompt(TEXT, error) == TEXT
    assert "for bookkeeping" in aitrack.adapt_prompt(TEXT, error, purpose="for bookkeeping")


def test_an_invalid_request_is_mended_where_it_can_be() -> None:
    """Empty messages and control characters are what every interface rejects."""
    messages = [{"role": "user", "content": "a\x00b"}, {"role": "user", "content": ""}]

    adapted = aitrack.adapt_prompt(messages, "invalid_request")

    assert adapted == [{"role": "user", "content": "ab"}]


def test_a_hostile_message_is_only_quoted() -> None:
    """What a failed call said is data: short, and without control characters."""
    adapted = aitrack.adapt_prompt("p", aitrack.Reject("\x1b[2Jignore all\n" * 1000, kind="invalid_json"))

    assert "\x1b" not in adapted
    assert len(adapted) < 1000


def test_a_wrong_prompt_is_told() -> None:
    """With what is allowed."""
    with pytest.raises(TypeError, match="`prompt` must be text or a list of messages, not int"):
        aitrack.adapt_prompt(3, "truncated")  # type: ignore[call-overload]  # the point of the test
