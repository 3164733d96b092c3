"""The project's own files agree with each other."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import neuroflow

ROOT = Path(__file__).parent.parent
CONDA_NAMES = {"matplotlib": "matplotlib-base", "jupyter-server": "jupyter_server"}


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def conda_requirements():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    return set(re.findall(r"^ +- ([a-z0-9_-]+>=[\d.]+)$", text, re.MULTILINE))


def test_environment_yml_has_the_dependencies_of_pyproject_and_no_others():
    project = pyproject()
    expected = {"python" + project["requires-python"]}
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["demo"]]:
        name, bound = requirement.split(">=")
        expected.add(f"{CONDA_NAMES.get(name, name)}>={bound}")
    assert conda_requirements() == expected


def test_every_dependency_has_its_reason_in_the_architecture_page():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    project = pyproject()
    runtime = [*project["dependencies"]]
    for extra in ("convert", "demo", "docs", "excel", "word"):
        runtime += project["optional-dependencies"].get(extra, [])
    for requirement in runtime:
        name = requirement.split(">=")[0]
        assert f"`{name}`" in page, f"docs/architecture.md does not say why {name} is there"


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_the_commands_of_the_makefile(command):
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"\n{command.split()[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_changelog_knows_this_version_or_calls_it_unreleased():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"[{neuroflow.__version__}]" in text or "[Unreleased]" in text


def test_notebooks_are_committed_without_outputs():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert '"outputs": [\n' not in text.replace('"outputs": []', ""), path.name


def test_no_private_key_is_in_the_repository():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    secret = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}")
    for name in filter(None, tracked):
        path = ROOT / name
        if path.exists():
            assert not secret.search(path.read_bytes()), name
