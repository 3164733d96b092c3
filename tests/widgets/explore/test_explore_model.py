import base64
import re
import subprocess
import sys

import pandas as pd
import pytest
from PIL import Image
from support.collected import collect_into, people
from support.forms import all_of
from support.waits import PATIENCE

from neuroflow.compare import key_findings
from neuroflow.compare.groups import compare_groups
from neuroflow.sharing import verify
from neuroflow.widgets.browser.download_button import DownloadButton
from neuroflow.widgets.common.clickable_figure import Picture
from neuroflow.widgets.explore.export import export_figure
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import Question
from neuroflow.widgets.explore.take_away_panel import LARGEST, download_links, saved_files
from neuroflow.workspace.workspace import Workspace


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """Return the folder of a workspace with 48 studies of 24 people, never changed."""
    folder = tmp_path_factory.mktemp("explore") / "project"
    with Workspace(folder) as ws:
        collect_into(ws, people(24, visits=2), reports=False)
    return folder


@pytest.fixture
def model(project):
    with Workspace(project) as ws:
        yield loaded(ws)


def loaded(ws, views=("strip",)):
    model = ExploreModel(ws, load=False)
    model.views = views
    model.reload()
    assert model.join(PATIENCE)
    assert model.problems == ()
    return model


def study_of(model, label):
    return next(study for study, name in model.names.items() if name == label)


def test_a_workspace_without_results_has_nothing_to_ask(tmp_path):
    with Workspace(tmp_path / "empty") as ws:
        model = loaded(ws)
        assert model.choices is None
        model.metric = "FAt"
        assert model.problems == ()
        assert model.effects is None


def test_first_question_is_answered_automatically(project):
    with Workspace(project) as ws:
        model = loaded(ws, views=("forest", "strip", "brain"))
        assert model.choices.groups == ("Control", "PD", "MSA", "PSP")
        assert (model.reference, model.visit, model.metric) == ("Control", "first", "FW")
        assert model.covariates == ("age", "sex", "site")
        assert model.contrasts == ("PD - Control", "MSA - Control", "PSP - Control")
        assert set(model.pictures) == {"forest", "strip", "brain"}
        assert all(picture.png.startswith(b"\x89PNG") for picture in model.pictures.values())
        assert "adjusted for age, sex and site" in model.methods


def test_confounded_covariate_is_not_preselected(tmp_path):
    with Workspace(tmp_path / "confounded") as ws:
        participants = people(24)
        collect_into(ws, participants.assign(site=participants["group"]), reports=False)
        model = loaded(ws)
        assert model.problems == ()
        assert model.covariates == ("age", "sex")
        assert len(model.effects)


def test_the_answer_is_that_of_the_library(model):
    model.set(method="welch", correction="holm")
    alone = compare_groups(
        model.ws.table(),
        reference="Control",
        metric="FW",
        method="welch",
        visit="first",
        correction="holm",
    )
    pd.testing.assert_frame_equal(model.effects, alone)


def test_another_region_redraws_the_strip_alone(model):
    model.set(systems=("midbrain",), views=("forest", "strip", "brain"))
    before = dict(model.pictures)
    model.region = "RN"
    changed = {view for view, picture in model.pictures.items() if picture is not before[view]}
    assert changed == {"strip"}
    assert model.pictures["strip"].alt.startswith("Red nucleus: Free water")


def test_another_study_redraws_the_profile_alone(model):
    model.set(systems=("midbrain",), views=("forest", "strip", "profile"))
    assert model.pictures["profile"] == Picture(b"", "Choose a study.", 0)
    before = dict(model.pictures)
    model.study_id = study_of(model, "sub-003_ses-1")
    assert model.pictures["profile"].png
    assert model.pictures["forest"] is before["forest"]


@pytest.mark.parametrize("view", ["forest", "heatmap", "profile", "volcano", "brain"])
def test_every_region_can_be_selected_in_a_figure(model, view):
    model.study_id = study_of(model, "sub-003_ses-1")
    model.set(views=(view,), systems=("midbrain",))
    hit_regions = model.pictures[view].hit_regions
    assert {spot.key for spot in hit_regions} >= {"aSN", "pSN", "RN"}
    assert all(
        0 <= s.x <= 1 and 0 <= s.y <= 1 and s.width > 0 and s.height > 0 for s in hit_regions
    )


