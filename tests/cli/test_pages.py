"""The pages on the command line tell the truth: their commands run, their tables are the code's."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from support.pages import blocks

from neuroflow.cli.commands.analysis.plot import kinds
from neuroflow.cli.exit_codes import exit_codes
from neuroflow.workspace.workspace import Workspace

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "command_line.md"
PAGES = [PAGE, DOCS / "on_a_cluster.md"]
pytestmark = pytest.mark.slow


def commands(path):
    """Return the command lines of a page, from the top to the bottom, as lists of words."""
    lines = [line for code in blocks(path, "console", "sh") for line in code.splitlines()]
    found = [re.match(r"(?:\$ |srun )?neuroflow (.*?)(?: > \S+)?$", line) for line in lines]
    return [shlex.split(match[1]) for match in found if match]


@pytest.fixture
def here(sample, tmp_path, monkeypatch):
    """Work in a copy of the sample folder."""
    folder = shutil.copytree(sample, tmp_path / "here")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_command_of_a_page_runs_in_its_order(path, here, run, service):
    names = {
        "HOST": service.host,
        "PORT": str(service.port),
        "USER": service.user,
        "KEY": str(service.key),
        "SHA256:...": service.fingerprint,
    }
    for words in commands(path):
        if "STUDY" in words and "STUDY" not in names:
            with Workspace(here / words[1]) as ws:
                names["STUDY"] = ws.cohort(words[2]).studies[0].label
        code, _, err = run(*(names.get(word, word) for word in words))
        assert code == 0, f"{' '.join(words)}: {err}"
        if words[0] == "submit":
            assert service.wait_until_idle()


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_script_of_a_page_is_one(path):
    for code in blocks(path, "sh"):
        subprocess.run(["sh", "-n"], input=code, text=True, check=True)


# ------------------------------------------------------------------ tables


def rows(title):
    """Return the rows of the table in a section, their cells without the marks of code."""
    section = re.split(rf"^## {title}$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    lines = re.findall(r"^\| (.*) \|$", section.split("\n## ")[0], re.MULTILINE)
    return [line.split(" | ") for line in lines[2:]]


def test_the_exit_codes_are_those_of_the_program():
    assert {int(code): text for code, text in rows("Exit codes")} == exit_codes()


def test_every_figure_is_in_the_table():
    named = [name for row in rows("Tables and figures") for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(named) == kinds()


def keys_of(command):
    """Return the keys that the page promises."""
    promised, last = {}, []
    for names, keys in rows("For scripts"):
        own = re.findall(r"`(\w+)`", keys)
        for name in re.findall(r"`([\w -]+)`", names) or [names]:
            promised[name] = [*last, *own] if keys.startswith("those") else own
        last = own
    return set(promised[command])


def test_the_keys_for_scripts_are_the_promised_ones(run, here, project, service, table_file):
    people = ("--participants", "participants.tsv")
    study = "PILOT_1"
    calls = {
        "key new": ("key", "new", "id"),
        "key show": ("key", "show", "id"),
        "key check": ("key", "check", "id"),
        "connect": ("connect", project),
        "check": ("check", "scans"),
        "package": ("package", project, study, "scans", *people),
        "submit": ("submit", project, study),
        "status": ("status", project),
        "collect": ("collect", project),
        "watch": ("watch", project),
        "export": ("export", table_file, "out", "--format", "csv"),
        "compare": ("compare", table_file),
        "plot": ("plot", "strip", table_file, "--regions", "pSN", "--to", "strip.png"),
    }
    for name, words in calls.items():
        code, out, err = run(*words, "--json")
        assert code == 0, err
        assert set(json.loads(out)) == keys_of(name), name
        if name == "submit":
            assert service.wait_until_idle()
    assert run("package", project, "NEXT", "scans", *people)[0] == 0
    with Workspace(project) as ws:
        one = ws.cohort("NEXT").studies[0]
    label = one.label
    for words in (
        ("exclude", project, "NEXT", label, "--reason", "motion"),
        ("include", project, "NEXT", label),
        ("override", project, "NEXT", label, "echo_time", "--reason", "agreed"),
        ("override-all", project, "NEXT", "echo_time", "--reason", "agreed"),
        ("fill-in", project, "NEXT", label, "--age", one.age, "--sex", one.sex),
    ):
        assert set(json.loads(run(*words, "--json")[1])) == keys_of(words[0]), words[0]
    assert set(json.loads(run("table", table_file, "--json")[1])) == keys_of("table") - {"file"}
    _, out, _ = run("table", table_file, "--to", "t.csv", "--json")
    assert set(json.loads(out)) == keys_of("table") - {"table"}
    _, out, _ = run("check", "nowhere", "--json")
    assert {"error", *json.loads(out)["error"]} == keys_of("every error")
