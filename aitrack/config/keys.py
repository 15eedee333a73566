"""Every setting there is: one table, read by the loader, the help and `aitrack config`.

A key is the place in TOML (`retry.delay` is `delay` below `[retry]`).  `option`
is the same setting on the command line, and `AITRACK_OPT_<OPTION>` in the
environment.  Below `breaker.` stand the defaults of all breakers; a table
`[breaker.NAME]` may set each of them for one.

How far a value reaches decides which files may set it: a folder may hold a
settings file that its user never read.  Each key says so, by value where the
direction matters, and has no default for it: a new key must be thought about.
"""

from __future__ import annotations

from aitrack.config import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


# how far a value reaches, and at the same time what the place that sets it must be at least
NARROWS = 1  # less is recorded, kept or done: from every file that can be read
HARMLESS = 2  # words, waits and counts of this run: from every file of the user's own
REACHES = 3  # commands, other files, what runs share, what is hidden: from what the user chose or trusts
CLASSES = {NARROWS: "narrowing", HARMLESS: "harmless", REACHES: "reaching"}


class Key:
    """One setting: its kind (a function that checks), how far it reaches, its default, option and meaning.

    *reach* is one of the three, or a function of the value.  A key that *adds_up* is a list of things to leave out of
    the record: each place adds its own, and none can take away what another has named.
    """

    __slots__ = ("adds_up", "default", "help", "kind", "option", "reach")

    def __init__(
        self,
        kind: Callable[[Any], Any],
        reach: int | Callable[[Any], int],
        default: Any,
        option: str,
        help: str,
        *,
        adds_up: bool = False,
    ) -> None:
        self.kind = kind
        self.reach = reach
        self.default = default
        self.option = option
        self.help = help
        self.adds_up = adds_up

    def reach_of(self, value: Any) -> int:
        """Return how far *value* reaches; of a list that adds up, how far the farthest of it does."""
        if isinstance(self.reach, int):
            return self.reach
        if self.adds_up:
            return max([self.reach(part) for part in value], default=NARROWS)
        return self.reach(value)

    def width(self, value: Any) -> int:
        """Return a number that is the smaller the more *value* narrows; the same for all that do not."""
        narrowing = self.reach.narrowing if isinstance(self.reach, Direction) else ()
        return narrowing.index(value) if value in narrowing else len(narrowing)


class Direction:
    """How far the values of one key reach: those that narrow (the narrowest first), those that reach, and the rest."""

    __slots__ = ("narrowing", "reaching")

    def __init__(self, *, narrowing: tuple[Any, ...] = (), reaching: tuple[Any, ...] = ()) -> None:
        self.narrowing = narrowing
        self.reaching = reaching

    def __call__(self, value: Any) -> int:
        return NARROWS if value in self.narrowing else REACHES if value in self.reaching else HARMLESS


_PATTERN_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.: /@#*?")
_MOST_STARS = 4
_LONGEST_PATTERN = 200


def _pattern_reach(pattern: str) -> int:
    """Say how far a further pattern of secrets reaches: plain text and a glob only hide more.

    Any other may be an expression that takes hours on the right text, and must not come from a stranger.
    """
    is_bounded = len(pattern) <= _LONGEST_PATTERN and pattern.count("*") <= _MOST_STARS
    return NARROWS if is_bounded and _PATTERN_SIGNS.issuperset(pattern) else REACHES


_IF_ON = Direction(narrowing=(True,))
_COUNTED = ["transient", "overload", "timeout", "resource", "crash", "killed", "unknown"]

