"""What a settings file may say, by whose it is and whether its project is trusted."""

from __future__ import annotations

import marshal
import os
import posix
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aitrack import config
from aitrack.config import trust
from aitrack.config.keys import CLASSES, HARMLESS, KEYS, NARROWS, REACHES, Key
from aitrack.errors import ConfigError

STRANGER = 12345
MIXED = 'python = "/x"\nprivacy = "strict"\n[retry]\nretries = 3\n[collect]\nno_locals = ["balance"]\n'


class Project:
    """A folder with settings, a user's own folder beside it, and ways to load them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.home = folder / "home"
        self.folder.mkdir()
        self.own = self.home / ".config/aitrack"
        self.own.mkdir(parents=True)
        self.file = self.folder / "aitrack.toml"

    def write(self, text: str, name: str = "aitrack.toml") -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def user(self, text: str) -> Path:
        path = self.own / "config.toml"
        path.write_text(text)
        return path

    def give_away(self, path: Path) -> None:
        """Let *path*, which may be a link, belong to another user."""
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away")
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)

    def load(self, **more: object) -> config.Settings:
        environ = {"HOME": str(self.home), **more.pop("environ", {})}  # type: ignore[dict-item]  # a test's shorthand
        return config.load(str(self.folder), environ, **more)  # type: ignore[arg-type]  # a test's shorthand

    def left(self, **more: object) -> list[str]:
        return sorted(one.key for one in self.load(**more).left_out)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


# ---- classes ----


@pytest.mark.parametrize("name", sorted(KEYS))
def test_every_key_says_how_far_each_of_its_values_reaches(name: str) -> None:
    """A key without a class would be open to whoever writes a file into the folder."""
    key = KEYS[name]
    values = [key.default, *key.kind.__name__.split("|")] if "|" in key.kind.__name__ else [key.default]
    values += [True, False] if key.kind.__name__ == "flag" else []

    assert all(key.reach_of(value) in CLASSES for value in values if not key.adds_up or isinstance(value, list))


def test_a_key_cannot_be_made_without_a_class() -> None:
    """Whoever adds one must think about it: there is no default."""
    with pytest.raises(TypeError):
        Key(str, default=None, option="", help="")  # type: ignore[call-arg]  # what must not pass


@pytest.mark.parametrize(
    ("name", "value", "reach"),
    [
        ("privacy", "strict", NARROWS),
        ("privacy", "standard", HARMLESS),
        ("privacy", "full", REACHES),
        ("capture", "none", NARROWS),
        ("capture", "all", HARMLESS),
        ("quiet", True, NARROWS),
        ("track.off", True, NARROWS),
        ("track.functions", ["a:b"], REACHES),
        ("retry.retries", 10**9, HARMLESS),
        ("retry.retries", None, REACHES),
        ("redact.extra", ["acme_*_id", "literal-text"], NARROWS),
        ("redact.extra", ["(a+)+$"], REACHES),
        ("redact.extra", ["*a*a*a*a*a*a*"], REACHES),
        ("redact.safe_keys", ["password"], REACHES),
        ("store.max_age", 0.0, REACHES),
        ("collect.trace", "lines", HARMLESS),
        ("lock_wait", 1.0, REACHES),
        ("heal_system", False, REACHES),
    ],
)
def test_the_direction_of_a_value_counts(name: str, value: object, reach: int) -> None:
    """Recording less is anybody's to ask for, recording more is not."""
    assert KEYS[name].reach_of(value) == reach


# ---- whose file ----


def test_a_file_of_ours_sets_what_is_harmless_and_no_more(project: Project) -> None:
    """A checkout is the user's own file, and its text is somebody else's."""
    project.write(MIXED)

    settings = project.load()

    assert (settings.value("retry.retries"), settings.value("privacy")) == (3, "strict")
    assert "python" not in settings
    assert [(one.key, one.why) for one in settings.left_out] == [("python", "not trusted")]


