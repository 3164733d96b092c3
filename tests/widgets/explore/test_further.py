"""Further questions: what each answers and shows."""

import subprocess
import sys

import ipywidgets as widgets
import pandas as pd
import pytest
from support.collected import collect_into, people
from support.forms import all_of, button, control, html_of
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.widgets.common.data_table import DataTable
from neuroflow.widgets.explore.further.analyses import ANALYSES, rows_of
from neuroflow.widgets.explore.further.model import FurtherModel
from neuroflow.widgets.explore.further.panel import further_panel
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.workspace.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore::neuroflow.errors.ResultWarning")


def loaded(ws):
    """Return the model of Explore, where the midbrain is chosen."""
    model = ExploreModel(ws, load=False)
    model.views = ()
    model.reload()
    assert model.join(PATIENCE)
    model.set(covariates=(), systems=("midbrain",))
    return model


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a workspace with 64 studies of 32 people in two cohorts."""
    with Workspace(tmp_path_factory.mktemp("further") / "project") as ws:
        everybody = people(32, visits=2)
        collect_into(ws, everybody, reports=False)
        yield ws


@pytest.fixture(scope="module")
def explore(project):
    return loaded(project)


@pytest.fixture
def further(explore):
    """Return the further questions; what a test asks of Explore is set back."""
    before = explore.asked
    yield FurtherModel(explore)
    explore.set(**before)


def answered(further, name):
    further.set(analysis=name, days=800)  # people come back after a year
    further.run_safely(further.ask, "Answer")
    assert further.problems == ()
    return further.answer


def asked(further, name):
    further.analysis = name
    return further.steps()


def opened(further):
    form = further_panel(further)
    control(form, "Further questions").value = True
    return form


def test_controls_are_made_when_they_are_opened(further):
    form = further_panel(further)
    assert len(list(all_of(form, widgets.Widget))) < 6
    control(form, "Further questions").value = True
    assert control(form, "Question").value == "people"
    control(form, "Further questions").value = False
    assert form.children[1].layout.display == "none"


def test_reset_returns_to_the_first_question_and_its_numbers(further):
    form = opened(further)
    assert button(form, "Reset further question").disabled
    further.set(analysis="repeats", days=30)
    button(form, "Reset further question").click()
    assert (further.analysis, further.days) == ("people", 90)
    assert "Set back: Question, Repeated within (days)." in html_of(form)


@pytest.mark.parametrize("name", [name for name in ANALYSES if name != "cohorts"])
def test_each_question_is_answered_in_a_sentence(further, name):
    found = answered(further, name)
    assert len(found)
    assert further.sentence.endswith(".")
    shown = rows_of(ANALYSES[name], found)
    assert len(shown) == len(found)
    assert not shown.columns.duplicated().any()


@pytest.mark.parametrize(
    ("name", "column"),
    [("accuracy", "p"), ("change", "p"), ("trial", "per arm"), ("sites", "p")],
)
def test_an_answer_begins_with_what_its_sentence_names(further, name, column):
    shown = rows_of(ANALYSES[name], answered(further, name))
    assert shown[column].dropna().is_monotonic_increasing
    assert shown[column].dropna().nunique() > 1


def test_accuracy_is_that_of_the_library(further):
    found = answered(further, "accuracy")
    table = further.explore.table
    table = table[table["system"] == "midbrain"]
    theirs = nf.diagnostic_accuracy(table, metric="FW", visit="first")
    assert found["auc"].tolist() == theirs["auc"].tolist()
    best = theirs.nlargest(1, "auc").iloc[0]
    assert f"{best['auc']:.2f} (95 % CI {best['ci_low']:.2f}" in further.sentence


TESTED = sorted(set(ANALYSES) - {"people", "repeats"})


@pytest.mark.parametrize("name", TESTED)
def test_the_chosen_correction_is_used(further, name):
    further.explore.correction = "holm"
    assert any("correction='holm'" in step.code() for step in asked(further, name))


@pytest.mark.parametrize("name", sorted(set(ANALYSES) - {"people"}))
def test_suspect_values_are_left_out_if_ticked(further, name):
    for is_ticked in (True, False):
        further.explore.exclude_suspect = is_ticked
        codes = [step.code() for step in asked(further, name)]
        assert any("exclude_suspect=True" in code for code in codes) is is_ticked


def test_impossible_values_are_refused_until_ticked(project, monkeypatch):
    table = project.table().copy()
    first = table.index[(table["metric"] == "FW") & (table["system"] == "midbrain")][0]
    table.loc[first, "value"] = 1.5
    monkeypatch.setattr(type(project), "table", lambda _self: table)
    further = FurtherModel(loaded(project))
    further.analysis = "accuracy"
    further.run_safely(further.ask, "Answer")
    assert len(further.problems) == 1
    further.explore.exclude_suspect = True
    found = answered(further, "accuracy")
    assert found["auc"].notna().all()


def test_a_trial_asks_how_much_it_slows(further):
    further.slowing = 50
    half = answered(further, "trial")["n_per_arm"]
    further.slowing = 25
    assert further.answer is None
    quarter = answered(further, "trial")["n_per_arm"]
    assert (quarter.dropna() >= half.dropna()).all()
    assert "slows the change per year by 25%" in further.methods


def test_the_code_gives_the_same_answer(further):
    found = answered(further, "change")
    code = f"{further.code}\nprint(answer['estimate'].round(9).tolist())"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == str(found["estimate"].round(9).tolist())


def test_an_answer_goes_with_its_question(further):
    answered(further, "people")
    further.explore.metric = "FAt"
    assert further.answer is None
    assert further.sentence == ""


def test_what_the_results_lack_is_named(further):
    assert further.missing == {"cohorts": "there is one cohort"}
    further.analysis = "cohorts"
    further.run_safely(further.ask, "Answer")
    (problem,) = further.problems
    assert problem.what == "This question cannot be asked: there is one cohort."


@pytest.mark.parametrize(("df", "is_few"), [(1, True), (3, True), (4, False)])
def test_the_summary_of_few_cohorts_is_named_as_such(df, is_few):
    pooled = pd.DataFrame({"cohort": [nf.compare.RANDOM], "q": [0.2], "df": [df]})
    sentence = ANALYSES["cohorts"].sentence(pooled)
    assert "0 of 1 comparisons show a difference" in sentence
    assert (f"Of {df + 1} cohorts its intervals are wide" in sentence) == is_few


def test_cohorts_are_compared_and_summarised(project, monkeypatch):
    table = project.table()
    second = table["participant_id"].astype(str).str[-1].isin(list("13579"))
    both = table.assign(cohort_id=second.map({True: "B", False: "A"}))
    monkeypatch.setattr(type(project), "table", lambda _self: both)
    found = answered(FurtherModel(loaded(project)), "cohorts")
    assert {"A", "B"} < set(found["cohort"])


def test_warnings_of_the_analysis_are_shown(further):
    answered(further, "change")
    form = opened(further)
    further.remarks = ("Mixed models of 2 regions were singular.",)
    said = [c.value for c in all_of(form, widgets.HTML) if 'class="nf-panel"' in c.value]
    assert any("Mixed models of 2 regions were singular." in text for text in said)


def test_the_answer_is_drawn_and_exported(further):
    form = opened(further)
    control(form, "Question").value = "accuracy"
    button(form, "Answer").click()
    (table,) = all_of(form, DataTable)
    assert "area (ROC)" in table.frame.columns
    button(form, "Export answer").click()
    button(form, "Export methods").click()
    names = {path.name for path in (further.explore.ws.folder / "exports").iterdir()}
    assert {"accuracy.csv", "methods.txt"} <= names
    saved = pd.read_csv(further.explore.ws.folder / "exports" / "accuracy.csv")
    assert len(saved) == len(further.answer)


def test_numbers_are_asked_where_they_count(further):
    form = opened(further)
    slowing = control(form, "The treatment slows it by (%)")
    days = control(form, "Repeated within (days)")
    further.analysis = "trial"
    assert (slowing.layout.display, days.layout.display) == (None, "none")
    further.analysis = "repeats"
    assert (slowing.layout.display, days.layout.display) == ("none", None)


@pytest.mark.parametrize(
    ("name", "field", "number", "words"),
    [
        ("trial", "slowing", 0, "A treatment can slow the change by 1 to 100 %."),
        ("trial", "slowing", 150, "A treatment can slow the change by 1 to 100 %."),
        ("repeats", "days", 0, "Repeated scans lie at least one day apart."),
        ("repeats", "days", 9, "0 participants have repeated scans; two are needed at least."),
    ],
)
def test_a_number_without_an_answer_is_reported_below_it(further, name, field, number, words):
    opened(further)
    further.set(**{"analysis": name, field: number})
    further.run_safely(further.ask, "Answer")
    (problem,) = further.problems
    assert (problem.at, problem.what) == (field, words)
    further.set(**{field: number + 1})
    assert further.problems == ()
