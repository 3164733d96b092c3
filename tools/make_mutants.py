"""Change one place of the code at a time, and see whether the tests beside it notice.

Run with ``python tools/make_mutants.py --minutes 10``, as often as wanted: each run goes on where
the last one ended. 600 changes are drawn with a fixed seed over seven rooms: a comparison turned
round, a constant plus one, ``and`` for ``or``, a loop that does nothing (texts and annotations stay
as they are). What was caught is kept in ``.mutants.json``; the sum goes into docs/validation.md.
``--again`` runs those once more that lived. `REASONS` holds why a survivor changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names
from page_block import write_block

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".mutants.json"
PAGE = ROOT / "docs" / "validation.md"
REASONS = Path(__file__).with_name("mutants_that_live.toml")
START, END = "<!-- mutants: made by tools/make_mutants.py -->", "<!-- end of mutants -->"
DRAWN, SEED = 600, 20261129
SLACK = 20.0
"""Seconds that a run of tests may take beyond five times their usual time; then it hangs."""
OPERATORS = re.compile(
    r"core/(ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_GtE|Lt_LtE|LtE_Gt|LtE_Lt|Gt_LtE|Gt_GtE"
    r"|GtE_Lt|GtE_Gt|Is_IsNot|IsNot_Is)|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul"
    r"|FloorDiv_Mul|Mod_Add|Pow_Mul|BitOr_BitAnd|BitAnd_BitOr)|ReplaceUnaryOperator_(USub_UAdd"
    r"|Delete_Not|Delete_Invert)|AddNot|ReplaceTrueWithFalse|ReplaceFalseWithTrue"
    r"|ReplaceAndWithOr|ReplaceOrWithAnd|ReplaceBreakWithContinue|ReplaceContinueWithBreak"
    r"|NumberReplacer|ZeroIterationForLoop)"
)


@dataclass(frozen=True)
class Room:
    """Modules that are changed, and the tests that judge them: the quickest first."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


