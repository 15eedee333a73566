"""Errors that a script handles: remembered in full, with the script going on."""

from __future__ import annotations

import json

import pytest

import aitrack
from aitrack.store.layout import session_folder
from tests.api.conftest import Look


def test_a_handled_error_is_a_full_failure(look: Look) -> None:
    """Frames, chain, category, fingerprint; and the context that the author gave."""
    with aitrack.session("x") as session:
        try:
            try:
                {}["price"]
            except KeyError as error:
                raise RuntimeError("row 17") from error
        except RuntimeError as error:
            context = aitrack.handle_error(error, operation="load", category="file", args={"row": 17})

    folder = session_folder(str(look.home), session.id)
    with open(f"{folder}/attempts/1/errors.json") as file:
        (failure,) = json.load(file)
    assert failure["handled"] is True
    assert failure["chain"][0]["type"] == "KeyError"
    assert failure["fingerprint"]["l1"] == context.fingerprint
    assert failure["context"] == {"id": context.id, "operation": "load", "category": "file", "args": {"row": 17}}
    assert look.bundles[0].status == "passed"
    assert look.events("error")[0]["id"] == context.id


def test_its_context_says_what_a_policy_would_see() -> None:
    """So that the script can decide as `aitrack run` would."""
    try:
        raise ConnectionRefusedError(111, "Connection refused")
    except OSError as error:
        context = aitrack.handle_error(error)

    assert (context.type, context.category, context.kind) == ("ConnectionRefusedError", "transient", "refused")
    assert context.retry_after_s is None


def test_an_error_that_comes_again_and_again_is_bounded(look: Look) -> None:
    """The first ones in full, all of them counted."""
    with aitrack.session("x"):
        for number in range(300):
            try:
                raise ValueError(f"row {number}")
            except ValueError as error:
                aitrack.handle_error(error, operation="parse")

    assert ["error", "parse", 300] in look.events("counts")[-1]["counts"]
    assert len(look.bundles[0].attempt_records[0]["errors"]) <= 50


def test_readers_show_handled_errors(look: Look) -> None:
    """`inspect --json` lists them among the errors of the attempt."""
    with aitrack.session("x"):
        try:
            raise ValueError("handled")
        except ValueError as error:
            aitrack.handle_error(error)

    (failure,) = look.bundles[0].attempt_records[0]["errors"]
    assert (failure["type"], failure["handled"]) == ("ValueError", True)


def test_only_exceptions_are_handled() -> None:
    """A mistake of the author's, told at once."""
    with pytest.raises(TypeError, match="`error` must be an exception, not str"):
        aitrack.handle_error("oops")  # type: ignore[arg-type]  # the point of the test
