"""Failures are visible in cron's mail: one line each, exit code 20, lines that run as printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from neuroflow.io import CONFIG_VARIABLE
from neuroflow.ledger import State
from neuroflow.models import RESULT_FILES, Package
from neuroflow.workspace.workspace import Workspace

PAGE = Path(__file__).parents[2] / "docs" / "on_a_cluster.md"


@pytest.fixture(autouse=True)
def user_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROFLOW_CONFIG", str(tmp_path / "user"))


@pytest.fixture
def answered(project, service):
    """Return a workspace with one study that failed and one with results, both to be collected."""
    with Workspace(project) as ws:
        for study_id in ("s1", "s2"):
            ws.ledger.add_package(
                Package("C", study_id, project / study_id, 9, "sha", f"source {study_id}")
            )
            ws.ledger.record("C", study_id, State.UPLOADING)
            ws.ledger.record("C", study_id, State.SUBMITTED)
            (service.home / "output" / f"{study_id}_out").mkdir()
    (service.home / "output" / "s1_out" / "failure_report.txt").write_text("Reason: no age\n")
    for name in RESULT_FILES:
        (service.home / "output" / "s2_out" / name).write_text("pSN_FW,0.2\n")
    return project


@pytest.mark.parametrize("command", [["watch", "--once"], ["collect"]])
def test_quiet_prints_one_line_for_a_failed_study_exits_20(run, answered, command):
    name, *options = command
    code, out, err = run(name, answered, *options, "--quiet")
    assert (code, out) == (20, "")
    assert err.splitlines() == ["Warning: Study s1 has failed: a failure report was received."]
    assert run(name, answered, *options, "--quiet") == (0, "", "")


def test_an_overdue_study_is_one_line_once(run, answered, service):
    import shutil

    shutil.rmtree(service.home / "output" / "s1_out")
    with (answered / "neuroflow.toml").open("a") as config:
        config.write("\n[settings]\noverdue_hours = 0.00001\n")
    code, out, err = run("watch", answered, "--once", "--quiet")
    assert (code, out, len(err.splitlines())) == (20, "", 1)
    assert "Warning: Study s1 is overdue: no complete result after" in err
    assert run("watch", answered, "--once", "--quiet") == (20, "", "")  # it still waits


@pytest.mark.parametrize("options", [["--once"], ["--interval-seconds", "0.2"]])
def test_watch_continues_after_a_connection_lost_before_collecting(
    run, answered, monkeypatch, options
):
    from neuroflow.errors import ConnectionLostError

    collect, left = Workspace.collect, [1]

    def lost(self, **words):
        if left:
            left.pop()
            raise ConnectionLostError("The connection was lost.")
        return collect(self, **words)

    monkeypatch.setattr(Workspace, "collect", lost)
    code, _, err = run("watch", answered, *options)
    if options == ["--once"]:
        assert code == 6
        assert "Error: The connection was lost." in err
    else:
        assert code == 20  # for the failure
        assert "no connection, collecting at the next check" in err
        assert "1 failed, 1 collected" in err


def test_the_printed_cron_lines_run_in_the_environment_of_cron(answered, tmp_path):
    block = next(
        b for b in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S) if "crontab" in b
    )
    home = tmp_path / "a home"
    home.mkdir()
    answered.rename(home / "my-project")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "crontab").write_text(
        f'#!/bin/sh\n[ "$1" = -l ] || cat > "{tmp_path}/table"\n', encoding="utf-8"
    )
    (tools / "crontab").chmod(0o755)
    path = f"{tools}:{Path(sys.executable).parent}:/usr/bin:/bin"
    subprocess.run(["sh", "-c", block], env={"HOME": str(home), "PATH": path}, check=True)
    line = (tmp_path / "table").read_text()
    minutes, rest = line[:13], line[13:]
    assert minutes == "*/20 * * * * "
    assert "%" not in rest  # cron would take it for the end of the line
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    environ[CONFIG_VARIABLE] = os.environ[CONFIG_VARIABLE]  # the folder of the same user
    ran = subprocess.run(
        ["/bin/sh", "-c", rest], check=False, env=environ, capture_output=True, text=True, cwd=home
    )
    assert ran.returncode == 20, ran.stderr
    assert ran.stderr == "Warning: Study s1 has failed: a failure report was received.\n"
    assert ran.stdout == ""


def test_addresses_are_added_listed_tested_and_removed(run, project, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("json://127.0.0.1:1/T0KEN\n"))
    code, out, err = run("notify", "add", project)
    assert (code, err) == (0, "")
    assert out.startswith("Notices go to JSON at json://127.0.0.1:1.")
    assert run("notify", "list", project) == (0, "1  JSON at json://127.0.0.1:1\n", "")
    code, out, _ = run("notify", "test", project)
    assert code == 20
    assert out.startswith("JSON at json://127.0.0.1:1: ")
    assert "T0KEN" not in out
    assert run("notify", "remove", project, 2)[0] == 3
    assert run("notify", "remove", project, 1)[0] == 0
    assert run("notify", "test", project)[0] == 20
    assert "T0KEN" not in "".join(
        path.read_text(errors="replace") for path in project.rglob("*") if path.is_file()
    )
    assert os.environ["NEUROFLOW_CONFIG"]
