"""The session's own record holds no secret, and a run that has none pays nothing for it."""

from __future__ import annotations

from typing import Any

import pytest

from aitrack.collector.redact import Redactor
from aitrack.store.redaction import redacted
from aitrack.supervise import privacy

SECRET = "Kx7mQ2vB9pLw4TzR"
KEY = b"k" * 32


def is_clean(made: dict[str, Any], environ: dict[bytes, bytes]) -> bool:
    return privacy.is_clean(made, environ, privacy.secret_names(environ))


def variables(environ: dict[bytes, bytes], key: bytes, *, keep: bool = True) -> dict[str, Any]:
    return privacy.variables(environ, key, privacy.secret_names(environ), keep=keep)


def record(**changed: Any) -> dict[str, Any]:
    """Return the record of an everyday run."""
    made: dict[str, Any] = {
        "name": None,
        "environment": "development",
        "labels": {},
        "command": {"argv": ["/usr/bin/python3", "job.py", "--all"], "form": "script", "script": "job.py", "cwd": "/srv/app"},
        "env": {"kept": {"PATH": "/usr/local/bin:/usr/bin", "LANG": "en_US.UTF-8", "TZ": ":/etc/localtime"}, "hidden": {}},
        "user": {"uid": 0, "name": "root"},
        "python": {"executable": "/usr/bin/python3"},
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "branch": "fix/issue-12", "root": "/srv/app"},
        "ci": {"provider": "github", "job": "build", "url": "https://github.com/o/r/actions/runs/12345678901"},
        "parent": None,
    }  # fmt: skip
    return made | changed


@pytest.mark.parametrize(
    "changed",
    [{}, {"git": None, "ci": None, "python": None}, {"labels": {"team": "data"}},
     {"command": record()["command"] | {"cwd": "/home/runner/work/monkey-author/2026-11-30"}},
     {"command": record()["command"] | {"cwd": "/builds/3fa85f64-5717-4562-b3fc-2c963f66afa6/src"}}],
)  # fmt: skip
def test_an_everyday_record_is_clean_at_a_glance(changed: dict[str, Any]) -> None:
    """No rule of redaction is loaded for it."""
    environ = {
        b"DB_PASSWORD": SECRET.encode(),
        b"SSH_AUTH_SOCK": b"/tmp/ssh-1/agent.2",
        b"XDG_SESSION_ID": b"c1",
        b"PWD": b"/srv/app",
    }

    assert is_clean(record(**changed), environ)


SPOTS = {
    "argv": lambda secret: {"command": record()["command"] | {"argv": ["job", secret]}},
    "cwd": lambda secret: {"command": record()["command"] | {"cwd": f"/srv/{secret}/x"}},
    "name": lambda secret: {"name": f"nightly {secret}"},
    "environment": lambda secret: {"environment": secret},
    "label": lambda secret: {"labels": {"run": secret}},
    "branch": lambda secret: {"git": {"commit": None, "branch": f"fix/{secret}", "root": "/srv"}},
    "root": lambda secret: {"git": {"commit": None, "branch": None, "root": f"/srv/{secret}"}},
    "job": lambda secret: {"ci": {"provider": "x", "job": secret, "url": ""}},
    "page": lambda secret: {"ci": {"provider": "x", "job": "", "url": f"https://ci.example.org/{secret}/1"}},
    "user": lambda secret: {"user": {"uid": 1, "name": secret}},
    "parent": lambda secret: {"parent": {"session": secret, "pid": 1}},
    "kept": lambda secret: {"env": {"kept": {"PYTHONPATH": f"/a:/srv/{secret}"}, "hidden": {}}},
    "path": lambda secret: {"env": {"kept": {"PATH": f"/usr/bin:/opt/{secret}/bin"}, "hidden": {}}},
}  # fmt: skip


@pytest.mark.parametrize("spot", SPOTS)
@pytest.mark.parametrize("secret", [SECRET, "tulip", "correct horse"])
@pytest.mark.parametrize("name", [b"DB_PASSWORD", b"PYTHON_KEYRING_PASSWORD", b"CONDA_TOKEN", b"LC_API_KEY"])
def test_a_secret_of_the_environment_is_found_in_every_text(spot: str, secret: str, name: bytes) -> None:
    """`DB_PASSWORD=S aitrack run -c pass S` had it raw in the record of a run that passed."""
    made = record(**SPOTS[spot](secret))
    environ = {name: secret.encode()}
    redactor = Redactor(KEY)
    redactor.learn_environment({name.decode(): secret})

    assert not is_clean(made, environ)
    if len(secret) > 6 and (secret == SECRET or name != b"CONDA_TOKEN"):  # words are no token
        assert secret not in str(redacted(made, redactor))


@pytest.mark.parametrize(
    "text",
    [
        "https://u:p4ss@h/x",
        "token=abcdefgh",
        "a?sig=abcdefgh",
        "password hunter2x",
        "0a1b2c3d4e5f6a7b8c9d",
        "k: v",
        "$(x)",
    ],
)
def test_a_text_that_could_hold_a_secret_is_looked_at(text: str) -> None:
    """When in doubt the rules are loaded."""
    assert not is_clean(record(name=text), {})


def test_the_name_beats_the_prefix() -> None:
    """A variable that begins with PYTHON is kept, unless its name says secret."""
    found = variables({b"PYTHONPATH": b"/a", b"PYTHON_KEYRING_PASSWORD": SECRET.encode(), b"CONDA_TOKEN": b"x"}, KEY)

    assert found["kept"] == {"PYTHONPATH": "/a"}
    assert SECRET not in str(found)


@pytest.mark.parametrize("value", ["1234", "hunter2", "correct-horse-battery-staple", "Summer2026!", "20261130235959"])
def test_of_a_secret_that_can_be_guessed_no_hash_is_kept(value: str) -> None:
    """Whoever has the key could try all words and numbers."""
    found = variables({b"DB_PASSWORD": value.encode(), b"COLOUR": value.encode()}, KEY)

    hidden: Any = found["hidden"]
    assert hidden["DB_PASSWORD"] == privacy.SET
    assert len(hidden["COLOUR"]) == 16


def test_of_a_long_secret_the_hash_is_kept() -> None:
    """It is how a changed variable is found."""
    first, second = (variables({b"DB_PASSWORD": value}, KEY)["hidden"] for value in (SECRET.encode(), b"Zq8" * 6))

    assert first != second and privacy.SET not in str(first)


def test_strict_keeps_no_value() -> None:
    """Not even the harmless ones."""
    assert variables({b"PATH": b"/usr/bin", b"LANG": b"C"}, KEY, keep=False)["kept"] == {}


def test_names_are_found_in_all_of_the_environment() -> None:
    """However many there are, in whatever order and letters."""
    environ = {
        b"PATH": b"",
        b"Db_Password": b"",
        b"apiKey": b"",
        b"KEYBOARD": b"",
        b"A\xff_TOKEN": b"",
        b"MONKEY": b"",
        b"PWD": b"",
        b"DB_PW": b"",
        b"USER_PIN": b"",
    }

    assert privacy.secret_names(environ) == {"Db_Password", "apiKey", "DB_PW", "USER_PIN", "A\udcff_TOKEN"}