def test_every_study_of_the_strip_can_be_chosen(model):
    hit_regions = model.pictures["strip"].hit_regions
    assert len(hit_regions) == 24
    assert {spot.key for spot in hit_regions} == set(model._scope["shown"]["study_id"])
    assert hit_regions[0].label.startswith("sub-")


def test_studies_of_equal_value_stay_apart_in_the_strip(model):
    model._table = model._table.assign(value=model._table["value"].clip(0.1, 0.9).round(1))
    model._answered = None
    model.set(covariates=())
    shown = model._scope["shown"]
    here = shown[(shown["region"] == model.region) & (shown["metric"] == "FW")]
    assert here["value"].duplicated().any()
    hit_regions = model.pictures["strip"].hit_regions
    assert sorted(spot.key for spot in hit_regions) == sorted(here["study_id"])
    told = here.set_index("study_id")["value"]
    assert all(spot.label.endswith(f": {told[spot.key]:.4g}") for spot in hit_regions)


def test_regions_are_chosen_by_system_and_by_words(model):
    model.systems = ("midbrain",)
    assert set(model.effects["region"]) >= {"aSN", "pSN", "RN"}
    model.set(systems=(), search="putamen, scp")
    assert "SCP" in set(model.effects["region"])
    assert "Putamen" in set(model.effects["region"])
    assert "pSN" not in set(model.effects["region"])
    assert model.region in set(model.effects["region"])


def test_fewer_regions_are_corrected_as_fewer_tests(model):
    key = ["region", "hemisphere", "contrast"]
    p = model.effects.set_index(key)["p"]
    model.systems = ("midbrain",)
    some = model.effects.set_index(key)
    pd.testing.assert_series_equal(some["p"], p.loc[some.index], check_names=False)
    assert (some["q"] >= some["p"]).all()
    assert len(some) < len(p)


def test_unanswerable_question_is_reported_and_form_stays_usable(model):
    model.set(systems=("midbrain",), views=("forest", "strip"))
    model.visit = ""
    assert "more than one study" in model.problems[0].what
    assert model.effects is None
    assert model.pictures["forest"].alt == "There is no comparison to plot."
    assert model.pictures["strip"].png
    assert model.code == "# There is no comparison to plot."
    model.robust = "cluster"
    assert model.problems == ()
    assert len(model.effects)


def test_unknown_region_name_is_reported(model):
    model.search = "hippocampus"
    assert model.problems[0].what == "No region has this name."
    assert model.effects is None  # the answer to another question could be exported otherwise
    model.search = "putamen"
    assert model.problems == ()


def test_a_contrast_is_kept_where_the_next_answer_has_it(model):
    model.contrast = "PSP - Control"
    model.metric = "FAt"
    assert model.contrast == "PSP - Control"
    model.groups = ("Control", "MSA")
    assert model.contrast == "MSA - Control"


def test_later_results_are_loaded_and_question_stays(project, tmp_path):
    with Workspace(tmp_path / "growing") as ws:
        collect_into(ws, people(12), reports=False)
        model = loaded(ws)
        model.set(metric="FAt", region="SCP")
        collect_into(ws, people(8), cohort_id="C2", reports=False)
        model.reload()
        assert model.join(PATIENCE)
        assert model.choices.cohorts == ("C1", "C2")
        assert (model.metric, model.region) == ("FAt", "SCP")
        assert len(model.names) == 20
        model.set(cohort="C2", covariates=())
        assert model.effects.attrs["n_studies"] == 8


def test_a_dark_page_gets_dark_figures(model):
    light = model.pictures["strip"].png
    model.dark = True
    assert model.pictures["strip"].png != light


