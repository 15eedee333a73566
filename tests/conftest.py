"""Makes `tests.bundles` importable, however pytest is started, and property tests patient on a busy machine."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
