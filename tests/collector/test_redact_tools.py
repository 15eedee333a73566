"""The secrets on the command lines of well-known tools are hidden, and only they."""

from __future__ import annotations

import json
import shlex

import pytest

from aitrack.collector.plain import TOOLS, plainly_clean
from aitrack.collector.redact import Redactor
from aitrack.collector.redact_tools import NAMES

from .commands import COMMANDS, HARMLESS

KEY = bytes(range(32))
SECRETS = ["vX7#kq2Lm9pRt", "hunter2xyz", "Tr0ub4dor&3x"]
LINES = [line for line in COMMANDS.split("\n") if line]


def words(line: str, secret: str) -> list[str]:
    """Return the arguments of *line*; backslashes are Windows' and mean themselves."""
    return [word.replace("@S@", secret) for word in shlex.split(line.replace("\\", "\\\\"))]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("line", LINES)
def test_an_argument_list_loses_only_its_secret(line: str, secret: str) -> None:
    """The command is what a report shows first; host, user and flag stay readable."""
    arguments = words(line, secret)

    clean = Redactor(KEY).arguments(arguments)

    assert secret not in " ".join(clean)
    for word, was in zip(clean, words(line, "@S@"), strict=True):
        rest = [piece for piece in was.split("@S@") if piece]
        assert all(piece in word for piece in rest), clean


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_a_shell_loses_only_its_secret(line: str) -> None:
    """Logs, traces of a shell and messages of failed commands show the line as it was typed."""
    secret = "vX7kq2Lm9pRt"
    typed = line.replace("@S@", secret)
    for text in (typed, f"+ {typed}", f"12:00:01 INFO running: {typed}\nnext line", f'sh -c "{typed}"',
                 f"cd dir && {typed} | tee log", f"make: *** [Makefile:12: {typed}] Error 1"):  # fmt: skip
        clean = Redactor(KEY).text(text)
        assert secret not in clean, text
        for piece in text.split(secret):
            assert piece.strip(" \"'") in clean, (text, clean)


@pytest.mark.parametrize("line", LINES)
def test_a_list_that_python_printed_loses_only_its_secret(line: str) -> None:
    """`Command '['mysql', '-pX']' returned non-zero exit status 1` is how most failures show a command."""
    secret = "vX7kq2Lm9pRt"
    arguments = words(line, secret)
    for text in (f"Command '{arguments}' returned non-zero exit status 1.", json.dumps({"args": arguments})):
        clean = Redactor(KEY).text(text)
        assert secret not in clean, text
        assert "returned non-zero exit status 1." in clean or clean.endswith("]}"), clean


@pytest.mark.parametrize("line", HARMLESS)
def test_a_harmless_neighbour_stays(line: str) -> None:
    """`-p` is a port, a path or a process as often as a password."""
    redactor = Redactor(KEY)

    assert redactor.text(line) == line
    assert redactor.arguments(shlex.split(line)) == shlex.split(line)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("docker exec db sh -c 'mysql -uroot -pvX7kq2Lm9pRt' && echo done", "&& echo done"),
        ('ssh host "mysql -uroot -pvX7kq2Lm9pRt shop" && echo "done"', 'shop" && echo "done"'),
        ("curl -u \\\n  bob:vX7kq2Lm9pRt \\\n  https://example.com/", "https://example.com/"),
        ("mysql -p'vX7kq2Lm9pRt x' shop", "shop"),
        ('mysql --password="vX7kq2Lm9pRt x" shop', "shop"),
        ('{"cmd": "mysql -uroot -pvX7kq2Lm9pRt", "n": 1}', '"n": 1}'),
        ('{"cmd": "mysql -p\\"vX7kq2Lm9pRt x\\" shop", "n": 1}', '"n": 1}'),
        ("see `curl -u bob:vX7kq2Lm9pRt https://h/` for more", "` for more"),
    ],
)
def test_quotes_and_wrappers_do_not_hide_a_secret_from_us(text: str, kept: str) -> None:
    """A command is seldom alone on its line."""
    clean = Redactor(KEY).text(text)

    assert "vX7kq2Lm9pRt" not in clean and "9pRt x" not in clean
    assert kept in clean


@pytest.mark.parametrize(
    "line",
    [
        "echo 'bob:{}' | sudo chpasswd",
        "echo {} | passwd --stdin bob",
        'echo "{}" | sudo -S ls',
        "echo {} | docker login -u bob --password-stdin",
        "echo -n {} | cryptsetup luksOpen /dev/x y -",
        "printf '{}' | gh auth login --with-token",
        "lftp -e 'open -u bob,{} h'",
    ],
)
def test_a_secret_that_is_piped_into_a_tool_is_hidden(line: str) -> None:
    """What `echo` says is a password when the pipe behind it reads one."""
    clean = Redactor(KEY).text(line.format("vX7kq2Lm9pRt"))

    assert "vX7kq2Lm9pRt" not in clean
    assert line.split("{}")[1] in clean


@pytest.mark.parametrize(
    "text",
    [
        "echo hello1 | tee file && echo done2 | cat",
        "use mysql -p to be asked for it",
        "curl failed with code 22 and the docker login failed",
        "vault login failed, snyk auth required",
        "the net use of it, the pass option of the code",
        "curl -u user: asks",
        "redis-cli -a is unsafe",
        "docker login -p is deprecated",
        "mysql -p$PASSWORD and curl -u $USER:$PASS and redis-cli -a ${REDIS}",
        "sshpass -p <password> ssh host",
    ],
)
def test_prose_about_tools_stays(text: str) -> None:
    """A sentence that names a tool is no command."""
    assert Redactor(KEY).text(text) == text


def test_a_word_that_names_a_tool_is_never_plainly_clean() -> None:
    """The quick look must not pass `vault login abc`, whose words say nothing each alone."""
    assert TOOLS == NAMES
    assert not any(plainly_clean(name) for name in NAMES)
    assert not plainly_clean("/usr/bin/vault")


def test_any_words_after_any_tool_are_taken() -> None:
    """A rule that cannot be read must not cost a report its command."""
    redactor = Redactor(KEY)
    tails = [
        "",
        "login",
        "config set a b c d",
        "-p",
        "-p x y",
        "--password=",
        "a:b/c@d e=f,g=h -b -x \\\\h\\s q",
        "' \" \\",
        "kv put a b=c",
    ]
    for name in NAMES:
        for tail in tails:
            redactor.text(f"{name} {tail}")
            redactor.arguments([name, *tail.split(" ")])


@pytest.mark.parametrize("line", COMMANDS.strip().split("\n"))
def test_what_was_hidden_stays_as_it_is(line: str) -> None:
    """A record is read again when it is packed or scrubbed; what follows a hidden value is none."""
    redactor = Redactor(KEY)
    once = redactor.text(line.replace("@S@", "Kx7mQ2vB9pLw4TzR"))

    if once.count("'") % 2 == 0:  # with its closing quote hidden too, a line reads otherwise
        assert redactor.text(once) == once
    try:
        words = redactor.arguments(shlex.split(line.replace("@S@", "Kx7mQ2vB9pLw4TzR")))
    except ValueError:
        return  # no whole line of a shell
    assert redactor.arguments(words) == words
