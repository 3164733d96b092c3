"""A scan that stands in two cohorts is sent once and shown in both."""

import pytest

import neuroflow as nf
from neuroflow.errors import ResultWarning


@pytest.fixture
def cohorts(workspace, own_cohort_folder):
    """Make cohort A of two studies, and B of the second one."""
    studies = nf.find_studies(own_cohort_folder / "scans")
    people = own_cohort_folder / "participants.tsv"
    return (
        workspace.cohort("A", studies, participants=people),
        workspace.cohort("B", studies[1:], participants=people),
    )


def zips(service):
    return sorted(path.parts[-2:] for path in service.home.glob("input/**/*.zip"))


def test_a_scan_in_two_cohorts_is_sent_once(workspace, cohorts, service, silent):
    (shared,) = (study.study_id for study in cohorts[1].studies)
    first = workspace.submit("A", on_event=silent)
    second = workspace.submit("B", on_event=silent)
    assert first["state"].tolist() == ["submitted", "submitted"]
    assert second[["study_id", "action", "state"]].to_numpy().tolist() == [
        [shared, "skip", "submitted"]
    ]
    assert second["reason"].tolist() == ["the same scan is submitted in cohort A"]
    assert len(zips(service)) == 2


def test_status_and_table_name_both_cohorts(workspace, cohorts, silent):
    (shared,) = (study.study_id for study in cohorts[1].studies)
    workspace.submit("B", on_event=silent)
    workspace.submit("A", on_event=silent)
    assert "overridden" not in workspace.status(offline=True)
    workspace.override("B", shared, "slices", "agreed with neuropacs")
    status = workspace.status(offline=True).set_index("study_id")
    assert status.loc[shared, ["cohort_id", "also_in"]].tolist() == ["B", "A"]
    assert sorted(status["overridden"]) == ["", "slices"]
    assert [row.study_id for row in workspace.ledger.rows("A")].count(shared) == 1
    workspace.wait(interval_seconds=0.1, on_event=silent)
    workspace.collect(on_event=silent)
    with pytest.warns(ResultWarning, match="without results"):  # people of neither cohort
        table = workspace.table()
    (note,) = table.attrs["data_notes"]
    assert note.endswith("slices (1)")
    places = table.drop_duplicates("study_id").set_index("study_id")[["cohort_id", "also_in"]]
    assert places.loc[shared].tolist() == ["B", "A"]
    assert len(places) == 2


def test_a_scan_in_two_cohorts_is_sent_with_the_first(workspace, cohorts, service, silent):
    (shared,) = (study.study_id for study in cohorts[1].studies)
    workspace.package("A", on_event=silent)
    assert workspace.submit("B", on_event=silent)["state"].tolist() == ["submitted"]
    rows = workspace.submit("A", on_event=silent).set_index("study_id")
    assert rows.loc[shared, "action"] == "skip"
    assert (rows["state"] == "submitted").all()
    assert workspace.ledger.row(shared).cohort_id == "B"
    workspace.rebuild(on_event=silent)
    assert workspace.ledger.row(shared).cohort_id == "B"
    assert len(zips(service)) == 2
