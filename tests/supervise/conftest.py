"""What the tests of the supervisor share."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest


@pytest.fixture
def cpu() -> Callable[[], float]:
    """The processor time of this process in seconds: what a busy machine does not change."""
    return time.process_time
