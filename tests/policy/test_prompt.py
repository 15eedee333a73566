"""Prompt adaptations: pure, bounded, and chosen by what helped."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.policy import prompt
from aitrack.policy.prompt import ADAPTATIONS, ORDER, Request, Trouble, adapted, preempting, ranked, repaired

BASE = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "give me JSON"}]
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "n": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


def request(**params: Any) -> Request:
    """Return a request with facts for every adaptation."""
    facts = {
        "schema": SCHEMA,
        "purpose": "a school exercise",
        "tool": "search",
        "tool_schema": {"type": "object"},
        "stop": ["\n\n"],
        "can_stream": True,
    }
    tools = [{"function": {"name": "search"}}, {"function": {"name": "other"}}]
    return Request(BASE, {"max_tokens": 512, "temperature": 0.7, "timeout": 10, "tools": tools, **params}, facts=facts)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in ORDER.items() for name in names])
def test_each_adaptation_leaves_the_callers_request_alone(kind: str, name: str) -> None:
    """A pure function: the next one starts from the same words."""
    first = request()
    before = repr(first)

    changed = adapted(
        first, Trouble(kind, "line 3 column 9", answer='{"a": oops', fields=["price: wanted a number"]), name
    )

    assert repr(first) == before
    assert changed is None or changed != first


@given(st.lists(st.sampled_from(sorted(ADAPTATIONS)), max_size=12), st.text(max_size=2000), st.text(max_size=2000))
def test_a_prompt_never_snowballs(names: list[str], detail: str, answer: str) -> None:
    """At most three times the first and 2 kB, whatever is applied in whatever order."""
    current = request()
    for name in names:
        current = adapted(current, Trouble("schema", detail, answer=answer, fields=[detail]), name) or current

    assert prompt.size(current.messages) <= 3 * prompt.size(BASE) + 2000
    assert current.messages[:2] == BASE or "drop_middle" in names or "trim_tools" in names


def test_feedback_replaces_the_last_feedback() -> None:
    """Base, one excerpt, one note."""
    once = adapted(request(), Trouble("invalid_json", "line 1", answer="x" * 5000), "feedback")
    assert once is not None
    twice = adapted(once, Trouble("invalid_json", "line 2", answer="y"), "feedback")

    assert twice is not None
    assert len(once.messages) == len(twice.messages) == 4
    assert len(once.messages[2]["content"]) <= 300
    assert "line 2" in twice.messages[3]["content"]


def test_tokens_grow_up_to_the_cap_and_never_stay() -> None:
    """Asking again with the same cap gives the same torn answer."""
    first = Request(BASE, {"max_tokens": 512}, facts={"max_tokens_cap": 900})

    grown = adapted(first, Trouble("truncated"), "more_tokens")

    assert grown is not None
    assert grown.params["max_tokens"] == 900
    assert adapted(grown, Trouble("truncated"), "more_tokens") is None


def test_the_system_and_the_last_question_survive_shortening() -> None:
    """The oldest turns go."""
    turns = [{"role": role, "content": f"{role} {n}"} for n in range(6) for role in ("user", "assistant")]
    first = Request([BASE[0], *turns, {"role": "user", "content": "the question"}])

    shorter = adapted(first, Trouble("context_length"), "drop_middle")

    assert shorter is not None
    assert shorter.messages[0] == BASE[0]
    assert shorter.messages[-1]["content"] == "the question"
    assert len(shorter.messages) < len(first.messages)
    assert shorter.messages[1]["role"] == "user"


def test_a_refusal_is_clarified_once_and_only_with_a_purpose() -> None:
    """No arguing, no loop."""
    assert adapted(request(), Trouble("refusal"), "clarify") is not None
    assert adapted(request(), Trouble("refusal", tries=1), "clarify") is None
    assert adapted(Request(BASE), Trouble("refusal"), "clarify") is None


@pytest.mark.parametrize("kind", ["rate_limit", "overload", "unavailable", "auth", "quota", "bad_request"])
def test_some_troubles_never_change_the_prompt(kind: str) -> None:
    """Byte for byte the same, or no second call at all."""
    assert ORDER[kind] == ()


def test_a_skeleton_has_the_form_of_the_schema() -> None:
    """An example says more than a rule."""
    assert prompt.skeleton(SCHEMA) == {"name": "...", "n": 0, "tags": ["..."]}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ('{"a": 1}', {"a": 1}), ('```json\n{"a": [1, 2,],}\n```', {"a": [1, 2]}), ('Sure! Here: [1, 2] Anything else?', [1, 2]),
        ('{"a": "x,]"}', {"a": "x,]"}), ('{"a": "\\"", }', {"a": '"'}),
    ],
)  # fmt: skip
def test_small_damage_is_mended_without_a_call(answer: str, value: object) -> None:
    """Fences, chatter, trailing commas."""
    assert repaired(answer) == (value, "")


@pytest.mark.parametrize("answer", ["", "no json", '{"a": ', '{"a" 1}', "[1, 2"])
def test_what_cannot_be_mended_says_where(answer: str) -> None:
    """The position goes into the feedback."""
    value, problem = repaired(answer)

    assert value is None
    assert problem


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    )
)
def test_valid_json_is_never_changed(value: Any) -> None:
    """Repair only repairs."""
    assert repaired(json.dumps(value)) == (value, "")
    assert json.loads(prompt.without_trailing_commas(json.dumps(value))) == value


def test_without_any_try_the_tables_order_is_followed() -> None:
    """For the key and in the prior."""
    assert ranked("schema", {}, {}, random.Random(1)) == list(ORDER["schema"])
    assert ranked("schema", {"skeleton": (0.0, 0.0)}, {}, random.Random(1)) == list(ORDER["schema"])


def test_a_clear_winner_leads_but_for_five_per_cent() -> None:
    """Greedy, with some exploration."""
    source = random.Random(3)
    own = {"skeleton": (20.0, 19.0), "feedback_fields": (20.0, 2.0)}

    firsts = [ranked("schema", own, {}, source)[0] for _ in range(400)]

    assert firsts.count("skeleton") > 370


def test_what_helped_elsewhere_is_tried_first_for_a_new_key() -> None:
    """The prior of the kind."""
    source = random.Random(5)
    prior = {"skeleton": (100.0, 95.0), "feedback_fields": (100.0, 5.0), "json_schema_mode": (100.0, 5.0)}

    firsts = [ranked("schema", {}, prior, source)[0] for _ in range(400)]

    assert firsts.count("skeleton") > 200


@given(
    st.dictionaries(st.sampled_from(ORDER["invalid_json"]), st.tuples(st.floats(0, 50), st.floats(0, 50))),
    st.integers(0, 2**32),
)
def test_a_ranking_is_an_order_of_all(stats: dict[str, tuple[float, float]], seed: int) -> None:
    """Nothing is lost or doubled, whatever was learnt."""
    own = {name: (tries, min(wins, tries)) for name, (tries, wins) in stats.items()}

    assert sorted(ranked("invalid_json", own, {}, random.Random(seed))) == sorted(ORDER["invalid_json"])


def test_thompson_sampling_finds_the_best_arm() -> None:
    """Regret stays small: after a few hundred calls the good one is nearly always first."""
    source = random.Random(11)
    truth = {"feedback": 0.2, "json_mode": 0.85, "temperature_0": 0.3, "skeleton": 0.4}
    stats: dict[str, tuple[float, float]] = {"feedback": (1.0, 0.0)}
    firsts: list[str] = []
    for _ in range(400):
        first = ranked("invalid_json", stats, {}, source)[0]
        firsts.append(first)
        tries, wins = stats.get(first, (0.0, 0.0))
        stats[first] = (tries + 1, wins + (source.random() < truth[first]))

    assert firsts[200:].count("json_mode") > 150


def test_an_adaptation_goes_before_the_first_call_only_with_a_record() -> None:
    """Nine of ten."""
    assert preempting("schema", {"skeleton": (10.0, 9.0)}) == "skeleton"
    assert preempting("schema", {"skeleton": (9.0, 9.0)}) == ""
    assert preempting("schema", {"skeleton": (10.0, 8.0)}) == ""