def test_a_file_of_another_user_only_narrows(project: Project) -> None:
    """Also for root, who works in folders of everybody."""
    project.give_away(project.write(MIXED))

    settings = project.load()

    assert settings.value("privacy") == "strict"
    assert settings.value("collect.no_locals") == ["balance"]
    assert settings.value("retry.retries") == 0
    assert project.left() == ["python", "retry.retries"]
    assert settings.left_out[0].why == f"it belongs to another user (uid {STRANGER})"


@pytest.mark.parametrize("mode", [0o666, 0o777, 0o646])
def test_a_file_that_others_may_write_only_narrows(project: Project, mode: int) -> None:
    """A checkout under umask 0, a mount without owners."""
    project.write(MIXED).chmod(mode)

    assert project.left() == ["python", "retry.retries"]
    assert project.load().value("privacy") == "strict"


def test_a_group_of_ones_own_may_write(project: Project) -> None:
    """With umask 002 every file is 0664, and the group has one member."""
    path = project.write(MIXED)
    path.chmod(0o664)
    if os.geteuid() == 0:
        assert project.left() == ["python"]
        os.chown(path, 0, STRANGER)
        assert project.left() == ["python", "retry.retries"]
    else:
        expected = ["python"] if path.stat().st_gid == os.geteuid() else ["python", "retry.retries"]
        assert project.left() == expected


@pytest.mark.parametrize("entry", ["fifo", "folder", "socket"])
def test_what_is_no_regular_file_is_passed_by(project: Project, entry: str) -> None:
    """A FIFO would hold the run for ever."""
    if entry == "fifo":
        os.mkfifo(project.file)
    elif entry == "folder":
        project.file.mkdir()
    else:
        os.mknod(project.file, 0o140600)

    assert project.load().given == {}


def test_a_file_that_is_too_large_is_not_read(project: Project) -> None:
    """It is something else, and no run waits for its parser."""
    project.write('privacy = "strict"\n#' + "x" * (1 << 20))

    settings = project.load()

    assert settings.given == {}
    assert "larger than 1024 KiB" in settings.warnings[0]


def test_a_strangers_long_file_is_not_read(project: Project) -> None:
    """Its names would fill the program's environment until it cannot be started."""
    text = f"[collect]\nno_locals = {['name'] * 20_000}\n"
    path = project.write(text)
    assert project.load().value("collect.no_locals")
    path.chmod(0o666)

    settings = project.load()

    assert settings.given == {}
    assert "larger than 64 KiB, and others may write" in settings.warnings[0]


def test_a_mistake_in_a_strangers_file_stops_nothing(project: Project) -> None:
    """Else anybody could stop every run in a shared folder."""
    path = project.write("quiet = true\nno_such_key = 1\n")
    with pytest.raises(ConfigError):
        project.load()
    path.chmod(0o666)

    settings = project.load()

    assert settings.value("quiet") is True
    assert "unknown key `no_such_key`" in trust.told(settings.left_out)[0][0]
    assert "no_such_key" not in str(settings.left_out[0].record())


# ---- links ----


def test_a_link_of_ours_to_a_file_of_ours_is_a_file_of_ours(project: Project) -> None:
    """Stow links a settings file into each project."""
    stowed = project.folder.parent / "dotfiles.toml"
    stowed.write_text(MIXED)
    project.file.symlink_to("../dotfiles.toml")

    assert project.load().value("retry.retries") == 3
    assert project.load(trust=True).value("python") == "/x"


def test_the_users_own_file_may_be_a_link(project: Project) -> None:
    """As stow and home-manager make it."""
    stowed = project.folder.parent / "config.toml"
    stowed.write_text(MIXED)
    (project.own / "config.toml").symlink_to(stowed)

    assert project.load().value("python") == "/x"


