"""The page: everything on it, nothing that acts, in a real browser where there is one."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aitrack.analysis.explanation import Explanation, explain
from aitrack.report.html import patterns_page, session_page
from aitrack.store.bundle import Bundle
from tests.bundles import Store, failure
from tests.report import hostile
from tests.report.browser import visit

_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "type", "open", "scope", "tabindex"),
    *("role", "aria-label", "aria-labelledby", "viewbox", "x", "y", "x1", "x2", "y1", "y2", "width", "height"),
    *("points", "text-anchor"),
}


class _Reader(HTMLParser):
    """Collects elements, attributes and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.targets: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.targets |= {value or "" for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _page(home: Path, **record: object) -> str:
    store = Store(home)
    folder = store.session(
        "failed",
        failure=failure(blame={"path": [], "frame": 0, "why": "row has no 'price'"}),
        stderr="\x1b[31mboom\x1b[0m\n",
        **record,
    )  # type: ignore[arg-type]
    return session_page(explain(str(home), Bundle(str(folder))))


def test_the_answer_stands_before_everything_else(tmp_path: Path) -> None:
    """Who opens the page reads what failed and why without scrolling."""
    page = _page(tmp_path)

    order = [
        "job.py",
        "KeyError: &#39;price&#39;",
        "row has no",
        "load.py:88",
        "row[&#39;price&#39;]",
        "otter",
        "Attempts",
        "Frames",
        "Output",
        "Environment",
    ]
    places = [page.index(word, page.index("<main>")) for word in order]
    assert places == sorted(places)


def test_the_failing_part_is_marked(tmp_path: Path) -> None:
    """The span, not the line, says what failed."""
    assert "total += <mark>row[&#39;price&#39;]</mark> * row" in _page(tmp_path)


def test_colours_of_the_output_are_spans(tmp_path: Path) -> None:
    """Escape sequences neither stand on the page nor lose their meaning."""
    assert '<span class="ansi-fg-red">boom</span>' in _page(tmp_path)


def test_nothing_hostile_becomes_markup(tmp_path: Path) -> None:
    """Every text of a session may be chosen by an attacker."""
    reader = _Reader(session_page(hostile.explained(tmp_path)))

    assert reader.elements.count("script") == 1
    assert not {"img", "iframe", "link", "object", "embed", "form", "x", "base"} & set(reader.elements)
    assert reader.attributes <= _ATTRIBUTES
    assert all(target.startswith("#") for target in reader.targets)
    assert hostile.harmless("".join(reader.text))
    assert "{{ 7 * 7 }}" in "".join(reader.text)


def test_a_page_forbids_itself_everything(tmp_path: Path) -> None:
    """Should a value get out of its place, it still could not load or run anything."""
    page = _page(tmp_path)

    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy[1]
    assert "http:" not in page.replace("http-equiv", "") and "https:" not in page


def test_a_hostile_session_stays_below_a_megabyte(tmp_path: Path) -> None:
    """Lines and values of megabytes are cut, and the page says so."""
    page = session_page(hostile.explained(tmp_path))

    assert len(page.encode()) < 1_000_000
    assert "signs left out" in page


def _many_events(home: Path) -> Explanation:
    folder = Store(home).session("failed", failure=failure())
    hostile.events(
        folder,
        [{"t_ns": n * 10**6, "kind": "open", "data": {"path": f"data/part-{n:05}.csv"}} for n in range(10_000)],
        1,
    )
    return explain(str(home), Bundle(str(folder)))


def test_ten_thousand_events_stay_below_five_megabytes(tmp_path: Path) -> None:
    """A long run is shown whole."""
    page = session_page(_many_events(tmp_path))

    assert len(page.encode()) < 5_000_000
    assert "part-00000.csv" in page and "part-09999.csv" in page


@pytest.mark.parametrize("status", ["passed", "running", "rejected", "aborted", "interrupted", "degraded"])
def test_every_status_has_a_page(tmp_path: Path, status: str) -> None:
    """A page is wanted of good runs too."""
    folder = Store(tmp_path).session(status)

    assert "job.py" in session_page(explain(str(tmp_path), Bundle(str(folder))))


def test_an_empty_folder_has_a_page(tmp_path: Path) -> None:
    """What a crash left is shown, however little."""
    folder = Store(tmp_path).session("failed")
    for path in folder.rglob("*.json"):
        path.unlink()

    assert "damaged" in session_page(explain(str(tmp_path), Bundle(str(folder))))


def test_inspect_and_patterns_write_pages(tmp_path: Path) -> None:
    """The words of the command line write what was asked for, and nothing else."""
    Store(tmp_path / "home").session("failed", failure=failure())
    for words in (["inspect"], ["patterns"]):
        command = [sys.executable, "-m", "aitrack", *words, "--html", str(tmp_path / "page.html")]
        ended = subprocess.run(
            command, env={"AITRACK_HOME": str(tmp_path / "home")}, capture_output=True, cwd=Path(__file__).parents[2]
        )

        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
        assert "KeyError" in (tmp_path / "page.html").read_text()
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["page.html"]


def test_hostile_patterns_are_text(tmp_path: Path) -> None:
    """Titles of patterns come from messages."""
    row = {
        "id": "p-1", "title": hostile.ATTACK, "count": 2, "sessions": ["a"], "scripts": [hostile.ATTACK], "environments": [], "first_seen": 0.0, "last_seen": 0.0,
        "trend": {"daily": [1] * 14, "direction": "new"}, "recovery": {"retried": 0, "helped": 0}, "confidence": "high", "reason": hostile.ATTACK,
        "suspects": [{"file": hostile.ATTACK, "line": 1}], "changes": [{"what": "file", "name": hostile.ATTACK, "before": "a", "after": None}],
    }  # fmt: skip
    reader = _Reader(patterns_page([row]))

    assert reader.elements.count("script") == 1 and "img" not in reader.elements
    assert hostile.harmless("".join(reader.text))


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_has_nothing_to_complain_of(tmp_path: Path, dark: bool) -> None:
    """No request but the page itself, no error, no dialog, no barrier, even for the hostile session."""
    path = tmp_path / "page.html"
    path.write_text(session_page(hostile.explained(tmp_path)), encoding="utf-8")

    seen = visit(path, dark=dark)

    assert seen.requests == [path.as_uri()]
    assert seen.complaints == seen.dialogs == seen.violations == []
    assert seen.passes and seen.opened > 3


@pytest.mark.slow
def test_ten_thousand_events_open_within_a_second(tmp_path: Path) -> None:
    """A long run can be looked at, not only stored."""
    path = tmp_path / "page.html"
    path.write_text(session_page(_many_events(tmp_path)), encoding="utf-8")

    assert visit(path, barriers=False).seconds < 1
