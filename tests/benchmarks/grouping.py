"""Grouping and suspects on failures of real programs whose causes are known.

    python -m tests.benchmarks.grouping [--causes 6] [--seed 1] [--packages markdown,tomli] [--keep DIR] [-v]

Faults are put into packages from PyPI (installed into a temporary folder with
pip), each is reached through several routes under `aitrack run`, moved by a
deploy in between, and accompanied by runs that pass.  The true cause of a
failure is the fault that was put in.  Other tools' rules are applied to the
same records; Drain3 where it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.faulty_programs import FAULTS_OF_SERVICE, JOB, PACKAGES, PROBE, ROUTES, SERVICE
from tests.benchmarks.judging import RULES, agreement, drain, precision
from tests.benchmarks.mutation import Mutant, mutants

_PASSING = 5  # runs that pass beside each fault
_FAILING = 9
_ROUTES = 5  # of a fault: each is taken once or more
_TRIED = 120  # faults tried for a package before it is given up
_MOVED = "# a deploy moved the lines\n" * 7


@dataclass
class Results:
    """What was made: the cause of each session, and the rank of each fault among the suspects."""

    home: Path
    python: str
    truth: dict[str, str] = field(default_factory=dict[str, str])
    ranks: dict[str, int] = field(default_factory=dict[str, int])
    routes: dict[str, str] = field(default_factory=dict[str, str])

    def aitrack(self, *words: str, cwd: Path | None = None) -> str:
        """Run aitrack on the store of this benchmark."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AITRACK_")}
        command = [sys.executable, "-m", "aitrack", *words]
        return subprocess.run(
            command,
            cwd=cwd or self.home,
            env={**kept, "AITRACK_HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,  # what goes to /dev/null is not recorded
            text=True,
        ).stdout

    def run(self, folder: Path, route: str, number: int, cause: str) -> None:
        """Run the job once; *cause* is what a failure would be due to."""
        retries = ["--retries", "1", "--delay", "0"] if route == "again" else []
        words = ["run", "--quiet", *retries, "--tag", f"cause={cause}", "--tag", f"route={route}"]
        self.aitrack(*words, "--python", self.python, "job.py", route, str(number), cwd=folder)


def main() -> int:
    """Make the failures, ask for patterns and suspects, print the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--causes", type=int, default=6, help="faults of each package")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--packages", default=",".join(PACKAGES))
    options.add_argument("--keep", help="a folder to work in, which is left there")
    options.add_argument("--python", default=sys.executable, help="the interpreter of the programs")
    options.add_argument("-v", "--verbose", action="store_true", help="show what is grouped or ranked wrongly")
    chosen = options.parse_args()
    root = Path(chosen.keep or tempfile.mkdtemp(prefix="grouping-")).resolve()
    try:
        home = root / "home"
        home.mkdir(parents=True)
        results = Results(home, chosen.python)
        began = time.monotonic()
        for name in chosen.packages.split(","):
            _break_package(results, root, name, chosen.causes, random.Random(f"{chosen.seed}{name}"))
        _break_service(results, root, random.Random(chosen.seed))
        print(f"made in {time.monotonic() - began:.0f} s")
        _report(results, chosen.verbose)
    finally:
        if not chosen.keep:
            shutil.rmtree(root, ignore_errors=True)
    return 0


# ---- making failures ----


def _break_package(results: Results, root: Path, name: str, causes: int, chance: random.Random) -> None:
    requirements, package, body, inputs = PACKAGES[name]
    folder = root / f"{name}-job"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(folder)]
    subprocess.run([*install, *requirements], check=True, stderr=subprocess.DEVNULL)
    _write(folder, body, inputs)
    found = 0
    used: set[str] = set()
    for path, mutant in _candidates(results, folder, package, chance):
        fault = f"{path.relative_to(folder)}:{mutant.function}"
        if fault in used:
            continue
        outcome = _outcome(results, folder, path, mutant)
        failing = [number for number, kind in enumerate(outcome) if kind]
        passing = [number for number, kind in enumerate(outcome) if not kind]
        if len(failing) < 2 or len(passing) < 2 or "import" in outcome:
            continue
        used.add(fault)
        cause = f"{fault}:{mutant.kind}".replace(" ", "_")
        _history(results, root, folder, (path, mutant.source), cause, (passing, failing), chance)
        found += 1
        if found == causes:
            return


def _write(folder: Path, body: str, inputs: list[str]) -> None:
    (folder / "program.py").write_text(body)
    (folder / "inputs.py").write_text(f"INPUTS = {inputs!r}\n")
    (folder / "job.py").write_text(JOB)
    (folder / "probe.py").write_text(PROBE)


def _candidates(results: Results, folder: Path, package: str, chance: random.Random) -> Iterator[tuple[Path, Mutant]]:
    """Yield faults in functions that some input reaches, spread over the functions."""
    command = [results.python, "-B", "probe.py", f"/{package}/", "functions"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    outcome, seen = json.loads(told)
    assert not any(outcome), outcome
    reached: dict[str, set[int]] = defaultdict(set)
    for file, line in seen:
        reached[file].add(line)
    by_function: dict[tuple[str, int], list[tuple[Path, Mutant]]] = defaultdict(list)
    for file, lines in sorted(reached.items()):
        for mutant in mutants(Path(file).read_text()):
            if {mutant.first_line, mutant.first_line - 1} & lines:
                by_function[file, mutant.first_line].append((Path(file), mutant))
    functions = sorted(by_function)
    for _ in range(_TRIED):
        yield chance.choice(by_function[chance.choice(functions)])


def _outcome(results: Results, folder: Path, path: Path, mutant: Mutant) -> list[str | None]:
    """Return the type of the failure of each input, None where it passes."""
    before = path.read_text()
    path.write_text(mutant.source)
    try:
        command = [results.python, "-B", "probe.py", str(path)]
        told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=5).stdout
        found: list[str | None] = json.loads(told)[0]
    except (subprocess.TimeoutExpired, ValueError):
        found = ["import"]
    finally:
        path.write_text(before)
    return found


def _history(
    results: Results,
    root: Path,
    folder: Path,
    fault: tuple[Path, str],
    cause: str,
    numbers: tuple[list[int], list[int]],
    chance: random.Random,
) -> None:
    """Let one fault live: passing and failing runs, a deploy that moves its lines, another checkout."""
    path, source = fault
    before = path.read_text()
    passing, failing = numbers
    routes = _chosen_routes(chance)
    path.write_text(source)
    _age(path)
    elsewhere = root / "builds" / f"{chance.randrange(16**7):07x}" / folder.name
    for turn in range(_PASSING):
        results.run(folder, chance.choice(["direct", "pool", "again"]), passing[turn % len(passing)], cause)
    for turn, route in enumerate(routes):
        if turn == _FAILING // 2:
            path.write_text(_moved(source))
            _age(path)
            shutil.copytree(folder, elsewhere)
        where = elsewhere if turn % 3 == 2 and elsewhere.exists() else folder
        results.run(where, route, failing[turn % len(failing)], cause)
    results.ranks[cause] = _rank(results, cause)
    shutil.rmtree(elsewhere)
    path.write_text(before)


def _chosen_routes(chance: random.Random) -> list[str]:
    routes = chance.sample(ROUTES, _ROUTES)
    routes += chance.choices(routes, k=_FAILING - _ROUTES)
    chance.shuffle(routes)
    return routes


def _moved(source: str) -> str:
    """Put lines at the top, below what must stand first."""
    return (
        _MOVED + source
        if "from __future__" not in source
        else source.replace("from __future__", _MOVED + "from __future__", 1)
    )


def _age(path: Path) -> None:
    """A deploy happens before the runs, not in the same moment."""
    moment = time.time() - 60
    os.utime(path, (moment, moment))


def _rank(results: Results, cause: str) -> int:
    """Return the place of the faulty function among the suspects of the newest failure."""
    suspects = json.loads(results.aitrack("inspect", "--json"))["suspects"]
    file, function, *_ = cause.split(":")
    for place, suspect in enumerate(suspects, 1):
        name = str(suspect["function"]).replace(".<locals>", "")
        if suspect["file"].endswith("/" + file) and (name == function or name.startswith(function + ".")):
            return place
    return 99


def _break_service(results: Results, root: Path, chance: random.Random) -> None:
    folder = root / "service-job"
    folder.mkdir()
    _write(folder, SERVICE, [*FAULTS_OF_SERVICE, "fine"])
    for _ in range(_PASSING):
        results.run(folder, "direct", len(FAULTS_OF_SERVICE), "service")
    turns = [(number, route) for number in range(len(FAULTS_OF_SERVICE)) for route in _chosen_routes(chance)]
    chance.shuffle(turns)
    for turn, (number, route) in enumerate(turns):
        if turn == len(turns) // 2:
            (folder / "program.py").write_text(_MOVED + SERVICE)
            _age(folder / "program.py")
        results.run(folder, route, number, f"service:{FAULTS_OF_SERVICE[number]}")


# ---- the figures ----


def _report(results: Results, verbose: bool) -> None:
    records = _failures(results)
    patterns = json.loads(results.aitrack("patterns", "--json"))["patterns"]
    found: dict[str, Hashable] = {name: one["id"] for one in patterns for name in one["sessions"]}
    truth = {name: cause for name, cause in results.truth.items() if name in found}
    print(
        f"{len(truth)} failures of {len(set(truth.values()))} causes, {len(results.truth) - len(truth)} in no pattern"
    )
    print(f"{'':18}  pair F1   ARI  precision  patterns per cause")
    _line("aitrack", truth, found)
    for rule_name, rule in RULES.items():
        _line(rule_name, truth, {name: rule(records[name]) for name in truth})
    clusters = drain({name: str(records[name].get("message") or "") for name in truth})
    if clusters is not None:
        _line("Drain3", truth, clusters)
    ranks = list(results.ranks.values())
    for top in (1, 3, 5):
        print(
            f"suspects top {top}: {sum(rank <= top for rank in ranks) / max(1, len(ranks)):.2f}  ({len(ranks)} faults)"
        )
    if verbose:
        _explain(results, truth, patterns)


def _failures(results: Results) -> dict[str, dict[str, Any]]:
    """Read the record of each failing session, and note its cause."""
    records: dict[str, dict[str, Any]] = {}
    for path in results.home.glob("sessions/*/*/*/*/session.json"):
        session = json.loads(path.read_text())
        if session["status"] in ("passed", "running"):
            continue
        results.truth[session["id"]] = session["labels"]["cause"]
        results.routes[session["id"]] = session["labels"]["route"]
        last = max(path.parent.glob("attempts/*/failure.json"), default=None)
        records[session["id"]] = json.loads(last.read_text()) if last else {}
    return records


def _line(name: str, truth: dict[str, str], found: dict[str, Hashable]) -> None:
    f1, rand, per_cause = agreement(truth, found)
    print(f"{name:18}  {f1:7.3f} {rand:5.3f}  {precision(truth, found):9.3f}  {per_cause:18.2f}")


def _explain(results: Results, truth: dict[str, str], patterns: list[dict[str, Any]]) -> None:
    titles = {one["id"]: f"{one['title'][:70]} [{one['sites'][0]}]" for one in patterns}
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in patterns:
        for name in one["sessions"]:
            groups[truth[name]][one["id"]] += 1
            members[truth[name], one["id"]].append(f"{results.routes[name]}:{name[-6:]}")
    shared = Counter(name for counts in groups.values() for name in counts)
    for cause, counts in sorted(groups.items()):
        rank = results.ranks.get(cause)
        if len(counts) > 1 or any(shared[name] > 1 for name in counts) or (rank or 1) > 1:
            print(f"\n{cause}  (suspect {rank})")
            for name, count in counts.most_common():
                also = " also of others" if shared[name] > 1 else ""
                print(f"  {count} {name}{also}: {titles[name]}\n      {' '.join(members[cause, name])}")


if __name__ == "__main__":
    raise SystemExit(main())
