"""What is handed to others: sdist and wheel are whole, and the demo runs from the wheel alone."""

import ast
import email
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from support.made_once import made_once

import neuroflow

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*command, **options):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """Build the sdist, and the wheel from it, once for all processes of the tests."""
    command = (sys.executable, "-m", "build", "--no-isolation", ROOT, "--outdir")
    return made_once(tmp_path_factory, "dist", lambda folder: run(*command, folder))


@pytest.fixture(scope="session")
def wheel(dist):
    (path,) = dist.glob("*.whl")
    return path


def tracked(folder):
    names = run("git", "ls-files", "-z", folder, cwd=ROOT).split("\0")
    return {name for name in names if name and (ROOT / name).is_file()}


@pytest.mark.slow
def test_the_wheel_has_all_package_files_and_bundled_ones(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert tracked("neuroflow") <= names
    assert {"neuroflow/py.typed", "neuroflow/errors.md", "neuroflow/forms.md"} <= names
    for notebook in tracked("notebooks"):
        assert f"neuroflow/demo/{notebook}" in names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"neuroflow", f"neuroflow-{neuroflow.__version__}.dist-info"}


@pytest.mark.slow
def test_the_wheel_says_what_pyproject_says(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        facts = email.message_from_string(archive.read(path).decode())
    assert facts["Version"] == neuroflow.__version__
    assert facts["Requires-Python"] == PROJECT["requires-python"]
    assert facts["License-Expression"] == PROJECT["license"]
    asked = [text for text in facts.get_all("Requires-Dist") if "extra ==" not in text]
    assert sorted(asked) == sorted(PROJECT["dependencies"])


@pytest.mark.slow
def test_the_sdist_can_be_tested_and_built_from(dist):
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = set().union(*map(tracked, ["neuroflow", "tests", "docs", "notebooks", "tools"]))
    assert wanted <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "Makefile"} <= names


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_without_the_checkout(wheel, tmp_path):
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    where = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    )
    zipfile.ZipFile(wheel).extractall(where)
    # The dependencies as they are here; a line of a .pth file brings no editable installs along.
    (where / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    ours = ("PYTHON", "NEUROFLOW", "LOKY")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    options = {"cwd": tmp_path, "env": environ}
    found = run(python, "-c", "import neuroflow; print(neuroflow.__file__)", **options)
    assert Path(found.strip()).is_relative_to(where)
    few = ["--studies", "3", "--delay", "0.2"]
    run(python, "-m", "neuroflow", "demo", tmp_path / "demo", *few, **options)
    (table,) = (tmp_path / "demo").rglob("cohort_table.csv")
    assert table.stat().st_size > 50_000
    said = run(python, "-c", "import neuroflow; print(neuroflow.errors.explain('port'))", **options)
    assert said.startswith("## port")


def test_every_package_that_is_imported_is_declared():
    asked = [*PROJECT["dependencies"]]
    for extra in ("convert", "crate", "demo", "excel", "notify", "word"):
        asked += PROJECT["optional-dependencies"][extra]
    declared = {normal(text.split(">=")[0]) for text in asked}
    known = packages_distributions()
    for path in (ROOT / "neuroflow").rglob("*.py"):
        for name in imports(path) - set(sys.stdlib_module_names) - {"neuroflow"}:
            dists = {normal(dist) for dist in known.get(name, [name])}
            assert dists & (declared | BROUGHT_ALONG), f"{path.name} imports {name}"


BROUGHT_ALONG = {"traitlets", "ipython", "python-dateutil", "traittypes", "markupsafe"}
"""Comes with ipywidgets or jinja2, whose interface it is part of."""


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def imports(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_the_citation_is_one_and_names_this_version():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["cff-version"] == "1.2.0"
    assert cff["type"] == "software"
    assert cff["version"] == neuroflow.__version__
    assert cff["license"] == PROJECT["license"]
    assert [author["name"] for author in cff["authors"]] == [a["name"] for a in PROJECT["authors"]]
    assert {"message", "title", "abstract"} <= set(cff)
    for reference in cff["references"]:
        assert {"type", "title", "authors"} <= set(reference)
        assert re.fullmatch(r"10\.\d{4,}/\S+", reference["doi"])
