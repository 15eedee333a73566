"""Every setting there is: one table, read by the loader, the help and `aitrack config`.

A key is the place in TOML (`retry.delay` is `delay` below `[retry]`).  `option`
is the same setting on the command line, and `AITRACK_OPT_<OPTION>` in the
environment.  Below `breaker.` stand the defaults of all breakers; a table
`[breaker.NAME]` may set each of them for one.
"""

from __future__ import annotations

from aitrack.config import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Key:
    """One setting: its kind (a function that checks), default, option and meaning."""

    __slots__ = ("default", "help", "kind", "option", "runs_commands")

    def __init__(
        self, kind: Callable[[Any], Any], default: Any, option: str, help: str, runs_commands: bool = False
    ) -> None:
        self.kind = kind
        self.default = default
        self.option = option
        self.help = help
        self.runs_commands = runs_commands


_COUNTED = ["transient", "overload", "timeout", "resource", "crash", "killed", "unknown"]

KEYS: dict[str, Key] = {
    # one run
    "name": Key(values.text, None, "name", "a name for the session instead of the script's"),
    "environment": Key(values.text, None, "environment", "development, staging, production, ci ..."),
    "tags": Key(values.pairs, {}, "tag", "labels of the session, `K=V`"),
    "python": Key(values.text, None, "python", "the interpreter for Python targets"),
    "capture": Key(values.choice("auto", "all", "none"), "auto", "capture", "how output is recorded"),
    "keep_output": Key(values.flag, False, "keep-output", "keep the output of passing runs too"),
    "quiet": Key(values.flag, False, "quiet", "no report about a program that ran"),
    "verbose": Key(values.flag, False, "verbose", "say what is recorded"),
    "privacy": Key(values.choice("strict", "standard", "full"), "standard", "privacy", "how much of values is kept"),
    "template": Key(values.flag, False, "template", "fill `{hint}`, `{attempt}` ... in the words of the command"),
    "on_failure": Key(values.command, None, "on-failure", "a command after the last failed attempt", True),
    "lock": Key(values.text, None, "lock", "only one run with this name at a time"),
    "lock_wait": Key(values.duration, 0.0, "lock-wait", "wait so long for the lock"),
    "ci": Key(
        values.choice("auto", "github", "gitlab", "buildkite", "none"),
        "none",
        "ci",
        "tell the CI system of a failed run",
    ),
    "junit": Key(values.text, None, "junit", "write the attempts into this file as JUnit XML"),
    "export": Key(values.words, [], "export", "hand the session on: `otlp`, `sentry` or `FORMAT=FILE`"),
    "preflight": Key(values.choice("off", "warn", "stop"), "off", "preflight", "compare with successful runs first"),
    # retry
    "retry.retries": Key(values.retries, 0, "retries", "how often to try again; `unlimited` needs a deadline"),
    "retry.on": Key(values.words, ["transient", "overload", "timeout"], "retry-on", "failures that are retried"),
    "retry.never": Key(values.words, [], "no-retry-on", "failures that are never retried"),
    "retry.backoff": Key(
        values.choice("full", "decorrelated", "equal", "exponential", "constant"),
        "full",
        "backoff",
        "shape of the waits",
    ),
    "retry.delay": Key(values.duration, 1.0, "delay", "the first wait"),
    "retry.max_delay": Key(values.duration, 60.0, "max-delay", "the longest wait"),
    "retry.backoff_factor": Key(values.number, 2.0, "backoff-factor", "how waits grow"),
    "retry.attempt_timeout": Key(values.duration, None, "attempt-timeout", "end an attempt after so long (status 124)"),
    "retry.kill_after": Key(values.duration, 5.0, "kill-after", "KILL so long after TERM"),
    "retry.deadline": Key(values.duration, None, "deadline", "the time that all attempts and waits have together"),
    "retry.max_retry_after": Key(values.duration, 300.0, "max-retry-after", "the longest wait a server may ask for"),
    "retry.output": Key(values.choice("stream", "last", "success"), "stream", "output", "whose stdout is shown"),
    "retry.idempotent": Key(values.choice("yes", "guard", "no"), "yes", "idempotent", "whether running twice is safe"),
    "retry.learn": Key(values.flag, True, "learn", "use how often retries helped before"),
    "retry.escalate": Key(values.choice("on", "off"), "on", "escalate", "record more on later attempts"),
    "retry.stdin_limit": Key(values.size, 256 << 20, "stdin-limit", "how much piped input is kept for replay"),
    "retry.budget.name": Key(values.text, None, "budget", "a budget of retries shared by runs"),
    "retry.budget.ratio": Key(values.number, 0.1, "budget-ratio", "retries allowed per first attempt"),
    "retry.budget.min": Key(values.count, 3, "budget-min", "retries that are always allowed"),
    "retry.budget.window": Key(values.duration, 60.0, "budget-window", "the time over which both are counted"),
    "retry.rule": Key(values.table, [], "", "your own classification of failures"),
    # breaker
    "breaker.use": Key(values.words, [], "breaker", "circuit breakers that must let the run pass"),
    "breaker.window": Key(values.window, ("calls", 100.0), "breaker-window", "calls (`100`) or time (`60s`) judged"),
    "breaker.rate": Key(values.percent, 50.0, "breaker-rate", "per cent of failures that open it"),
    "breaker.min_calls": Key(values.positive, 10, "breaker-min-calls", "calls before it judges"),
    "breaker.open_for": Key(values.duration, 30.0, "breaker-open-for", "how long it stays open"),
    "breaker.max_open_for": Key(values.duration, None, "breaker-max-open-for", "open time doubles up to this"),
    "breaker.probes": Key(values.positive, 1, "breaker-probes", "probes at a time, and successes that close it"),
    "breaker.slow": Key(values.duration, None, "breaker-slow", "an attempt is slow from here on"),
    "breaker.slow_rate": Key(values.percent, 100.0, "breaker-slow-rate", "per cent of slow attempts that open it"),
    "breaker.counts": Key(values.words, _COUNTED, "breaker-counts", "categories that count as failures"),
    "breaker.wait": Key(values.duration, 0.0, "breaker-wait", "wait so long for admission"),
    # after the attempts, and between them
    "fallback": Key(values.table, [], "fallback", "what to do instead, in order", True),
    "heal": Key(values.table, [], "heal", "remedies that may be tried", True),
    "heal_system": Key(values.flag, False, "heal-system", "let `install` work outside a virtual environment"),
    "heal_dry_run": Key(values.flag, False, "heal-dry-run", "say what remedies would do"),
    # what is recorded
    "collect.trace": Key(
        values.choice("auto", "off", "calls", "lines"), "auto", "trace", "how much of what led to a failure is recorded"
    ),
    "collect.native": Key(values.flag, False, "native", "stacks of native crashes from the first attempt on"),
    "collect.focus": Key(values.text, None, "focus", "follow the functions that failed in this session line by line"),
    "collect.no_locals": Key(values.words, [], "no-locals", "names of variables that are never pictured"),
    "collect.max_rss": Key(values.size, None, "max-rss", "end an attempt whose memory grows above this"),
    "redact.safe_keys": Key(values.words, [], "", "names that are no secrets here"),
    "redact.extra": Key(values.words, [], "", "further patterns of secrets"),
    "track.off": Key(values.flag, False, "", "follow no calls of libraries"),
    "track.functions": Key(values.words, [], "", "functions that are followed, `package.module:name`"),
    "prices": Key(values.table, {}, "", "prices of models, per million tokens"),
    # the store
    "store.max_size": Key(values.size, 1 << 30, "", "retention: size of all sessions"),
    "store.max_age": Key(values.duration, 30 * 86400.0, "", "retention: age of a session"),
    "store.keep_samples": Key(values.count, 5, "", "newest failures of each pattern that are kept longest"),
}


