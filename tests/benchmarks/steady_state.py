"""What recording costs while a program runs: CPU time of its loops beside bare Python and other tools.

    python tests/benchmarks/steady_state.py [--rounds 7] [--python PATH] [--only NAME ...] [--no-peers]

Each loop measures itself, so that start and end are not counted, nor what a wrapper spends outside of the target.
Ratios are medians of those to the bare run of the same round: tools take turns, so that a noisy machine is noisy for
all. Peers are measured when they are installed in the interpreter (`pip install coverage viztracer`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

AITRACK = str(Path(sys.executable).parent / "aitrack")

# Each defines `loop`, which runs a few tenths of a second bare. What is not installed is skipped.
LOOPS = {
    "objects": """
class Account:
    def __init__(self, owner):
        self.owner, self.balance = owner, 0
    @property
    def is_rich(self):
        return self.balance > 100
    def add(self, amount):
        self.balance += self._checked(amount)
        return self
    def _checked(self, amount):
        return amount if amount > 0 else 0
class Saving(Account):
    def add(self, amount):
        return super().add(amount).is_rich
def loop():
    accounts = [Saving(number) for number in range(100)]
    for number in range(1_500_000):
        accounts[number % 100].add(number % 3)
""",
    "recursion": """
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
def loop():
    fibonacci(32)
""",
    "generators": """
def numbers(n):
    for number in range(n):
        yield number
def odd(found):
    for number in found:
        if number % 2:
            yield number
def squares(found):
    yield from (number * number for number in found)
def loop():
    for _ in range(25):
        sum(squares(odd(numbers(200_000))))
""",
    "numbers": """
def loop():
    total, x = 0.0, 0.5
    for number in range(5_000_000):
        x = 3.7 * x * (1.0 - x)
        if x > 0.5:
            total += x
        else:
            total -= number & 7
""",
    "json and regex": """
import json, re
PAIR = re.compile(r'(\\w+)=(\\d+)')
def loop():
    rows = [{'name': f'user{n}', 'score': n, 'tags': ['a', 'b']} for n in range(1000)]
    for _ in range(200):
        for row in json.loads(json.dumps(rows)):
            PAIR.sub(r'\\2=\\1', f"{row['name']}={row['score']}")
""",
    "markdown": """
from markdown_it import MarkdownIt
TEXT = '# Title\\n\\nSome *text* with `code` and [links](http://x.y).\\n\\n- one\\n- two\\n\\n> quoted **words**\\n\\n' * 20
def loop():
    for _ in range(100):
        MarkdownIt().render(TEXT)
""",
    "200k exceptions": """
def parse(text):
    try:
        return int(text)
    except ValueError:
        return None
def loop():
    for _ in range(200_000):
        parse('x')
""",
    "threads": """
import queue, threading
def work(todo, done):
    while (number := todo.get()) is not None:
        done.append(sum(range(number % 50)))
def loop():
    todo, done = queue.Queue(), []
    workers = [threading.Thread(target=work, args=(todo, done)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for number in range(100_000):
        todo.put(number)
    for _ in workers:
        todo.put(None)
    for worker in workers:
        worker.join()
""",
    "asyncio": """
import asyncio
async def step(n):
    await asyncio.sleep(0)
    return n
async def many():
    for _ in range(400):
        await asyncio.gather(*(step(n) for n in range(200)))
def loop():
    asyncio.run(many())
""",
    "copy.deepcopy": """
import copy
TREE = {n: [{'a': (1, 2), 'b': [n, str(n)]} for _ in range(10)] for n in range(100)}
def loop():
    for _ in range(100):
        copy.deepcopy(TREE)
""",
    "id()": """
def loop():
    things = [object() for _ in range(100)]
    for _ in range(100_000):
        for thing in things:
            id(thing)
""",
    "asdict": """
import dataclasses
@dataclasses.dataclass
class Point:
    x: int
    y: int
@dataclasses.dataclass
class Line:
    points: list
    name: str
LINE = Line([Point(n, n) for n in range(50)], 'l')
def loop():
    for _ in range(6000):
        dataclasses.asdict(LINE)
""",
    "logging": """
import io, logging
logging.basicConfig(stream=io.StringIO(), level=logging.INFO)
LOG = logging.getLogger('loop')
def loop():
    for number in range(50_000):
        LOG.info('number %d', number)
        LOG.debug('not shown %d', number)
        if number % 50 == 0:
            LOG.warning('at %d', number)
""",
}
_CLOCK = """
if __name__ == '__main__':
    import time
    start = time.process_time()
    loop()
    print('seconds', time.process_time() - start)
"""


def tools(python: str, folder: str, peers: bool) -> dict[str, list[str]]:
    """Return what is compared, by name: the words before a script."""
    found = {"bare": [python], "aitrack": [AITRACK, "run", "--quiet", "--python", python]}
    wanted = {
        "coverage": ["-m", "coverage", "run", "--data-file=coverage.data"],
        "cProfile": ["-m", "cProfile", "-o", "profile.data"],
        "viztracer": ["-m", "viztracer", "--quiet", "-o", f"{folder}/trace.json"],
    }
    for name, words in wanted.items() if peers else ():
        if subprocess.run([python, "-c", f"import {words[1]}"], capture_output=True).returncode == 0:
            found[name] = [python, *words]
    return found


def seconds(command: list[str], folder: str, env: dict[str, str]) -> float | None:
    """Run a loop and return the CPU time that it measured, or None when it could not run."""
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        word, _, figure = line.partition(" ")
        if word == "seconds":
            return float(figure)
    return None


def ratios(script: str, compared: dict[str, list[str]], rounds: int, folder: str, env: dict[str, str]) -> list[float]:
    """Return the bare loop's seconds and each tool's ratio to them: medians, or nothing when it cannot run."""
    found: dict[str, list[float]] = {name: [] for name in compared}
    for _ in range(rounds):
        bare = seconds([*compared["bare"], script], folder, env)
        if bare is None:
            return []
        found["bare"].append(bare)
        for name, words in compared.items():
            if name != "bare":
                found[name].append((seconds([*words, script], folder, env) or float("nan")) / bare)
    return [statistics.median(figures) for figures in found.values()]


def show(name: str, figures: list[float]) -> None:
    """Print one line of the table."""
    if figures:
        print(f"{name:18}{figures[0] * 1000:9.0f}" + "".join(f"{ratio:11.2f}" for ratio in figures[1:]), flush=True)
    else:
        print(f"{name:18}  not installed", flush=True)


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--python", default=sys.executable)
    options.add_argument("--only", nargs="*", choices=LOOPS, default=list(LOOPS))
    options.add_argument("--no-peers", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hidden = ("AITRACK", "PYTHON", "VIRTUAL_ENV")
        env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        env |= {"AITRACK_HOME": f"{folder}/home"}
        compared = tools(chosen.python, folder, not chosen.no_peers)
        print(f"{'':18}{'bare ms':>9}" + "".join(f"{name:>11}" for name in compared if name != "bare"))
        table = []
        for name in chosen.only:
            script = f"loop_{name.partition(' ')[0].strip('().').replace('.', '_')}.py"
            Path(folder, script).write_text(LOOPS[name] + _CLOCK)
            figures = ratios(script, compared, chosen.rounds, folder, env)
            show(name, figures)
            table += [figures] if figures else []
        columns = list(zip(*table, strict=True))
        show("median", [statistics.median(column) for column in columns])
        show("worst", [max(column) for column in columns])


if __name__ == "__main__":
    main()
