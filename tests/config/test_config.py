"""Settings: which layer wins, what is refused, and what it costs when nothing is set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitrack import config
from aitrack.config import values
from aitrack.errors import ConfigError


def load(folder: Path, **more: object) -> config.Settings:
    """Load the settings that hold in *folder*, with no user file unless one is asked for."""
    environ = {"HOME": str(folder / "home"), **more.pop("environ", {})}  # type: ignore[dict-item]  # a test's shorthand
    return config.load(str(folder), environ, **more)  # type: ignore[arg-type]  # a test's shorthand


def test_nothing_set_gives_the_defaults(tmp_path: Path) -> None:
    """Without options nothing is retried: the default of retries is 0."""
    settings = load(tmp_path)

    assert settings.given == {}
    assert settings.value("retry.retries") == 0
    assert settings["retry.delay"].origin == "default"


def test_each_layer_yields_to_the_nearer_one(tmp_path: Path) -> None:
    """The order of the layers is a promise; a key is looked up by itself, not its whole file."""
    (tmp_path / "home/.config/aitrack").mkdir(parents=True)
    (tmp_path / "home/.config/aitrack/config.toml").write_text(
        "[retry]\nretries=1\ndelay=1\nmax_delay=1\nkill_after=1\n"
    )
    (tmp_path / "pyproject.toml").write_text("[tool.aitrack.retry]\nretries=2\ndelay=2\nmax_delay=2\n")
    (tmp_path / "aitrack.toml").write_text("[retry]\nretries=3\ndelay=3\n")

    settings = load(tmp_path, environ={"AITRACK_OPT_RETRIES": "4"})

    found = {key: settings.value(f"retry.{key}") for key in ("retries", "delay", "max_delay", "kill_after")}
    assert found == {"retries": 4, "delay": 3.0, "max_delay": 2.0, "kill_after": 1.0}
    assert settings["retry.retries"].origin == "AITRACK_OPT_RETRIES"
    assert str(tmp_path / "aitrack.toml") == settings["retry.delay"].origin


def test_the_command_line_beats_the_environment_and_a_named_file_the_project(tmp_path: Path) -> None:
    """Nearer is stronger, and `--config` is nearer than what happens to lie around."""
    (tmp_path / "aitrack.toml").write_text('capture = "none"\n[retry]\nretries=3\n')
    (tmp_path / "my.toml").write_text('capture = "all"\n')

    settings = load(
        tmp_path, environ={"AITRACK_OPT_RETRIES": "4"}, overrides={"retry.retries": 5}, config_file="my.toml"
    )

    assert settings.value("retry.retries") == 5
    assert settings.value("capture") == "all"


def test_a_profile_lies_over_its_file(tmp_path: Path) -> None:
    """`--profile ci` changes what it names and nothing else."""
    (tmp_path / "aitrack.toml").write_text("[retry]\nretries=3\ndelay=3\n[profile.ci.retry]\nretries=0\n")

    settings = load(tmp_path, profile="ci", trust=True)

    assert (settings.value("retry.retries"), settings.value("retry.delay")) == (0, 3.0)


def test_a_profile_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """A typo must not silently run without the profile."""
    (tmp_path / "aitrack.toml").write_text("[profile.nightly.retry]\nretries=0\n")

    with pytest.raises(ConfigError, match="did you mean `nightly`"):
        load(tmp_path, profile="nightl")


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[retry]\nretires = 3", "did you mean `retry.retries`"),
        ("[retry]\nretries = -1", "must not be negative"),
        ("[retry]\nretries = 1.5", "whole number"),
        ('[retry]\ndelay = "soon"', "duration"),
        ('[retry]\nbackoff = "ful"', "`full`"),
        ("[retry]\nlearn = 3", "`true` or `false`"),
        ("retry = 3", "must be a table"),
        ("[retry", "not valid TOML"),
        ("[breaker.db]\nrates = 3", "did you mean `rate`"),
        ("[breaker.db]\nrate = 101", "percentage"),
        ("[[fallback]]\nrum = ['a']", "did you mean `run`"),
        ("[fallback]\nrun = ['a']", "must be written `[[fallback]]`"),
        ("[[retry.rule]]\nmatch = { exti = 3 }", "did you mean `exit`"),
        ("profile = 3", "table of profiles"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place(tmp_path: Path, toml: str, says: str) -> None:
    """Exit 2 and one line: the file, the key, what was expected."""
    (tmp_path / "aitrack.toml").write_text(toml + "\n")

    with pytest.raises(ConfigError) as caught:
        load(tmp_path)

    assert says in str(caught.value)
    assert "aitrack.toml" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_variable_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    """A misspelt variable would otherwise be obeyed by nobody and noticed by nobody."""
    with pytest.raises(ConfigError, match="did you mean `RETRIES`"):
        load(tmp_path, environ={"AITRACK_OPT_RETIRES": "3"})


def test_a_pyproject_without_our_table_is_not_parsed(tmp_path: Path) -> None:
    """Other tools' mistakes are not ours to report, and parsing costs 30 ms."""
    (tmp_path / "pyproject.toml").write_text("[this is not toml")

    assert load(tmp_path).given == {}


