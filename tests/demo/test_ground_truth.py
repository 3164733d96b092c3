"""The demo's own knowledge of whose a study is."""

from pathlib import Path

import pytest

from neuroflow.demo.ground_truth import ground_truth_of
from neuroflow.demo.service.engine import Subject

PEOPLE = (
    "participant_id\tsession_id\tgroup\tage\tsex\n"
    "sub-01\t01\tMSA\t60\tF\n"
    "sub-01\t02\tMSA\t61.5\tF\n"
    "sub-02\t01\tPSP\tn/a\tM\n"
)


@pytest.fixture
def truth(tmp_path: Path):
    (tmp_path / "participants.tsv").write_text(PEOPLE)
    return ground_truth_of(tmp_path, tmp_path / "participants.tsv")


def enrol(folder: Path, cohort_id: str, *rows: str) -> None:
    (folder / "cohorts" / cohort_id).mkdir(parents=True)
    table = "\n".join(["study_id\tparticipant_id\tsession_id", *rows])
    (folder / "cohorts" / cohort_id / "studies.tsv").write_text(table)


def test_a_study_is_found_once_the_workspace_knows_it(tmp_path: Path, truth) -> None:
    assert truth("a") is None
    enrol(tmp_path, "c1", "a\tsub-01\tses-02", "b\t01\t01")
    assert truth("a") == Subject("01", "MSA", 61.5, "F", visit=2, years=1.5)
    assert truth("b") == Subject("01", "MSA", 60.0, "F", visit=1)


def test_every_cohort_is_looked_through(tmp_path: Path, truth) -> None:
    enrol(tmp_path, "c1", "a\t01\t01")
    enrol(tmp_path, "c2", "b\t01\t02")
    assert truth("b").visit == 2


@pytest.mark.parametrize("row", ["x\t02\t01", "x\t03\t01", "x\t01\t"])
def test_without_all_facts_there_is_no_truth(tmp_path: Path, truth, row: str) -> None:
    enrol(tmp_path, "c1", row)
    assert truth("x") is None
