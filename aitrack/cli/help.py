"""`aitrack help`: topics, longer than `--help` and shorter than a manual."""

from __future__ import annotations

from importlib import resources

from aitrack.cli.grammar import Argument, Option, Word, suggestion
from aitrack.errors import NotFound


def show(topic: str | None, man: bool) -> int:
    """Print *topic*, or the list of all; or the manual page."""
    if man:
        from aitrack.cli.manual import manual

        print(manual(), end="")
        return 0
    from aitrack.report.output import Output

    out = Output()
    if topic is None:
        out.write(["topics, `aitrack help TOPIC`:", *(f"  {name:<14}{_first_line(name)}" for name in topics())])
        return 0
    if topic not in topics():
        from aitrack.cli.app import WORDS

        if topic in WORDS:
            from aitrack.cli.typed import show_help

            return show_help([topic, "--help"])
        raise NotFound(f"there is no topic `{topic}`", hint=suggestion(topic, topics()) or "see `aitrack help`")
    if out.is_terminal and out.coloured:
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text_of(topic)))
    else:
        out.page(text_of(topic).rstrip().split("\n"))
    return 0


def topics() -> list[str]:
    """Return the names of all topics."""
    folder = resources.files("aitrack") / "help"
    return sorted(file.name.removesuffix(".md") for file in folder.iterdir() if file.name.endswith(".md"))


def text_of(topic: str) -> str:
    """Return the text of *topic*, Markdown."""
    return (resources.files("aitrack") / "help" / f"{topic}.md").read_text("utf-8")


def _first_line(topic: str) -> str:
    return text_of(topic).partition("\n")[0].lstrip("# ").partition(": ")[2]


HELP = Word(
    "help",
    "Explain a topic.",
    show,
    arguments=(Argument("topic", "The topic; without it they are listed.", required=False),),
    options=(Option("--man", "Print the manual page, for `man -l -`."),),
    examples=("aitrack help capture", "aitrack help --man | man -l -"),
)
