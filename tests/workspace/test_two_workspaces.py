"""A second workspace of an account, here or on another computer, sends nothing a second time."""

import pandas as pd
import pytest
from support.sshd import free_port

import neuroflow as nf
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import FirstSubmissionError
from neuroflow.identity import JournalEntry
from neuroflow.io import CONFIG_VARIABLE


@pytest.fixture
def service(tmp_path):
    """Run a service that takes studies away at once and processes them for hours."""
    with DemoService(tmp_path / "service", delay=3600.0, takes_uploads=True) as running:
        yield running


@pytest.fixture
def open_workspace(tmp_path, service, own_cohort_folder):
    """Return a function that opens a workspace with cohort C of the same two scans."""

    def opened(name):
        ws = nf.Workspace(tmp_path / name)
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        studies = nf.find_studies(own_cohort_folder / "scans")
        ws.cohort("C", studies, participants=own_cohort_folder / "participants.tsv")
        return ws

    return opened


@pytest.fixture
def other_computer(tmp_path, monkeypatch):
    """Return a function that goes to another computer, or back to the first one."""

    def move(name):
        monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / name))

    return move


def result(service, study_id):
    folder = service.home / "output" / f"{study_id}_out"
    folder.mkdir()
    (folder / "aidp.csv").write_text("region,FW\npSN,0.2\n")


def test_a_second_workspace_sends_nothing_that_is_being_processed(open_workspace, silent):
    with open_workspace("one") as one:
        one.submit("C", on_event=silent)
    with open_workspace("two") as two:
        plan = two.submit("C", dry_run=True, on_event=silent)
        assert plan["action"].tolist() == ["skip", "skip"]
        assert plan.attrs["summary"].startswith("nothing to send")
        rows = two.submit("C", on_event=silent)
        assert rows["state"].tolist() == ["submitted", "submitted"]
        assert set(rows["reason"]) == {"another workspace of this account sent it"}
        assert not two.status()["state"].isin(["packaged", "unconfirmed"]).any()


def test_another_embedded_service_at_the_same_port_is_sent_everything(
    tmp_path, own_cohort_folder, silent
):
    port = free_port()
    for name in ("one", "two"):
        with (
            DemoService(tmp_path / f"service {name}", port=port) as service,
            nf.Workspace(tmp_path / name) as ws,
        ):
            ws.service.save_profile(service.profile)
            ws.service.trust(service.fingerprint)
            ws.cohort("C", nf.find_studies(own_cohort_folder / "scans"))
            rows = ws.submit("C", on_event=silent)
            assert rows["action"].tolist() == ["send", "send"]


def test_a_second_workspace_sends_only_what_is_new(open_workspace, silent):
    with open_workspace("one") as one:
        first = one.cohort("C").studies[0].study_id
        one.submit("C", only=[first], on_event=silent)
    with open_workspace("two") as two:
        rows = two.submit("C", on_event=silent).set_index("study_id")
        assert rows["action"].to_dict() == {
            study_id: "skip" if study_id == first else "send" for study_id in rows.index
        }
        assert (rows["state"] == "submitted").all()


def test_a_second_workspace_knows_a_scans_random_ids(open_workspace, silent, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "neuroflow.toml").write_text('[settings]\nstudy_ids = "random"\n')
    with open_workspace("one") as one, open_workspace("two") as two:
        sent = one.submit("C", on_event=silent)
        rows = two.submit("C", on_event=silent)
        assert rows["action"].tolist() == ["refused", "refused"]
        assert sorted(r.rsplit(maxsplit=1)[-1] for r in rows["reason"]) == sorted(sent["study_id"])


def test_another_computer_is_asked_for_the_key(
    open_workspace, other_computer, service, silent, tmp_path
):
    with open_workspace("one") as one:
        sent = one.submit("C", on_event=silent)["study_id"].tolist()
        one.account.export_key(tmp_path / "key")
    result(service, sent[0])
    other_computer("colleague")
    with open_workspace("two") as two:
        with pytest.raises(FirstSubmissionError, match=f"key {sent[0][:4]}") as caught:
            two.submit("C", on_event=silent)
        assert "account-key import" in caught.value.advice.cli
        assert "--not-sent-before" in caught.value.advice.cli
        assert "import_key" in str(caught.value.advice)