CHECK = """
import json, pathlib, sys
import neuroflow as nf
from neuroflow.widgets.explore.figures.render import as_png

for folder in map(pathlib.Path, sys.argv[1:]):
    scope = {}
    exec(folder.joinpath("cell.py").read_text(), scope)
    scope["effects"].to_pickle(folder / "effects")
    with nf.plot.styled(theme="light"):
        (folder / "figure.png").write_bytes(as_png(scope["ax"].figure))
    exec(folder.joinpath("cell.py").read_text(), scope)  # a saved figure has its layout
    nf.plot.save_figure(scope["ax"], folder / "exported", ["png"])
"""
QUESTIONS = (
    {"main": "forest", "systems": ("midbrain",), "correction": "none"},
    {"main": "strip", "groups": ("Control", "PSP"), "metric": "FAt", "region": "SCP"},
    {
        **{"main": "volcano", "systems": ("midbrain", "thalamus")},
        **{"method": "mannwhitney", "correction": "holm", "visit": "last"},
    },
    {"main": "brain", "robust": "HC3", "covariates": ("age",), "contrast": "MSA - Control"},
    {"main": "profile", "search": "midbrain, putamen", "visit": "1", "cohort": "C1"},
    {
        **{"main": "heatmap", "reference": "", "visit": "", "robust": "cluster"},
        **{"covariates": (), "systems": ("thalamus", "midbrain")},
    },
)
WIDTHS = {"forest": 85.0, "strip": 180.0, "heatmap": 85.0}
"""Of the exported figure, where it is not that of the page."""


@pytest.mark.slow
def test_code_cell_reproduces_numbers_and_figure(project, tmp_path):
    shown = {}
    for question in QUESTIONS:
        with Workspace(project) as ws:
            model = loaded(ws, views=())
            model.set(study_id=study_of(model, "sub-007_ses-1"), region="Putamen")
            model.set(**question, views=(question["main"],))
            folder = tmp_path / question["main"]
            folder.mkdir()
            model.width = WIDTHS.get(model.main, 0.0)
            export_figure(folder, model.main_step(), model._scope, model.code)
            assert model.problems == ()
        folder.joinpath("cell.py").write_text(model.code)
        shown[folder] = model
    process = [sys.executable, "-c", CHECK, *map(str, shown)]
    subprocess.run(process, check=True, timeout=PATIENCE)
    for folder, model in shown.items():
        pd.testing.assert_frame_equal(pd.read_pickle(folder / "effects"), model.effects)
        (exported,) = folder.glob("exports/*.png")
        assert folder.joinpath("exported.png").read_bytes() == exported.read_bytes()
        if not model.width:
            assert folder.joinpath("figure.png").read_bytes() == model.pictures[model.main].png


def test_exports_never_overwrite_others(tmp_path):
    with Workspace(tmp_path / "own") as ws:
        collect_into(ws, people(12), reports=False)
        model = loaded(ws)
        model.set(systems=("midbrain",), main="strip", region="pSN")
        model.export_figure()
        model.export_figure()
        model.export_effects()
        assert model.join(PATIENCE)
        model.export_methods()
        names = {path.name for path in (ws.folder / "exports").iterdir()}
        stems = ("strip_FW_pSN", "strip_FW_pSN-2")
        figures = {f"{stem}.{end}" for stem in stems for end in ("png", "svg", "pdf", "py")}
        assert names == figures | {"effects_FW.csv", "effects_FW.json", "methods.txt"}
        assert model.notice == f"Saved in {ws.folder}: exports/methods.txt"
        written = pd.read_csv(ws.folder / "exports" / "effects_FW.csv")
        assert len(written) == len(model.effects)
        assert (ws.folder / "exports" / "methods.txt").read_text().strip() == model.methods


@pytest.fixture
def small_model(tmp_path):
    """Open a workspace with twelve studies, whose values are few enough for a spreadsheet."""
    with Workspace(tmp_path / "small") as ws:
        collect_into(ws, people(12), reports=False)
        yield loaded(ws)