def _several(raw: Any) -> list[Any]:
    return raw if values.is_list(raw) else [raw]


_MATCH: dict[str, Callable[[Any], Any]] = {
    "exit": _several,
    "exception": values.text,
    "message": values.text,
    "stderr": values.text,
    "signal": values.text,
    "status": _several,
}


def _match(raw: Any) -> dict[str, Any]:
    return parts(values.table(raw), _MATCH)


def parts(raw: dict[str, Any], kinds: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Return the table *raw* with each part checked by its kind; an unknown part is an error."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in kinds:
            raise ValueError(f"unknown key `{name}`" + nearest(name, kinds))
        try:
            found[name] = kinds[name](value)
        except ValueError as error:
            raise ValueError(f"`{name}`: {error}") from None
    return found


def nearest(name: str, known: Any) -> str:
    """Return `, did you mean ...` when something known is near to *name*, else nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(known), 1, 0.6)
    return f", did you mean `{found[0]}`?" if found else ""


# keys whose value is a list of tables, and what each table may hold
LISTS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "retry.rule": {
        "match": _match,
        "category": values.text,
        "kind": values.text,
        "delay": values.duration,
        "max": values.count,
    },
    "fallback": {
        "on": values.words,
        "run": values.command,
        "args": values.command,
        "env": values.pairs,
        "cached": values.duration,
        "text": values.text,
        "file": values.text,
        "timeout": values.duration,
        "retries": values.count,
    },
    "heal": {
        "use": values.text,
        "root": values.text,
        "path": values.text,
        "age": values.duration,
        "var": values.text,
        "factor": values.number,
        "min": values.number,
        "modules": values.words,
        "glob": values.text,
        "run": values.command,
        "on": values.words,
        "wait": values.flag,
        "value": values.text,
    },
}
