"""What a program caught is told later: its secrets must be known by then."""

from __future__ import annotations

import sys
from typing import Any

import pytest

# Made of words alone and put together at run time, so that no rule about forms could find them.
PROGRAMS = {
    "a parameter": """
import sys
def login(user, password):
    raise ValueError("login failed for %s with %s" % (user, password))
try:
    login("otter", "verm" + "ilioncastle")
except ValueError:
    pass
sys.exit(3)
""",
    "an attribute": """
import sys
class Client:
    def __init__(self):
        self.api_token = "verm" + "ilioncastle"
    def call(self):
        raise RuntimeError("refused: " + self.api_token)
try:
    Client().call()
except RuntimeError:
    pass
sys.exit(3)
""",
    "an entry": """
import sys
def connect(config):
    raise RuntimeError("refused: " + config["password"])
try:
    connect({"user": "otter", "password": "verm" + "ilioncastle"})
except RuntimeError:
    pass
sys.exit(3)
""",
    "from None": """
def login(password):
    raise ValueError("not with " + password)
try:
    login("verm" + "ilioncastle")
except ValueError as error:
    raise RuntimeError("gave up, otter: " + str(error)) from None
""",
    "a task": """
import asyncio, sys
async def login(password):
    raise ValueError("not with " + password)
async def main():
    print(len(await asyncio.gather(login("verm" + "ilioncastle"), return_exceptions=True)))
asyncio.run(main())
sys.exit(3)
""",
    "a pool": """
import sys
from concurrent.futures import ThreadPoolExecutor
def login(password):
    raise ValueError("not with " + password)
with ThreadPoolExecutor() as pool:
    error = pool.submit(login, "verm" + "ilioncastle").exception()
sys.exit(3)
""",
    "told again": """
def login(password):
    raise ValueError("not with " + password)
try:
    login("verm" + "ilioncastle")
except ValueError as error:
    last = str(error)
raise SystemExit("otter gave up: " + last)
""",
}


@pytest.mark.parametrize("way", PROGRAMS)
def test_a_secret_of_a_caught_error_is_nowhere_in_the_store(lab: Any, way: str) -> None:
    """A password in the message of an error that was caught: the program printed nothing, nor must we."""
    if way == "told again" and sys.version_info < (3, 12):
        pytest.skip("what a program catches and prints itself is seen from 3.12 on")
    lab.script("caught.py", PROGRAMS[way])

    result = lab.run("caught.py")

    assert result.status != 0
    stored = b"\n".join(path.read_bytes() for path in lab.home.rglob("*") if path.is_file())
    ours = b"\n".join(line for line in result.stderr.split(b"\n") if line.startswith(b"aitrack"))
    assert b"vermilioncastle" not in stored
    assert b"vermilioncastle" not in ours


def test_the_stacks_of_a_timeout_hold_no_secret(lab: Any) -> None:
    """One thread holds the password by its name, another one in a text."""
    program = """
import threading, time
def hold(password): time.sleep(60)
def show(line): time.sleep(60)
word = "verm" + "ilioncastle"
threading.Thread(target=show, args=("now " + word,), daemon=True).start()
hold("verm" + "ilioncastle")
"""
    lab.script("slow.py", program)

    lab.run("--attempt-timeout", "1", "slow.py")

    stored = b"\n".join(path.read_bytes() for path in lab.home.rglob("*") if path.is_file())
    assert b"vermilioncastle" not in stored
