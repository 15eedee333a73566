"""What a word of the command line takes, as a table; and the parser that reads it.

`inspect` answers in a tenth of a second, which is what importing typer alone
takes.  So each word describes itself in a table: this parser reads it for the
call, `typed.py` makes typer's commands of it for help and completion, and a
test proves that both parse alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from aitrack.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Option:
    """An option: a flag unless it has a `metavar`; with `many` it may be repeated."""

    name: str
    help: str
    metavar: str = ""
    short: str = ""
    many: bool = False
    choices: tuple[str, ...] = ()
    convert: Callable[[str], Any] = str
    default: Any = None

    @property
    def parameter(self) -> str:
        """The name of the function's parameter; a trailing underscore where Python owns the word."""
        name = self.name.removeprefix("--").replace("-", "_")
        return name + "_" if name in ("as", "from", "json", "all") else name


@dataclass(frozen=True)
class Argument:
    """A word that stands by its place; `many` takes all that are left."""

    name: str
    help: str
    required: bool = True
    many: bool = False


@dataclass(frozen=True)
class Word:
    """One word of aitrack: what it takes and the function that does it."""

    name: str
    summary: str
    call: Callable[..., int]
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    below: tuple[Word, ...] = field(default=())  # words that may follow, `store scrub`
    takes_rest: bool = False  # what follows the arguments, all of it behind `--`, is another program's


def call(word: Word, words: Sequence[str]) -> int:
    """Do what *word* means with *words*."""
    found = {inner.name: inner for inner in word.below}.get(words[0]) if words else None
    if found:
        return call(found, words[1:])
    if word.below and not word.arguments:
        _refuse_below(word, words)
    return word.call(**parse(word, words))


def _refuse_below(word: Word, words: Sequence[str]) -> None:
    if words and not words[0].startswith("-"):
        known = [inner.name for inner in word.below]
        raise UsageError(
            f"`aitrack {word.name}` has no word `{words[0]}`",
            hint=suggestion(words[0], known) or "one of " + ", ".join(known),
        )


def parse(word: Word, words: Sequence[str]) -> dict[str, Any]:
    """Return the parameters for *word*'s function; UsageError with the nearest spelling."""
    options = {name: option for option in word.options for name in (option.name, option.short) if name}
    values: dict[str, Any] = {option.parameter: _unset(option) for option in word.options}
    places: list[str] = []
    waiting = list(words)
    while waiting:
        text = waiting.pop(0)
        if text == "--":
            places += waiting
            break
        if not text.startswith("-") or text == "-":
            places.append(text)
            continue
        name, equals, value = text.partition("=")
        option = options.get(name)
        if option is None:
            raise _no_option(word, name, list(options))
        if not option.metavar:
            if equals:
                raise UsageError(f"`{name}` takes no value")
            values[option.parameter] = True
            continue
        if not equals:
            if not waiting:
                raise UsageError(f"`{name}` needs a value: {option.metavar}")
            value = waiting.pop(0)
        taken = _convert(option, value)
        if option.many:
            values[option.parameter].append(taken)
        else:
            values[option.parameter] = taken
    return values | _places(word, places)


def _unset(option: Option) -> Any:
    if option.many:
        return []
    return option.default if option.metavar else False


def _convert(option: Option, value: str) -> Any:
    if option.choices and value not in option.choices:
        hint = suggestion(value, option.choices) or "one of " + ", ".join(f"`{name}`" for name in option.choices)
        raise UsageError(f"`{option.name}` cannot be `{value}`", hint=hint)
    try:
        return option.convert(value)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"`{option.name} {value}`: {error}") from None


def _no_option(word: Word, name: str, known: list[str]) -> UsageError:
    return UsageError(
        f"`aitrack {word.name}` has no option `{name}`",
        hint=suggestion(name, known) or f"see `aitrack {word.name} --help`",
    )


def _places(word: Word, places: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for argument in word.arguments:
        if argument.many:
            found[argument.name], places = places, []
        else:
            found[argument.name] = places.pop(0) if places else None
        if argument.required and not found[argument.name]:
            raise UsageError(
                f"`aitrack {word.name}` needs {argument.name.upper()}", hint=f"see `aitrack {word.name} --help`"
            )
    if places and not word.takes_rest:
        raise UsageError(
            f"`aitrack {word.name}` takes no argument `{places[0]}`", hint=f"see `aitrack {word.name} --help`"
        )
    if word.takes_rest:
        found["rest"] = places
    return found


def suggestion(given: str, known: Sequence[str]) -> str | None:
    """Return `did you mean ...` for the nearest of *known*, if one is near."""
    near = get_close_matches(given, known, 1, 0.55)
    return f"did you mean `{near[0]}`?" if near else None
