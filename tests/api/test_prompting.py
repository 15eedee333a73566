"""Adaptive prompting against a server that speaks the wire formats of OpenAI and Anthropic, through their real SDKs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import aitrack
from aitrack.store.state import State
from tests.api.conftest import Look
from tests.api.loopback import Body, Reply, Server, serving

ASK = [
    {"role": "system", "content": "You are exact."},
    {"role": "user", "content": "The invoice as JSON, please. " * 10},
]
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
OPENAI = {"model": "gpt-x"}


def size(body: Body) -> int:
    """The signs of all messages."""
    return sum(len(str(message["content"])) for message in body["messages"])


def cut_at_512(body: Body, number: int) -> Reply:
    """An answer that needs more than 512 tokens, in either format."""
    if body["max_tokens"] <= 512:
        return Reply('{"n": 12', finish="length" if "system" in str(body["messages"]) else "max_tokens")
    return Reply('{"n": 123}')


class Test_truncated:  # noqa: N801 - reads as the kind
    """An answer that ended at the length limit."""

    def test_is_solved_in_two_calls_without_a_longer_prompt(self) -> None:
        """The cap is raised; torn text is never sent back."""
        with serving(cut_at_512) as server:
            create = server.openai().chat.completions.create
            found = aitrack.Prompting("cut", aitrack.Json(SCHEMA)).run(create, ASK, {**OPENAI, "max_tokens": 512})

        assert (found.value, found.calls, found.adaptations) == ({"n": 123}, 2, ["more_tokens"])
        assert size(server.asked[1]) <= 1.2 * size(server.asked[0])
        assert server.asked[1]["max_tokens"] > 512
        assert (found.usage.input_tokens, found.usage.output_tokens, found.cost_of_failures) == (20, 10, 15)

    @pytest.mark.parametrize("stream", [False, True])
    def test_works_with_anthropic_and_streams(self, stream: bool) -> None:
        """The same through the other SDK, and put together from the parts of a stream."""
        messages = [{"role": "user", "content": "JSON"}]
        with serving(cut_at_512) as server:
            create = server.anthropic().messages.create
            params = {"model": "claude-x", "max_tokens": 512, "stream": stream}
            found = aitrack.Prompting("cut", aitrack.Json(SCHEMA)).run(create, messages, params)

        assert (found.value, found.calls) == ({"n": 123}, 2)
        assert (found.usage.input_tokens, found.usage.output_tokens) == (20, 10)

    @pytest.mark.parametrize("stream", [False, True])
    def test_works_asynchronously(self, stream: bool) -> None:
        """Both SDKs, with and without a stream."""
        options: Body = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}

        async def main(server: Server) -> list[Any]:
            prompting = aitrack.Prompting("cut", aitrack.Json(SCHEMA), learn=False)
            async with server.openai_async() as openai, server.anthropic_async() as anthropic:
                create, other = openai.chat.completions.create, anthropic.messages.create
                return [
                    await prompting.arun(create, ASK, {**OPENAI, "max_tokens": 512, **options}),
                    await prompting.arun(other, ASK[1:], {"model": "claude-x", "max_tokens": 512, "stream": stream}),
                ]

        with serving(cut_at_512) as server:
            found = asyncio.run(main(server))

        assert [(one.value, one.calls) for one in found] == [({"n": 123}, 2), ({"n": 123}, 2)]
        assert [one.usage.total for one in found] == [30, 30]

    def test_never_goes_beyond_the_models_cap(self) -> None:
        """Then it asks for less instead."""
        with serving(cut_at_512) as server:
            create = server.openai().chat.completions.create
            prompting = aitrack.Prompting("cut", aitrack.Json(SCHEMA), max_tokens_cap=512, learn=False)
            with pytest.raises(aitrack.PromptingFailed) as failed:
                prompting.run(create, ASK, {**OPENAI, "max_tokens": 512})

        assert failed.value.kind == "truncated"
        assert failed.value.adaptations[:2] == ["shorter", "continue"]
        assert {body["max_tokens"] for body in server.asked} == {512}


class Test_invalid_json:  # noqa: N801 - reads as the kind
    """An answer that is no JSON."""

    @pytest.mark.parametrize(
        "text", ['```json\n{"n": 1}\n```', 'Sure! Here it is: {"n": 1,} Anything else?', ' {"n": 1}\n']
    )
    def test_is_mended_without_a_call_where_it_can_be(self, text: str) -> None:
        """Fences, chatter and trailing commas cost nothing."""
        with serving(lambda body, number: Reply(text)) as server:
            found = aitrack.Prompting("x", aitrack.Json(SCHEMA)).run(
                server.openai().chat.completions.create, ASK, OPENAI
            )

        assert (found.value, found.calls, found.cost_of_failures) == ({"n": 1}, 1, 0)

    def test_is_told_where_it_went_wrong(self) -> None:
        """One excerpt, one note with the parser's position; the next note replaces it."""
        answers = ['{"n": oops' + "x" * 5000, "still none", '{"n": 2}']
        with serving(lambda body, number: Reply(answers[number - 1])) as server:
            found = aitrack.Prompting("x", aitrack.Json(SCHEMA)).run(
                server.openai().chat.completions.create, ASK, OPENAI
            )

        assert (found.value, found.calls) == ({"n": 2}, 3)
        said = server.asked[1]["messages"][len(ASK) :]
        assert [message["role"] for message in said] == ["assistant", "user"]
        assert len(said[0]["content"]) <= 300
        assert "line 1 column 7" in said[1]["content"]
        assert len(server.asked[2]["messages"]) <= len(ASK) + 2
        assert all(size(body) <= 3 * size(server.asked[0]) + 2000 for body in server.asked)

    def test_a_learnt_key_needs_fewer_calls(self, home: Any) -> None:
        """Where only JSON mode helps, an untrained key needs three calls and a trained one two."""

        def script(body: Body, number: int) -> Reply:
            return Reply('{"n": 5}' if "response_format" in body else f"no JSON {number}")

        def ask(learn: bool = True) -> Any:
            with serving(script) as server:
                prompting = aitrack.Prompting("invoice", aitrack.Json(SCHEMA), max_calls=6, learn=learn)
                return prompting.run(server.openai().chat.completions.create, ASK, OPENAI)

        untrained = ask()
        state = State(str(home))
        for _ in range(8):
            state.reward("invoice", "invalid_json", "json_mode", True)
        state.close()
        trained = [ask() for _ in range(5)]

        assert (untrained.calls, untrained.adaptations) == (3, ["feedback", "json_mode"])
        assert sorted(one.calls for one in trained)[:4] == [2, 2, 2, 2]  # one in twenty tries something else

    def test_what_won_nearly_always_may_come_first(self, home: Any) -> None:
        """Only when the caller asks for it."""
        state = State(str(home))
        for _ in range(12):
            state.reward("invoice", "invalid_json", "json_mode", True)
        state.close()

        def script(body: Body, number: int) -> Reply:
            return Reply('{"n": 5}' if "response_format" in body else "no JSON")

        with serving(script) as server:
            prompting = aitrack.Prompting("invoice", aitrack.Json(SCHEMA), preempt=True)
            found = prompting.run(server.openai().chat.completions.create, ASK, OPENAI)

        assert (found.calls, found.adaptations) == (1, ["json_mode"])


