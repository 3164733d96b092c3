import threading
from datetime import UTC, datetime, timedelta

import pytest
from support.waits import PATIENCE

from neuroflow.errors import FolderError, NeuroflowError, OptionError
from neuroflow.studies import find_studies
from neuroflow.widgets.common.form_model import FormModel, Problem
from neuroflow.widgets.common.progress import Bar, Progress


def test_neuroflow_error_is_shown_until_dismissed():
    model = FormModel()
    model.run(
        "Working", lambda on_event, stop: raise_(FolderError("Empty.", advice="Fill.")), print
    )
    assert model.join(PATIENCE)
    assert model.problems == (Problem("Empty.", "", "Fill.", "folder"),)
    assert not model.busy
    model.dismiss(model.problems[0])
    assert model.problems == ()


def test_other_exception_is_shown_and_form_stays_usable():
    model = FormModel()
    model.run("Working", lambda on_event, stop: {}["key"], print)
    assert model.join(PATIENCE)
    assert model.problems[0].why == "KeyError: 'key'"
    results = []
    model.run("Working", lambda on_event, stop: 7, results.append)
    assert model.join(PATIENCE)
    assert results == [7]


def test_an_error_while_showing_a_result_is_shown_too():
    model = FormModel()
    model.run("Working", lambda on_event, stop: 0, lambda result: 1 / result)
    assert model.join(PATIENCE)
    assert "ZeroDivisionError" in model.problems[0].why


def test_the_same_error_twice_is_one_line():
    model = FormModel()
    model.report_error(FolderError("Empty."))
    model.report_error(FolderError("Empty."))
    assert len(model.problems) == 1


def test_one_task_runs_at_a_time_and_can_be_stopped():
    model = FormModel()
    results = []
    model.run("First", lambda on_event, stop: stop.wait(PATIENCE), results.append, can_stop=True)
    model.run(
        "First", lambda on_event, stop: "never", results.append
    )  # a second click on its button
    with pytest.raises(OptionError, match="has to wait"):
        model.run("Second", lambda on_event, stop: "never", results.append)
    assert model.activity == "First"
    model.stop()
    assert model.join(PATIENCE)
    assert results == [True]
    assert (model.busy, model.stopping, model.activity) == (False, False, "")


def test_a_result_may_begin_the_next_job():
    model = FormModel()
    over = threading.Event()
    model.run(
        "First",
        lambda on_event, stop: 1,
        lambda one: model.run("Second", lambda on_event, stop: one + 1, lambda two: over.set()),
    )
    assert over.wait(PATIENCE)


def raise_(error):
    raise error


def test_error_of_a_button_goes_when_it_is_used_again():
    model = FormModel()
    model.run_safely(lambda: 1 / 0, "Save")
    model.run_safely(lambda: int("x"), "Check")
    assert len(model.problems) == 2
    model.run_safely(lambda: None, "Save")
    assert ["ValueError" in problem.why for problem in model.problems] == [True]


def test_error_of_a_task_goes_when_its_button_is_used():
    model = FormModel()

    def fail(_on_event, _stop):
        raise ValueError("no")

    model.run_safely(lambda: model.run("Working", fail, print), "Go")
    assert model.join(PATIENCE)
    assert len(model.problems) == 1
    model.run_safely(lambda: None, "Go")
    assert model.problems == ()


def test_a_problem_keeps_the_advice_of_its_error():
    error = NeuroflowError("The folder is empty.", advice="Choose another.")
    assert Problem.of(error).advice == "Choose another."


def test_a_problem_names_its_study_by_label_and_id(empty, cohort_folder):
    study = empty.cohort("C", find_studies(cohort_folder / "scans")).studies[0]
    model = FormModel()
    model.ws = empty
    model.report_error(NeuroflowError("It was changed.", study_id=study.study_id))
    assert model.problems[0].what == f"Study {study.label} ({study.study_id}): It was changed."


def test_a_damaged_map_hides_no_error(empty, cohort_folder):
    study = empty.cohort("C", find_studies(cohort_folder / "scans")).studies[0]
    for path in (empty.folder / "cohorts").rglob("*.*sv"):
        path.write_bytes(b"\xff")
    model = FormModel()
    model.ws = empty
    model.report_error(NeuroflowError("It was changed.", study_id=study.study_id))
    assert "It was changed." in model.problems[0].what


def test_continuing_leaves_the_pause_out_of_the_rate():
    model = FormModel()
    began = datetime.now(UTC) - timedelta(seconds=20)
    samples = ((began, 0), (began + timedelta(seconds=10), 1_000_000))
    model.progress = Progress((Bar("upload", 1_000_000, 2_000_000, samples=samples),))
    before = model.progress.stages[0].rate
    model.paused = True
    model._paused_at -= timedelta(seconds=10)
    model.paused = False
    (bar,) = model.progress.stages
    assert bar.rate == before
    assert datetime.now(UTC) - bar.samples[-1][0] < timedelta(seconds=5)
