"""The terminal interface: sessions, patterns and breakers to browse, live while runs go on.

Only `aitrack ui` loads this, and with it textual, which is an extra.  Every
text becomes a `Text` without markup and is made safe first: square brackets
and control signs of a program mean nothing here.
"""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Header, Input, Static, TabbedContent, TabPane

from aitrack.analysis.explanation import explain
from aitrack.analysis.history import current_index
from aitrack.analysis.patterns import Report
from aitrack.errors import AitrackError
from aitrack.report.output import Output
from aitrack.report.patterns import detail, recovery_text
from aitrack.report.sections import sections
from aitrack.report.summary import called
from aitrack.report.terminal import first_screen
from aitrack.report.text import ago, cut, safe, seconds
from aitrack.store.finding import find, is_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    Breakers = Callable[[], list[dict[str, Any]]]

_MOST = 300  # sessions and patterns in a table
_LINES, _LONGEST = 5_000, 1_000  # of a session; `aitrack inspect --all` shows the rest
_EVERY = 1.0  # seconds between looks at the store
_MARKS = {"passed": ("✓", "green"), "running": ("…", "cyan"), "degraded": ("~", "yellow"), "rejected": ("-", "yellow")}
_SECTIONS = (
    "failure",
    "chain",
    "frames",
    "locals",
    "timeline",
    "output",
    "processes",
    "resources",
    "environment",
    "policy",
)
Rows = list[tuple[str, list[Text]]]  # (key, cells)


def _text(value: object, style: str = "") -> Text:
    return Text(safe(str(value)), style)


class Detail(Screen[None]):
    """One session or pattern, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,left", "app.pop_screen", "back")]

    def __init__(self, title: str, lines: list[str]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """One long text below its title."""
        yield Header()
        with VerticalScroll(id="detail", can_focus=True):
            yield Static(Text("\n".join(self._lines)), markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Take the keys at once, so that arrows scroll."""
        self.title = self._title
        self.query_one("#detail").focus()