def test_a_wrong_field_is_named() -> None:
    """With its path and the type that was wanted."""
    answers = ['{"n": "seven"}', '{"n": 7}']
    with serving(lambda body, number: Reply(answers[number - 1])) as server:
        found = aitrack.Prompting("x", aitrack.Json(SCHEMA)).run(server.openai().chat.completions.create, ASK, OPENAI)

    assert (found.value, found.adaptations) == ({"n": 7}, ["feedback_fields"])
    assert "n: expected integer, got string" in server.asked[1]["messages"][-1]["content"]


def test_a_pydantic_model_and_a_function_may_say_what_is_expected() -> None:
    """Values are of the model's type; a function rejects in its own words."""
    import pydantic

    class Invoice(pydantic.BaseModel):
        n: int

    def short(text: str) -> str:
        if len(text) > 10:
            raise aitrack.Reject("at most ten signs")
        return text.upper()

    answers = ['{"n": "x"}', '{"n": 3}']
    with serving(lambda body, number: Reply(answers[number - 1])) as server:
        found = aitrack.Prompting("x", Invoice).run(server.openai().chat.completions.create, ASK, OPENAI)
    texts = ["far too long for that", "short"]
    other = aitrack.Prompting("y", short, learn=False).run(lambda messages: texts.pop(0), "Say something short")

    assert found.value == Invoice(n=3)
    assert (other.value, other.calls) == ("SHORT", 2)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_busy_server_gets_the_same_bytes_again(status: int) -> None:
    """Overload is waited for, as long as it asks; the prompt is nobody's fault."""

    def script(body: Body, number: int) -> Reply:
        return Reply(status=status, headers={"retry-after": "3"}) if number < 3 else Reply("hello")

    with serving(script) as server, aitrack.set_testing() as testing:
        found = aitrack.Prompting("x").run(server.openai().chat.completions.create, ASK, OPENAI)

    assert (found.value, found.calls, found.adaptations) == ("hello", 3, [])
    assert server.raw[0] == server.raw[1] == server.raw[2]
    assert [3 <= wait <= 3.3 for wait in testing.waits] == [True, True]