def test_values_predictions_and_paper_table_are_taken_away(small_model):
    model = small_model
    exports = model.ws.folder / "exports"
    model.set(systems=("midbrain",), suffix=".xlsx")
    for export in (model.export_cohort_table, model.export_predictions, model.export_paper_table):
        export()
        assert model.join(PATIENCE)
    assert model.problems == ()
    values = pd.read_excel(exports / "cohort_table.xlsx", dtype={"study_id": str})
    assert len(values) == len(model.ws.table())  # the whole table, whatever was asked
    assert set(pd.read_excel(exports / "predictions.xlsx")["study_id"]) == set(values["study_id"])
    assert (exports / "table_FW.xlsx") in model.exported
    link = download_links(model.exported)
    content = base64.b64decode(re.search(r'base64,([^"]+)"', link)[1])
    assert content == (exports / "table_FW.xlsx").read_bytes()


def test_a_report_of_the_project_is_taken_away(small_model):
    small_model.set(covariates=("age",))
    small_model.export_report()
    assert small_model.join(PATIENCE)
    assert small_model.problems == ()
    (page,) = small_model.exported
    text = page.read_text(encoding="utf-8")
    assert page.name == "report.html"
    assert "Participants" in text
    assert verify(page, small_model.ws).empty


def test_a_large_or_missing_file_is_no_link(tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(bytes(LARGEST + 1))
    assert download_links([large, tmp_path / "gone.csv"]) == ""


def test_a_large_file_is_offered_by_a_button(small_model, monkeypatch):
    monkeypatch.setattr("neuroflow.widgets.explore.take_away_panel.LARGEST", 10)
    place = saved_files(small_model)
    for export, name in (
        (small_model.export_effects, "effects_FW.csv"),
        (small_model.export_methods, "methods.txt"),
    ):
        export()
        assert small_model.join(PATIENCE)
        (take,) = all_of(place, DownloadButton)
        assert take.label == f"Download {name}"
        assert take.path == small_model.ws.folder / "exports" / name


def test_suspect_values_are_left_out_when_ticked(model):
    assert "exclude_suspect" not in model.code
    model.exclude_suspect = True
    assert model.problems == ()
    assert "exclude_suspect=True" in model.code
    assert "n_suspect" in model.effects


@pytest.mark.parametrize(("view", "reads_values"), [("strip", True), ("forest", False)])
def test_figures_of_values_leave_suspect_ones_out(view, reads_values):
    places = {"region": "pSN", "study_id": "", "contrast": "", "contrasts": ()}
    step = Question(exclude_suspect=True).figure_step(view, **places)
    assert ("exclude_suspect=True" in step.code()) is reads_values
    assert "exclude_suspect" not in Question().figure_step(view, **places).code()


def test_text_of_a_figure_tells_its_result(project):
    with Workspace(project) as ws:
        model = loaded(ws, views=("forest", "strip"))
    row = model.effects[model.effects["region"] == model.region].iloc[0]
    assert f"{row['contrast']}: difference {row['estimate']:.3g}" in model.pictures["strip"].alt
    first, *_ = key_findings(model.effects).splitlines()
    assert first in model.pictures["forest"].alt


def test_an_export_shows_a_sign_before_it_is_made(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(12), reports=False)
        waiting = []
        model = ExploreModel(ws, defer=waiting.append, load=False)
        model.set(views=(), main="strip")
        model.reload()
        assert model.join(PATIENCE)
        waiting.clear()
        model.export_figure()
        assert (model.tone, model.notice[:7]) == ("wait", "Drawing")
        (save,) = waiting
        save()
        assert (model.tone, len(model.exported)) == ("good", 4)


@pytest.mark.parametrize("width", [85, 180])
def test_a_figure_is_exported_in_the_width_of_a_journal(small_model, width):
    model = small_model
    model.set(systems=("midbrain",), main="forest", width=float(width))
    assert f"with nf.plot.styled(width={width}):" in model.code
    model.export_figure()
    picture = model.ws.folder / "exports" / f"forest_FW_{width}mm.png"
    with Image.open(picture) as shown:
        assert shown.width == pytest.approx(width / 25.4 * 300, abs=1)
    assert picture.with_suffix(".py").read_text().strip() == model.code


def test_the_form_shows_what_an_export_warned_of(small_model):
    model = small_model
    model.set(main="forest", width=85.0)
    model.export_figure()
    assert "mm high, but a page of A4 only 297. Choose fewer regions." in model.notice
