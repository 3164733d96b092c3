"""One study goes first; its results are checked before any other is sent."""

import threading
import time

import pytest

import neuroflow as nf
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import OptionError, ResultWarning, SubmissionError
from neuroflow.ledger import State
from neuroflow.models import RESULT_FILES
from neuroflow.workspace.pilot.checks import check_results


def silent(_event):
    pass


@pytest.fixture
def cohort(workspace, own_cohort_folder):
    """Return a cohort of two studies that was not sent."""
    people = own_cohort_folder / "participants.tsv"
    return workspace.cohort("C", nf.find_studies(own_cohort_folder / "scans"), participants=people)


def run(ws, cohort, **options):
    return ws.pilot(cohort, interval_seconds=0.05, on_event=silent, **options)


def test_one_study_is_sent_and_its_results_pass(workspace, service, cohort):
    result = run(workspace, cohort)
    assert result.is_passed
    assert result.label == cohort.studies[0].label
    assert len(service.processed) == 1
    checks = result.checks.set_index("check")
    assert checks.loc[["files", "values", "biomarkers"], "result"].tolist() == ["passed"] * 3
    assert checks.loc["biomarkers", "detail"] == "MCP, Putamen, SCP, pSN agree with the report"
    assert "passed" in result.summary
    assert [row.state for row in workspace.ledger.rows()] == [State.COLLECTED]


def test_a_repeated_pilot_sends_nothing_and_submit_the_rest(workspace, service, cohort):
    first = run(workspace, cohort)
    again = run(workspace, cohort)
    assert (again.study_id, again.is_passed) == (first.study_id, True)
    assert len(service.processed) == 1
    workspace.submit(cohort, on_event=silent)
    assert service.wait_until_idle()
    assert len(service.processed) == len(set(service.processed)) == 2


def test_stopped_while_waiting_it_continues_with_the_same_study(workspace, service, cohort):
    stop = threading.Event()

    def stop_when_sent(event):
        if event.stage == "upload" and event.status == "done" and event.study_id:
            stop.set()

    result = workspace.pilot(cohort, interval_seconds=0.05, on_event=stop_when_sent, stop=stop)
    assert (result.is_waiting, result.is_passed) == (True, False)
    assert run(workspace, cohort).study_id == result.study_id
    assert len(service.processed) == 1


def test_after_the_time_it_still_waits(tmp_path, own_cohort_folder):
    with DemoService(tmp_path / "slow", delay=3600) as slow, nf.Workspace(tmp_path / "w") as ws:
        ws.service.save_profile(slow.profile)
        ws.service.trust(slow.fingerprint)
        people = own_cohort_folder / "participants.tsv"
        ws.cohort("C", nf.find_studies(own_cohort_folder / "scans"), participants=people)
        result = run(ws, "C", timeout_hours=0.0001)
        assert (result.is_waiting, result.state) == (True, "processing")
        assert result.summary.endswith("its results have not been collected yet.")


def test_after_a_failure_the_next_pilot_takes_another_study(tmp_path, own_cohort_folder):
    with (
        DemoService(tmp_path / "failing", delay=0.0, failure_rate=1.0) as service,
        nf.Workspace(tmp_path / "w") as ws,
    ):
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        people = own_cohort_folder / "participants.tsv"
        ws.cohort("C", nf.find_studies(own_cohort_folder / "scans"), participants=people)
        with pytest.warns(ResultWarning, match="has failed"):
            first = run(ws, "C")
        assert (first.is_passed, first.is_waiting, first.state) == (False, False, "failed")
        assert "a failure report was received" in first.summary
        with pytest.warns(ResultWarning, match="has failed"):
            second = run(ws, "C")
        assert second.study_id != first.study_id
        assert run(ws, "C").summary == (
            "The pilot study is not sent: no study of the cohort is left to be sent."
        )
        # The server's times are whole seconds: within one, another report cannot be told apart.
        time.sleep(1.1)
        with pytest.warns(ResultWarning, match="has failed"):
            again = run(ws, "C", replace=True)
        assert again.study_id in {first.study_id, second.study_id}
        assert len(service.processed) == 3


def test_studies_with_errors_keep_the_pilot_from_being_sent(
    workspace, service, cohort, own_cohort_folder
):
    sidecar = sorted((own_cohort_folder / "scans").rglob("*.json"))[0]
    sidecar.write_text(sidecar.read_text().replace('"EchoTime": 0.0', '"EchoTime": 0.9'))
    with pytest.raises(SubmissionError, match="have errors"):
        run(workspace, cohort)
    assert not service.processed
    result = run(workspace, cohort, only_good=True)
    assert result.is_passed
    assert result.label == cohort.studies[1].label


@pytest.mark.parametrize("words", [{"timeout_hours": "six"}, {"interval_seconds": 0}])
def test_a_bad_option_is_refused_before_anything_is_sent(workspace, service, cohort, words):
    with pytest.raises(OptionError):
        workspace.pilot(cohort, on_event=silent, **words)
    assert not workspace.ledger.rows()


def test_only_chooses_the_pilot(workspace, cohort):
    label = cohort.studies[1].label
    assert run(workspace, cohort, only=label).label == label


@pytest.fixture
def collected(tmp_path):
    """Return a function that writes a result folder and returns its checks by name."""

    def write(**texts):
        folder = tmp_path / "s_out"
        folder.mkdir()
        files = {
            "aidp.csv": "Subject,pSN_FW,SCP_FW\ns,0.22934,0.20681\n",
            "prediction.txt": "MCP free water: 0.0472\npSN free water: 0.2293\n",
            "prediction.png": "picture",
        } | texts
        for name, text in files.items():
            if text is not None:
                (folder / name).write_text(text)
        return check_results(folder).set_index("check")

    return write


def test_rounded_values_of_the_report_agree(collected):
    checks = collected()
    assert checks.loc["biomarkers", "result"] == "passed"
    assert checks.loc["biomarkers", "detail"] == "pSN agree with the report"
    assert checks.loc["values", "detail"] == "2 values of 2 regions (FW)"


def test_values_of_another_study_do_not_pass(collected):
    checks = collected(**{"prediction.txt": "pSN free water: 0.3501\n"})
    assert checks.loc["biomarkers", "result"] == "failed"
    assert checks.loc["biomarkers", "detail"] == (
        "report and aidp.csv differ: pSN is 0.3501 in the report and 0.2293 in aidp.csv; "
        "there is no other study to compare with"
    )


def test_a_report_without_values_is_a_remark(collected):
    with pytest.warns(ResultWarning, match="neither a class nor a biomarker"):
        checks = collected(**{"prediction.txt": "Product:AIDP\n"})
    assert checks.loc["biomarkers", "result"] == "unknown"


@pytest.mark.parametrize("name", RESULT_FILES)
@pytest.mark.parametrize("text", ["", None])
def test_a_missing_or_empty_file_does_not_pass(collected, name, text):
    checks = collected(**{name: text})
    assert checks.loc["files", "result"] == "failed"
    assert name in checks.loc["files", "detail"]


def test_a_file_without_values_does_not_pass(collected):
    checks = collected(**{"aidp.csv": "a text that is no table\n"})
    assert checks.loc["values", "result"] == "failed"
