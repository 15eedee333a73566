"""Says where things in a text end: a line, a quoted string, a bare value. Each stretch is read once.

A text may repeat what begins a value as often as it likes (`password='password='…`), and each beginning asks where
its value ends. The answer is the same for all beginnings within one stretch, so it is kept: the work is that of one
pass, whatever the text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Callable

    Compiler = Callable[[str], Pattern[str]]

STEP = 4096  # signs that a pattern sees at once: it keeps a note of each round it makes
_QUOTED = {'"': r'[^"\\\n]*(?:\\.[^"\\\n]*)*', "'": r"[^'\\\n]*(?:\\.[^'\\\n]*)*", "`": r"[^`\\\n]*(?:\\.[^`\\\n]*)*"}
# What ends a bare value when it follows `,` or `;` or `&`: the next name, or the next thing of a list.
_PAIR = r"(?:[\w.\-]{1,80}[ \t]{0,20}[=:]|[\"'}\]]|--?[A-Za-z])"
_BARE = (
    r"(?:[^\s,;&)\]}<>|\"'`、，。；）】」]+|[,;](?![ \t]{0,20}"
    + _PAIR
    + r"|\s|$)|&(?![\w.\-%\[\]]{0,80}=|(?:amp|quot|lt|gt|#\d{1,4});|\s|$)"
    r"|[)\]}<>|](?![\s,;.:)\]}<>|\"']|\\[nrt]|$)|[\"'`](?=\w))+"
)


class Extents:
    """The ends of the stretches of one text."""

    __slots__ = ("_known", "_pattern", "text")

    def __init__(self, text: str, pattern: Compiler) -> None:
        self.text = text
        self._pattern = pattern
        self._known: dict[str, tuple[int, int]] = {}  # what ends it -> a stretch without it, and its end

    def find(self, sign: str, place: int) -> int:
        """Return where *sign* stands next at or after *place*; the end of the text when it does not."""
        begin, end = self._known.get(sign, (1, 0))
        if not begin <= place <= end:
            end = self.text.find(sign, place)
            end = end if end >= 0 else len(self.text)
            self._known[sign] = (place, end)
        return end

    def line(self, place: int) -> int:
        """Return where the line that holds *place* ends."""
        return self.find("\n", place)

    def quoted(self, quote: str, place: int) -> int:
        """Return where a string ends that began with *quote* before *place*: at the next one that is not escaped."""
        return self._run("quoted" + quote, _QUOTED[quote], place)

    def bare(self, place: int) -> int:
        """Return where a value without quotes ends that begins at *place*."""
        return self._run("bare", _BARE, place)

    def _run(self, name: str, pattern: str, place: int) -> int:
        begin, end = self._known.get(name, (1, 0))
        if not begin <= place < end:
            end = self._read(self._pattern(pattern), place)
            self._known[name] = (place, end)
        return end

    def _read(self, pattern: Pattern[str], place: int) -> int:
        size = len(self.text)
        while place < size:
            match = pattern.match(self.text, place, place + STEP)
            if match is None or match.end() == place:
                break
            is_whole = match.end() < place + STEP - 200  # nearer to the edge, the edge may have ended it
            place = match.end()
            if is_whole:
                break
        return place
