"""Ctrl-C and SIGTERM, sent to real processes: nothing is lost, nothing is sent twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from support.endings import note_endings
from support.waits import PATIENCE

from neuroflow.demo.service.server import DemoService
from neuroflow.ledger.states import State
from neuroflow.studies.discovery.find import find_studies
from neuroflow.workspace.workspace import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals between processes"),
]


def all_cores():
    """Return the environment without the limit of the tests to one process."""
    return {name: value for name, value in os.environ.items() if name != "LOKY_MAX_CPU_COUNT"}


class Running:
    """A command line under way, in a process group of its own as a shell gives it."""

    def __init__(self, process):
        self.process = process
        self.said = ""
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stderr:
            with self._news:
                self.said += line
                self._news.notify_all()

    def says(self, text):
        """Wait until the process has said something."""
        with self._news:
            assert self._news.wait_for(lambda: text in self.said, PATIENCE), self.said

    def strike(self, number=signal.SIGINT):
        """Send a signal as the terminal does: to the command and all it has started."""
        os.killpg(self.process.pid, number)

    def end(self):
        """Return the exit code and what stood on the standard output."""
        out = self.process.stdout.read()
        return self.process.wait(PATIENCE), out


@contextmanager
def running(*words):
    command = [sys.executable, "-m", "neuroflow", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": all_cores()}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_until_uploading(project, command):
    """Wait until the first bytes of a study are on their way."""
    begin = time.monotonic()
    with Workspace(project) as ws:
        while all(row.state != State.UPLOADING for row in ws.ledger.rows()):
            assert command.process.poll() is None, command.said
            assert time.monotonic() - begin < PATIENCE
            time.sleep(0.02)


@pytest.fixture
def cohort(project, own_cohort_folder, run):
    """Make a cohort of two packaged studies that go one after the other; return how to send it."""
    config = project / "neuroflow.toml"
    config.write_text(config.read_text() + "\n[settings]\nconnections = 1\nquiet_seconds = 1\n")
    words = (project, "C", own_cohort_folder / "scans")
    words += ("--participants", own_cohort_folder / "participants.tsv")
    code, out, err = run("package", *words, "--json")
    assert code == 0, err
    slow = sum(each["size"] for each in json.loads(out)["packages"]) / 2 / 8e6
    return ("submit", project, "C"), ("--limit-mb-per-s", f"{slow:.4f}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_study_in_flight_is_finished_after_one_ctrl_c(
    cohort, project, run, service, number, code
):
    words, slowly = cohort
    with running(*words, *slowly, "--json") as command:
        wait_until_uploading(project, command)
        command.strike(number)
        command.says("Finishing what is running.")
        found, out = command.end()
    assert found == code
    assert "Run the same command again to continue" in command.said
    assert "Traceback" not in command.said
    answer = json.loads(out)
    assert answer["left"] == 1
    assert sorted(row["state"] for row in answer["studies"]) == ["packaged", "submitted"]
    assert run(*words)[0] == 0
    assert service.wait_until_idle()
    assert len(service.processed) == len(set(service.processed)) == 2


def test_a_second_ctrl_c_stops_leaving_the_study_unsent(cohort, project, run, service, monkeypatch):
    endings = note_endings(monkeypatch)
    words, slowly = cohort
    with running(*words, *slowly) as command:
        wait_until_uploading(project, command)
        command.strike()
        command.says("Ctrl-C again stops at once.")
        command.strike()
        code, _ = command.end()
    assert code == 130
    assert "Run the same command again" in command.said
    assert "Traceback" not in command.said
    assert not any(ending.is_closed for ending in endings)  # nobody said that a part is complete
    with Workspace(project) as ws:
        rows = ws.ledger.rows()
    assert sorted(row.state for row in rows) == [State.PACKAGED, State.UPLOADING]
    assert run(*words)[0] == 0
    closed = sorted((name, size) for name, size, is_closed in endings if is_closed)
    assert closed == sorted((row.study_id, row.size) for row in rows)
    assert service.wait_until_idle()
    code, out, _ = run("collect", project, "--json")
    assert (code, json.loads(out)["counts"]) == (0, {"collected": 2})


WORKERS = """
import signal
from neuroflow.studies.parallel import map_chunks

def held(items):
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    return [sorted(map(int, masked)) for _ in items]

print({str(found) for _, some in map_chunks(held, range(1000), chunk=100) for found in some})
"""


def test_processes_that_help_hear_neither_ctrl_c_nor_sigterm():
    command = [sys.executable, "-c", WORKERS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=all_cores())
    assert done.stdout.strip() == str({str([int(signal.SIGINT), int(signal.SIGTERM)])})


def test_a_check_is_stopped_without_a_trace(cohort_folder):
    with running("check", cohort_folder / "scans") as command:
        command.says("find: ")
        command.strike()
        code, _ = command.end()
    assert code in (0, 130)  # it may have been done already
    assert "Traceback" not in command.said


def test_watching_ends_at_once_and_says_how_to_go_on(own_cohort_folder, tmp_path):
    with DemoService(tmp_path / "slow", delay=3600) as service:
        with Workspace(tmp_path / "project") as ws:
            ws.service.save_profile(service.profile)
            ws.service.trust(service.fingerprint)
            studies = find_studies(own_cohort_folder / "scans")
            people = own_cohort_folder / "participants.tsv"
            ws.submit(ws.cohort("C", studies, participants=people), on_event=lambda event: None)
        with running("watch", tmp_path / "project", "--interval-seconds", 60) as command:
            command.says("2 processing")
            command.strike()
            code, _ = command.end()
    assert code == 130
    assert "Stopped watching." in command.said
