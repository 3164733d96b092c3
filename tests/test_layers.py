"""Imports inside neuroflow point one way, through the faces of rooms; see docs/architecture.md."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import neuroflow

PACKAGE = Path(neuroflow.__file__).parent
REFERENCE = PACKAGE.parent / "docs" / "reference.md"

# A room imports from the rows above its own only; rooms of one row never see each other.
ROOMS = [
    {"_version", "escaping", "wording"},
    {"errors"},
    {"models"},
    {"events"},
    {"contract", "io", "ledger"},
    {"identity", "matrix"},
    {"studies", "transfer", "results", "compare"},
    {"plot", "workspace"},
    {"sharing"},
    {"demo"},
    {"widgets"},
    {"cli"},
]
# The same inside a room, for its files and sub-rooms.
FLOORS = {
    "studies": [
        {"containers"},
        {"archive", "filenames", "demographics", "diffusion", "parallel"},
        {"members", "source_digest", "acquisition"},
        {"sidecar"},
        {"dicom", "nifti"},
        {"discovery", "protocol"},
        {"deidentify", "image_digest"},
        {"package"},
    ],
    "transfer": [
        {"remote", "local_files", "polling"},
        {"ssh", "pool", "local"},
        {"sftp", "collect"},
        {"upload", "diagnose"},
    ],
    "widgets": [
        {"common"},
        {"browser"},
        {"connect", "cohort", "results", "explore"},
        {"submit"},
        {"app"},
        {"voila"},
    ],
}
PARAMIKO = {"transfer/ssh", "transfer/sftp"}

LONG_FILES = {"workspace/workspace"}  # the facade: it documents every step


def files():
    return sorted(
        path for path in PACKAGE.rglob("*.py") if "share" not in path.relative_to(PACKAGE).parts
    )


def place(path):
    """Return a file's dotted name below neuroflow, without ``__init__``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path):
    """Yield (module, name) of every ``from module import name``; name is None for ``import``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)


def inner(path):
    """Yield (parts of the module below neuroflow, name) of a file's imports from neuroflow."""
    for module, name in imports(path):
        first, *rest = module.split(".")
        if first == "neuroflow" and (rest or name in ALL_ROOMS):
            yield tuple(rest or [name]), name


ALL_ROOMS = {room for row in ROOMS for room in row}
FILES = files()
PUBLIC = set(re.findall(r"^   (?:\w+\.)*(\w+)$", REFERENCE.read_text(encoding="utf-8"), re.M))


@cache
def inner_imports():
    """Return the imports of all files; not at import, which every process of the tests does."""
    return {path: list(inner(path)) for path in FILES}


def is_package(parts):
    return (PACKAGE.joinpath(*parts) / "__init__.py").is_file()


def rank(rows, name):
    return next((n for n, row in enumerate(rows) if name in row), None)


def test_every_room_has_a_place_in_the_layers():
    found = {place(path)[0] for path in FILES if place(path)} - {"__main__"}
    assert found <= ALL_ROOMS


def upward_arrows():
    """Yield (file, module) of imports from a room or floor that is not below the file's own."""
    for path, found in inner_imports().items():
        here = place(path)
        if not here or here[0] == "__main__":
            continue
        for there, _ in found:
            if there[0] != here[0]:
                rows, mine, other = ROOMS, here[0], there[0]
            elif here[0] in FLOORS and len(here) > 1 and len(there) > 1 and here[1] != there[1]:
                rows, mine, other = FLOORS[here[0]], here[1], there[1]
            else:
                continue
            ours, theirs = rank(rows, mine), rank(rows, other)
            if ours is not None and theirs is not None and theirs >= ours:
                yield "/".join(here), ".".join(there)


def test_imports_point_to_lower_rooms_and_floors_only():
    assert set(upward_arrows()) == set()


def deep_imports():
    """Yield (file, module) of imports past the face of another room or sub-room."""
    for path, found in inner_imports().items():
        here = place(path)
        for there, name in found:
            common = 0
            while common < min(len(here), len(there)) and here[common] == there[common]:
                common += 1
            face = there[: common + 1]
            passed = len(there) > len(face) and is_package(face)
            module = name is not None and common < len(there) and is_package(there)
            if passed or (
                module
                and (PACKAGE.joinpath(*there, f"{name}.py")).is_file()
                and not exports(there, name)
            ):
                yield "/".join(here), ".".join([*there, *([name] if module else [])])