def test_a_mounted_config_map_is_read(project: Project) -> None:
    """`aitrack.toml -> ..data/aitrack.toml`, `..data -> ..2026`: a file of root's behind two links."""
    (project.folder / "..2026").mkdir()
    (project.folder / "..2026/aitrack.toml").write_text(MIXED)
    (project.folder / "..data").symlink_to("..2026")
    project.file.symlink_to("..data/aitrack.toml")

    assert project.load().value("retry.retries") == 3
    assert project.load(config_file="aitrack.toml").value("python") == "/x"


def test_a_strangers_link_to_a_file_of_ours_only_narrows(project: Project) -> None:
    """They would choose which of our files is obeyed."""
    other = project.folder.parent / "other.toml"
    other.write_text(MIXED)
    project.file.symlink_to(other)
    project.give_away(project.file)

    settings = project.load(trust=True)

    assert sorted(one.key for one in settings.left_out) == ["python", "retry.retries"]
    assert settings.left_out[0].why == "a link of another user leads to it"


@pytest.mark.parametrize("target", ["nowhere", "aitrack.toml"])
def test_a_link_to_nothing_is_nothing_and_a_circle_is_told(project: Project, target: str) -> None:
    """Neither stops a run."""
    project.file.symlink_to(target)

    settings = project.load()

    assert settings.given == {}
    assert bool(settings.warnings) is (target == "aitrack.toml")


def test_a_link_that_changes_all_the_time_never_makes_a_strangers_word_ours(project: Project) -> None:
    """The owner was asked by path, after the content had been read: one of a thousand runs obeyed the wrong file."""
    ours, theirs = project.folder.parent / "ours.toml", project.folder.parent / "theirs.toml"
    ours.write_text("[retry]\nretries = 3\n")
    theirs.write_text('on_failure = "theirs"\n[retry]\nretries = 7\n')
    project.give_away(theirs)
    project.file.symlink_to(ours)
    ended = threading.Event()

    def swap() -> None:
        at = 0
        while not ended.is_set():
            at += 1
            link = project.folder / f"link-{at % 2}"
            link.symlink_to((theirs, ours)[at % 2])
            link.rename(project.file)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        seen = [project.load(trust=True, cache=str(project.home)) for _ in range(3000)]
    finally:
        ended.set()
        thread.join()

    retries = {settings.value("retry.retries") for settings in seen}
    assert not any("on_failure" in settings for settings in seen)
    assert retries == {0, 3}  # both files were met, and of the stranger's nothing was taken


# ---- trust ----


@pytest.mark.parametrize("way", ["named", "variable", "option", "OPT_CONFIG", "paths", "content"])
def test_each_way_of_trust_lets_everything_act(project: Project, way: str) -> None:
    """Where nobody can type, and where somebody can."""
    project.write(MIXED)
    more: dict[str, object] = {}
    if way == "named":
        more = {"config_file": "aitrack.toml"}
    elif way == "OPT_CONFIG":
        more = {"environ": {"AITRACK_OPT_CONFIG": "aitrack.toml"}}
    elif way == "variable":
        more = {"environ": {"AITRACK_OPT_TRUST": "1"}}
    elif way == "option":
        more = {"trust": True}
    elif way == "paths":
        project.user(f'[trust]\npaths = ["{project.folder.parent}"]\n')
    else:
        trust.keep_trust(str(project.own), str(project.file), MIXED.encode())

    settings = project.load(**more)

    assert settings.value("python") == "/x"
    assert settings.left_out == []


def test_the_option_takes_the_variable_back(project: Project) -> None:
    """Nearer wins, here too."""
    project.write(MIXED)

    assert project.left(trust=False, environ={"AITRACK_OPT_TRUST": "1"}) == ["python"]


@pytest.mark.parametrize(("name", "value"), [("TRUST", "maybe"), ("TRUST_PROJECT", "1"), ("TRUSTED", "1")])
def test_a_variable_that_is_nearly_right_is_refused(project: Project, name: str, value: str) -> None:
    """Nobody should believe that a project is trusted, or is not."""
    with pytest.raises(ConfigError, match=r"true|TRUST"):
        project.load(environ={f"AITRACK_OPT_{name}": value})


