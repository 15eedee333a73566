"""Opens what is encoded, to look inside: runs of base64, texts in percent form. Each run is opened once."""

from __future__ import annotations

from . import redact_looks as looks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Callable, Iterator, List, Tuple

    Runs = List[Tuple[int, int]]

_CHUNK = looks.LONGEST_OPENED // 4 * 4
_WRAPPED = range(56, 81)  # columns at which base64 is broken into lines
_BREAK = r"(?:\r?\n|\\n|\\r\\n)[ \t]{0,40}[\"']?[ \t]{0,40}[bB]?[\"']?"
_LAST_LINE = r"[A-Za-z0-9+/_\-]{1,80}={0,2}"
_DELIMITERS = " \n\t\r\"'<>?&="
_ESCAPE = r"%[0-9A-Fa-f]{2}"
_RUN = r"[^\s\"'<>&]{1,4096}"


def opened_base64(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield the parts of a run of base64 with what each says; a long run is opened piece by piece."""
    for begin in range(start, end, _CHUNK):
        stop = min(end, begin + _CHUNK)
        opened = looks.open_base64(text[begin:stop])
        if opened:
            yield begin, stop, opened


def blocks(text: str, runs: Runs, pattern: Callable[[str], Pattern[str]]) -> Iterator[tuple[str, list[int]]]:
    """Yield base64 that was broken into lines, joined, with the place in *text* of each of its signs."""
    index = 0
    while index < len(runs):
        first = index
        pieces = [runs[index]]
        while runs[index][1] - runs[index][0] in _WRAPPED:
            match = pattern(_BREAK).match(text, runs[index][1])
            if match is None:
                break
            if index + 1 < len(runs) and runs[index + 1][0] == match.end():
                index += 1
                pieces.append(runs[index])
                continue
            last = pattern(_LAST_LINE).match(text, match.end())
            if last is not None:
                pieces.append(last.span())
            break
        if len(pieces) > 1:
            yield _joined(text, pieces)
        index = max(index, first) + 1


def _joined(text: str, pieces: Runs) -> tuple[str, list[int]]:
    places: list[int] = []
    for start, end in pieces:
        places.extend(range(start, end))
    places.append(pieces[-1][1])
    return "".join([text[start:end] for start, end in pieces]), places


def percent_runs(text: str, pattern: Callable[[str], Pattern[str]]) -> Iterator[tuple[int, int]]:
    """Yield the runs of *text* that hold something in percent form."""
    done = 0
    escape, run = pattern(_ESCAPE), pattern(_RUN)
    match = escape.search(text)
    while match is not None:
        place = match.start()
        low = max(done, place - 65536)
        start = max([low] + [text.rfind(sign, low, place) + 1 for sign in _DELIMITERS])
        end = place
        while end - start < looks.LONGEST_OPENED:
            following = run.match(text, end)
            if following is None:
                break
            end = following.end()
        yield start, end
        done = end
        match = escape.search(text, end)
