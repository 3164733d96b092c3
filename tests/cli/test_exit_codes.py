"""Every exit code of the table is what some command ends with."""

import sys

import pandas as pd
import pytest

from neuroflow.cli.exit_codes import exit_codes
from neuroflow.errors import (
    NeuroflowError,
    PackageError,
    SubmissionError,
    TransferError,
    WorkerError,
)
from neuroflow.workspace.workspace import Workspace

BY_COMMAND = {
    0: ("--version",),
    2: ("status",),
    3: ("check", "none"),
    4: ("status", "file.txt"),
    6: ("connect", "new", "--host", "localhost", "--user", "u", "--key", "none"),
    9: ("table", "binary"),
    10: ("compare", "table.csv"),
    11: ("table", "table.csv", "--to", "table.xlsx"),
    12: ("demo", "file.txt/below"),
    20: ("notify", "test", "old"),
}
# A stage that fails as it would: of these, the rooms' tests provoke the errors themselves.
BY_STAGE = {
    1: NeuroflowError("It failed."),
    5: PackageError("It failed."),
    7: TransferError("It failed."),
    8: SubmissionError("It failed."),
    13: WorkerError("It failed."),
    70: ZeroDivisionError(),
}
ELSEWHERE = {21, 130, 143}  # test_sharing.py and test_signals.py: a changed number, real signals


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work where there is a file, a workspace, a table of one group, and a damaged result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file.txt").write_text("mine", encoding="utf-8")
    Workspace(tmp_path / "old").close()
    (tmp_path / "binary" / "a_out").mkdir(parents=True)
    (tmp_path / "binary" / "a_out" / "aidp.csv").write_bytes(bytes(range(256)) * 8)
    rows = {"study_id": ["a", "b"], "region": "pSN", "metric": "FW", "value": [0.2, 0.3]}
    pd.DataFrame({**rows, "group": "PSP"}).to_csv(tmp_path / "table.csv", index=False)


@pytest.mark.parametrize("code", exit_codes())
def test_every_exit_code_is_provoked_with_a_reason(run, here, monkeypatch, code):
    if code in ELSEWHERE:
        return
    if code == 11:
        monkeypatch.setitem(sys.modules, "openpyxl", None)
    if code in BY_STAGE:
        monkeypatch.setattr(Workspace, "status", lambda *_, **__: _fail(BY_STAGE[code]))
    found, out, err = run(*BY_COMMAND.get(code, ("status", "old")))
    assert (found, "Traceback" in err) == (code, False), err
    assert out + err


def _fail(error):
    raise error
