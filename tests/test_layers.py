"""The imports inside neuroflow point one way; see docs/architecture.md."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import neuroflow

PACKAGE = Path(neuroflow.__file__).parent

LAYERS = [
    {"_version", "errors"},
    {"models"},
    {"contract", "io", "events", "ledger", "matrix"},
    {"studies", "transfer", "results", "compare"},
    {"plot", "workspace"},
    {"widgets", "demo"},
    {"cli"},
]
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}


def room_of(path):
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path):
    """Yield the dotted names, below neuroflow, that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("neuroflow."):
                yield name.removeprefix("neuroflow.")


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_from_rooms_above_it(path):
    room = room_of(path)
    if room == "__main__":
        return
    assert room in RANK, f"{room} has no place in the layers"
    for name in imports_of(path):
        other = name.split(".")[0]
        if other == room or other not in RANK:
            continue
        assert RANK[other] < RANK[room], f"{path.name} imports neuroflow.{name}"


def test_compare_and_plots_know_the_region_dictionary_and_nothing_else_of_where_values_come_from():
    for path in FILES:
        if room_of(path) in {"compare", "plot"}:
            for name in imports_of(path):
                assert name.split(".")[0] not in {"results", "transfer", "studies"}, path


def test_only_the_transfer_room_and_nobody_else_imports_paramiko():
    for path in FILES:
        if room_of(path) != "transfer":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            modules = {
                name.name.split(".")[0]
                for node in ast.walk(tree)
                if isinstance(node, ast.Import)
                for name in node.names
            } | {
                (node.module or "").split(".")[0]
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom)
            }
            assert "paramiko" not in modules, path


def test_importing_neuroflow_loads_no_heavy_library():
    code = "import sys, neuroflow; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"ipywidgets", "matplotlib", "paramiko", "pandas", "scipy"} & set(loaded)


def test_every_exported_name_is_there_and_nothing_else_is_public():
    for name in neuroflow.__all__:
        assert getattr(neuroflow, name) is not None
    assert set(neuroflow.__all__) <= set(dir(neuroflow))
