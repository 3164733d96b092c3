"""The service alone, as `neuroflow demo --serve` runs it."""

import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from support.waits import PATIENCE

from neuroflow.demo.serve import SAMPLE_ID, serve, write_sample
from neuroflow.demo.service.read_upload import read_upload


def test_the_sample_is_a_study_the_service_accepts(tmp_path: Path) -> None:
    sample = write_sample(tmp_path)
    assert sample.stem == SAMPLE_ID
    assert read_upload(sample).sex in {"M", "F"}
    assert b"Simulated" not in sample.read_bytes()


@pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH's sftp is not installed")
def test_printed_commands_work_in_openssh(tmp_path: Path) -> None:
    lines: list[str] = []
    stop, reported = threading.Event(), threading.Event()

    def report(line: str) -> None:
        lines.append(line)
        if "Ctrl-C" in line or line.startswith("Processing"):
            reported.set()

    running = threading.Thread(
        target=serve, args=(tmp_path,), kwargs={"report": report, "stop": stop, "delay": 0.0}
    )
    running.start()
    try:
        assert reported.wait(PATIENCE)
        reported.clear()
        text = "\n".join(lines)
        command = re.search(r"^  (sftp .*)$", text, re.MULTILINE).group(1)
        commands = re.findall(r"^  ((?:mkdir|put) .*)$", text, re.MULTILINE)
        assert len(commands) == 3
        batch(command, commands, tmp_path)
        assert reported.wait(PATIENCE)
        assert f"Processing {SAMPLE_ID}" in lines
    finally:
        stop.set()
        running.join()
    assert "stopped" in lines[-1]
    assert (tmp_path / "serve" / "home" / "output" / f"{SAMPLE_ID}_out" / "aidp.csv").exists()


def batch(command: str, commands: list[str], folder: Path) -> None:
    (folder / "commands").write_text("\n".join(commands) + "\n")
    options = f"-F none -b {folder}/commands -o StrictHostKeyChecking=no"
    options += f" -o UserKnownHostsFile={folder}/known"
    done = subprocess.run(
        command.replace("sftp ", f"sftp {options} ", 1),
        shell=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
