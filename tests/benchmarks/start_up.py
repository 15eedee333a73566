"""What a run costs that passes: CPU time beside bare Python and other wrappers, and instructions where valgrind is.

    python tests/benchmarks/start_up.py [--rounds 40] [--python PATH]

Ratios are to a bare interpreter with an empty script; commands take turns, so that a noisy machine is noisy for all.
Peers are measured when they are installed in the interpreter (`pip install coverage viztracer`).
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

AITRACK = str(Path(sys.executable).parent / "aitrack")


def cpu_seconds(command: list[str], folder: str, env: dict[str, str]) -> float:
    """Run *command* and return the user and system time of its whole tree."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def instructions(command: list[str], folder: str, env: dict[str, str]) -> int | None:
    """Return how many instructions *command* executes, or None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out", *command]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True)
    found = re.search(rb"Collected : (\d+)", done.stderr) or re.search(rb"refs:\s+([\d,]+)", done.stderr)
    return int(found[1].replace(b",", b"")) if found else None


def commands(python: str) -> dict[str, list[str]]:
    """Return what is compared, by name."""
    compared = {
        "bare": [python, "empty.py"],
        "aitrack run": [AITRACK, "run", "--python", python, "empty.py"],
        "aitrack run, no option": [AITRACK, "run", "empty.py"],
        "aitrack run -- true": [AITRACK, "run", "--", "true"],
    }
    for name, words in {
        "coverage run": ["-m", "coverage", "run", "--data-file=coverage.data", "empty.py"],
        "viztracer": ["-m", "viztracer", "-o", "trace.json", "empty.py"],
        "memray run": ["-m", "memray", "run", "-f", "-o", "memray.bin", "empty.py"],
    }.items():
        if subprocess.run([python, "-c", f"import {words[1]}"], capture_output=True).returncode == 0:
            compared[name] = [python, *words]
    return compared


def relay_seconds_per_gib(folder: str, env: dict[str, str]) -> float:
    """Return the CPU time of the wrapper for a GiB of output through a pipe."""
    program = "import os\nblock = b'0123456789abcdef' * 4096\nfor _ in range(16384): os.write(1, block)"
    Path(folder, "gib.py").write_text(program)

    def seconds(command: list[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            while process.stdout.read1(1 << 20):  # type: ignore[attr-defined]  # a BufferedReader
                pass
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare = min(seconds([sys.executable, "gib.py"]) for _ in range(3))
    wrapped = min(seconds([AITRACK, "run", "--python", sys.executable, "gib.py"]) for _ in range(3))
    return wrapped - bare


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--python", default=os.path.realpath(sys.executable))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "empty.py").touch()
        hidden = ("AITRACK", "PYTHON", "VIRTUAL_ENV")
        env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        env |= {"AITRACK_HOME": f"{folder}/home", "PATH": f"{os.path.dirname(chosen.python)}:{env['PATH']}"}
        compared = commands(chosen.python)
        times: dict[str, list[float]] = {name: [] for name in compared}
        for command in compared.values():
            cpu_seconds(command, folder, env)  # byte code and caches
        for _ in range(chosen.rounds):
            for name, command in compared.items():
                times[name].append(cpu_seconds(command, folder, env))
        bare = statistics.median(times["bare"])
        print(f"{'':26}{'CPU ms':>8}{'x bare':>8}")
        for name, seconds in times.items():
            middle = statistics.median(seconds)
            print(f"{name:26}{middle * 1000:8.1f}{middle / bare:8.2f}")
        show_instructions(chosen.python, folder, env)
        print(f"relay of a pipe: {relay_seconds_per_gib(folder, env):.2f} CPU-seconds per GiB")


def show_instructions(python: str, folder: str, env: dict[str, str]) -> None:
    """Print the instructions of an empty target, bare and with the collector."""
    spool = Path(folder, "home/sessions/2026/01/01/x/attempts/1")
    spool.mkdir(parents=True)
    import aitrack

    injected = str(Path(aitrack.__file__).parent / "collector/inject")
    inside = {**env, "PYTHONPATH": injected, "AITRACK_SPOOL": str(spool)}
    subprocess.run([python, "empty.py"], cwd=folder, env=inside)
    bare, target = instructions([python, "empty.py"], folder, env), instructions([python, "empty.py"], folder, inside)
    if bare and target:
        print(
            f"target: {target / 1e6:.1f} M instructions, bare {bare / 1e6:.1f} M ({100 * (target / bare - 1):+.1f} %)"
        )


if __name__ == "__main__":
    main()
