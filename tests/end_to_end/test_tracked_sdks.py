"""An unmodified script that uses the real openai and anthropic packages: what `usage` knows of its calls."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.api.loopback import Body, Reply, serving
from tests.interpreters import require

MONITORED = sys.version_info >= (3, 12)
needs_monitoring = pytest.mark.skipif(not MONITORED, reason="sys.monitoring came with 3.12; this runs an older one")

SCRIPT = """
import asyncio, sys
import anthropic, openai

url = sys.argv[1]
asked = [{"role": "user", "content": "hello"}]
chat = openai.OpenAI(api_key="sk-test", base_url=url + "/v1", max_retries=0)
for _ in range(3):
    assert chat.chat.completions.create(model="gpt-a", messages=asked).choices[0].message.content == "hi there"
for _ in range(2):
    try:
        chat.chat.completions.create(model="gpt-broken", messages=asked)
    except openai.RateLimitError as error:
        print(type(error).__name__)
options = {"stream": True, "stream_options": {"include_usage": True}}
print("".join(c.choices[0].delta.content or "" for c in
              chat.chat.completions.create(model="gpt-s", messages=asked, **options) if c.choices))
assert chat.responses.create(model="gpt-r", input="hello").output_text == "hi there"
claude = anthropic.Anthropic(api_key="sk-test", base_url=url, max_retries=0)
assert claude.messages.create(model="claude-a", max_tokens=9, messages=asked).content[0].text == "hi there"
with claude.messages.stream(model="claude-s", max_tokens=9, messages=asked) as stream:
    print(stream.get_final_text())


async def main():
    own = openai.AsyncOpenAI(api_key="sk-test", base_url=url + "/v1", max_retries=0)
    other = anthropic.AsyncAnthropic(api_key="sk-test", base_url=url, max_retries=0)
    await asyncio.gather(*[own.chat.completions.create(model="gpt-async", messages=asked) for _ in range(5)])
    await other.messages.create(model="claude-async", max_tokens=9, messages=asked)
    found = ""
    async for chunk in await own.chat.completions.create(model="gpt-as", messages=asked, **options):
        if chunk.choices:
            found += chunk.choices[0].delta.content or ""
    print(found)
    async with other.messages.stream(model="claude-as", max_tokens=9, messages=asked) as stream:
        print(await stream.get_final_text())


asyncio.run(main())
"""

# model -> (calls, failures, tokens in, tokens out); the server names some models in its answers otherwise
EXPECTED = {
    "gpt-a-2026": (3, 0, 30, 15),
    "gpt-broken": (2, 2, 0, 0),
    "gpt-s-2026": (1, 0, 10, 5),
    "gpt-r": (1, 0, 10, 5),
    "gpt-async-2026": (5, 0, 50, 25),
    "gpt-as-2026": (1, 0, 10, 5),
    "claude-a": (1, 0, 10, 5),
    "claude-s": (1, 0, 10, 5),
    "claude-async": (1, 0, 10, 5),
    "claude-as": (1, 0, 10, 5),
}


def answer(body: Body, number: int) -> Reply:
    """Answer each question alike; one model is always overloaded."""
    if body["model"] == "gpt-broken":
        return Reply(status=429, error={"error": {"message": "slow down", "type": "rate_limit"}})
    return Reply("hi there")


@needs_monitoring
def test_calls_tokens_and_errors_of_real_sdks_are_exact(lab: Any) -> None:
    """Sync, async and streaming, and nothing that the script could notice."""
    lab.python = sys.executable  # the environment that has the packages
    script = lab.script("ask.py", SCRIPT)

    with serving(answer) as server:
        bare = lab.bare(lab.python, script, server.url)
        wrapped = lab.run(script, server.url)

    assert (wrapped.status, wrapped.stdout, wrapped.stderr) == (bare.status, bare.stdout, bare.stderr)
    assert wrapped.status == 0, wrapped.stderr
    rows = json.loads(lab.ask("usage", "--by", "model", "--json").stdout)["rows"]
    found = {row["name"]: row for row in rows if row["name"] in EXPECTED or row["input_tokens"]}
    told = {
        name: (row["calls"], row["failures"], row["input_tokens"], row["output_tokens"]) for name, row in found.items()
    }
    assert told == EXPECTED
    assert all(0 < row["p50_s"] < 5 for row in found.values())


ONLY_STREAMS = """
import asyncio, sys
import anthropic, openai

asked = [{"role": "user", "content": "hello"}]


async def main():
    own = openai.AsyncOpenAI(api_key="sk-test", base_url=sys.argv[1] + "/v1", max_retries=0)
    other = anthropic.AsyncAnthropic(api_key="sk-test", base_url=sys.argv[1], max_retries=0)
    options = {"stream": True, "stream_options": {"include_usage": True}}
    for _ in range(100):
        async for chunk in await own.chat.completions.create(model="gpt-as", messages=asked, **options):
            pass
    for _ in range(3):
        async with other.messages.stream(model="claude-as", max_tokens=9, messages=asked) as stream:
            await stream.get_final_text()
        import email.mime.audio, xml.sax.expatreader  # the trail looks away, and again


asyncio.run(main())
"""


@needs_monitoring
def test_a_script_of_nothing_but_asynchronous_streams(lab: Any) -> None:
    """Their pieces are read where they are made, and are no calls of their own."""
    lab.python = sys.executable
    script = lab.script("ask.py", ONLY_STREAMS)

    with serving(answer) as server:
        assert lab.run(script, server.url).status == 0

    rows = json.loads(lab.ask("usage", "--by", "tool", "--json").stdout)["rows"]
    told = {row["name"]: (row["calls"], row["input_tokens"], row["output_tokens"]) for row in rows}
    assert told["openai.chat.completions.create"] == (100, 1000, 500)
    assert told["anthropic.stream"] == (3, 30, 15), told
    assert set(told) - {"subprocess.run", "subprocess.Popen"} == {
        "openai.chat.completions.create",
        "anthropic.stream",
        "httpx.send",
    }


@needs_monitoring
def test_tracking_is_off_when_asked(lab: Any) -> None:
    """`--trace off`."""
    lab.python = sys.executable
    script = lab.script("ask.py", SCRIPT)

    with serving(answer) as server:
        assert lab.run("--trace", "off", script, server.url).status == 0

    rows = json.loads(lab.ask("usage", "--by", "model", "--json").stdout)["rows"]
    assert not [row for row in rows if row["name"] in EXPECTED]


def test_an_older_interpreter_says_what_it_lacks(lab: Any) -> None:
    """3.12, or a decorator."""
    lab.python = require("3.11")
    lab.script("site-packages/openai/__init__.py", "")
    lab.script("site-packages/openai-2.0.dist-info/METADATA", "Name: openai\n")
    lab.script("ask.py", "import sys\nsys.path.append('site-packages')\nimport openai\nraise ValueError('no')\n")

    lab.run("ask.py")

    told = lab.ask("inspect").stdout.decode()
    assert "calls of openai are not seen on Python 3.11: that needs 3.12" in " ".join(told.split())
