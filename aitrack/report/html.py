"""One self-contained page: no network, nothing that runs but our own few lines.

Every value goes through jinja's autoescape and through `safe`, so neither
markup nor a sign that reorders a line survives.  The page forbids itself
everything (`default-src 'none'`) but the one style and the one script whose
hashes it names: should a value ever get out of its place, it could not act.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aitrack.report.page import page_of, patterns_of, value_of
from aitrack.report.text import ago, safe_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aitrack.analysis.explanation import Explanation


def session_page(explanation: Explanation) -> str:
    """Return the page of one session."""
    return _render("session.html.jinja", page=page_of(explanation))


def patterns_page(rows: Sequence[dict[str, Any]]) -> str:
    """Return the page of the patterns in *rows*, as `patterns --json` prints them."""
    return _render("patterns.html.jinja", patterns=patterns_of(rows))


def _render(name: str, **values: Any) -> str:
    environment = _environment()
    style, script = (environment.get_template(part).render().strip() for part in ("page.css", "page.js"))
    return environment.get_template(name).render(
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        **values,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aitrack.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["ago"] = ago
    environment.filters["value"] = value_of
    return environment


def _visible(value: object) -> object:
    """Return *value* as it may be shown: text with every hostile sign as its escape."""
    if isinstance(value, Markup):
        return value
    if value is None:
        return ""
    return "\n".join(safe_lines(value)) if isinstance(value, str) else value


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
