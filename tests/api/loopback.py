"""A server on this machine that speaks the wire formats of OpenAI and Anthropic: what it answers is a test's script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Body = dict[str, Any]
Script = Callable[[Body, int], "Reply"]


class Reply:
    """What the server says: a text in the format that was asked for, or an error."""

    def __init__(
        self,
        text: str = "",
        *,
        finish: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
        error: Body | None = None,
        tokens: tuple[int, int] = (10, 5),
        refusal: str = "",
        tool: tuple[str, str] | None = None,
    ) -> None:
        self.text = text
        self.finish = finish
        self.status = status
        self.headers = headers or {}
        self.error = error
        self.tokens = tokens
        self.refusal = refusal
        self.tool = tool


class Server:
    """The server, and what it was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Body] = []
        self.raw: list[bytes] = []
        self.url = ""

    def openai(self) -> Any:
        """A client of the real SDK that retries nothing itself."""
        import openai

        return openai.OpenAI(api_key="sk-test", base_url=f"{self.url}/v1", max_retries=0)

    def openai_async(self) -> Any:
        import openai

        return openai.AsyncOpenAI(api_key="sk-test", base_url=f"{self.url}/v1", max_retries=0)

    def anthropic(self) -> Any:
        import anthropic

        return anthropic.Anthropic(api_key="sk-test", base_url=self.url, max_retries=0)

    def anthropic_async(self) -> Any:
        import anthropic

        return anthropic.AsyncAnthropic(api_key="sk-test", base_url=self.url, max_retries=0)


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    """Serve *script*, a function of (request body, number of the call from 1)."""
    server = Server(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            body: Body = json.loads(raw)
            server.asked.append(body)
            server.raw.append(raw)
            reply = server.script(body, len(server.asked))
            if reply.status != 200:
                self._send(reply, "application/json", json.dumps(reply.error or {"error": {"message": "no"}}).encode())
            elif body.get("stream"):
                events = _anthropic_events if self.path.endswith("/messages") else _chat_events
                self._send(reply, "text/event-stream", b"".join(events(reply, body)))
            else:
                form = (
                    _anthropic if self.path.endswith("/messages") else _responses if "responses" in self.path else _chat
                )
                self._send(reply, "application/json", json.dumps(form(reply, body)).encode())

        def _send(self, reply: Reply, kind: str, data: bytes) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _usage(reply: Reply) -> Body:
    given, taken = reply.tokens
    return {"prompt_tokens": given, "completion_tokens": taken, "total_tokens": given + taken}


def _chat(reply: Reply, body: Body) -> Body:
    message: Body = {"role": "assistant", "content": reply.text, "refusal": reply.refusal or None}
    if reply.tool:
        function = {"name": reply.tool[0], "arguments": reply.tool[1]}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    finish = reply.finish or ("tool_calls" if reply.tool else "stop")
    choice = {"index": 0, "finish_reason": finish, "logprobs": None, "message": message}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": f"{body['model']}-2026",
            "choices": [choice], "usage": _usage(reply)}  # fmt: skip


def _chat_events(reply: Reply, body: Body) -> Iterator[bytes]:
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": f"{body['model']}-2026"}
    half = len(reply.text) // 2
    for text in (reply.text[:half], reply.text[half:]):
        yield _event({**base, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})
    yield _event({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish or "stop"}]})
    yield _event({**base, "choices": [], "usage": _usage(reply)})
    yield b"data: [DONE]\n\n"


def _event(data: Body, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(data).encode() + b"\n\n"


def _responses(reply: Reply, body: Body) -> Body:
    part = {"type": "output_text", "text": reply.text, "annotations": []}
    output = [{"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [part]}]
    cut = {"reason": "max_output_tokens"} if reply.finish == "length" else None
    usage = {"input_tokens": reply.tokens[0], "output_tokens": reply.tokens[1], "total_tokens": sum(reply.tokens),
             "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip
    return {"id": "r1", "object": "response", "created_at": 1, "model": body["model"], "output": output, "tools": [],
            "status": "incomplete" if cut else "completed", "incomplete_details": cut, "usage": usage,
            "parallel_tool_calls": False, "tool_choice": "auto", "error": None, "instructions": None,
            "metadata": {}, "temperature": 1.0, "top_p": 1.0}  # fmt: skip


def _anthropic(reply: Reply, body: Body) -> Body:
    content: list[Body] = [{"type": "text", "text": reply.text}]
    if reply.tool:
        content = [{"type": "tool_use", "id": "toolu_1", "name": reply.tool[0], "input": json.loads(reply.tool[1])}]
    return {"id": "m1", "type": "message", "role": "assistant", "model": body["model"], "content": content,
            "stop_reason": reply.finish or "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": reply.tokens[0], "output_tokens": reply.tokens[1]}}  # fmt: skip


def _anthropic_events(reply: Reply, body: Body) -> Iterator[bytes]:
    start = _anthropic(Reply("", tokens=(reply.tokens[0], 1)), body) | {"content": [], "stop_reason": None}
    yield _event({"type": "message_start", "message": start}, "message_start")
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield _event(block, "content_block_start")
    half = len(reply.text) // 2
    for text in (reply.text[:half], reply.text[half:]):
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        yield _event(delta, "content_block_delta")
    yield _event({"type": "content_block_stop", "index": 0}, "content_block_stop")
    end = {"stop_reason": reply.finish or "end_turn", "stop_sequence": None}
    last = {"type": "message_delta", "delta": end, "usage": {"output_tokens": reply.tokens[1]}}
    yield _event(last, "message_delta")
    yield _event({"type": "message_stop"}, "message_stop")