def test_an_answer_is_kept_for_each_key(open_workspace, other_computer, service, silent):
    with open_workspace("one") as one:
        sent = one.submit("C", on_event=silent)["study_id"].tolist()
    other_computer("colleague")
    with open_workspace("two") as two:
        two.submit("C", only=[], on_event=silent)
        first, second = (study.study_id for study in two.cohort("C").studies)
        two.submit("C", only=[first], on_event=silent)
        result(service, sent[0])
        with pytest.raises(FirstSubmissionError, match="not on this computer"):
            two.submit("C", only=[second], on_event=silent)
        rows = two.submit("C", only=[second], not_sent_before=True, on_event=silent)
        assert rows["state"].tolist() == ["submitted"]
        result(service, sent[1])
        assert (two.submit("C", on_event=silent)["action"] == "skip").all()


def test_random_ids_of_others_stop_a_first_submission_only(open_workspace, service, silent):
    with open_workspace("one") as one:
        first, second = (study.study_id for study in one.cohort("C").studies)
        result(service, "123e4567-e89b-42d3-a456-426614174000")
        with pytest.raises(FirstSubmissionError, match="Ids are random"):
            one.submit("C", only=[first], on_event=silent)
        one.submit("C", only=[first], not_sent_before=True, on_event=silent)
        result(service, "123e4567-e89b-42d3-a456-426614174001")
        one.submit("C", only=[second], on_event=silent)


def test_a_lost_journal_makes_the_next_submission_ask(open_workspace, service, silent):
    with open_workspace("one") as one:
        first, second = (study.study_id for study in one.cohort("C").studies)
        one.submit("C", only=[first], on_event=silent)
        one.account.journal.add(JournalEntry(second, "submitted", "2026-11-28"))
        one.account.journal.path.unlink()
        result(service, second)
        with pytest.raises(FirstSubmissionError, match="holds 1 result of"):
            one.submit("C", on_event=silent)
        rows = one.submit("C", on_event=silent, not_sent_before=True).set_index("study_id")
        assert rows.loc[second, "state"] == "submitted"
        assert one.account.journal.last(first).state == "submitted"


@pytest.mark.cures("FirstSubmissionError")
def test_an_imported_key_renews_ids_before_the_next_submission(
    open_workspace, other_computer, service, silent, tmp_path
):
    with open_workspace("one") as one:
        sent = one.submit("C", on_event=silent)["study_id"].tolist()
        one.account.export_key(tmp_path / "key")
    for study_id in sent:
        result(service, study_id)
    other_computer("colleague")
    with open_workspace("two") as two:
        cohort = two.cohort("C")
        first = cohort.studies[0]
        two.package(cohort, on_event=silent)
        two.override(cohort, first.label, "echo_time", "as agreed")
        two.account.import_key(tmp_path / "key")
        rows = two.submit(cohort, only=[first.study_id], on_event=silent, not_sent_before=True)
        assert rows["study_id"].tolist() == sent[:1]
        assert rows["state"].tolist() == ["submitted"]
        assert "processed" in rows["message"][0]
        waived = two.ledger.overrides()
        assert waived.keys() == {(first.study_id, "echo_time"), (sent[0], "echo_time")}
        assert len(set(waived.values())) == 1
        two.submit(cohort, on_event=silent, not_sent_before=True)  # made before the import
        assert set(two.status()["study_id"]) == set(sent)
        assert {path.stem for path in (two.folder / "packages" / "C").glob("*.zip")} == set(sent)


def test_an_age_that_changed_since_sending_is_reported(open_workspace, own_cohort_folder, silent):
    with open_workspace("one") as one:
        one.submit("C", on_event=silent)
    people = own_cohort_folder / "participants.tsv"
    table = pd.read_csv(people, sep="\t", dtype=str)
    table["age"] = [str(float(age) + 1) for age in table["age"]]
    table.to_csv(people, sep="\t", index=False)
    for name in ("one", "two"):
        with open_workspace(name) as ws:
            rows = ws.submit("C", on_event=silent)
            assert not rows["action"].isin(["send", "check"]).any()
            assert rows["reason"].str.endswith("its age or sex has changed since then").all()
