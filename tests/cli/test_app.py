"""The reading words as people and programs call them: real processes on real stores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import jsonschema
import pexpect
import pytest

from tests.bundles import NOW, Store, failure
from tests.cli.command import ROOT, aitrack


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "home")


def schema(name: str) -> object:
    """Return the JSON Schema that the wheel ships for a command."""
    return json.loads((resources.files("aitrack") / f"schemas/{name}.json").read_text())


def test_the_first_screen_answers_in_three_lines(store: Store) -> None:
    """What, why and where; within 24 lines of 80 columns, without colour in a pipe."""
    blame = {"frame": 0, "expression": "row", "why": "row has keys id, name, cost"}
    attempts = [{"exit_code": 1}, {"exit_code": 1}, {"exit_code": 1}]
    folder = store.session(
        "failed", script="jobs/nightly_load.py", failure=failure(blame=blame), attempts=attempts, duration_s=41.2
    )

    done = aitrack(store.home, "inspect")

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0].startswith("✗ nightly_load.py   failed after 3 attempts, 41.2 s")
    assert lines[0].endswith(folder.name[-6:])
    assert lines[1].split("   ")[0] == "  KeyError: 'price'"
    assert lines[1].endswith("row has keys id, name, cost")
    assert lines[2] == "  load.py:88  in parse_row      total += row['price'] * row['qty']"
    assert lines[3].index("^") == lines[2].index("row['price']")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in done.stdout


def test_hostile_text_reaches_no_terminal(store: Store) -> None:
    """A failing program may have been attacked: its text must not drive the reader's terminal."""
    evil = "\x1b]0;owned\x07\x1b[2J\u202egpj.exe\u2066 \u200b\x9b31m\r\n\x08 end"
    frame = failure()["frames"][0]
    frame["locals"] = [{"name": evil, "type": evil, "value": evil}]
    frame |= {"file": f"/work/{evil}.py", "function": evil, "context": {"start": 88, "lines": [evil]}}
    store.session(
        "failed",
        script=evil + ".py",
        name=evil,
        reason=evil,
        failure=failure(evil, evil, frames=[frame], notes=[evil], exceptions=[failure(evil, evil)]),
        stderr=evil,
        labels={evil: evil},
        warnings=[{"kind": "x", "text": evil}],
        environment=evil,
    )

    for words in (["inspect"], ["inspect", "--all"], ["list"], ["list", "--json"], ["inspect", "--json"]):
        done = aitrack(store.home, *words, FORCE_COLOR="")
        assert done.returncode == 0, done.stderr
        assert not set("\x1b\x07\u202e\u2066\x9b\r\x08\u200b") & set(done.stdout), words


def test_json_of_list_and_inspect_is_as_the_schema_says(store: Store) -> None:
    """Programs rely on it; what is newest comes first."""
    store.session("passed", at=NOW)
    store.session("failed", at=NOW + 1, failure=failure(), labels={"team": "data"})
    store.session("interrupted", at=NOW + 2, exit_code=None)

    listed = json.loads(aitrack(store.home, "list", "--json").stdout)
    inspected = json.loads(aitrack(store.home, "inspect", listed["sessions"][1]["id"], "--json").stdout)

    jsonschema.validate(listed, schema("list"))
    jsonschema.validate(inspected, schema("inspect"))
    assert [row["status"] for row in listed["sessions"]] == ["interrupted", "failed", "passed"]
    assert inspected["attempts"][0]["failure"]["frames"][0]["function"] == "parse_row"


def test_json_is_strict_whatever_lies_in_the_bundle(store: Store) -> None:
    """No NaN and no lone surrogate: not every reader of JSON is Python."""
    folder = store.session("failed", failure=failure(message="bad \udcff byte"))
    record = (folder / "session.json").read_text().replace('"duration_s": 1.5', '"duration_s": NaN')
    (folder / "session.json").write_text(record)

    text = aitrack(store.home, "inspect", "--json").stdout

    def refuse(word: str) -> float:
        raise AssertionError(word)

    document = json.loads(text, parse_constant=refuse)
    assert document["attempts"][0]["failure"]["message"] == "bad \\udcff byte"
    assert document["session"]["duration_s"] is None


