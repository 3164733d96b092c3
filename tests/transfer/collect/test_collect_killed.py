"""A collection killed at any moment loses nothing, and the next one completes it."""

import pytest
from support.dying_collector import MOMENTS, die_while_collecting
from support.transfers import collect

from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_taken_up_again_everything_is_there_once(
    folder_remote, packages, ledger, ledger_path, tmp_path, moment
):
    home, connect = folder_remote
    made, results = packages(3), tmp_path / "results"
    for number, package in enumerate(made):
        ledger.record("COHORT", package.study_id, State.SUBMITTED)
        folder = home / "output" / f"{package.study_id}_out"
        folder.mkdir()
        for name in RESULT_FILES:
            (folder / name).write_bytes(f"{number} {name}".encode() * 1000)
    die_while_collecting(moment, home, ledger_path, results)
    whole = {f"{number} {name}".encode() * 1000 for number in range(3) for name in RESULT_FILES}
    assert {path.read_bytes() for path in results.rglob("[!.]*.*")} < whole
    for _ in collect(connect, ledger, results):
        pass
    assert {row.state for row in ledger.rows()} == {State.COLLECTED}
    assert {path.read_bytes() for path in results.rglob("*.*")} == whole
    assert len(list(results.rglob("*.*"))) == 9
