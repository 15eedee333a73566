"""No planted secret reaches the disk in any form; what only looks like one survives."""

from __future__ import annotations

import base64
import urllib.parse
from typing import Any

import pytest

SECRETS = {
    "DB_PASSWORD": "hunter2-Xk9#vQ!m",
    "API_TOKEN": "tok_9f8a7b6c5d4e3f2a1b0c",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz3TESTKEY",
    "GITHUB_TOKEN": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
}
PROGRAM = """
import base64, os, sys, urllib.parse
password = os.environ["DB_PASSWORD"]
config = {"user": "otter", "password": password, "nested": [{"api_token": os.environ["API_TOKEN"]}]}
url = "postgres://otter:" + urllib.parse.quote(password) + "@db.example.org:5432/stock"
header = "Authorization: Basic " + base64.b64encode(("otter:" + password).encode()).decode()
token_count, author, keyboard, max_tokens = 512, "A. Writer", "qwerty", 4096
revision, run_id = "3f786850e387550fdab836ed7e6dc881de23001b", "123e4567-e89b-12d3-a456-426614174000"
print("connecting with", password, token_count, author, keyboard, revision, run_id)
sys.stdout.flush()
print("key", os.environ["AWS_SECRET_ACCESS_KEY"], file=sys.stderr)
os.write(1, password[:7].encode()); os.write(1, password[7:].encode() + b"\\n")
def connect(url, header): raise ConnectionError("cannot log in with " + password + " at " + url)
connect(url, header)
"""


def forms(secret: str) -> list[bytes]:
    """The forms in which a secret could be on disk."""
    raw = secret.encode()
    encoded = [base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw.hex().encode(), raw[::-1]]
    return [raw, urllib.parse.quote(secret).encode(), urllib.parse.quote_plus(secret).encode(), *encoded]


def everything(lab: Any) -> bytes:
    return b"\n".join(path.read_bytes() + path.name.encode() for path in lab.home.rglob("*") if path.is_file())


@pytest.mark.parametrize("policy", [[], ["--keep-output"], ["--retries", "1", "--retry-on", "any", "--delay", "0"]])
def test_no_planted_secret_in_any_byte_of_the_store(lab: Any, policy: list[str]) -> None:
    """From the environment, the command line, locals, messages, source and output."""
    lab.script("leak.py", PROGRAM + "# literal = 'AKIAIOSFODNN7EXAMPLQ'\napi_key = 'sk-live-0123456789abcdef0123'\n")

    result = lab.run(*policy, "leak.py", "--password", "from-the-Command-line7", "--token=abcDEF123456ghi", env=SECRETS)

    assert result.failure["type"] == "ConnectionError"
    stored = everything(lab)
    for secret in [*SECRETS.values(), "from-the-Command-line7", "abcDEF123456ghi", "sk-live-0123456789abcdef0123"]:
        for form in forms(secret):
            assert form not in stored, secret


def test_look_alikes_survive(lab: Any) -> None:
    """What explains the failure must still be there."""
    lab.script("leak.py", PROGRAM)

    lab.run("leak.py", "--author=writer", "--max-tokens", "4096", env=SECRETS)

    stored = everything(lab)
    for word in (b"512", b"A. Writer", b"qwerty", b"3f786850e387550fdab836ed7e6dc881de23001b", b"123e4567-e89b-12d3-a456-426614174000",
                 b"db.example.org", b"otter", b"--author=writer", b"4096"):  # fmt: skip
        assert word in stored, word


def test_the_terminal_gets_the_programs_bytes_unchanged(lab: Any) -> None:
    """Only what is stored is redacted."""
    lab.script("leak.py", PROGRAM)

    result = lab.run("leak.py", env=SECRETS)

    assert SECRETS["DB_PASSWORD"].encode() in result.stdout


def test_strict_keeps_no_values(lab: Any) -> None:
    """Types and shapes only: no values, output or source text."""
    lab.script("strict.py", "colour = 'vermilion'\nprint('the colour is', colour)\nraise ValueError('bad ' + colour)\n")

    result = lab.run("--privacy", "strict", "strict.py", "cerulean")

    assert result.failure["type"] == "ValueError"
    assert b"vermilion" not in everything(lab)
    assert b"cerulean" not in everything(lab)


def test_a_name_can_be_left_out_of_locals(lab: Any) -> None:
    """`--no-locals NAME` for what no rule can know."""
    lab.script("patient.py", "diagnosis = 'something private'\nweight = 70\n{}['x']\n")

    result = lab.run("--no-locals", "diagnosis", "patient.py")

    values = {local["name"]: str(local.get("value")) for local in result.failure["frames"][-1]["locals"]}
    assert "something private" not in str(values.get("diagnosis"))
    assert values["weight"] == "70"


@pytest.mark.parametrize("status", [0, 3])
def test_the_record_of_a_session_holds_no_secret_of_its_environment(lab: Any, status: int) -> None:
    """A passed run too, in whatever word the secret stands."""
    secret = "Kx7mQ2vB9pLw4TzR"
    lab.folder = lab.folder / f"build-{secret}"
    lab.folder.mkdir()
    environment = {
        "DB_PASSWORD": secret, "PYTHON_KEYRING_PASSWORD": "Zw8" + secret, "CONDA_TOKEN": "tk9" + secret, "LC_API_KEY": "Qp4" + secret,
        "CI": "true", "GITLAB_CI": "true", "CI_JOB_NAME": f"job {secret}", "CI_JOB_URL": f"https://ci.example.org/{secret}",
        "USER": secret,
    }  # fmt: skip
    options = ["--name", f"load {secret}", "--tag", f"run={secret}", "--environment", f"e-{secret}"]

    lab.run(*options, "-c", f"raise SystemExit({status})", secret, f"x{secret}y", env=environment)

    stored = everything(lab)
    assert secret.encode() not in stored
    assert secret.lower().encode() not in stored


def test_a_session_of_ours_in_a_failing_frame_shows_no_key(lab: Any) -> None:
    """Its fields lead to the store's key."""
    lab.script("a.py", "import aitrack\nwith aitrack.session('x') as s:\n    held = [s, {'s': s}]\n    1 / 0\n")

    lab.run("a.py")

    key = (lab.home / "key").read_bytes()
    stored = b"".join(path.read_bytes() for path in lab.home.rglob("*.*") if path.is_file())
    assert key not in stored
    assert repr(key)[2:20].encode() not in stored and key.hex().encode() not in stored


def test_a_secret_in_the_name_of_an_operation_is_hidden(lab: Any) -> None:
    """Names are texts like others."""
    secret = "Kx7mQ2vB9pLw4TzR"
    lab.script(
        "a.py",
        """
import aitrack, os
name = "load " + os.environ["DB_PASSWORD"]
with aitrack.session(name) as s:
    with aitrack.operation(name):
        aitrack.event(name)
    aitrack.track(name=name)(len)([])
    prompt = aitrack.Prompting(lambda text: "ok", key=name)
    prompt("hello")
""",
    )

    lab.run("a.py", env={"DB_PASSWORD": secret})

    assert secret.encode() not in everything(lab)


def test_what_a_frame_shows_to_be_secret_is_hidden_in_the_command_line(lab: Any) -> None:
    """The code after `-c` says the value without its name; the parameter that took it says the name."""
    secret = "vermilion" + "Castle77x"

    lab.run("-c", f"def login(password):\n    return 1 / 0\nlogin({secret!r})")

    assert secret.encode() not in everything(lab)
