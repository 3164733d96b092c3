"""A result is set aside in the gallery, and every table, test and figure follows."""

import pytest
from support.collected import collect_into, people
from support.forms import button, control, html_of, shown_buttons
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.widgets.results.gallery import gallery as gallery_view
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def ws(tmp_path):
    with Workspace(tmp_path / "ws") as workspace:
        collect_into(workspace, people(8), reports=False)
        yield workspace


@pytest.fixture
def gallery(ws):
    """Return the gallery of a workspace with its first report opened."""
    model = ResultsModel(ws).gallery
    assert model.join(PATIENCE)
    model.open(model.reports[0])
    assert model.join(PATIENCE)
    return model


def decide(view, region, reason):
    control(view, "Set aside").value = region
    control(view, "Reason").value = reason
    button(view, "Set aside").click()


def test_a_study_set_aside_leaves_every_analysis(ws, gallery):
    view = gallery_view(gallery)
    assert "Set aside" in shown_buttons(view)
    assert button(view, "Set aside").disabled
    decide(view, "", "motion <b>")
    study = gallery.reports[0].study_id
    assert ws.excluded_results().to_numpy().tolist() == [[study, "", "motion <b>"]]
    effects = nf.compare_groups(ws.table().query("region == 'pSN'"))
    assert effects.attrs["exclusions"][0]["n"] == 1
    assert "1 (set aside: motion <b>)" in nf.methods_text(effects)
    assert "set aside: motion" in nf.plot.caption(nf.plot.strip(ws.table(), ["pSN"]))
    assert "the whole study (motion &lt;b&gt;)" in html_of(view)


def test_a_region_is_chosen_among_those_of_the_study(ws, gallery):
    view = gallery_view(gallery)
    assert {"pSN", "SCP"} <= {value for _, value in control(view, "Set aside").options}
    decide(view, "pSN", "registration failed")
    table = ws.table()
    assert set(table.loc[table["set_aside"].notna(), "region"]) == {"pSN"}


def test_regions_are_shown_by_their_names_in_figures(ws, gallery):
    view = gallery_view(gallery)
    names = {key: text for text, key in control(view, "Set aside").options}
    keys = ("aSN", "Superior_Temporal_Gyrus_TCATT", "midbrain")
    assert [names[key] for key in keys] == [
        "Anterior substantia nigra",
        "Superior temporal gyrus (TC)",
        "Midbrain",
    ]
    assert len(set(names.values())) == len(names)
    decide(view, "aSN", "motion")
    assert ws.excluded_results()["region"].tolist() == ["aSN"]
    shown = html_of(view)
    for words in ("Anterior substantia nigra: motion", "Anterior substantia nigra (motion)"):
        assert words in shown


@pytest.fixture
def failed(ws):
    """Return the gallery with the report of a study that could not be processed."""
    for place in ws.results_folder.glob("*_out"):
        (place / "aidp.csv").unlink()
        (place / "prediction.txt").write_text("Failure Report\nReason: No b-values.\n")
    model = ResultsModel(ws).gallery
    assert model.join(PATIENCE)
    model.open(model.reports[0])
    assert model.join(PATIENCE)
    return model


def test_nothing_of_a_failed_study_is_set_aside(failed):
    assert "Set aside" not in shown_buttons(gallery_view(failed))


def test_a_decision_about_a_failed_study_is_taken_back(ws, failed):
    ws.exclude_result(failed.opened, reason="motion")
    failed.reload({})
    view = gallery_view(failed)
    button(view, "Include again").click()
    assert ws.excluded_results().empty
    assert "Include again" not in shown_buttons(view)


def test_what_was_set_aside_is_included_again(ws, gallery):
    view = gallery_view(gallery)
    decide(view, "pSN", "registration failed")
    button(view, "Include again").click()
    assert ws.excluded_results().empty
    assert "registration failed" not in html_of(view)


def test_the_gallery_lists_what_is_set_aside(ws, gallery):
    study = gallery.reports[1].study_id
    ws.exclude_result(study, "SCP", reason="wrong scan")
    gallery.reload({})
    assert ("Set aside (1)", "set aside") in gallery.kinds
    gallery.show = "set aside"
    assert [report.study_id for report in gallery.found] == [study]


def test_a_decision_of_another_program_is_noticed(ws):
    model = ResultsModel(ws)
    assert model.gallery.join(PATIENCE)
    model.poll()
    study = model.gallery.reports[0].study_id
    ws.exclude_result(study, reason="motion")
    model.poll()
    assert model.gallery.aside == {study: (("", "motion"),)}
