"""Refuse placeholders where what fills them would be run as code.

A failure's message comes from anywhere: a server, a file, a model. As a word of a command it is text; inside of the
code of `sh -c` it is a command, and no quoting is right for every shell, language and depth. So such a template is
refused, and the message names the variable that holds the same text.

Known are those who run code, not those who start them: wherever one of them stands among the words, behind `env`,
`sudo`, `timeout` or a wrapper that nobody has heard of, its code is found. Of those who take all their words as code
(`ssh`, `make`) the names are words of every day, so they count as the command, or behind a known wrapper.
"""

from __future__ import annotations

import os
import re
import shutil

from aitrack.errors import UsageError
from aitrack.policy.hint import placeholders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aitrack.policy.loop import Plan as Policies
    from aitrack.supervise.plan import RunPlan

_VARIABLES = {"hint": "AITRACK_HINT", "hint_file": "AITRACK_HINT_FILE", "attempt": "AITRACK_ATTEMPT"}
_ARGS = "{args}"
_LONGEST_NAME = 1000


class _Runner:
    """How a program is given code: by which options, as which operand, or by all of its words.

    *short* are letters and *long* whole options whose value is code, *values* options with another value. *is_shell*
    takes as code the first operand behind all options. *operand* counts operands: the first, the second is code.
    With *is_last* all words behind the code are the program's.
    """

    __slots__ = ("is_last", "is_shell", "long", "operand", "short", "takes_all", "values")

    def __init__(
        self,
        short: str = "",
        long: str = "",
        *,
        values: str = "",
        operand: int = 0,
        is_shell: bool = False,
        is_last: bool = False,
        takes_all: bool = False,
    ) -> None:
        self.short = frozenset(short)
        self.long = frozenset(long.split())
        self.values = frozenset(values.split())
        self.operand = operand
        self.is_shell = is_shell
        self.is_last = is_last
        self.takes_all = takes_all


_SHELL = _Runner(
    "c", "--command", values="-o +o -O +O --rcfile --init-file -C --init-command --config --env-config", is_shell=True
)
_SHELLS = """
    sh bash rbash dash ash zsh ksh mksh pdksh lksh yash posh fish csh tcsh nu xonsh elvish osh ysh rc es hush ion brush
"""
_ALL_CODE = """
    ssh rsh mosh dsh pdsh pssh clush watch parallel eval make gmake bmake socat tmux screen xterm at entr timeit
"""
_RUNNERS = {
    _SHELLS: _SHELL,
    "pwsh powershell": _Runner("c", "-c -command -Command --command", values="-File -ExecutionPolicy"),
    "python pypy ipython micropython jython graalpy": _Runner(
        "c", values="-W -X -Q --check-hash-based-pycs", is_last=True
    ),
    "perl": _Runner("eEMm", values="-I"),
    "ruby jruby": _Runner("e", values="-I -r -C -E"),
    "node nodejs bun": _Runner("ep", "--eval --print", values="-r --require --import --loader -C --conditions"),
    "deno": _Runner("", "eval", values=""),
    "php": _Runner("rBRE", "--run --process-begin --process-code --process-end", values="-d -c -z -S -t"),
    "lua luajit": _Runner("e", values="-l"),
    "r rscript littler": _Runner("e", "--eval"),
    "julia octave": _Runner("eE", "--eval --print", values="-L -J -p -t --project"),
    "groovy scala elixir ghc guile racket clojure clj osascript gnuplot expect": _Runner("ec", "--eval --execute -e"),
    "erl sbcl emacs emacsclient swipl": _Runner("eg", "--eval -eval --execute -e -g", values="-l -f -b"),
    "vi vim nvim ex gdb lldb": _Runner("co", "--cmd --command --eval-command -ex -iex -ix --one-line"),
    "psql": _Runner("c", "--command", values="-d -h -p -U -f -v -F -R -T -L -o"),
    "mysql mariadb mongosh mongo cqlsh": _Runner("e", "--execute --eval --init-command", values="-h -P -u -D -S"),
    "sqlite3 duckdb": _Runner("cs", "-cmd -c -s --cmd", operand=2, values="-init -separator -nullvalue"),
    "awk gawk mawk nawk original-awk": _Runner("ei", "--source", values="-F -v -f --file", operand=1),
    "sed gsed": _Runner("e", "--expression", values="-f --file -l -E", operand=1),
    "env": _Runner("S", "--split-string", values="-u -C --unset --chdir"),
    "su runuser script flock sg newgrp": _Runner("c", "--command", values="-s -g -G -w -E -t -u", operand=0),
    "nix-shell": _Runner("", "--run --command"),
    "rsync": _Runner("e", "--rsh --rsync-path"),
    _ALL_CODE: _Runner(takes_all=True),
}
_BY_NAME = {name: runner for names, runner in _RUNNERS.items() for name in names.split()}
_STARTERS = """
    env sudo doas timeout nice nohup setsid stdbuf ionice chrt taskset time xargs strace ltrace flock docker podman
    kubectl chroot unshare nsenter su runuser systemd-run systemd-cat uv poetry pipenv hatch pdm conda micromamba tini
    dumb-init gosu su-exec busybox toybox find setpriv capsh firejail bwrap npx direnv dotenv exec command
"""
_WRAPPERS = frozenset(_STARTERS.split())
_VERSION = re.compile(r"(-?\d[\d.]*[a-z]?)?(-dbg|-static)?$")