def test_trusting_the_project_never_trusts_another_user(project: Project) -> None:
    """Root in a container over a checkout of uid 1000: it must be named."""
    project.give_away(project.write(MIXED))

    assert project.left(trust=True) == ["python", "retry.retries"]
    assert project.load(config_file="aitrack.toml").value("python") == "/x"
    assert "--config" in project.load(trust=True).left_out[0].help


@pytest.mark.parametrize("mode", [0o666, 0o777])
def test_trusting_the_project_holds_where_every_file_is_open(project: Project, mode: int) -> None:
    """A runner's checkout under umask 0, a mount without modes: there is no other way to say it."""
    project.write(MIXED).chmod(mode)

    assert project.left(trust=True) == []


@pytest.mark.parametrize("way", ["paths", "content", "named"])
def test_a_mount_without_modes_can_be_trusted_for_good(project: Project, way: str) -> None:
    """All is 0777 there, and nothing can be done about it."""
    project.write(MIXED).chmod(0o777)
    project.folder.chmod(0o777)
    if way == "paths":
        project.user(f'[trust]\npaths = ["{project.folder}"]\n')
    elif way == "content":
        trust.keep_trust(str(project.own), str(project.file), MIXED.encode())

    assert project.left(config_file="aitrack.toml" if way == "named" else None) == []


def test_a_trusted_folder_survives_edits_and_a_trusted_content_does_not(project: Project) -> None:
    """One trusts the place, the other what was read."""
    project.write(MIXED)
    trust.keep_trust(str(project.own), str(project.file), MIXED.encode())
    project.write('on_failure = "x"\n' + MIXED)

    assert project.left() == ["on_failure", "python"]
    project.user(f'[trust]\npaths = ["{project.folder}"]\n')
    assert project.left() == []


def test_a_trusted_folder_trusts_its_owner_and_nobody_else(project: Project) -> None:
    """`/srv/app` belongs to whom it belongs; a stranger's file in it does not."""
    project.give_away(project.write(MIXED))
    project.user(f'[trust]\npaths = ["{project.folder}"]\n')

    assert project.left() == ["python", "retry.retries"]
    project.give_away(project.folder)
    assert project.left() == []


@pytest.mark.parametrize("path", ["", "/beside", "/work/below", "/wor"])
def test_only_what_lies_below_a_trusted_folder_is_trusted(project: Project, path: str) -> None:
    """Compared by what the folders are, not by how their names begin."""
    project.write(MIXED)
    for name in ("beside", "work/below", "wor"):
        (project.folder.parent / name).mkdir()
    project.user(f'[trust]\npaths = ["{project.folder.parent}{path}"]\n')

    assert project.left() == ([] if not path else ["python"])


def test_a_relative_trusted_folder_is_refused(project: Project) -> None:
    """It would mean every folder of that name."""
    project.user('[trust]\npaths = ["app"]\n')

    with pytest.raises(ConfigError, match="full path"):
        project.load()


@pytest.mark.parametrize("trusted", [False, True])
def test_a_project_cannot_trust_itself(project: Project, trusted: bool) -> None:
    """Nor another one."""
    project.write(f'python = "/x"\n[trust]\npaths = ["{project.folder}"]\n')
    project.write(
        f'[tool.aitrack]\non_failure = "x"\n[tool.aitrack.trust]\npaths = ["{project.folder}"]\n', "pyproject.toml"
    )

    settings = project.load(trust=trusted or None)

    assert ("python" in settings) is ("on_failure" in settings) is trusted
    assert "trust.paths" not in settings
    assert "trust.paths" in project.left(trust=trusted or None)