def test_the_example_of_the_documentation_is_understood(tmp_path: Path) -> None:
    """The one file that shows it all, as people will copy it."""
    (tmp_path / "aitrack.toml").write_text(
        """
[retry]
retries = 3
on = ["transient", "overload", "timeout"]
deadline = "15m"
budget = { name = "billing-api", ratio = 0.1, min = 3, window = "60s" }
[[retry.rule]]
match = { exception = "botocore.exceptions.ClientError", message = "Throttling" }
category = "overload"
delay = "5s"
[breaker.billing-api]
window = "60s"
rate = 50
slow = "30s"
[[fallback]]
on = ["overload", "breaker_open"]
run = ["python", "report.py", "--from-cache"]
[[fallback]]
cached = "24h"
[[heal]]
use = "shrink"
var = "BATCH"
factor = 2
min = 8
"""
    )

    settings = load(tmp_path, trust=True)

    assert settings.value("retry.deadline") == 900.0
    assert (settings.value("retry.budget.name"), settings.value("retry.budget.window")) == ("billing-api", 60.0)
    assert settings.value("retry.rule")[0]["delay"] == 5.0
    assert settings.breaker("billing-api")["window"].value == ("seconds", 60.0)
    assert settings.breaker("billing-api")["open_for"].value == 30.0
    assert [step.get("on") for step in settings.value("fallback")] == [["overload", "breaker_open"], None]


def test_a_breaker_takes_options_first_then_its_table_then_the_general_one(tmp_path: Path) -> None:
    """`--breaker-rate` is for this run, whatever the file says of that breaker."""
    (tmp_path / "aitrack.toml").write_text("[breaker]\nrate = 10\nprobes = 2\n[breaker.db]\nrate = 20\n")

    from_file = load(tmp_path).breaker("db")
    from_option = load(tmp_path, overrides={"breaker.rate": "30"}).breaker("db")

    assert (from_file["rate"].value, from_file["probes"].value) == (20.0, 2)
    assert from_option["rate"].value == 30.0


def test_a_parsed_file_is_kept_and_a_changed_one_is_read_again(tmp_path: Path) -> None:
    """The cache saves the parser's import; it must never serve old settings."""
    path = tmp_path / "aitrack.toml"
    path.write_text("[retry]\nretries = 2\n")
    cache = tmp_path / "cache"
    cache.mkdir()
    code = "import sys; from aitrack import config; s = config.load(sys.argv[1], {}, cache=sys.argv[2]); "
    code += "print(s.value('retry.retries'), 'tomllib' in sys.modules)"

    def ask() -> str:
        command = [sys.executable, "-c", code, str(tmp_path), str(cache)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    first, second = ask(), ask()
    path.write_text("[retry]\nretries = 33\n")
    third = ask()

    assert [first, second, third] == ["2 True", "2 False", "33 True"]


def test_a_damaged_cache_is_only_slower(tmp_path: Path) -> None:
    """Whatever lies in the cache, the file is the truth."""
    (tmp_path / "aitrack.toml").write_text("[retry]\nretries = 2\n")
    load(tmp_path, cache=str(tmp_path))
    (kept,) = tmp_path.glob("config-*")
    kept.write_bytes(b"\xff garbage")

    assert load(tmp_path, cache=str(tmp_path)).value("retry.retries") == 2


def test_asking_when_nothing_is_set_imports_no_parser() -> None:
    """`run` pays for settings on every start: no TOML, no table of keys, no re, no os."""
    code = "import sys; from aitrack import config; config.load('/', {'HOME': '/nowhere'}); print(*sorted(sys.modules))"
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, sys.argv[1]); " + code]
    root = str(Path(config.__file__).parents[2])

    loaded = subprocess.run([*command, root], capture_output=True, text=True, check=True).stdout.split()

    assert not {"os", "re", "tomllib", "typing", "enum", "json", "aitrack.config.keys"} & set(loaded)


def test_the_users_file_is_where_platformdirs_says() -> None:
    """We compute the folder ourselves to save an import; both must agree."""
    import os

    from platformdirs import user_config_dir

    assert user_config_dir("aitrack") + "/config.toml" == config.user_file(os.environ)


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("2s", 2), ("5m", 300), ("1h", 3600), ("0.05s", 0.05), ("7", 7), ("0", 0)]
)
def test_durations_read_as_people_write_them(text: str, seconds: float) -> None:
    """Bare numbers are seconds; fractions and 0 are allowed."""
    assert seconds == pytest.approx(values.duration(text))


@pytest.mark.parametrize("text", ["", "s", "1x", "-1s", "nan", "inf", "1 0s", "1_0s", "1e400", "5mm"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """NaN and infinity included: a wait must end."""
    with pytest.raises(ValueError, match=r"expected|must"):
        values.duration(text)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.lists(st.integers())))
def test_no_raw_value_makes_a_kind_crash(raw: object) -> None:
    """Whatever a user writes, a kind answers with a value or with ValueError."""
    for kind in (values.duration, values.size, values.flag, values.count, values.percent, values.window, values.words):
        try:
            kind(raw)
        except (ValueError, OverflowError):
            pass


def test_a_bare_number_of_a_window_counts_calls() -> None:
    """`--breaker-window 100` is calls and `60s` is time."""
    assert [values.window("100"), values.window("60s")] == [("calls", 100.0), ("seconds", 60.0)]


@pytest.mark.parametrize(("text", "size"), [("512M", 512 << 20), ("1G", 1 << 30), ("64KiB", 65536), ("7", 7)])
def test_sizes_read_as_people_write_them(text: str, size: int) -> None:
    """Powers of two, with or without the B."""
    assert size == values.size(text)


def test_options_of_the_command_line_are_checked_like_the_rest(tmp_path: Path) -> None:
    """`--retries -1` is one line and exit 2, wherever it is written."""
    with pytest.raises(ConfigError, match="must not be negative"):
        load(tmp_path, overrides={"retry.retries": "-1"})

    settings = load(tmp_path, overrides={"tags": ["team=data", "tier=1"], "quiet": True})

    assert settings.value("tags") == {"team": "data", "tier": "1"}
    assert settings.value("quiet") is True
