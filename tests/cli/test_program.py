"""The program around the commands: help, completion, exit codes, unexpected errors, JSON."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from neuroflow import errors
from neuroflow.cli.console import Console
from neuroflow.cli.exit_codes import exit_codes
from neuroflow.cli.program import app
from neuroflow.models import Event
from neuroflow.workspace.workspace import Workspace

COMMANDS = [
    "key new", "key show", "key check", "connect", "check", "exclude", "include", "override",
    "override-all",
    "fill-in", "package", "submit", "status", "collect", "watch", "table", "export", "compare",
    "plot", "notify add", "notify list", "notify remove", "notify test", "app", "demo", "explain",
    "schema",
    "rebuild", "account-key show", "account-key export", "account-key import",
    "power", "repeatability", "person-change", "compare-arms", "compare-cohorts", "replication",
    "harmonize", "z-scores",
    "correlate", "asymmetry", "compare-sites",
    "accuracy", "compare-auc", "forget", "repeat", "table-one", "exclude-result", "include-result",
    "pause", "resume", "stop", "note", "notes",
    "report",
    "verify",
    "survey", "deidentification", "log", "coverage", "pool-effects", "site-differences",
    "z-summary", "correlate-regions", "calibration", "confusion-matrix",
]  # fmt: skip


def shell(*words, **environ):
    return subprocess.run(
        [sys.executable, "-m", "neuroflow", *map(str, words)],
        env=os.environ | {"COLUMNS": "200"} | environ,
        capture_output=True,
        text=True,
        check=False,
    )


# ------------------------------------------------------------------ help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    code, out, _ = run(*command.split(), "--help")
    assert code == 0
    assert f"neuroflow {command}" in out.replace("\n", " ")


def test_the_help_names_every_exit_code(run):
    _, out, _ = run("--help")
    for code, meaning in exit_codes().items():
        assert re.search(rf"\b{code} +{re.escape(meaning[:40])}", out), code


def test_every_error_has_an_exit_code_that_is_explained():
    def below(branch):
        yield branch
        for twig in branch.__subclasses__():
            yield from below(twig)

    assert {error.exit_code for error in below(errors.NeuroflowError)} <= set(exit_codes())


def test_the_help_loads_nothing_heavy():
    code = "import sys, neuroflow.cli; sys.argv = ['neuroflow', '--help']\n"
    code += "try: neuroflow.cli.main()\nexcept SystemExit: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert not {"pandas", "numpy", "matplotlib", "paramiko", "ipywidgets", "tqdm"} & loaded


def test_a_wrong_command_line_is_code_2(run, tmp_path):
    for words in (["nothing"], ["submit"], ["status", tmp_path, "--nothing"], ["plot", "strip"]):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert "Traceback" not in err


def commands_of(command, path=()):
    """Yield all commands below one, with the words that call them."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, below in command.commands.items():
        yield from commands_of(below, (*path, name))


def test_every_command_and_option_is_explained_by_a_sentence():
    found = dict(commands_of(typer.main.get_command(app)))
    assert {" ".join(path) for path in found} == set(COMMANDS)
    texts = {path: command.help.split("\n")[0] for path, command in found.items()}
    texts |= {(*path, p.name): p.help for path, command in found.items() for p in command.params}
    bad = {name: text for name, text in texts.items() if not re.fullmatch(r"\S.*\.", text or "")}
    assert bad == {}