def exports(parts, name):
    """Return whether the face of a package lists a name."""
    stub = PACKAGE.joinpath(*parts, "__init__.pyi")
    face = stub if stub.is_file() else stub.with_suffix(".py")
    words = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(face.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }
    return name in words


def test_another_room_is_imported_by_its_face():
    assert set(deep_imports()) == set()


def private_names():
    """Yield (file, module, name) of names with an underscore that cross a room."""
    for path, found in inner_imports().items():
        here = place(path)
        for there, name in found:
            crosses = here[:1] != there[:1] or (is_package(there[:2]) and here[:2] != there[:2])
            words = [*there, name or ""]
            if there != ("_version",) and crosses and any(w.startswith("_") for w in words):
                yield "/".join(here), ".".join(there), name


def test_names_with_an_underscore_never_cross_a_room():
    assert set(private_names()) == set()


def test_only_the_ssh_and_sftp_rooms_import_paramiko():
    found = {
        "/".join(place(path))
        for path in FILES
        for module, _ in imports(path)
        if module.split(".")[0] == "paramiko" and "/".join(place(path)[:2]) not in PARAMIKO
    }
    assert found == set()


DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
SECTIONS = {"Parameters", "Returns", "Raises", "Yields"}


def definitions(path):
    """Yield (dotted name, node, is public) of the functions and classes of a file.

    Public is what docs/reference.md lists, the methods of such classes, the values and the errors.
    """
    everything = place(path) in {("errors",), ("models",)}

    def walk(node, above, is_public):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, DOCUMENTED):
                method = is_public and isinstance(node, ast.ClassDef)
                listed = child.name in PUBLIC or (method and not child.name.startswith("_"))
                name = f"{above}.{child.name}" if above else child.name
                yield name, child, everything or listed
                yield from walk(child, name, listed)
            else:
                yield from walk(child, above, is_public)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), "", is_public=False)


def test_internal_docstrings_have_no_sections_of_parameters():
    found = {
        f"{'/'.join(place(path))}:{name}"
        for path in FILES
        for name, node, is_public in definitions(path)
        if not is_public and sections(node)
    }
    assert found == set()


def sections(node):
    lines = [line.strip() for line in (ast.get_docstring(node) or "").splitlines()]
    return {
        line for line, rule in pairwise(lines) if line in SECTIONS and rule and set(rule) == {"-"}
    }


def test_no_folder_has_more_than_fifteen_files():
    folders = Counter(path.parent for path in FILES)
    assert {folder: n for folder, n in folders.items() if n > 15} == {}


def test_no_file_is_longer_than_four_hundred_lines():
    long = {
        "/".join(place(path))
        for path in FILES
        if len(path.read_text(encoding="utf-8").splitlines()) > 400
    }
    assert long == LONG_FILES


def test_no_function_is_longer_than_sixty_lines():
    found = {
        f"{'/'.join(place(path))}:{name}"
        for path in FILES
        for name, node, _ in definitions(path)
        if not isinstance(node, ast.ClassDef) and body_lines(node) > 60
    }
    assert found == set()


def body_lines(node):
    """Count the lines of a function without its signature and docstring."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = node.body[1:] if is_docstring else node.body
    return node.end_lineno - body[0].lineno + 1 if body else 0


def loaded_by(module):
    code = f"import sys, {module}; print(*{{m.split('.')[0] for m in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_neuroflow_loads_no_heavy_library():
    heavy = {"ipywidgets", "matplotlib", "paramiko", "pandas", "scipy"}
    assert not heavy & loaded_by("neuroflow")


def test_opening_the_forms_loads_no_reader_of_scans():
    assert not {"pydicom", "nibabel", "scipy"} & loaded_by("neuroflow.widgets.app")


def test_every_exported_name_is_there_and_nothing_else_is_public():
    for name in neuroflow.__all__:
        assert getattr(neuroflow, name) is not None
    assert set(neuroflow.__all__) <= set(dir(neuroflow))
