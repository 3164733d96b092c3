"""The pages on the command line tell the truth: their commands run, their tables are the code's."""

import json
import re
import shlex
import shutil
import subprocess
from inspect import isfunction
from pathlib import Path

import pytest
from support.pages import blocks

import neuroflow
from neuroflow.cli.answers import ANSWERS, ERROR
from neuroflow.cli.commands.analysis.plot import kinds
from neuroflow.cli.exit_codes import exit_codes
from neuroflow.workspace.workspace import Workspace

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = Path(neuroflow.__file__).parent / "cli"
PAGE = DOCS / "command_line.md"
PAGES = [PAGE, DOCS / "on_a_cluster.md", DOCS.parent / "README.md"]
OTHERWISE = {"app", "rules_table", "check", "close", "cohorts", "folder", "is_busy", "wait"}
OTHERWISE |= {"results_folder", "remove_site", "with_new_ledger"}
"""What a command does by another name, or needs no command."""
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


def test_everything_that_python_has_is_a_command():
    code = "".join(path.read_text("utf-8") for path in COMMANDS.rglob("*.py"))
    functions = {name for name in dir(neuroflow) if isfunction(getattr(neuroflow, name))}
    lacking = functions - set(re.findall(r"\bnf\.(\w+)", code)) - OTHERWISE
    of_workspace = {name for name in dir(Workspace) if name[0] != "_"}
    lacking |= of_workspace - set(re.findall(r"\bws\.(\w+)", code)) - OTHERWISE
    assert lacking == set()


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


def test_the_keys_of_the_page_are_those_of_the_schema():
    promised = {
        names.strip("`"): re.findall(r"`([\w-]+)`", keys) for names, keys in rows("For scripts")
    }
    assert promised.pop("every error") == ["error", *ERROR]
    assert promised == {command: list(keys) for command, keys in ANSWERS.items()}


def test_the_answers_of_a_workspace_keep_their_schema(run, here, project, service):
    people = ("--participants", "participants.tsv")
    for words in (
        ("key", "new", "id"),
        ("key", "show", "id"),
        ("key", "check", "id"),
        ("account-key", "show", project),
        ("account-key", "export", project, "account"),
        ("account-key", "import", project, "account"),
        ("connect", project),
        ("check", "scans"),
        ("package", project, "PILOT_1", "scans", *people),
        ("submit", project, "PILOT_1"),
        ("status", project),
        ("collect", project),
        ("watch", project),
        ("explain", "locked"),
    ):
        code, out, err = run(*words, "--json")
        assert code == 0, err
        assert "error" not in json.loads(out)
        if words[0] == "submit":
            assert service.wait_until_idle()
    assert run("package", project, "NEXT", "scans", *people)[0] == 0
    with Workspace(project) as ws:
        one = ws.cohort("NEXT").studies[0]
    for words in (
        ("exclude", project, "NEXT", one.label, "--reason", "motion"),
        ("include", project, "NEXT", one.study_id),
        ("override", project, "NEXT", one.study_id, "echo_time", "--reason", "agreed"),
        ("override-all", project, "NEXT", "echo_time", "--reason", "agreed"),
        ("fill-in", project, "NEXT", one.study_id, "--age", one.age, "--sex", one.sex),
    ):
        code, out, err = run(*words, "--json", "--quiet")
        assert (code, err) == (0, "")
        assert "error" not in json.loads(out)


def test_a_table_in_a_file_is_named_and_not_printed(run, table_file, tmp_path):
    _, out, _ = run("table", table_file, "--to", tmp_path / "t.csv", "--json")
    assert set(json.loads(out)) == set(ANSWERS["table"]) - {"table"}
    assert set(json.loads(run("table", table_file, "--json")[1])) == set(ANSWERS["table"]) - {
        "file"
    }