# ------------------------------------------------------------------ completion


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_the_completion_of_a_shell_is_printed(name):
    done = shell("--show-completion", name, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0, done.stderr
    assert "NEUROFLOW_COMPLETE=complete_" + name in done.stdout


def complete(line):
    """Return what bash is offered for a line, as its completion script asks for it."""
    words = line.split(" ")
    command = [Path(sys.executable).with_name("neuroflow")]
    done = subprocess.run(
        command,
        env=os.environ
        | {
            "_NEUROFLOW_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


@pytest.mark.skipif(
    not Path(sys.executable).with_name("neuroflow").exists(), reason="not installed as a command"
)
def test_cohorts_studies_rules_figures_and_errors_are_offered(own_cohort_folder, tmp_path):
    from neuroflow.studies.discovery.find import find_studies

    with Workspace(tmp_path / "p") as ws:
        cohort = ws.cohort("PILOT_1", find_studies(own_cohort_folder / "scans"))
        ws.cohort("OTHER", find_studies(own_cohort_folder / "scans"))
    folder = tmp_path / "p"
    assert complete(f"neuroflow submit {folder} PI") == ["PILOT_1"]
    labels = {study.label for study in cohort.studies}
    assert set(complete(f"neuroflow override {folder} PILOT_1 ")) == labels
    assert complete(f"neuroflow override {folder} PILOT_1 x echo_time_") == ["echo_time_older"]
    assert complete("neuroflow plot vol") == ["volcano"]
    assert complete("neuroflow explain host-key-c") == ["host-key-changed"]
    assert "watch" in complete("neuroflow w")


# ------------------------------------------------------------------ errors


def test_an_unexpected_error_is_a_short_message_and_a_log(run, monkeypatch, tmp_path):
    def broken(*_args, **_options):
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(Workspace, "status", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Workspace(tmp_path / "w").close()
    code, out, err = run("status", tmp_path / "w")
    assert (code, out) == (70, "")
    assert "ZeroDivisionError" in err
    assert "secret" not in err
    (log,) = tmp_path.glob("neuroflow-error-*.log")
    assert str(log) in err
    assert "a secret detail" in log.read_text()
    if os.name == "posix":
        assert log.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("NEUROFLOW_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("status", tmp_path / "w")


def test_an_error_names_its_section_and_explain_shows_it(run, tmp_path):
    _, _, err = run("check", tmp_path / "none")
    words = re.search(r"More: neuroflow (explain \S+)", err)[1].split()
    code, out, _ = run(*words)
    assert code == 0
    assert out.startswith(f"## {words[1]}")
    assert run("explain", "nothing")[0] == 3


def test_an_error_is_json_too(run, tmp_path):
    code, out, err = run("check", tmp_path / "none", "--json")
    told = json.loads(out)["error"]
    assert told["kind"] == "FolderError"
    assert told["exit_code"] == code == 3
    assert told["what"] in err


def test_an_empty_folder_is_told_once(run, tmp_path):
    _, _, err = run("check", tmp_path)
    assert err.count("0 studies found") == 1


def test_a_reader_that_leaves_early_is_no_error(table_file):
    command = f'"{sys.executable}" -m neuroflow table "{table_file}" | head -1'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("cohort_id,")
    assert done.stderr == ""


# ------------------------------------------------------------------ what is said


def test_quiet_tells_nothing_but_what_is_wrong(run, cohort_folder, tmp_path):
    code, _, err = run("check", cohort_folder / "scans", "--quiet")
    assert (code, err) == (0, "")
    code, _, err = run("check", tmp_path / "none", "--quiet")
    assert code == 3
    assert "Error" in err


def test_a_log_gets_lines_and_no_bars(cohort_folder):
    done = shell("check", cohort_folder / "scans")
    assert done.returncode == 0
    assert re.search(r"^\d{4}-\d\d-\d\d [\d:]{8} check: 8 of 8$", done.stderr, re.MULTILINE)
    assert "\r" not in done.stderr


def test_a_terminal_gets_bars(cohort_folder):
    pty = pytest.importorskip("pty")
    said = b""

    def read(descriptor):
        nonlocal said
        said += (data := os.read(descriptor, 1024))
        return data and b"."

    command = (
        f"stty cols 100 rows 40; '{sys.executable}' -m neuroflow check '{cohort_folder / 'scans'}'"
    )
    code = pty.spawn(["sh", "-c", command], read)
    assert os.waitstatus_to_exitcode(code) == 0
    assert "█".encode() in said
    assert b"\r" in said


def test_the_answer_stands_alone_on_the_standard_output(run, cohort_folder, capsys):
    code, out, err = run("check", cohort_folder / "scans", "--json")
    answer = json.loads(out)
    assert (code, answer["studies"], answer["with_errors"]) == (0, 8, 0)
    assert "8 studies" in err


def test_lines_come_now_and_then_and_at_the_end(capsys):
    from datetime import UTC, datetime

    from neuroflow.events.progress import Lines

    ticks = iter([0.0, 1.0, 11.0, 12.0, 13.0])
    lines = Lines(clock=lambda: next(ticks))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for done in (1, 2, 3, 4, 4):
        lines(Event("check", None, done, 4, "progress", "", at))
    lines(Event("check", "study", 1, 1, "failed", "cannot be read", at))
    told = [line.split(": ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert told == ["1 of 4", "3 of 4", "4 of 4", "cannot be read"]


def test_times_paths_and_missing_values_are_json(capsys):
    from datetime import UTC, datetime

    import pandas as pd

    at = datetime(2026, 1, 1, tzinfo=UTC)
    table = pd.DataFrame({"at": [pd.Timestamp(at)], "value": [float("nan")]})
    with Console(as_json=True) as console:
        console.output({"at": at, "file": Path("a"), "rows": table})
    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-01-01T00:00:00.000Z",
        "file": "a",
        "rows": [{"at": "2026-01-01T00:00:00.000Z", "value": None}],
    }


def test_the_commands_are_all_known_here():
    from typer.main import get_command

    def below(command, *names):
        for name, each in command.commands.items():
            if hasattr(each, "commands"):
                yield from below(each, *names, name)
            else:
                yield " ".join([*names, name])

    assert sorted(below(get_command(app))) == sorted(COMMANDS)


def test_the_handler_of_sigterm_is_given_back(run):
    before = signal.getsignal(signal.SIGTERM)
    assert run("--version")[0] == 0
    assert run("table", "no-such-place")[0] != 0
    assert signal.getsignal(signal.SIGTERM) is before