class Browser(App[None]):
    """Three tables; Enter opens a row, `/` filters, `f` shows failures only."""

    TITLE = "aitrack"
    ENABLE_COMMAND_PALETTE = False
    CSS = "#filter { display: none; } #filter.shown { display: block; } DataTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('sessions')", "sessions"),
        Binding("2", "tab('patterns')", "patterns"),
        Binding("3", "tab('breakers')", "breakers"),
        Binding("slash", "filter", "filter"),
        Binding("f", "failed", "failures"),
        Binding("r", "refresh", "refresh", show=False),
        Binding("escape", "unfilter", "all", show=False),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, home: str, breakers: Breakers) -> None:
        super().__init__()
        self._home = home
        self._breakers = breakers
        self._only_failed = False
        self._wanted = ""
        self._shown: dict[str, Rows] = {}

    def compose(self) -> ComposeResult:
        """Tabs with a table each, a line for the filter below."""
        yield Header()
        with TabbedContent(initial="sessions"):
            for name in _COLUMNS:
                with TabPane(name, id=name):
                    yield DataTable[Text](id=f"{name}-table", cursor_type="row", zebra_stripes=True)
        yield Input(placeholder="part of a script, a title, an id", id="filter")
        yield Footer()

    def on_mount(self) -> None:
        """Fill the tables and look again every second."""
        for name, columns in _COLUMNS.items():
            self._table(name).add_columns(*columns)
        self.action_refresh()
        self._table("sessions").focus()
        self.set_interval(_EVERY, self.action_refresh)

    def _table(self, name: str) -> DataTable[Text]:
        return cast("DataTable[Text]", self.query_one(f"#{name}-table"))

    def action_refresh(self) -> None:
        """Show what is in the store now; where nothing changed nothing moves."""
        if len(self.screen_stack) > 1:
            return
        for name, rows in (
            ("sessions", self._sessions),
            ("patterns", self._patterns),
            ("breakers", self._breaker_rows),
        ):
            if self.query_one(TabbedContent).active == name or name not in self._shown:
                self._fill(name, rows())

    def _fill(self, name: str, rows: Rows) -> None:
        if self._shown.get(name) == rows:
            return
        table = self._table(name)
        before = self._key_at_cursor(name)
        self._shown[name] = rows
        table.clear()
        for key, cells in rows:
            table.add_row(*cells, key=key)
        keys = [key for key, _ in rows]
        if before in keys:
            table.move_cursor(row=keys.index(before))

    def _key_at_cursor(self, name: str) -> str | None:
        rows, at = self._shown.get(name, []), self._table(name).cursor_row
        return rows[at][0] if 0 <= at < len(rows) else None

    def _fits(self, *texts: object) -> bool:
        return not self._wanted or any(self._wanted in str(text).lower() for text in texts)

    def _sessions(self) -> Rows:
        with current_index(self._home, within=0.5) as index:
            found = (row for row in index.rows() if not self._only_failed or is_failure(row["status"]))
            fitting = (row for row in found if self._fits(row["id"], row["script"], row["title"], row["name"]))
            return [(row["id"], _session_cells(row)) for row in islice(fitting, _MOST)]

    def _patterns(self) -> Rows:
        with current_index(self._home, within=0.5) as index:
            report = Report(index, self._home)
            rows: Rows = []
            for one in report.patterns[:_MOST]:
                title = report.title(one)
                if self._fits(one.id, title):
                    trend = report.trend(one)["direction"]
                    facts = (one.count, title, ago(one.last), trend, recovery_text(report.recovered(one)))
                    rows.append((one.id, [_text(one.id), *(_text(fact) for fact in facts)]))
            return rows

    def _breaker_rows(self) -> Rows:
        rows = [row for row in self._breakers() if self._fits(row["name"])]
        return [(row["name"], [_text(row["name"]), _text(row["state"]), _text(row["counts"])]) for row in rows]

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open what Enter was pressed on."""
        key, name = event.row_key.value or "", self.query_one(TabbedContent).active
        try:
            if name == "sessions":
                self.push_screen(Detail(key, self._session_lines(key)))
            elif name == "patterns":
                self.push_screen(Detail(key, self._pattern_lines(key)))
        except AitrackError as error:
            self.notify(safe(str(error)), severity="error", markup=False)  # purged meanwhile

    def _out(self) -> Output:
        out = Output(io.StringIO())
        out.columns, out.coloured = max(40, self.size.width - 4), False
        return out

    def _session_lines(self, key: str) -> list[str]:
        out, explanation = self._out(), explain(self._home, find(self._home, key))
        lines = first_screen(explanation, out) + sections(explanation, _SECTIONS, out)
        return [cut(line, _LONGEST) for line in lines[:_LINES]] + (["…"] if len(lines) > _LINES else [])

    def _pattern_lines(self, key: str) -> list[str]:
        with current_index(self._home, within=0.5) as index:
            report = Report(index, self._home)
            found = [one for one in report.patterns if one.id == key]
            return detail(report, found[0], [], report.suspects(found[0]), self._out()) if found else ["it is gone"]

    def action_tab(self, name: str) -> None:
        """Go to a table."""
        self.query_one(TabbedContent).active = name
        self._table(name).focus()
        self.action_refresh()

    def action_failed(self) -> None:
        """Show failures only, or all again."""
        self._only_failed = not self._only_failed
        self.sub_title = "failures only" if self._only_failed else ""
        self.action_refresh()

    def action_filter(self) -> None:
        """Ask for a part of what is wanted."""
        line = self.query_one("#filter", Input)
        line.add_class("shown")
        line.focus()

    def action_unfilter(self) -> None:
        """Show everything again."""
        line = self.query_one("#filter", Input)
        line.remove_class("shown")
        line.value = self._wanted = ""
        self._table(self.query_one(TabbedContent).active).focus()
        self.action_refresh()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the tables while somebody types."""
        self._wanted = event.value.lower()
        self.action_refresh()

    def on_input_submitted(self) -> None:
        """Go back to the table, which stays narrowed."""
        self._table(self.query_one(TabbedContent).active).focus()


def _session_cells(row: dict[str, Any]) -> list[Text]:
    mark, style = _MARKS.get(str(row["status"]), ("✗", "red"))
    ended = row["signal"] or ("" if row["exit_code"] is None else row["exit_code"])
    took = "" if row["duration_s"] is None else seconds(row["duration_s"])
    what = row["title"] or row["reason"] or ("recovered" if row["recovered"] else "")
    facts = (called(row), ago(row["started_at"]), took, ended, row["status"], what)
    return [Text(f"{mark} {row['id'][-6:]}", style), *(_text(fact) for fact in facts)]


_COLUMNS = {
    "sessions": ("id", "script", "started", "took", "exit", "status", "what"),
    "patterns": ("pattern", "count", "what", "last", "trend", "recovery"),
    "breakers": ("breaker", "state", "window"),
}