def test_trust_in_a_pyproject_is_in_our_part_of_it(project: Project) -> None:
    """Its other parts change with every release."""
    project.write('[project]\nversion = "1"\n[tool.aitrack]\npython = "/x"\n', "pyproject.toml")
    path = str(project.folder / "pyproject.toml")
    trust.keep_trust(str(project.own), path, b"python = '/x'\n")

    assert project.left() == []
    project.write('[project]\nversion = "2"\n[tool.aitrack]\npython = "/x"\n', "pyproject.toml")
    assert project.left() == []
    project.write('[project]\nversion = "2"\n[tool.aitrack]\npython = "/y"\n', "pyproject.toml")
    assert project.left() == ["python"]


@pytest.mark.parametrize("fault", ["mode", "owner", "folder", "other path"])
def test_a_planted_record_of_trust_is_not_believed(project: Project, fault: str) -> None:
    """What was trusted is only ours to say."""
    project.write(MIXED)
    trust.keep_trust(str(project.own), str(project.file), MIXED.encode())
    (record,) = (project.own / "trusted").iterdir()
    if fault == "mode":
        record.chmod(0o666)
    elif fault == "owner":
        project.give_away(record)
    elif fault == "folder":
        record.parent.chmod(0o777)
    else:
        record.write_bytes(b"/other/aitrack.toml\n" + MIXED.encode())

    assert project.left() == ["python"]


def test_the_users_own_file_is_judged_like_any_other(project: Project) -> None:
    """Under sudo with HOME kept, root would obey what the user wrote."""
    path = project.user(MIXED)
    assert project.load().value("python") == "/x"
    path.chmod(0o666)

    assert project.left() == ["python", "retry.retries"]
    assert "chmod go-w" in project.load().left_out[0].help


def test_a_relative_folder_of_settings_is_no_folder_of_the_user(project: Project) -> None:
    """`XDG_CONFIG_HOME=conf` would make a project's file the user's own."""
    (project.folder / "conf/aitrack").mkdir(parents=True)
    (project.folder / "conf/aitrack/config.toml").write_text(MIXED)

    assert project.load(environ={"XDG_CONFIG_HOME": "conf"}).given == {}


# ---- layers ----


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ('privacy = "strict"', 'privacy = "standard"'),
        ('capture = "none"', 'capture = "all"'),
        ("quiet = true", "quiet = false"),
        ("[track]\noff = true", "[track]\noff = false"),
        ('[collect]\ntrace = "off"', '[collect]\ntrace = "lines"'),
        ('[retry]\nidempotent = "no"', '[retry]\nidempotent = "guard"'),
        ("heal_dry_run = true", "heal_dry_run = false"),
    ],
)
def test_an_untrusted_file_never_takes_back_what_a_farther_one_narrowed(
    project: Project, narrow: str, wide: str
) -> None:
    """The user's own file says strict, once and for all."""
    project.user(narrow)
    project.write(wide)

    untrusted, (key, held) = project.load(), next(iter(project.load(trust=True).given.items()))

    assert untrusted.value(key) != held.value
    project.user(wide)
    project.write(narrow)
    assert project.load().value(key) == untrusted.value(key)


def test_what_the_caller_says_stands(project: Project) -> None:
    """The command line is nearer than any file."""
    project.write('privacy = "strict"')

    assert project.load(overrides={"privacy": "full"}).value("privacy") == "full"


def test_lists_of_what_is_hidden_add_up(project: Project) -> None:
    """A nearer list would take the farther one away."""
    project.user('[collect]\nno_locals = ["mine"]\n[redact]\nextra = ["mine_*"]')
    path = project.write('[collect]\nno_locals = ["theirs", "mine"]\n[redact]\nextra = ["theirs", "(x+)+"]')
    path.chmod(0o666)

    settings = project.load(overrides={"collect.no_locals": ["typed"]})

    assert settings.value("collect.no_locals") == ["typed", "theirs", "mine"]
    assert settings.value("redact.extra") == ["theirs", "mine_*"]
    assert [(one.key, one.value) for one in settings.left_out] == [("redact.extra", ["(x+)+"])]


