"""The examples in docstrings say what is true."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    "aitrack.diagnose.fingerprint", "aitrack.diagnose.foreign", "aitrack.diagnose.pictures", "aitrack.diagnose.retry_after",
    "aitrack.diagnose.template", "aitrack.diagnose.tracebacks", "aitrack.policy.breaker", "aitrack.policy.budget",
    "aitrack.policy.fallback", "aitrack.policy.prompt", "aitrack.policy.remedy",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    """A reader trusts them."""
    result = doctest.testmod(importlib.import_module(name))

    assert result.attempted > 0
    assert result.failed == 0
