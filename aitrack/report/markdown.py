"""A session as Markdown: for step summaries, annotations and comments.

All that a program had a hand in stands in code spans and fenced blocks: there
no markup, no HTML, no link, no mention and no command means anything.  A fence
is longer than any run of backticks that it holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aitrack.report import failure as words
from aitrack.report.page import page_of
from aitrack.report.text import cut, safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aitrack.analysis.explanation import Explanation
    from aitrack.report.page import FrameView, Page

LIMIT = 900_000  # bytes; GitHub and Buildkite take a MiB, of all steps' summaries together
_TEXT = 300  # columns of one text
_FRAMES = 40


def summary(explanation: Explanation, limit: int = LIMIT) -> str:
    """Return the session in at most *limit* bytes: the answer first, frames folded below."""
    page = page_of(explanation)
    head = _head(page)
    rest = [*_attempts(page), *_frames(page), *_next(explanation)]
    lines: list[str] = []
    used = 0
    for block in [*head, *rest]:
        size = len(block.encode("utf-8", "backslashreplace")) + 2
        if used + size > limit:
            lines.append("_and more: it did not fit_")
            break
        used += size
        lines.append(block)
    return "\n\n".join(lines) + "\n"


def code(text: str, columns: int = _TEXT) -> str:
    """Return *text* as a code span that it cannot leave."""
    shown = cut(safe(text), columns).strip()
    if not shown:
        return ""
    fence = _fence(shown, 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(lines: Iterable[str], language: str = "") -> str:
    """Return *lines* as a fenced block that they cannot leave."""
    shown = "\n".join(cut(safe(line), 500) for line in lines)
    fence = _fence(shown, 3)
    return f"{fence}{language}\n{shown}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are ours or code spans, and a bar in one splits nothing."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def folded(title: str, body: Iterable[str]) -> str:
    """Return *body* behind a line to click; *title* is our own text."""
    return f"<details><summary>{title}</summary>\n\n" + "\n\n".join(body) + "\n\n</details>"


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _head(page: Page) -> list[str]:
    mark = "✓" if page.is_good else "✗"
    blocks = [f"### {mark} {code(page.name, 120)} {page.told}"]
    answer = [code(page.answer, 1000), code(page.why), f"because {code(page.because)}" if page.because else ""]
    blocks += [text for text in answer if text]
    if page.frame:
        blocks += _place(page.frame)
    elif page.tail:
        blocks.append(block(page.tail))
    facts = [(label, code(text, 600)) for label, text in page.facts]
    if facts:
        blocks.append(table(("", ""), facts))
    return blocks


def _place(frame: FrameView) -> list[str]:
    blocks = [f"{code(frame.place)} in {code(frame.called)}"]
    if frame.stale:
        blocks.append("(the file has changed since: its source is not shown)")
    elif frame.lines:
        shown = [
            f"{'->' if line.is_failing else '  '} {line.number:>5}  {line.before}{line.marked}{line.after}"
            for line in frame.lines
        ]
        blocks.append(block(shown, "python"))
    if frame.locals:
        rows = [(code(one.name, 60), code(one.type or "", 60), code(one.value or "")) for one in frame.locals[:20]]
        blocks.append(table(("variable", "type", "value"), rows))
    return blocks


def _attempts(page: Page) -> list[str]:
    if len(page.attempts) < 2:
        return []
    rows = [
        (
            f"{one.n}{' (fallback)' if one.role == 'fallback' else ''}",
            code(one.waited),
            one.took,
            code(one.ended),
            code(one.title),
        )
        for one in page.attempts[:50]
    ]
    return [table(("attempt", "waited", "took", "end", "failure"), rows)]


def _frames(page: Page) -> list[str]:
    failed = [one for one in page.attempts if one.chain]
    if page.is_good or not failed:
        return []
    body: list[str] = []
    for link in failed[-1].chain:
        body.append(f"**{code(link.title)}**")
        for frame in link.frames[-_FRAMES:]:
            body.append(
                f"… {frame.omitted} frames omitted" if frame.omitted else f"{code(frame.place)} in {code(frame.called)}"
            )
    return [folded("stack", body)]


def _next(explanation: Explanation) -> list[str]:
    bundle = explanation.bundle
    if bundle.status == "passed":
        return []
    return [f"Look closer: `aitrack inspect {bundle.id[-6:]}`, or `aitrack bundle {bundle.id[-6:]}` for somebody else"]


def headline(explanation: Explanation) -> str:
    """Return the title of the failure, or how the session ended, on one safe line."""
    attempt = explanation.bundle.last_failed
    if attempt and attempt.failure:
        return words.title(attempt.failure)
    return safe(explanation.bundle.session.reason or explanation.bundle.status)