def test_a_name_to_hide_cannot_carry_other_words(project: Project) -> None:
    """They go to the collector as parts of one text: `a,privacy=full` would be a second setting."""
    project.write('[collect]\nno_locals = ["a,privacy=full"]')

    with pytest.raises(ConfigError, match="list of names"):
        project.load()


def test_what_would_change_nothing_is_not_told(project: Project) -> None:
    """A nearer setting, or the default itself."""
    project.write('python = "/x"\nci = "none"\nlock = "a"\n')

    assert project.left(overrides={"python": "/y"}) == ["lock"]


def test_a_profile_of_an_untrusted_file_only_narrows(project: Project) -> None:
    """It is chosen as a whole, by a name that the file gives it."""
    project.write('[profile.ci]\nprivacy = "strict"\njunit = "x.xml"\n[profile.ci.retry]\nretries = 2\n')

    settings = project.load(profile="ci")

    assert (settings.value("privacy"), settings.value("retry.retries"), settings.profile) == ("strict", 0, "ci")
    assert project.left(profile="ci") == ["profile.ci.junit", "profile.ci.retry.retries"]


def test_a_strangers_breaker_is_not_taken(project: Project) -> None:
    """Its limits would open a breaker that others share."""
    path = project.write("[breaker.db]\nrate = 1\n")
    assert project.load().breaker("db")["rate"].value == 1.0
    path.chmod(0o666)

    assert project.load().breaker("db")["rate"].value == 50.0
    assert project.left() == ["breaker.rate"]


# ---- the cache ----


@pytest.fixture
def cache(project: Project) -> Iterator[Path]:
    """Return a folder for parsed files, with one parsed file in it."""
    folder = project.home / "cache"
    folder.mkdir()
    project.write(MIXED)
    project.load(cache=str(folder))
    yield folder


def test_a_planted_cache_does_not_act(project: Project, cache: Path) -> None:
    """What is read back is a program's data: it must be ours alone, and of this content."""
    (kept,) = cache.iterdir()
    mark, tree = marshal.loads(kept.read_bytes())
    kept.write_bytes(marshal.dumps((mark, {**tree, "retry": {"retries": 77}})))
    assert project.load(cache=str(cache)).value("retry.retries") == 77  # ours: it is what is read
    kept.chmod(0o666)

    assert project.load(cache=str(cache)).value("retry.retries") == 3


def test_a_changed_file_of_the_same_size_and_time_is_read_again(project: Project, cache: Path) -> None:
    """A stamp can be set back; content cannot."""
    before = project.file.stat()
    project.file.write_text(MIXED.replace("retries = 3", "retries = 4"))
    os.utime(project.file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert project.load(cache=str(cache)).value("retry.retries") == 4


@pytest.mark.parametrize(
    "text",
    [
        '[[fallback]]\nenv = { DB_PASSWORD = "hunter2hunter2" }\n',
        "on_failure = \"curl -H 'Authorization: Bearer sk-proj-abcdefghij0123456789' https://x\"\n",
    ],
)
def test_a_secret_in_a_file_is_not_copied_into_the_store(project: Project, text: str) -> None:
    """The store holds none, whoever wrote it where."""
    folder = project.home / "cache"
    folder.mkdir()
    project.write(text)

    project.load(cache=str(folder))

    assert not any(b"hunter2" in path.read_bytes() or b"sk-proj" in path.read_bytes() for path in folder.iterdir())


def test_no_descriptor_stays_open(project: Project) -> None:
    """The program must find the ones that it would find bare."""
    project.write(MIXED)
    project.user("quiet = true\n")
    (project.folder / "pyproject.toml").symlink_to("aitrack.toml")
    before = posix.listdir("/proc/self/fd")

    project.load()
    project.write("broken")
    with pytest.raises(ConfigError):
        project.load()

    assert posix.listdir("/proc/self/fd") == before
