"""The changes that `make_mutants.py` tries: drawn by a hash, so that other code shifts no draw."""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parent.parent
DRAWN, SEED = 600, 20261129
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
    """Modules that are changed, and the tests that judge them."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def codes(self, root: Path) -> dict[str, str]:
        """Return the modules below a folder, with their code."""
        paths = sorted(path for pattern in self.modules for path in root.glob(pattern))
        return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}


def _below(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/test_{name}.py" for name in names)


_DICOM = ("csa", "functional_groups", "ge_protocol", "gradients", "private_blocks", "volumes")
ROOMS = (
    Room(
        "statistics",
        ("neuroflow/compare/stats/**/*.py",),
        ("tests/compare/stats", "tests/compare"),
    ),
    Room(
        "gradients",
        (
            *(f"neuroflow/studies/dicom/{name}.py" for name in _DICOM),
            *("neuroflow/studies/diffusion.py", "neuroflow/studies/nifti/gradient_files.py"),
        ),
        ("tests/studies/dicom", "tests/studies/nifti", "tests/studies/protocol"),
    ),
    Room(
        "de-identification", ("neuroflow/studies/deidentify/*.py",), ("tests/studies/deidentify",)
    ),
    Room(
        "readers",
        ("neuroflow/results/aidp/*.py", "neuroflow/results/reports/*.py"),
        ("tests/results/aidp", "tests/results/reports"),
    ),
    Room(
        "ledger",
        ("neuroflow/ledger/*.py",),
        ("tests/ledger", *_below("tests/workspace", "jobs", "lost_ledger", "repeat", "set_aside")),
    ),
    Room("collection", ("neuroflow/transfer/collect/*.py",), ("tests/transfer/collect",)),
    Room(
        "upload",
        ("neuroflow/transfer/upload/*.py",),
        ("tests/transfer/upload", "tests/workspace/test_config.py"),
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
    code: str

    @property
    def key(self) -> str:
        """A name that other changes of the module do not change."""
        return f"{self.module} | {self.before} | {self.after}"


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


def _identities(code: str) -> list[tuple[str, int, int]]:
    """Return for each line its text, the how-manieth of that text it is, and its indentation."""
    seen: Counter[str] = Counter()
    lines = []
    for line in code.splitlines():
        text = line.strip()
        lines.append((text, seen[text], len(line) - len(line.lstrip())))
        seen[text] += 1
    return lines


def _digest(*words: object) -> str:
    return hashlib.sha256("|".join(map(str, (SEED, *words))).encode()).hexdigest()


def _meaning(code: str) -> str:
    """Return a module without what Python does not execute: annotations and docstrings."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def _mutant(room: str, module: str, code: str, name: str, occurrence: int) -> Mutant | None:
    """Return a changed module; None where the change is none to Python, or no Python."""
    changed = mutate_code(code, get_operator(name)(), occurrence)
    try:
        if changed is None or _meaning(changed) == _meaning(code):
            return None
    except SyntaxError:
        return None
    pairs = zip(code.splitlines(), changed.splitlines(), strict=False)
    line, (before, after) = next((n, pair) for n, pair in enumerate(pairs, 1) if len({*pair}) > 1)
    return Mutant(room, module, line, before.strip(), after.strip(), changed)


@cache
def draw() -> list[Mutant]:
    """Return the changes in the order in which they are tried: one for each place."""
    names = sorted(name for name in operator_names() if OPERATORS.fullmatch(name))
    operators = {name: get_operator(name)() for name in names}
    places: dict[tuple[str, str, str, str], list[tuple[str, str, int]]] = defaultdict(list)
    for room in ROOMS:
        for module, code in room.codes(ROOT).items():
            lines = _identities(code)
            ways: Counter[tuple[str, str]] = Counter()
            for (number, column), name, occurrence in _places(code, operators):
                text, nth, indent = lines[number - 1]
                place = _digest(module, text, nth, column - indent)
                choice = _digest(place, name, ways[place, name])
                ways[place, name] += 1
                places[place, room.name, module, code].append((choice, name, occurrence))
    drawn: dict[str, Mutant] = {}
    for (_, *where), choices in sorted(places.items()):
        _, name, occurrence = min(choices)
        if len(drawn) < DRAWN and (mutant := _mutant(*where, name, occurrence)):
            drawn.setdefault(mutant.key, mutant)
    return list(drawn.values())
