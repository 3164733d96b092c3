import ipywidgets as widgets
from support.forms import all_of, button, html_of
from support.waits import PATIENCE

from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.cohort.view import cohort_form
from neuroflow.widgets.common.data_table import DataTable


def checked(ws, folder):
    """Return the Cohort form, and its view, with the studies of a folder checked."""
    model = CohortModel(ws)
    view = cohort_form(model)
    model.set(folder=str(folder / "scans"), cohort_id="C")
    model.check()
    assert model.join(PATIENCE)
    return model, view


def test_selected_rows_are_the_selected_studies(empty, cohort_folder):
    model, view = checked(empty, cohort_folder)
    table = next(t for t in all_of(view, DataTable) if "state" in t.frame)
    table.selected = (1,)
    assert model.selected == (model.studies.loc[1, "study"],)
    assert "Selected:" in html_of(view)
    table.selected = ()
    assert model.selected == ()


def test_only_decisions_that_fit_the_selection_are_shown(empty, own_cohort_folder):
    next((own_cohort_folder / "scans").rglob("*.json")).unlink()
    model, view = checked(empty, own_cohort_folder)

    def offered():
        assert model.join(PATIENCE)
        names = (
            "Exclude",
            "Include again",
            "Override the rule",
            "Override for all studies",
            "Apply the rule again",
        )
        return {name for name in names if button(view, name).layout.display is None}

    model.selected = (model.studies.loc[0, "study"],)
    (rule,) = [d for d in all_of(view, widgets.Dropdown) if d.description == "Rule"]
    assert rule.value == model.violated_rules[0]
    assert offered() == {"Exclude", "Override the rule", "Override for all studies"}
    assert button(view, "Exclude").disabled
    assert "Enter a reason first" in html_of(view)
    next(t for t in all_of(view, widgets.Text) if t.description == "Reason").value = "why"
    assert not button(view, "Exclude").disabled
    model.override(rule.value, "neuropacs agreed")
    assert offered() == {"Exclude", "Apply the rule again"}
    model.exclude("moved in the scanner")
    assert "Include again" in offered()
    assert "Exclude" not in offered()


def test_typed_age_is_saved_in_the_workspace(empty, own_cohort_folder):
    next((own_cohort_folder / "scans").rglob("*.json")).unlink()
    model, view = checked(empty, own_cohort_folder)
    ((_, label, _, _),) = model.missing_demographics
    (age,) = [t for t in all_of(view, widgets.Text) if t.description == f"Age of {label}"]
    (sex,) = [d for d in all_of(view, widgets.Dropdown) if d.description == f"Sex of {label}"]
    age.value = "sixty"
    button(view, "Save ages and sexes").click()
    assert "is not an age" in model.problems[0].what
    (row,) = [box for box in all_of(view, widgets.HBox) if age in box.children]
    assert "is not an age" in html_of(row)
    assert age.value == "sixty"
    age.value = "61"
    assert "is not an age" not in html_of(view)
    age.value, sex.value = "61,5", "F"
    button(view, "Save ages and sexes").click()
    assert model.join(PATIENCE)
    assert model.missing_demographics == []
    assert (empty.cohort("C").studies[0].age or empty.cohort("C").studies[1].age) == 61.5


def below(view, label):
    """Return what stands below a field of the form."""
    (box,) = [each for each in all_of(view, widgets.VBox) if "nf-ask" in each._dom_classes]
    fields = [
        child
        for child in box.children
        if label in [getattr(part, "description", "") for part in all_of(child, widgets.Widget)]
    ]
    following = box.children[box.children.index(fields[0]) + 1]
    return following.value if isinstance(following, widgets.HTML) else ""


def test_a_folder_that_is_missing_is_reported_at_its_field(empty):
    model = CohortModel(empty)
    view = cohort_form(model)
    model.set(folder="/no/such/folder", cohort_id="C")
    button(view, "Check studies").click()
    assert model.join(PATIENCE)
    assert "/no/such/folder" in below(view, "Scan folder")
    model.folder = "/no/such"
    assert model.problems == ()


def test_a_missing_table_of_participants_is_reported_at_its_field(empty, cohort_folder):
    model = CohortModel(empty)
    view = cohort_form(model)
    model.set(folder=str(cohort_folder / "scans"), participants="/no/such.tsv", cohort_id="C")
    button(view, "Check studies").click()
    assert model.join(PATIENCE)
    assert "does not exist" in below(view, "Participants")


def test_a_wrong_cohort_id_is_shown_at_its_field(empty):
    model = CohortModel(empty)
    view = cohort_form(model)
    model.cohort_id = "../other"
    assert "cannot be used" in below(view, "Cohort id")
    model.cohort_id = "OTHER"
    assert below(view, "Cohort id") == ""
