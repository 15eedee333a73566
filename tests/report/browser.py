"""A page in a real browser: what it asks the network for, and what it complains about."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Visit:
    """What a browser saw of a page."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)
    passes: int = 0
    opened: int = 0


def visit(path: Path, *, dark: bool = False, barriers: bool = True) -> Visit:
    """Open the page at *path* in headless Chromium; skips where there is none."""
    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    seen = Visit()
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="dark" if dark else "light")
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        begin = time.monotonic()
        page.goto(path.as_uri())
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
        seen.seconds = time.monotonic() - begin
        page.keyboard.press("Tab")
        page.click("#open")
        seen.opened = page.locator("details[open]").count()
        if barriers:
            _check_access(page, seen)
        browser.close()
    return seen


def _check_access(page: Any, seen: Visit) -> None:
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        seen.passes = -1
        return
    found = Axe().run(page).response
    seen.violations = [f"{one['id']}: {one['help']} {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
    seen.passes = len(found["passes"])
