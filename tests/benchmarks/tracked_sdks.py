"""What following the calls of the real openai and anthropic packages costs an unmodified script.

    python -m tests.benchmarks.tracked_sdks [--rounds 15] [--calls 200]

The server runs in this process, so that only the script's own CPU time is counted: of its loop, and of the whole
process. Bare, wrapped and wrapped without the trail take turns, so that a noisy machine is noisy for all; ratios are
medians of those within a round. Needs Python 3.12 or later, and the `test` extra.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.api.loopback import Body, Reply, serving

AITRACK = str(Path(sys.executable).parent / "aitrack")

SCRIPT = """
import asyncio, sys, time
import anthropic, openai
url, kind, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
asked = [{"role": "user", "content": "hello"}]
chat = {"model": "gpt-a", "messages": asked}
claude = {"model": "claude-a", "max_tokens": 9, "messages": asked}
options = {"api_key": "sk-test", "max_retries": 0}


def sync():
    one, other = openai.OpenAI(base_url=url + "/v1", **options), anthropic.Anthropic(base_url=url, **options)
    for _ in range(calls // 2):
        one.chat.completions.create(**chat)
        other.messages.create(**claude)


def streaming():
    one = openai.OpenAI(base_url=url + "/v1", **options)
    for _ in range(calls):
        for chunk in one.chat.completions.create(stream=True, stream_options={"include_usage": True}, **chat):
            pass


async def concurrent():
    async with openai.AsyncOpenAI(base_url=url + "/v1", **options) as one:
        for _ in range(calls // 10):
            await asyncio.gather(*[one.chat.completions.create(**chat) for _ in range(10)])


def run():
    asyncio.run(concurrent()) if kind == "async" else {"sync": sync, "streaming": streaming}[kind]()


began = time.process_time()
run()
print(time.process_time() - began, time.process_time())
"""
WAYS: dict[str, list[str]] = {
    "bare": [sys.executable],
    "aitrack run": [AITRACK, "run", "--python", sys.executable],
    "without the trail": [AITRACK, "run", "--trace", "off", "--python", sys.executable],
}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--calls", type=int, default=200)
    chosen = options.parse_args()
    print(f"{'':12}{'':20}{'loop ms':>10}{'x bare':>9}{'process ms':>13}{'x bare':>9}")
    with tempfile.TemporaryDirectory() as folder, serving(_answer) as server:
        script = Path(folder) / "ask.py"
        script.write_text(SCRIPT)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AITRACK")}
        env = {**kept, "AITRACK_HOME": f"{folder}/home"}
        for kind in ("sync", "streaming", "async"):
            words = [str(script), server.url, kind, str(chosen.calls)]
            taken: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
            for _ in range(chosen.rounds + 1):
                for way, command in WAYS.items():
                    told = subprocess.run([*command, *words], env=env, capture_output=True, text=True, check=True)
                    loop, whole = map(float, told.stdout.split())
                    taken[way].append((loop, whole))
            _print(kind, {way: times[1:] for way, times in taken.items()})  # the first one made caches


def _print(kind: str, taken: dict[str, list[tuple[float, float]]]) -> None:
    for way, times in taken.items():
        figures = ""
        for part, columns in ((0, 10), (1, 13)):
            ratio = statistics.median(one[part] / bare[part] for one, bare in zip(times, taken["bare"], strict=True))
            middle = statistics.median(one[part] for one in times) * 1000
            figures += f"{middle:>{columns}.0f}{ratio:>9.3f}"
        print(f"{kind:12}{way:20}{figures}")


def _answer(body: Body, number: int) -> Reply:
    return Reply("hi there")


if __name__ == "__main__":
    main()