def _below(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/test_{name}.py" for name in names)


_DICOM = ("csa", "functional_groups", "ge_protocol", "gradients", "private_blocks", "volumes")
ROOMS = (
    Room("ledger", ("neuroflow/ledger/*.py",), _below("tests/ledger", "ledger")),
    Room(
        "upload",
        ("neuroflow/transfer/upload/*.py",),
        _below("tests/transfer/upload", "plan", "rate_limit", "rebuild", "reconcile")
        + _below("tests/transfer/upload", "submit", "submit_streaming", "two_workspaces"),
    ),
    Room(
        "collection",
        ("neuroflow/transfer/collect/*.py",),
        _below("tests/transfer/collect", "aggregated", "service_messages", "snapshot", "status")
        + _below("tests/transfer/collect", "collect", "changing", "bad_servers"),
    ),
    Room(
        "statistics",
        ("neuroflow/compare/stats/**/*.py",),
        (
            "tests/compare/stats",
            *_below("tests/compare", "groups", "models", "correlate"),
            *_below("tests/compare", "empty_reference", "r_agreement"),
        ),
    ),
    Room(
        "readers",
        ("neuroflow/results/aidp/*.py", "neuroflow/results/reports/*.py"),
        _below("tests/results/aidp", "reader", "tables_of_the_world", "demo_files")
        + _below("tests/results/reports", "grammars", "named_text")
        + _below("tests/results/aidp", "hostile_tables", "layout_property"),
    ),
    Room(
        "gradients",
        (
            *(f"neuroflow/studies/dicom/{name}.py" for name in _DICOM),
            *("neuroflow/studies/diffusion.py", "neuroflow/studies/nifti/gradient_files.py"),
        ),
        _below("tests/studies/dicom", "gradients", "csa", "private_blocks", "images")
        + _below("tests/studies/nifti", "bad_files", "inheritance")
        + _below("tests/studies/protocol", "rules", "makers"),
    ),
    Room(
        "de-identification", ("neuroflow/studies/deidentify/*.py",), ("tests/studies/deidentify",)
    ),
)


@dataclass(frozen=True)
class Mutant:
    """One changed place: what the line was and what it became, and the whole changed module."""

    room: str
    module: str
    line: int
    before: str
    after: str
    operator: str
    code: str

    @property
    def key(self) -> str:
        """A name that other changes of the module do not change."""
        return f"{self.module} | {self.before} | {self.after}"


# ------------------------------------------------------------------ the draw


def _places(
    code: str, operators: Mapping[str, Operator]
) -> Iterator[tuple[tuple[int, int], str, int]]:
    """Yield each place of a module, an operator that can change it, and its how-manieth there."""
    counts: Counter[str] = Counter()

    def walk(node: object) -> Iterator[tuple[tuple[int, int], str, int]]:
        for name, operator in operators.items():
            for start, _ in operator.mutation_positions(node):
                yield start, name, counts[name]
                counts[name] += 1
        for child in getattr(node, "children", ()):
            yield from walk(child)

    yield from walk(get_ast(code))


def _meaning(code: str) -> str:
    """Return a module without what Python does not execute: annotations and docstrings."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def _mutant(room: str, path: Path, name: str, occurrence: int) -> Mutant | None:
    """Return a changed module; None where the change is none to Python, or no Python."""
    code = path.read_text(encoding="utf-8")
    changed = mutate_code(code, get_operator(name)(), occurrence)
    try:
        if changed is None or _meaning(changed) == _meaning(code):
            return None
    except SyntaxError:
        return None
    pairs = zip(code.splitlines(), changed.splitlines(), strict=False)
    line, (before, after) = next((n, pair) for n, pair in enumerate(pairs, 1) if len({*pair}) > 1)
    module = path.relative_to(ROOT).as_posix()
    return Mutant(room, module, line, before.strip(), after.strip(), name, changed)


@cache
def draw() -> list[Mutant]:
    """Return the changes in the order in which they are tried: one for each place."""
    chance = random.Random(SEED)  # noqa: S311  a draw that can be repeated, no secret
    names = sorted(name for name in operator_names() if OPERATORS.fullmatch(name))
    operators = {name: get_operator(name)() for name in names}
    places: dict[tuple[str, Path, tuple[int, int]], list[tuple[str, int]]] = defaultdict(list)
    for room in ROOMS:
        for path in sorted(path for pattern in room.modules for path in ROOT.glob(pattern)):
            code = path.read_text(encoding="utf-8")
            for place, name, occurrence in _places(code, operators):
                places[room.name, path, place].append((name, occurrence))
    order = list(places)
    chance.shuffle(order)
    drawn: dict[str, Mutant] = {}
    for room_name, path, place in order:
        choice = chance.choice(places[room_name, path, place])
        if len(drawn) < DRAWN and (mutant := _mutant(room_name, path, *choice)):
            drawn.setdefault(mutant.key, mutant)
    return list(drawn.values())


# ------------------------------------------------------------------ the tests


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
        os.environ["PYTHONPATH"] = str(folder)
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        sys.dont_write_bytecode = True
        sys.path[:] = [str(folder), *(path for path in sys.path if path != str(ROOT))]
        for name in (
            *("pytest", "scipy.stats", "scipy.optimize", "pandas", "pyarrow"),
            *("pydicom", "nibabel", "paramiko", "asyncssh", "matplotlib.figure", "typer"),
        ):
            __import__(name)

    def run(self, room: Room, module: str | None, limit: float) -> tuple[str, float]:
        """Run the tests of a room in a process of their own; return how they ended, and when."""
        began = time.monotonic()
        child = os.fork()
        if not child:
            self._run_tests(room, module)
        while time.monotonic() - began < limit:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return "lived" if code == 0 else "caught", time.monotonic() - began
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "hung", time.monotonic() - began

    def _run_tests(self, room: Room, module: str | None) -> None:
        code = 99
        try:
            os.setsid()
            os.chdir(self.folder)
            with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            import pytest

            words = ["-x", "-q", "-n0", "-p", "no:cacheprovider", "--timeout=60", *room.tests]
            if module is not None:
                words += ["--doctest-modules", module]
            code = int(pytest.main(words))
        finally:
            os._exit(code)


def _read_kept() -> dict[str, dict[str, object]]:
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def run(minutes: float, again: bool, only: str | None) -> None:
    """Try changes until the time is over; keep each outcome at once."""
    ends = time.monotonic() + 60 * minutes
    rooms = {room.name: room for room in ROOMS}
    kept = _read_kept()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        bench = Bench(Path(folder))
        usual: dict[str, float] = {}
        for mutant in draw():
            was = kept.get(mutant.key, {}).get("outcome")
            if time.monotonic() > ends or (only and mutant.room != only):
                continue
            if was in ("caught", "hung") or (was == "lived" and not again):
                continue
            room = rooms[mutant.room]
            if room.name not in usual:
                outcome, usual[room.name] = bench.run(room, None, 600)
                sys.stdout.write(f"{usual[room.name]:5.1f} s {room.name} unchanged: {outcome}\n")
                if outcome != "lived":
                    usual[room.name] = 0.0
            if not usual[room.name]:  # its tests fail without a change and can judge none
                continue
            place = bench.folder / mutant.module
            original = place.read_text(encoding="utf-8")
            place.write_text(mutant.code, encoding="utf-8")
            outcome, seconds = bench.run(room, mutant.module, 5 * usual[room.name] + SLACK)
            place.write_text(original, encoding="utf-8")
            kept = _read_kept()  # of another run, too, with other rooms
            kept[mutant.key] = {"room": room.name, "line": mutant.line, "outcome": outcome}
            KEPT.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            where = f"{mutant.module}:{mutant.line} {mutant.after}"
            sys.stdout.write(f"{seconds:5.1f} s {outcome:6} {where}\n")
            sys.stdout.flush()


def report() -> None:
    """Write the sum into the page, and the survivors with their reasons."""
    kept = _read_kept()
    drawn = {mutant.key: mutant for mutant in draw()}
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    lines = ["| Room | Drawn | Tried | Caught | Lived |", "| --- | ---: | ---: | ---: | ---: |"]
    for name in (*(room.name for room in ROOMS), None):
        mine = [key for key, mutant in drawn.items() if name in (mutant.room, None)]
        ends = Counter(one["outcome"] for one in kept.values() if name in (one["room"], None))
        caught = ends["caught"] + ends["hung"]
        share = f" ({100 * caught / ends.total():.1f} %)" if ends.total() else ""
        counts = f"{len(mine)} | {ends.total()} | {caught}{share} | {ends['lived']}"
        lines.append(f"| {name or 'all'} | {counts} |")
    lived = sorted(key for key, facts in kept.items() if facts["outcome"] == "lived")
    lines += ["", "Those that lived:", "", "| Module | Line that changed | Became | Why it lives |"]
    lines.append("| --- | --- | --- | --- |")
    for key in lived:
        cells = key.removeprefix("neuroflow/").split(" | ", 2)
        words = [f"`` {cell.replace('|', chr(92) + '|')} ``" for cell in cells]
        lines.append(f"| {' | '.join(words)} | {reasons.get(key, 'no test yet')} |")
    write_block(PAGE, START, END, lines)


def main() -> None:
    """Run for some minutes, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--again", action="store_true", help="also those that lived")
    parser.add_argument("--room", choices=[room.name for room in ROOMS])
    words = parser.parse_args()
    run(words.minutes, words.again, words.room)
    report()


if __name__ == "__main__":
    main()