def refuse_code(plan: RunPlan) -> None:
    """Raise `UsageError` when a placeholder of the command stands in code."""
    _refuse(plan.argv, "`--template`", placeholders, _VARIABLES)
    if plan.form == "code" and placeholders(plan.argv[plan.own_words - 1]):  # whatever the interpreter is called
        _refuse(["python", "-c", plan.argv[plan.own_words - 1]], "`--template`", placeholders, _VARIABLES)


def refuse_code_beside(plan: RunPlan, wanted: Policies) -> None:
    """Raise `UsageError` when a placeholder stands in code of a fallback, a remedy or the command after a failure."""
    is_template = bool(plan.settings.value("template"))

    def all_names(word: str) -> list[str]:
        return [*(placeholders(word) if is_template else ()), *(["args"] if _ARGS in word else ())]

    for fallback in wanted.fallbacks:
        if fallback.kind == "run":
            _refuse(fallback.run, "`--fallback`", all_names, _VARIABLES)
        elif fallback.kind == "args" and is_template:
            _refuse([*plan.argv[: plan.own_words], *fallback.args], "`--fallback-args`", placeholders, _VARIABLES)
    if not is_template:
        return
    for remedy in wanted.remedies:
        _refuse(remedy.run, "`--heal`", placeholders, _VARIABLES)
    after = {"hint": "AITRACK_SUMMARY", "kind": "AITRACK_SUMMARY"}
    _refuse(plan.settings.value("on_failure") or (), "`--on-failure`", placeholders, after)


def _refuse(
    words: Sequence[str], where: str, names_in: Callable[[str], list[str]], variables: Mapping[str, str]
) -> None:
    for runner, code in _code_in(words):
        if names := names_in(code):
            name = names[0]
            by = f"stands in code that `{os.path.basename(runner)}` would run" if runner else "is the command itself"
            told = f"{where}: `{{{name}}}` {by}"
            if name == "args":
                raise UsageError(told, hint=f'give `{_ARGS}` as a word of its own behind the code, which sees "$@"')
            raise UsageError(told, hint=f"use the variable {variables.get(name, 'AITRACK_HINT_FILE')} there")


def _code_in(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield every word that somebody among *words* runs as code, with who does."""
    if words:
        yield "", words[0]
    is_wrapped = bool(words) and os.path.basename(words[0]) in _WRAPPERS
    for at, word in enumerate(words):
        for runner in _runners(word):
            if runner.takes_all and at and not is_wrapped and words[at - 1] != "-m":
                continue
            rest = words[at + 1 :]
            for code in rest if runner.takes_all else _code_of(runner, rest):
                yield word, code


def _runners(word: str) -> list[_Runner]:
    """Return what is known of the program *word*, by its name and by that of the file that it is a link to."""
    if word[:1] == "-" or not word.isprintable() or len(word) > _LONGEST_NAME:
        return []
    names = [word, os.path.realpath(word if "/" in word else shutil.which(word) or word)]
    found: list[_Runner] = []
    for name in names:
        base = os.path.basename(name).lower().removesuffix(".exe")
        runner = _BY_NAME.get(base) or _BY_NAME.get(_VERSION.sub("", base))
        if runner is not None and runner not in found:
            found.append(runner)
    return found


def _code_of(runner: _Runner, words: Sequence[str]) -> Iterator[str]:
    """Yield the code among *words*, which stand behind the name of *runner*; every option counts as code."""
    operands = 0
    takes_code = is_value = False
    for at, word in enumerate(words):
        is_option = word[:1] in ("-", "+") and len(word) > 1
        if is_value and not (runner.is_shell and is_option):
            is_value = False
            if takes_code and runner.is_shell:
                yield word  # `sh -c -C CODE`: one shell's flag is another's option with a value
            if takes_code and runner.is_last:
                return
            continue
        if word == "--":
            continue
        if is_option or word in runner.long:
            yield word
            is_value = word in runner.values
            takes_code = takes_code or (runner.operand == 1 and word in ("-f", "--file"))
            if _asks_for_code(runner, word):
                takes_code = True
                if not runner.is_shell:
                    yield from words[at + 1 : at + 2]
                    is_value = True
            continue
        operands += 1
        if runner.is_shell:
            if takes_code:
                yield word
            return
        if operands == runner.operand and not (takes_code and runner.operand == 1):
            yield word
        if operands >= runner.operand and not _goes_on(runner):
            return


def _goes_on(runner: _Runner) -> bool:
    """Say whether options of *runner* may stand behind its operands, as with `su USER -c CODE`."""
    return runner in (_BY_NAME["su"], _BY_NAME["psql"], _BY_NAME["mysql"], _BY_NAME["vim"])


def _asks_for_code(runner: _Runner, word: str) -> bool:
    """Say whether the value of the option *word* is code."""
    if word in runner.long:
        return True
    if word[:2] == "--" or word[:1] == "+":
        return False
    return bool(runner.short.intersection(word[1:]) if runner.is_shell else word[-1] in runner.short)
