"""A command line for tests: `aitrack("list", "--json")` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def aitrack(
    home: Path, *words: str, cwd: Path | None = None, text: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run aitrack on the store *home* and return how it ended; stdout and stderr are pipes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AITRACK_", "NO_COLOR"))}
    return subprocess.run(
        [sys.executable, "-m", "aitrack", *words],
        env={**kept, "AITRACK_HOME": str(home), "PYTHONPATH": str(ROOT), **environment},
        cwd=cwd or home,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )


def schema(name: str) -> Any:
    """Return the JSON Schema that the wheel ships for a command."""
    return json.loads((ROOT / f"aitrack/schemas/{name}.json").read_text())
