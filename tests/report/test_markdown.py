"""Markdown: rendered by a real parser, nothing of a program is markup in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack.report.markdown import LIMIT, block, code, summary, table
from tests.report import explained, hostile


def _rendered(text: str) -> str:
    markdown = pytest.importorskip("markdown_it")
    html: str = markdown.MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(text)
    return html


@given(st.text("`a |\\\n<>*", max_size=30))
def test_a_span_holds_whatever_is_in_it(text: str) -> None:
    """Runs of backticks of any length, at either end."""
    html = _rendered(f"x {code('a' + text + 'b')} y")

    assert html.count("<code>") == 1
    assert re.fullmatch(r"<p>x <code>[^<]*</code> y</p>\n", html)


@given(st.lists(st.text("`~a \n", max_size=12), max_size=5))
def test_a_block_holds_whatever_is_in_it(lines: list[str]) -> None:
    """Fences within fences."""
    html = _rendered(block(lines) + "\n\nafter")

    assert html.count("<pre>") == 1 and html.endswith("<p>after</p>\n")


def test_a_bar_splits_no_cell() -> None:
    """A table has the columns that we gave it."""
    html = _rendered(table(("a", "b"), [(code("x|y"), code("\\|"))]))

    assert html.count("<td>") == 2
    assert "x|y" in html


def test_nothing_hostile_is_markup(tmp_path: Path) -> None:
    """No element but those of a report, no link, no image."""
    html = _rendered(summary(hostile.explained(tmp_path)))

    elements = set(re.findall(r"<([a-z0-9]+)", html))
    assert elements <= {
        "h3",
        "p",
        "code",
        "pre",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "strong",
    }
    assert hostile.harmless(html)


def test_the_answer_comes_first(tmp_path: Path) -> None:
    """Summaries are skimmed."""
    text = summary(explained.failed(tmp_path))

    assert text.startswith("### ✗ `job.py` failed, 1.5 s\n\n`KeyError: 'price'`\n")
    assert text.index("load.py:88") < text.index("<details>")


def test_it_stays_within_the_limit(tmp_path: Path) -> None:
    """GitHub drops a summary that is too long as a whole."""
    made = hostile.explained(tmp_path)

    assert len(summary(made).encode()) <= LIMIT
    assert len(summary(made, 2_000).encode()) <= 2_100
    assert "it did not fit" in summary(made, 2_000)


def test_attempts_are_a_table(tmp_path: Path) -> None:
    """What was overcome is told too."""
    text = summary(explained.recovered(tmp_path))

    assert "| 1 |  | 500 ms | `exit 1` | `KeyError: 'price'` |" in text
