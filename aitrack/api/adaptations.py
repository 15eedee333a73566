"""Adaptations beside those of `policy.prompt`: for a single long text, and for an invalid request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrack.policy import prompt

if TYPE_CHECKING:
    from aitrack.policy.prompt import Request, Trouble

_SHORT = 2000  # signs; below this no message is worth cutting
_KEPT_SHARE = 0.3  # of a long message on either side
_MARK = "\n[… {} characters left out …]\n"


def cut_middle(request: Request, trouble: Trouble) -> Request | None:
    """Cut the middle out of the longest text: what is asked stands at the beginning or at the end."""
    places = [place for place, message in enumerate(request.base) if isinstance(message.get("content"), str)]
    longest = max(places, key=lambda place: len(request.base[place]["content"]), default=None)
    if longest is None or len(request.base[longest]["content"]) < _SHORT:
        return None
    base = list(request.base)
    base[longest] = {**base[longest], "content": shortened(base[longest]["content"])}
    return request.replaced(base=tuple(base))


def shortened(text: str) -> str:
    """Return the beginning and the end of *text*, cut at white space where there is some."""
    kept = int(len(text) * _KEPT_SHARE)
    head, tail = text[:kept], text[-kept:]
    head = head[: head.rfind(" ")] if " " in head[-200:] else head
    tail = tail[tail.find(" ") + 1 :] if " " in tail[:200] else tail
    return head + _MARK.format(len(text) - len(head) - len(tail)) + tail


def mended(request: Request, trouble: Trouble) -> Request | None:
    """Mend what makes a request invalid everywhere: empty messages, control characters, lone surrogates."""
    base: list[dict[str, Any]] = []
    for message in request.base:
        content = message.get("content")
        if isinstance(content, str):
            clean = _clean(content)
            if clean.strip() or message.get("tool_calls"):
                base.append(message if clean == content else {**message, "content": clean})
        else:
            base.append(message)
    return request.replaced(base=tuple(base)) if base and base != list(request.base) else None


def _clean(text: str) -> str:
    plain = text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
    return "".join(sign for sign in plain if sign >= " " or sign in "\n\r\t")


prompt.register("cut_middle", cut_middle, ("context_length",))
prompt.ADAPTATIONS["mended"] = mended