KEYS: dict[str, Key] = {
    # one run
    "name": Key(values.text, REACHES, None, "name", "a name for the session instead of the script's"),
    "environment": Key(values.text, HARMLESS, None, "environment", "development, staging, production, ci ..."),
    "tags": Key(values.pairs, HARMLESS, {}, "tag", "labels of the session, `K=V`"),
    "python": Key(values.text, REACHES, None, "python", "the interpreter for Python targets"),
    "capture": Key(
        values.choice("auto", "all", "none"),
        Direction(narrowing=("none",)),
        "auto",
        "capture",
        "how output is recorded",
    ),
    "keep_output": Key(
        values.flag, Direction(narrowing=(False,)), False, "keep-output", "keep the output of passing runs too"
    ),
    "quiet": Key(values.flag, _IF_ON, False, "quiet", "no report about a program that ran"),
    "verbose": Key(values.flag, HARMLESS, False, "verbose", "say what is recorded"),
    "privacy": Key(
        values.choice("strict", "standard", "full"),
        Direction(narrowing=("strict",), reaching=("full",)),
        "standard",
        "privacy",
        "how much of values is kept",
    ),
    "template": Key(
        values.flag, REACHES, False, "template", "fill `{hint}`, `{attempt}` ... in the words of the command"
    ),
    "on_failure": Key(values.command, REACHES, None, "on-failure", "a command after the last failed attempt"),
    "lock": Key(values.text, REACHES, None, "lock", "only one run with this name at a time"),
    "lock_wait": Key(values.duration, REACHES, 0.0, "lock-wait", "wait so long for the lock"),
    "ci": Key(
        values.choice("auto", "github", "gitlab", "buildkite", "none"),
        REACHES,
        "none",
        "ci",
        "tell the CI system of a failed run",
    ),
    "junit": Key(values.text, REACHES, None, "junit", "write the attempts into this file as JUnit XML"),
    "export": Key(values.words, REACHES, [], "export", "hand the session on: `otlp`, `sentry` or `FORMAT=FILE`"),
    "preflight": Key(
        values.choice("off", "warn", "stop"), REACHES, "off", "preflight", "compare with successful runs first"
    ),
    # retry
    "retry.retries": Key(
        values.retries,
        Direction(reaching=(None,)),
        0,
        "retries",
        "how often to try again; `unlimited` needs a deadline",
    ),
    "retry.on": Key(
        values.words, HARMLESS, ["transient", "overload", "timeout"], "retry-on", "failures that are retried"
    ),
    "retry.never": Key(values.words, HARMLESS, [], "no-retry-on", "failures that are never retried"),
    "retry.backoff": Key(
        values.choice("full", "decorrelated", "equal", "exponential", "constant"),
        HARMLESS,
        "full",
        "backoff",
        "shape of the waits",
    ),
    "retry.delay": Key(values.duration, HARMLESS, 1.0, "delay", "the first wait"),
    "retry.max_delay": Key(values.duration, HARMLESS, 60.0, "max-delay", "the longest wait"),
    "retry.backoff_factor": Key(values.number, HARMLESS, 2.0, "backoff-factor", "how waits grow"),
    "retry.attempt_timeout": Key(
        values.duration, HARMLESS, None, "attempt-timeout", "end an attempt after so long (status 124)"
    ),
    "retry.kill_after": Key(values.duration, HARMLESS, 5.0, "kill-after", "KILL so long after TERM"),
    "retry.deadline": Key(
        values.duration, HARMLESS, None, "deadline", "the time that all attempts and waits have together"
    ),
    "retry.max_retry_after": Key(
        values.duration, HARMLESS, 300.0, "max-retry-after", "the longest wait a server may ask for"
    ),
    "retry.output": Key(
        values.choice("stream", "last", "success"), REACHES, "stream", "output", "whose stdout is shown"
    ),
    "retry.idempotent": Key(
        values.choice("yes", "guard", "no"),
        Direction(narrowing=("no", "guard")),
        "yes",
        "idempotent",
        "whether running twice is safe",
    ),
    "retry.learn": Key(values.flag, HARMLESS, True, "learn", "use how often retries helped before"),
    "retry.escalate": Key(
        values.choice("on", "off"), Direction(narrowing=("off",)), "on", "escalate", "record more on later attempts"
    ),
    "retry.stdin_limit": Key(
        values.size, HARMLESS, 256 << 20, "stdin-limit", "how much piped input is kept for replay"
    ),
    "retry.budget.name": Key(values.text, REACHES, None, "budget", "a budget of retries shared by runs"),
    "retry.budget.ratio": Key(values.number, HARMLESS, 0.1, "budget-ratio", "retries allowed per first attempt"),
    "retry.budget.min": Key(values.count, HARMLESS, 3, "budget-min", "retries that are always allowed"),
    "retry.budget.window": Key(
        values.duration, HARMLESS, 60.0, "budget-window", "the time over which both are counted"
    ),
    "retry.rule": Key(values.table, REACHES, [], "", "your own classification of failures"),
    # breaker
    "breaker.use": Key(values.words, REACHES, [], "breaker", "circuit breakers that must let the run pass"),
    "breaker.window": Key(
        values.window, HARMLESS, ("calls", 100.0), "breaker-window", "calls (`100`) or time (`60s`) judged"
    ),
    "breaker.rate": Key(values.percent, HARMLESS, 50.0, "breaker-rate", "per cent of failures that open it"),
    "breaker.min_calls": Key(values.positive, HARMLESS, 10, "breaker-min-calls", "calls before it judges"),
    "breaker.open_for": Key(values.duration, HARMLESS, 30.0, "breaker-open-for", "how long it stays open"),
    "breaker.max_open_for": Key(
        values.duration, HARMLESS, None, "breaker-max-open-for", "open time doubles up to this"
    ),
    "breaker.probes": Key(
        values.positive, HARMLESS, 1, "breaker-probes", "probes at a time, and successes that close it"
    ),
    "breaker.slow": Key(values.duration, HARMLESS, None, "breaker-slow", "an attempt is slow from here on"),
    "breaker.slow_rate": Key(
        values.percent, HARMLESS, 100.0, "breaker-slow-rate", "per cent of slow attempts that open it"
    ),
    "breaker.counts": Key(values.words, HARMLESS, _COUNTED, "breaker-counts", "categories that count as failures"),
    "breaker.wait": Key(values.duration, HARMLESS, 0.0, "breaker-wait", "wait so long for admission"),
    # after the attempts, and between them
    "fallback": Key(values.table, REACHES, [], "fallback", "what to do instead, in order"),
    "heal": Key(values.table, REACHES, [], "heal", "remedies that may be tried"),
    "heal_system": Key(values.flag, REACHES, False, "heal-system", "let `install` work outside a virtual environment"),
    "heal_dry_run": Key(values.flag, _IF_ON, False, "heal-dry-run", "say what remedies would do"),
    # what is recorded
    "collect.trace": Key(
        values.choice("auto", "off", "calls", "lines"),
        Direction(narrowing=("off",)),
        "auto",
        "trace",
        "how much of what led to a failure is recorded",
    ),
    "collect.native": Key(values.flag, HARMLESS, False, "native", "stacks of native crashes from the first attempt on"),
    "collect.focus": Key(
        values.text, REACHES, None, "focus", "follow the functions that failed in this session line by line"
    ),
    "collect.no_locals": Key(
        values.names, NARROWS, [], "no-locals", "names of variables that are never pictured", adds_up=True
    ),
    "collect.max_rss": Key(values.size, REACHES, None, "max-rss", "end an attempt whose memory grows above this"),
    "redact.safe_keys": Key(values.words, REACHES, [], "", "names that are no secrets here"),
    "redact.extra": Key(values.words, _pattern_reach, [], "", "further patterns of secrets", adds_up=True),
    "track.off": Key(values.flag, _IF_ON, False, "", "follow no calls of libraries"),
    "track.functions": Key(values.names, REACHES, [], "", "functions that are followed, `package.module:name`"),
    "prices": Key(values.table, HARMLESS, {}, "", "prices of models, per million tokens"),
    # which projects may decide
    "trust.paths": Key(values.words, REACHES, [], "", "folders whose settings files are trusted (the user's own file)"),
    # the store
    "store.max_size": Key(values.size, REACHES, 1 << 30, "", "retention: size of all sessions"),
    "store.max_age": Key(values.duration, REACHES, 30 * 86400.0, "", "retention: age of a session"),
    "store.keep_samples": Key(values.count, REACHES, 5, "", "newest failures of each pattern that are kept longest"),
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

# every name that a settings file may hold and that is ours, without those that a user chooses
PARTS = {part for key in KEYS for part in key.split(".")} | {part for parts in LISTS.values() for part in parts}