def test_a_refusal_is_not_argued_with() -> None:
    """One call; with a purpose one clarification; no loop."""
    with serving(lambda body, number: Reply(refusal="I cannot do that")) as server:
        create = server.openai().chat.completions.create
        with pytest.raises(aitrack.PromptingFailed) as failed:
            aitrack.Prompting("x").run(create, ASK, OPENAI)
        with pytest.raises(aitrack.PromptingFailed) as again:
            aitrack.Prompting("x", purpose="it is our own data").run(create, ASK, OPENAI)

    assert (failed.value.kind, failed.value.calls) == ("refusal", 1)
    assert (again.value.kind, again.value.calls, again.value.adaptations) == ("refusal", 2, ["clarify"])


def test_a_refusal_of_anthropic_goes_to_a_model_that_the_caller_listed() -> None:
    """And only there."""
    with serving(lambda body, number: Reply("", finish="refusal")) as server:
        create = server.anthropic().messages.create
        prompting = aitrack.Prompting("x", fallbacks=[lambda messages, **params: "from another"])
        found = prompting.run(create, ASK[1:], {"model": "claude-x", "max_tokens": 99})

    assert (found.value, found.calls, found.adaptations) == ("from another", 2, ["other_model"])


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(401, "", "auth"), (429, "insufficient_quota", "quota"), (400, "", "bad_request")]
)
def test_what_no_prompt_mends_costs_one_call(status: int, code: str, kind: str) -> None:
    """A wrong key is wrong the second time."""
    error = {"error": {"message": f"no: {code}", "code": code}}
    with serving(lambda body, number: Reply(status=status, error=error)) as server:
        create = server.openai().chat.completions.create
        with pytest.raises(aitrack.PromptingFailed) as failed:
            aitrack.Prompting("x").run(create, ASK, OPENAI)

    assert (failed.value.kind, failed.value.calls) == (kind, 1)
    assert type(failed.value.__cause__).__module__.startswith("openai")


def test_a_prompt_that_is_too_long_loses_its_oldest_turns() -> None:
    """The system's words and the last question stay."""
    history = [{"role": role, "content": f"{role} {turn}"} for turn in range(4) for role in ("user", "assistant")]
    error = {"error": {"message": "This model's maximum context length is 8 tokens", "code": "context_length_exceeded"}}

    def script(body: Body, number: int) -> Reply:
        return Reply("ok") if len(body["messages"]) <= 6 else Reply(status=400, error=error)

    with serving(script) as server:
        messages = [ASK[0], *history, {"role": "user", "content": "the question"}]
        found = aitrack.Prompting("x").run(server.openai().chat.completions.create, messages, OPENAI)

    assert found.adaptations == ["drop_middle"]
    assert server.asked[-1]["messages"][0] == ASK[0]
    assert server.asked[-1]["messages"][-1]["content"] == "the question"


def test_a_wrong_tool_call_is_answered_with_the_schema() -> None:
    """In the role of the tool, to the id of the call, in the form of each SDK."""
    parameters = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    tools = [{"type": "function", "function": {"name": "add", "parameters": parameters}}]
    with serving(lambda body, number: Reply(tool=("add", '{"b": 1}' if number == 1 else '{"a": 1}'))) as server:
        found = aitrack.Prompting("t").run(server.openai().chat.completions.create, ASK, {**OPENAI, "tools": tools})
        own = [{"name": "add", "input_schema": parameters}]
        server.asked.clear()
        other = aitrack.Prompting("t", learn=False).run(
            server.anthropic().messages.create, ASK[1:], {"model": "claude-x", "max_tokens": 99, "tools": own}
        )

    assert found.value[0]["arguments"] == other.value[0]["arguments"] == {"a": 1}
    assert found.adaptations == other.adaptations == ["tool_error"]
    assert server.asked[-1]["messages"][-1]["content"][0]["type"] == "tool_result"


def test_an_answer_that_loops_is_cooled_off() -> None:
    """The same words again and again, which more tokens would only make longer."""
    script = lambda body, number: Reply("the end. " * 200 if "frequency_penalty" not in body else "done")  # noqa: E731
    with serving(script) as server:
        found = aitrack.Prompting("x").run(server.openai().chat.completions.create, ASK, OPENAI)

    assert (found.value, found.adaptations) == ("done", ["penalty"])


