"""Fixtures of the tests of collecting."""

import os

import pytest

from neuroflow.ledger import State
from neuroflow.models import RESULT_FILES

OLD = b"A" * 300_000
"""What each result file holds at first."""


@pytest.fixture
def results(tmp_path):
    """Return the folder that results are collected into."""
    return tmp_path / "results"


@pytest.fixture
def delivered(packages, ledger):
    """Return a function that sends a study and puts its results on the server."""

    def deliver(home, files=None, *, is_old=True):
        (one,) = packages(1)
        ledger.record("COHORT", one.study_id, State.SUBMITTED)
        folder = home / "output" / f"{one.study_id}_out"
        folder.mkdir()
        for name, data in (files or dict.fromkeys(RESULT_FILES, OLD)).items():
            (folder / name).write_bytes(data)
            if is_old:
                os.utime(folder / name, (1e9, 1e9))
        return folder

    return deliver
