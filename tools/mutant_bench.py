"""Where `make_mutants.py` changes modules, and the choice of tests that judge each change."""

from __future__ import annotations

import ast
import compileall
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, TypeAlias

import pytest
from coverage import Coverage
from mutant_draw import ROOT, Mutant, Room

Tests: TypeAlias = dict[str, dict[str, Any]]
"""For each test how long it takes, and which lines of which modules of the room it executes."""
MARKED = "not (slow or browser or notebook)"
LONGEST = 10.0
"""Seconds; tests that take longer judge nothing."""
BUDGET = 40.0
"""Seconds of tests for one change; the longest of more than that judge nothing."""
SLACK = 15.0
"""Seconds that tests may take beyond three times their usual time; then they hang."""
_BROKEN = 99
_WORDS = ["-q", "-n0", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
_WORDS += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]


class Record:
    """A plugin of pytest: which test executes which lines, with the fixtures that it shares."""

    def __init__(self, room: Room, folder: Path) -> None:
        files = [str(folder / module) for module in room.codes(folder)]
        self.coverage = Coverage(data_file=None, include=files, config_file=False)
        self.folder = folder
        self.contexts = [""]
        self.shared: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    def _enter(self, context: str) -> None:
        self.contexts.append(context)
        self.coverage.switch_context(context)

    def _leave(self) -> None:
        self.contexts.pop()
        self.coverage.switch_context(self.contexts[-1])

    def pytest_runtest_protocol(self, item):
        """Begin what belongs to a test."""
        info = getattr(item, "_fixtureinfo", None)
        known = info.name2fixturedefs.values() if info else ()
        self.shared[item.nodeid] = {_name(one) for found in known for one in found}
        self.contexts[1:] = []
        self._enter(item.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        """Run what several tests share under a name of its own."""
        if fixturedef.scope == "function":
            return (yield)
        self._enter(_name(fixturedef))
        try:
            return (yield)
        finally:
            self._leave()

    def pytest_runtest_logreport(self, report):
        """Add up how long the test takes."""
        self.seconds[report.nodeid] += report.duration
        if not report.passed:
            self.failed.add(report.nodeid)

    def tests(self) -> Tests:
        """Return what was executed."""
        executed: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        data = self.coverage.get_data()
        for file in data.measured_files():
            module = Path(file).relative_to(self.folder).as_posix()
            for line, contexts in data.contexts_by_lineno(file).items():
                for context in contexts:
                    executed[context][module].add(line)
        found: Tests = {}
        for test, shared in self.shared.items():
            lines: dict[str, set[int]] = defaultdict(set)
            for context in (test, *shared):
                for module, numbers in executed[context].items():
                    lines[module] |= numbers
            if test not in self.failed:
                ordered = {module: sorted(numbers) for module, numbers in lines.items()}
                found[test] = {"seconds": round(self.seconds[test], 3), "lines": ordered}
        return found


def _name(fixture) -> str:
    return f"fixture {fixture.baseid} {fixture.argname}"


class Chosen:
    """A plugin of pytest: only these tests, in this order; which of them failed."""

    def __init__(self, tests: Iterable[str], failed: Path) -> None:
        self.order = {test: n for n, test in enumerate(tests)}
        self.failed = failed

    def pytest_collection_modifyitems(self, items):
        """Leave out the other tests."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order),
            key=lambda item: self.order[item.nodeid],
        )

    def pytest_runtest_logreport(self, report):
        """Keep the test that failed."""
        if report.failed:
            self.failed.write_text(report.nodeid, encoding="utf-8")


class Bench:
    """A copy of the repository in which modules are changed, and a process that runs tests."""

    def __init__(self, folder: Path) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],  # noqa: S607  the developer's git
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        for name in listed:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        mode = PycInvalidationMode.CHECKED_HASH  # a change within a second is seen, too
        compileall.compile_dir(folder / "neuroflow", quiet=1, invalidation_mode=mode)
        self.folder = folder
        self.failed = folder / ".failed"
        os.environ["PYTHONPATH"] = str(folder)
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        sys.path[:] = [str(folder), *(path for path in sys.path if path != str(ROOT))]
        for name in (
            *("pytest", "hypothesis", "scipy.stats", "scipy.optimize", "pandas", "pyarrow"),
            *("pydicom", "nibabel", "paramiko", "asyncssh", "matplotlib.figure", "typer"),
        ):
            __import__(name)

    # -------------------------------------------------------------- which test executes what

    def record(self, room: Room, kept: Path) -> Tests:
        """Return the tests of a room; run those files that changed since they were run last."""
        codes = room.codes(self.folder)
        files = [*self._files(room), *(name for name, code in codes.items() if ">>>" in code)]
        known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        found: Tests = {}
        for file in files:
            words = "".join([*codes.values(), (self.folder / file).read_text(encoding="utf-8")])
            stamp = hashlib.sha256(f"{MARKED}{words}".encode()).hexdigest()
            if known.get(file, {}).get("stamp") != stamp:
                known[file] = {"stamp": stamp, "tests": self._record(room, file)}
                kept.write_text(json.dumps(known), encoding="utf-8")
            found |= known[file]["tests"]
        return found

    def _files(self, room: Room) -> Iterator[str]:
        for place in room.tests:
            path = self.folder / place
            for file in sorted(path.glob("test_*.py")) if path.is_dir() else [path]:
                yield file.relative_to(self.folder).as_posix()

    def _record(self, room: Room, file: str) -> Tests:
        out = self.folder / ".record"
        out.write_text("{}", encoding="utf-8")

        def child() -> int:
            plugin = Record(room, self.folder)
            words = [file, "-m", MARKED, f"--timeout={6 * LONGEST:.0f}"]
            plugin.coverage.start()
            code = int(pytest.main([*_WORDS, *words], [plugin]))
            plugin.coverage.stop()
            out.write_text(json.dumps(plugin.tests()), encoding="utf-8")
            return code

        ended, seconds = self._fork(child, 900)
        tests: Tests = json.loads(out.read_text(encoding="utf-8"))
        sys.stdout.write(f"{seconds:5.1f} s {len(tests)} tests in {file}: {ended}\n")
        sys.stdout.flush()
        return tests

    # -------------------------------------------------------------- one change

    def judge(self, mutant: Mutant, tests: list[str], seconds: float) -> tuple[str, float, str]:
        """Return how tests end with a changed module, how long they take, and which one failed."""

        def child() -> int:
            files = dict.fromkeys(test.split("::")[0] for test in tests)
            return int(
                pytest.main(
                    [*_WORDS, "-x", f"--timeout={2 * LONGEST:.0f}", *files],
                    [Chosen(tests, self.failed)],
                )
            )

        place = self.folder / mutant.module
        original = place.read_text(encoding="utf-8")
        place.write_text(mutant.code, encoding="utf-8")
        self.failed.unlink(missing_ok=True)
        code, took = self._fork(child, 3 * seconds + SLACK)
        place.write_text(original, encoding="utf-8")
        failed = self.failed.read_text(encoding="utf-8") if self.failed.exists() else ""
        if code == _BROKEN:
            raise RuntimeError(f"pytest did not run for {mutant.key}")
        outcome = {0: "lived", 5: "lived", None: "hung"}.get(code, "caught")
        return outcome, took, failed

    def _fork(self, child: Callable[[], int], limit: float) -> tuple[int | None, float]:
        """Run a function in a process of its own; return how it ended, and when."""
        began = time.monotonic()
        process = os.fork()
        if not process:
            code = _BROKEN
            try:
                os.setsid()
                os.chdir(self.folder)
                with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                    os.dup2(nowhere.fileno(), 1)
                    os.dup2(nowhere.fileno(), 2)
                code = child()
            finally:
                os._exit(code)
        while time.monotonic() - began < limit:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status), time.monotonic() - began
            time.sleep(0.02)
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return None, time.monotonic() - began


# ------------------------------------------------------------------ the choice


def choose(codes: dict[str, str], tests: Tests, mutant: Mutant) -> tuple[list[str], float]:
    """Return the tests that execute a line, the quickest files first, and how long they take."""
    lines, name = _executed(ast.parse(codes[mutant.module]), mutant.line)
    where = {mutant.module: lines}
    if name is not None:
        where = {
            module: _when_called(code)
            for module, code in codes.items()
            if module == mutant.module or (name and re.search(rf"\b{name}\b", code))
        }
    chosen = {
        test: facts["seconds"]
        for test, facts in tests.items()
        if any(
            lines.intersection(facts["lines"].get(module, ())) for module, lines in where.items()
        )
    }
    if name is not None:  # a test of what an import defines may call nothing in the module
        files = {test.split("::")[0] for test in chosen}
        chosen = {t: f["seconds"] for t, f in tests.items() if t.split("::")[0] in files}
    chosen = chosen or {test: facts["seconds"] for test, facts in tests.items()}
    taken, total = [], 0.0
    whole: dict[str, float] = defaultdict(float)
    for test, seconds in sorted(chosen.items(), key=lambda pair: pair[1]):
        if seconds <= LONGEST and total + seconds <= BUDGET:
            taken.append(test)
            total += seconds
            whole[test.split("::")[0]] += seconds
    return sorted(taken, key=lambda test: whole[test.split("::")[0]]), total


@cache
def _when_called(code: str) -> frozenset[int]:
    """Return the lines of a module that calls execute, not its import."""
    tree = ast.parse(code)
    numbers = range(1, len(code.splitlines()) + 1)
    return frozenset(n for n in numbers if _executed(tree, n)[1] is None)


def _executed(tree: ast.Module, line: int) -> tuple[set[int], str | None]:
    """Return the lines of a statement, and None; or what it defines where an import executes it."""
    name, called, node = "", False, None
    while (inner := _block(node or tree, line)) is not None:
        name = name if node else _defined(inner)
        node = inner
        if not isinstance(node, ast.FunctionDef):
            continue
        once = any("cache" in ast.unparse(one) for one in node.decorator_list)
        if not called and (once or line < node.body[0].lineno):
            return {line}, name
        called = called or line >= node.body[0].lineno
    start, end = _span(node) if node else (line, line + 1)
    starts = [_span(one)[0] for one in _blocks(node)] if node else []
    return {start, *range(start, min([end, *starts]))}, None if called else name


def _blocks(node: ast.AST) -> list[ast.AST]:
    kinds = ast.stmt | ast.ExceptHandler | ast.match_case
    return [one for one in ast.iter_child_nodes(node) if isinstance(one, kinds)]


def _block(node: ast.AST, line: int) -> ast.AST | None:
    return next((one for one in _blocks(node) if line in range(*_span(one))), None)


def _span(node: Any) -> tuple[int, int]:
    """Return the lines of a statement, with its decorators."""
    if isinstance(node, ast.match_case):
        return node.pattern.lineno, _span(node.body[-1])[1]
    decorators = [one.lineno for one in getattr(node, "decorator_list", ())]
    return min([node.lineno, *decorators]), node.end_lineno + 1


def _defined(node: Any) -> str:
    """Return the name that a statement defines, empty where it defines none or several."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        node = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return node.id if isinstance(node, ast.Name) else ""
    return getattr(node, "name", None) or ""