def test_list_filters(store: Store) -> None:
    """Each filter narrows, and together they narrow more."""
    now = time.time()
    store.session("passed", at=now - 10 * 86400, script="old.py")
    store.session("failed", at=now - 50, script="a/load.py", environment="ci", labels={"team": "data"})
    store.session("passed", at=now - 40, script="b/load.py", labels={"team": "web"})
    store.session("failed", at=now - 30, script="other.py")

    def scripts(*words: str) -> list[str]:
        rows = json.loads(aitrack(store.home, "list", "--json", *words).stdout)["sessions"]
        return [row["script"] for row in rows]

    assert scripts() == ["other.py", "b/load.py", "a/load.py", "old.py"]
    assert scripts("--status", "failed") == ["other.py", "a/load.py"]
    assert scripts("--script", "load.py") == ["b/load.py", "a/load.py"]
    assert scripts("--since", "7d") == ["other.py", "b/load.py", "a/load.py"]
    assert scripts("--environment", "ci") == ["a/load.py"]
    assert scripts("--tag", "team=data", "--failed") == ["a/load.py"]
    assert scripts("--limit", "1") == ["other.py"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["inspct"], "did you mean `inspect`?"),
        (["list", "--jsn"], "did you mean `--json`?"),
        (["list", "--status", "faild"], "did you mean `failed`?"),
        (["list", "--limit", "0"], "at least 1"),
        (["list", "--limit", "-3"], "negative"),
        (["list", "--since", "soon"], "duration"),
        (["list", "--limit"], "needs a value"),
        (["list", "extra"], "takes no argument `extra`"),
        (["inspect", "--section", "local"], "did you mean `locals`?"),
        (["store", "scrb"], "did you mean `scrub`?"),
        (["job.py"], "did you mean `aitrack run job.py`?"),
        (["--verison"], "did you mean `--version`?"),
        (["pin"], "needs SESSION"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_right_thing(store: Store, words: list[str], says: str) -> None:
    """Exit 2, nothing on stdout, never a traceback of ours."""
    done = aitrack(store.home, *words)

    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 2


def test_a_session_that_is_not_there_is_exit_1(store: Store) -> None:
    """Scripts tell "not found" from "you asked wrongly"."""
    store.session("passed")

    assert aitrack(store.home, "inspect", "zzzzzz").returncode == 1
    assert aitrack(store.home, "inspect", "--failed").returncode == 1
    assert aitrack(store.home / "nowhere", "inspect", cwd=store.home).returncode == 1


def test_a_reader_that_stops_early_is_no_error(store: Store) -> None:
    """`aitrack list | head -1` must be quiet."""
    for _ in range(300):
        store.session("passed")

    command = f"{sys.executable} -m aitrack list --limit 300 | head -1; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)

    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_a_terminal_without_unicode_gets_plain_signs(store: Store) -> None:
    """A report must not die of a tick mark."""
    store.session("failed", failure=failure(message="naïve ‹x› 🦦"))

    done = aitrack(store.home, "inspect", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert done.returncode == 0
    assert done.stdout.startswith("x job.py")


def test_help_comes_from_the_same_table_as_the_parser(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every option that is parsed is in the help of its word."""
    from aitrack.cli.app import WORDS, load, main

    monkeypatch.setenv("COLUMNS", "160")
    for name in WORDS:
        assert main([name, "--help"]) == 0
        shown = capsys.readouterr().out
        for option in load(name).options:
            assert option.name in shown, name


def test_typer_parses_what_the_own_parser_parses() -> None:
    """Two parsers of one table must not disagree."""
    import typer

    from aitrack.cli.app import WORDS, load
    from aitrack.cli.grammar import parse
    from aitrack.cli.typed import application

    group = typer.main.get_command(application())
    for name in WORDS:
        word = load(name)
        if word.takes_rest or word.below:
            continue
        given = [argument.name for argument in word.arguments if argument.required]
        for option in word.options:
            value = (
                option.choices[0]
                if option.choices
                else {"SIZE": "1M", "N": "3", "K=V": "a=b"}.get(option.metavar, "1s")
            )
            words = [*given, *([option.name, value] if option.metavar else [option.name])]
            own = parse(word, words)
            context = group.commands[name].make_context(name, list(words))  # type: ignore[attr-defined]  # a group has them
            typed = context.params
            assert set(own) == set(typed), name
            assert bool(own[option.parameter]) == bool(typed[option.parameter]) is True, (name, option)


def test_path_prints_the_folder(store: Store) -> None:
    """`cd $(aitrack path last)`."""
    folder = store.session("passed")

    assert aitrack(store.home, "path").stdout == f"{folder}\n"


def test_version_is_one_line(store: Store) -> None:
    """What a bug report asks for first."""
    from aitrack import __version__

    assert aitrack(store.home, "--version").stdout == f"aitrack {__version__}\n"


def test_pin_keeps_a_session_from_purge(store: Store) -> None:
    """Pinned by hand, gone only by hand."""
    kept, gone = store.session("failed"), store.session("failed")

    assert aitrack(store.home, "pin", kept.name[-6:]).returncode == 0
    dry = aitrack(store.home, "purge", "--all", "--dry-run")
    assert (dry.stdout.startswith("would remove 1 session"), gone.exists()) == (True, True)
    aitrack(store.home, "purge", "--all")
    assert (kept.exists(), gone.exists()) == (True, False)
    aitrack(store.home, "unpin", kept.name)
    aitrack(store.home, "purge", "--all")
    assert not kept.exists()


def test_config_shows_each_setting_with_its_origin(store: Store, tmp_path: Path) -> None:
    """ "Why does it retry?" is answered by a file name."""
    (tmp_path / "aitrack.toml").write_text("[retry]\nretries = 3\n")

    told = aitrack(store.home, "config", cwd=tmp_path, AITRACK_OPT_DELAY="2s").stdout
    document = json.loads(aitrack(store.home, "config", "--json", cwd=tmp_path).stdout)

    assert f"retry.retries  3                 {tmp_path}/aitrack.toml" in told
    assert "AITRACK_OPT_DELAY" in told
    assert document["settings"][0]["value"] == 3


def test_redact_check_shows_the_rule(store: Store) -> None:
    """So that a user can see what would be hidden before it is needed."""
    done = aitrack(store.home, "redact", "--check", "password=hunter2horse")

    assert "hunter2horse" not in done.stdout
    assert "redacted:" in done.stdout


def test_scrub_rewrites_old_sessions_and_keeps_them_readable(store: Store) -> None:
    """Rules get better; what was recorded before them can follow."""
    folder = store.session("failed", failure=failure(message="password=hunter2horse"), stderr="password=hunter2horse\n")

    done = aitrack(store.home, "store", "scrub")

    assert done.stdout.startswith("rewrote 2 files of 1 session")
    assert not [path for path in folder.rglob("*") if path.is_file() and b"hunter2horse" in path.read_bytes()]
    assert aitrack(store.home, "inspect").returncode == 0


def test_follow_shows_new_output_until_the_end(store: Store) -> None:
    """For a run that was started elsewhere."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as writer:
        start = int(Path(f"/proc/{writer.pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
        folder = store.session("running", supervisor={"pid": writer.pid, "start": start}, ended_at=None)
        (folder / "attempts/1/stdout.log").write_text("first line\n")
        environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT)}
        watcher = pexpect.spawn(sys.executable, ["-m", "aitrack", "inspect", "--follow"], env=environment, timeout=20)
        watcher.expect("first line")
        with open(folder / "attempts/1/stdout.log", "a") as log:
            log.write("second line\n")
        watcher.expect("second line")
        writer.kill()
        writer.wait()
        watcher.expect("interrupted")
        watcher.expect(pexpect.EOF)


def test_a_terminal_gets_colour_and_no_color_turns_it_off(store: Store) -> None:
    """https://no-color.org; and colour never carries the meaning alone."""
    store.session("failed", failure=failure())
    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT), "TERM": "xterm"}

    def screen(**more: str) -> str:
        shown = pexpect.run(f"{sys.executable} -m aitrack inspect", env={**environment, **more})
        return str(shown)

    assert "\\x1b[" in screen()
    assert "\\x1b[" not in screen(NO_COLOR="1")


def test_the_first_screen_needs_neither_typer_nor_rich(store: Store) -> None:
    """Each costs as much as the whole answer may take."""
    store.session("failed", failure=failure())
    code = (
        "import sys; from aitrack.cli.app import main; main(['inspect']); print(*sorted(sys.modules), file=sys.stderr)"
    )

    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

    assert not {"typer", "rich", "pydantic", "click", "psutil", "jinja2"} & set(done.stderr.split())


def test_completion_knows_words_options_and_sessions(store: Store) -> None:
    """What the shell asks when Tab is pressed."""
    name = store.session("failed").name[-6:]

    def complete(words: str, place: int) -> list[str]:
        shell = {"COMP_WORDS": words, "COMP_CWORD": str(place), "_AITRACK_COMPLETE": "complete_bash"}
        return aitrack(store.home, **shell).stdout.split()

    assert complete("aitrack ins", 1) == ["inspect"]
    assert complete("aitrack inspect ", 2) == ["last", name]
    assert complete("aitrack run --retr", 2) == ["--retries", "--retry-on"]
    assert complete("aitrack list --status fai", 3) == ["failed"]


def test_everything_goes_through_a_pager_on_a_terminal(store: Store) -> None:
    """`--all` is longer than a screen; a first screen never is."""
    store.session("failed", failure=failure())
    environment = {**os.environ, "AITRACK_HOME": str(store.home), "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    environment |= {"AITRACK_PAGER": "sed s/^/paged:/"}

    def screen(words: str) -> str:
        return str(pexpect.run(f"{sys.executable} -m aitrack {words}", env=environment))

    assert "paged:" in screen("inspect --all")
    assert "paged:" not in screen("inspect")


def test_doctor_runs_a_trial_and_finds_an_unwritable_store(store: Store, tmp_path: Path) -> None:
    """One command says whether it works here."""
    found = json.loads(aitrack(store.home, "doctor", "--json").stdout)["findings"]
    assert found[-1]["what"] == "trial run"
    assert found[-1]["state"] in ("ok", "warning")

    blocked = tmp_path / "file"
    blocked.write_text("")
    done = aitrack(blocked, "doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot be written" in done.stdout


def test_interrupted_and_recovered_sessions_say_so(store: Store) -> None:
    """Every status has its own words on the first screen."""
    failed = {"exit_code": 1, "failure": failure()}
    store.session("passed", at=NOW, recovered=True, attempts=[dict(failed), {"exit_code": 0}])
    shown = aitrack(store.home, "inspect").stdout
    assert "recovered after 2 attempts" in shown
    assert "overcame   KeyError: 'price' (attempt 1)" in shown

    store.session("rejected", at=NOW + 1, exit_code=75, attempts=[], reason="breaker db is open")
    shown = aitrack(store.home, "inspect").stdout
    assert "rejected, not run" in shown
    assert "breaker db is open" in shown

    store.session("degraded", at=NOW + 2, attempts=[dict(failed), {"exit_code": 0, "role": "fallback"}])
    assert "degraded: a fallback answered" in aitrack(store.home, "inspect").stdout

    store.session("interrupted", at=NOW + 3, exit_code=None)
    assert "interrupted after" in aitrack(store.home, "inspect").stdout


def test_a_swallowed_exception_is_on_the_first_screen(store: Store) -> None:
    """The true cause is often one that the program caught earlier."""
    folder = store.session("failed", failure=failure("TypeError", "float + NoneType", source="collector"))
    raised = {
        "wire": 1,
        "kind": "raised",
        "at_ns": 5,
        "count": 3,
        "handled": {"function": "price"},
        "failure": {
            "type": "KeyError",
            "message": "'price'",
            "frames": [{"file": "/w/a.py", "line": 4, "function": "price"}],
        },
    }
    (folder / "attempts/1/spool-9").write_text(json.dumps(raised) + "\n")

    shown = aitrack(store.home, "inspect").stdout
    assert "caught     KeyError: 'price'  at a.py:4 in price, 3 times" in shown
    assert "led here   KeyError caught in price 3 times" in shown
    assert "suspects   a.py:4 price" in shown
    assert "raised KeyError: 'price' at a.py:4, caught in price" in aitrack(store.home, "inspect", "--all").stdout


def test_a_store_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """125: nothing was found out, which is not the same as "no sessions"."""
    (tmp_path / "home").write_text("a file")

    done = aitrack(tmp_path / "home", "list", cwd=tmp_path)

    assert done.returncode == 125
    assert "cannot be read" in done.stderr
