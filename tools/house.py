"""Count what shows the architecture of a checkout: rooms, floors, arrows, docstrings, code.

Run with ``python tools/house.py [CHECKOUT ...]``; without an argument it counts this checkout.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
DOCUMENTED = (ast.Module, *DEFINITIONS)
SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
# Users read the help of these wherever a page of the reference lists them.
FACADES = ("errors", "models", "Workspace", "Remote")


def count(checkout: Path) -> dict[str, object]:
    """Return every number of a checkout by what it counts."""
    package = checkout / "neuroflow"
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in _python(package)}
    arrows = set(_arrows(package, trees))
    cycles = _back(arrows)
    public = _public(checkout)
    documented = [each for path in trees for each in _documented(path, public)]
    folders: dict[Path, int] = {}
    for path in trees:
        folders[path.parent] = folders.get(path.parent, 0) + 1
    fullest = max(folders, key=lambda folder: folders[folder])
    return {
        "entries at the top of neuroflow/": len(
            [p for p in package.iterdir() if not p.name.startswith("__py")]
        ),
        "floors (longest chain of imports between rooms)": _floors(arrows - cycles),
        "arrows between rooms": len(arrows),
        "arrows that run back up": len(cycles),
        "Python files in the fullest folder": folders[fullest],
        "fullest folder": fullest.relative_to(checkout).as_posix(),
        "docstring lines on internal names": _lines(
            text for _, text, is_shown in documented if not is_shown
        ),
        "docstring lines on public names": _lines(
            text for _, text, is_shown in documented if is_shown
        ),
        "code lines (no docstrings, comments, blanks)": sum(map(_code_lines, trees)),
    }


def _python(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts)


def _room(package: Path, path: Path) -> str:
    return path.relative_to(package).with_suffix("").parts[0]


def _arrows(package: Path, trees: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    """Yield (room, imported room), from imports at any depth of the files."""
    rooms = {_room(package, path) for path in trees} - {"__init__", "__main__"}
    for path, tree in trees.items():
        room = _room(package, path)
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                other = [*name.split("."), ""][1] if name.startswith("neuroflow.") else ""
                if other in rooms and other != room and room in rooms:
                    yield room, other


def _back(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the arrows that close a circle, depth first in alphabetical order."""
    below: dict[str, list[str]] = {}
    for room, other in sorted(arrows):
        below.setdefault(room, []).append(other)
    back: set[tuple[str, str]] = set()
    done: set[str] = set()

    def visit(room: str, way: tuple[str, ...]) -> None:
        for other in below.get(room, []):
            if other in (*way, room):
                back.add((room, other))
            elif other not in done:
                visit(other, (*way, room))
        done.add(room)

    for room in sorted(below):
        if room not in done:
            visit(room, ())
    return back


def _floors(arrows: set[tuple[str, str]]) -> int:
    """Return the number of rooms on the longest chain of imports."""
    heights: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in heights:
            heights[room] = 1 + max((height(b) for a, b in arrows if a == room), default=0)
        return heights[room]

    return max((height(room) for pair in arrows for room in pair), default=0)


def _public(checkout: Path) -> set[str]:
    """Return the last parts of the names that docs/reference.md lists."""
    lines = (checkout / "docs" / "reference.md").read_text(encoding="utf-8").splitlines()
    names = (line.strip().rpartition(".")[2] for line in lines if line.startswith("   "))
    return {name for name in names if name.isidentifier()} | set(FACADES)


def internal_docstrings(checkout: Path) -> dict[str, str]:
    """Return the docstrings of names that users do not import, by file and name."""
    public = _public(checkout)
    return {
        f"{path.relative_to(checkout).as_posix()} {name}": text
        for path in _python(checkout / "neuroflow")
        for name, text, is_shown in _documented(path, public)
        if not is_shown
    }


def _documented(path: Path, public: set[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield name, docstring and whether it is public; a method is public with its class."""

    def walk(node: ast.AST, above: str, *, is_public: bool) -> Iterator[tuple[str, str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, DEFINITIONS):
                listed = child.name in public or (
                    is_public and not child.name.startswith("_") and isinstance(node, ast.ClassDef)
                )
                text = ast.get_docstring(child, clean=False)
                if text:
                    yield f"{above}{child.name}", text, listed or path.stem in public
                yield from walk(child, f"{above}{child.name}.", is_public=listed)
            else:
                yield from walk(child, above, is_public=is_public)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), "", is_public=False)


def _lines(texts: Iterable[str]) -> int:
    return sum(text.count("\n") + 1 for text in texts)


def _code_lines(path: Path) -> int:
    source = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SKIPPED and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for part in body:  # docstrings, also those below constants
            if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant):
                lines -= set(range(part.lineno, (part.end_lineno or part.lineno) + 1))
    return len(lines)


def main() -> None:
    """Print one table; each checkout is a column."""
    checkouts = [Path(name) for name in sys.argv[1:]] or [Path(__file__).parent.parent]
    columns = [count(checkout) for checkout in checkouts]
    sys.stdout.write("| | " + " | ".join(path.resolve().name for path in checkouts) + " |\n")
    sys.stdout.write("| --- |" + " --- |" * len(columns) + "\n")
    for what in columns[0]:
        sys.stdout.write(
            f"| {what} | " + " | ".join(f"{column[what]}" for column in columns) + " |\n"
        )


if __name__ == "__main__":
    main()