def test_parameters_that_an_sdk_does_not_know_are_not_said_to_it() -> None:
    """Anthropic has no `response_format`: what it cannot take is passed over, and costs no call."""
    with serving(lambda body, number: Reply("no JSON" if number < 3 else '{"n": 1}')) as server:
        create = server.anthropic().messages.create
        found = aitrack.Prompting("x", aitrack.Json(SCHEMA), learn=False).run(
            lambda messages, **params: create(messages=messages, **params), ASK[1:], {"model": "c", "max_tokens": 99}
        )

    assert found.value == {"n": 1}
    assert "json_mode" not in found.adaptations
    assert all("response_format" not in body for body in server.asked)


def test_a_function_that_does_not_know_a_parameter_is_asked_without_it() -> None:
    """A wrapper that hides its signature shows it only when it is called."""
    calls: list[Body] = []

    def strict(**params: Any) -> str:
        if set(params) - {"messages", "model"}:
            raise TypeError(f"create() got an unexpected keyword argument '{min(set(params) - {'messages', 'model'})}'")
        calls.append(params)
        return "no JSON" if len(calls) < 3 else '{"n": 1}'

    found = aitrack.Prompting("x", aitrack.Json(SCHEMA), learn=False).run(strict, ASK, {"model": "m"})

    assert (found.value, found.calls) == ({"n": 1}, 3)


def test_a_text_stays_a_text() -> None:
    """A call that takes a prompt gets one, with the feedback in it."""
    asked: list[str] = []

    def complete(prompt: str, **params: Any) -> str:
        asked.append(prompt)
        return '{"n": 1}' if "valid JSON" in prompt else "none"

    found = aitrack.Prompting("x", aitrack.Json(SCHEMA)).run(complete, "The invoice as JSON")

    assert found.value == {"n": 1}
    assert asked[1].startswith("The invoice as JSON\n\n")


def test_a_limit_of_tokens_holds() -> None:
    """What is spent is spent: no further call."""
    with serving(lambda body, number: Reply("none", tokens=(400, 200))) as server:
        prompting = aitrack.Prompting("x", aitrack.Json(SCHEMA), max_calls=9, max_tokens_total=1000)
        with pytest.raises(aitrack.PromptingFailed) as failed:
            prompting.run(server.openai().chat.completions.create, ASK, OPENAI)

    assert (failed.value.calls, failed.value.usage.total) == (2, 1200)


def test_as_a_decorator_and_in_the_usage_report(look: Look) -> None:
    """Calls of a key are tool calls: their tokens, and those of failures, are counted."""
    answers = ["none", '{"n": 1}']
    with serving(lambda body, number: Reply(answers[number - 1])) as server, aitrack.session("x"):

        @aitrack.Prompting("invoice", aitrack.Json(SCHEMA)).wrap
        def ask(messages: Any, **params: Any) -> Any:
            return server.openai().chat.completions.create(messages=messages, **params)

        assert ask(ASK, **OPENAI).value == {"n": 1}

    (tally,) = look.events("tally")
    assert (tally["name"], tally["category"], tally["model"]) == ("invoice", "llm", "gpt-x-2026")
    assert (tally["calls"], tally["failures"], tally["wasted_tokens"]) == (2, 1, 15)
    assert look.events("prompt")[0]["wasted_tokens"] == 15


def test_openai_responses_are_read_too() -> None:
    """The other interface of the same SDK, with its own names."""

    def script(body: Body, number: int) -> Reply:
        return Reply('{"n": 1', finish="length") if body["max_output_tokens"] < 600 else Reply('{"n": 1}')

    with serving(script) as server:
        found = aitrack.Prompting("x", aitrack.Json(SCHEMA)).run(
            server.openai().responses.create, ASK, {**OPENAI, "max_output_tokens": 512}
        )

    assert (found.value, found.calls) == ({"n": 1}, 2)
    assert json.loads(server.raw[1])["max_output_tokens"] == 1024


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"key": ""}, ValueError, "`key` must not be empty"),
        ({"expect": 3}, TypeError, "`expect` must be aitrack.Json"),
        ({"max_calls": 0}, ValueError, "`max_calls` must be at least 1"),
        ({"fallbacks": [3]}, TypeError, "`fallbacks` must be a function"),
    ],
)
def test_wrong_settings_are_told_at_once(options: Any, error: type[Exception], said: str) -> None:
    """Before the first call."""
    with pytest.raises(error, match=said):
        aitrack.Prompting(**options)
    with pytest.raises(TypeError, match="`messages` must be text or a list of messages, not int"):
        aitrack.Prompting("x").run(print, 3)
