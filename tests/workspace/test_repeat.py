"""Studies that are sent once more deliberately: new ids, new UIDs, both answered."""

import zipfile

import pydicom
import pytest

import neuroflow as nf
from neuroflow.errors import OptionError, ResultWarning
from neuroflow.identity import read_id

REASON = "asked for by neuropacs"


@pytest.fixture
def scans(own_cohort_folder):
    """Return a folder of scans."""
    return own_cohort_folder / "scans"


@pytest.fixture
def enrol(scans):
    """Return a function that makes cohort C of the first study."""
    people = scans.with_name("participants.tsv")

    def make(workspace):
        study = nf.find_studies(scans)[0]
        return workspace.cohort("C", [study], participants=people).studies[0].study_id

    return make


@pytest.fixture
def sent(workspace, enrol, silent):
    """Send the study; return its id."""
    study_id = enrol(workspace)
    workspace.submit("C", on_event=silent)
    return study_id


def uid_of(workspace, study_id):
    path = next(workspace.folder.glob(f"packages/*/{study_id}.zip"))
    with zipfile.ZipFile(path) as archive:
        name = next(each for each in archive.namelist() if not each.endswith(".json"))
        with archive.open(name) as file:
            return pydicom.dcmread(file, stop_before_pixels=True).StudyInstanceUID


def test_a_repetition_has_a_new_id_and_new_uids(workspace, eight_studies, silent):
    study = next(s for s in nf.find_studies(eight_studies / "scans") if s.study_uid)
    sent = workspace.cohort("C", [study]).studies[0].study_id
    workspace.submit("C", on_event=silent)
    again = workspace.repeat("C", sent, reason=REASON)
    assert read_id(again).repetition == 1
    planned = workspace.submit("C", dry_run=True, on_event=silent).set_index("study_id")
    assert planned["action"].drop(again).eq("skip").all()
    assert planned.loc[again, ["action", "reason"]].tolist() == [
        "send",
        f"not sent yet; repeats {sent}",
    ]
    assert (workspace.submit("C", on_event=silent)["state"] == "submitted").all()
    assert uid_of(workspace, again) != uid_of(workspace, sent)
    status = workspace.status(offline=True).set_index("study_id")
    assert status.loc[again, "repeats"] == sent
    assert status.loc[sent, "repeats"] == ""
    assert workspace.submit("C", on_event=silent)["action"].eq("skip").all()


def test_the_service_answers_both_and_one_counts(workspace, sent, service, silent):
    again = workspace.repeat("C", sent, reason=REASON)
    workspace.submit("C", only=again, on_event=silent)
    workspace.wait(interval_seconds=0.1, on_event=silent)
    assert service.processed.count(sent) == service.processed.count(again) == 1
    workspace.collect(on_event=silent)
    with pytest.warns(ResultWarning, match="without results"):  # of other people
        table = workspace.table()
    assert set(table["repeats"].dropna()) == {"", sent}
    counted = table[table["value"].notna()]["study_id"].unique()
    assert again in counted
    assert sent not in counted
    assert set(table.query("study_id == @sent")["set_aside"]) == {f"repeated: {REASON}"}


def test_each_repetition_counts_on_and_sets_the_last_aside(workspace, sent, silent):
    first = workspace.repeat("C", sent, reason=REASON)
    workspace.submit("C", on_event=silent)
    second = workspace.repeat("C", first, reason=REASON)
    assert [read_id(each).repetition for each in (first, second)] == [1, 2]
    labels = {s.study_id: s.label for s in workspace.cohort("C").studies}
    assert labels[second] == f"{labels[sent]}_repetition-2"
    assert set(workspace.excluded_results()["study_id"]) == {sent, first}
    assert workspace.submit("C", only=second, on_event=silent)["state"].tolist() == ["submitted"]


def test_random_ids_are_repeated_with_random_ids(workspace, enrol, silent):
    with (workspace.folder / "neuroflow.toml").open("a") as file:
        file.write('\n[settings]\nstudy_ids = "random"\n')
    sent = enrol(workspace)
    workspace.submit("C", on_event=silent)
    again = workspace.repeat("C", sent, reason=REASON)
    assert read_id(again) is None
    assert workspace.submit("C", on_event=silent)["state"].eq("submitted").all()


def test_making_the_cohort_again_keeps_its_repetitions(workspace, sent, scans, silent):
    again = workspace.repeat("C", sent, reason=REASON)
    moved = scans.rename(scans.with_name("moved"))
    found = workspace.cohort("C", nf.find_studies(moved)[:1]).studies
    ids = {s.study_id: s for s in found}
    assert len(ids) == 2
    assert ids[again].repeats == sent
    assert ids[again].root.is_relative_to(moved)
    assert workspace.submit("C", on_event=silent)["state"].eq("submitted").all()


def test_decisions_and_waivers_go_with_a_repetition(workspace, sent):
    label = next(s.label for s in workspace.cohort("C").studies if s.study_id == sent)
    workspace.override("C", sent, "echo_time", "phantom")
    again = workspace.repeat("C", label, reason=REASON)
    waived = workspace.ledger.overrides()
    assert waived[again, "echo_time"] == waived[sent, "echo_time"]
    assert not workspace.check("C")["severity"].eq("error").any()


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_nothing_is_repeated_without_a_reason(ws, reason):
    with pytest.raises(OptionError, match="with a reason"):
        ws.repeat("C", "sub-01", reason=reason)


def test_only_what_was_sent_is_repeated(workspace, sent, silent):
    again = workspace.repeat("C", sent, reason=REASON)
    for each in (sent, again):
        with pytest.raises(OptionError, match="cannot be repeated yet"):
            workspace.repeat("C", each, reason=REASON)
    workspace.submit("C", on_event=silent)  # the advice
    workspace.repeat("C", sent, reason=REASON)


def test_another_workspace_neither_repeats_nor_sends_again(
    tmp_path, workspace, sent, service, enrol, silent
):
    workspace.repeat("C", sent, reason=REASON)
    workspace.submit("C", on_event=silent)
    with nf.Workspace(tmp_path / "other") as other:
        other.service.save_profile(service.profile)
        other.service.trust(service.fingerprint)
        enrol(other)
        rows = other.submit("C", on_event=silent)
    assert rows[["action", "state"]].to_numpy().tolist() == [["skip", "submitted"]]
    service.wait_until_idle()
    assert len(service.processed) == 2


def test_whoever_is_forgotten_is_forgotten_with_all_repetitions(workspace, sent, silent):
    again = workspace.repeat("C", sent, reason=REASON)
    workspace.submit("C", on_event=silent)
    workspace.forget(sent)
    assert {sent, again}.isdisjoint(s.study_id for s in workspace.cohort("C").studies)
