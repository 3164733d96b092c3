"""Trying everything with simulated scans, from an empty workspace and its forms alone."""

import socket

import pandas as pd
import pytest
from support.forms import button, html_of, shown_buttons
from support.waits import PATIENCE

from neuroflow.widgets.app import app
from neuroflow.workspace.workspace import Workspace

TRY = "Try with simulated scans"


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """Send and collect simulated studies with the forms; return their view and their models."""
    with Workspace(tmp_path_factory.mktemp("tried") / "project") as ws:
        view = app(ws)
        model = view.neuroflow
        button(view, TRY).click()
        assert model.connect.join(PATIENCE)
        for form, action in (
            (model.cohort, model.cohort.check),
            (model.submit, model.submit.make_plan),
            (model.submit, model.submit.submit),
        ):
            action()
            assert form.join(PATIENCE)
        assert model.connect.simulation.service.wait_until_idle(PATIENCE)
        model.results.collect()
        assert model.results.join(PATIENCE)
        model.open_form("explore")
        assert model.explore.join(PATIENCE)
        yield view, model
        model.connect.simulation.close()


def test_every_form_works_on_simulated_scans(tried):
    _, model = tried
    assert model.connect.tone == "good"
    assert model.cohort.cohort_id == "SIMULATED"
    assert dict(model.results.counts) == {"collected": 36}


def test_the_readme_names_what_made_the_folder(tried):
    _, model = tried
    folder = model.connect.simulation.folder.path
    readme = (folder / "README.txt").read_text("utf-8")
    assert "made by *Try with simulated scans*" in readme
    assert "neuroflow demo" not in readme
    listed = [line.split("  ")[0] for line in readme.splitlines() if "   " in line]
    assert all((folder / name).exists() for line in listed for name in line.split(", "))
    assert len(listed) == 2


def test_the_first_answer_shows_regions_that_differ(tried):
    effects = tried[1].explore.effects
    assert set(effects["contrast"]) == {"PSP - Control"}
    assert effects[["n1", "n2"]].eq(15).all(axis=None)
    assert (effects["q"] < 0.05).any()


def test_the_header_and_methods_say_that_it_is_simulated(tried):
    view, model = tried
    assert "SIMULATED" in html_of(view.children[0])
    assert model.explore.methods.startswith("SIMULATED data, not for clinical use. ")


@pytest.mark.parametrize("what", ["cohort_table", "effects", "predictions"])
def test_each_exported_row_is_marked_as_simulated(tried, what):
    _, model = tried
    getattr(model.explore, f"export_{what}")()
    assert model.explore.join(PATIENCE)
    (file,) = [path for path in model.explore.exported if path.suffix == ".csv"]
    assert set(pd.read_csv(file)["data"]) == {"SIMULATED"}


def test_the_report_of_simulated_scans_is_marked(tried):
    _, model = tried
    model.explore.export_report()
    assert model.explore.join(PATIENCE)
    (page,) = model.explore.exported
    assert "<title>SIMULATED data" in page.read_text(encoding="utf-8")


def test_an_exported_figure_and_paper_table_are_marked(tried):
    _, model = tried
    model.explore.set(main="strip")
    model.explore.export_figure()
    (drawn,) = [path for path in model.explore.exported if path.suffix == ".svg"]
    assert "SIMULATED data" in drawn.read_text(encoding="utf-8")
    model.explore.set(suffix=".xlsx")
    model.explore.export_paper_table()
    (paper,) = model.explore.exported
    sheets = pd.read_excel(paper, sheet_name=None)
    assert set(sheets["table"]["Data"]) == {"SIMULATED"}
    assert "SIMULATED data" in sheets["methods"].to_string()


def test_it_is_offered_in_an_empty_workspace_only(empty, workspace):
    assert TRY in shown_buttons(app(empty))
    assert TRY not in shown_buttons(app(workspace))


@pytest.fixture
def second_page(tried):
    """Open the forms of the simulated workspace once more, as another page does."""
    connect = app(Workspace(tried[1].ws.folder), "connect").neuroflow.connect
    assert connect.join(PATIENCE)
    yield connect
    connect.simulation.close()


def test_a_second_page_uses_the_service_of_the_first(tried, second_page):
    assert second_page.simulation.service is None
    second_page.test()
    assert second_page.join(PATIENCE)
    assert second_page.tone == "good"


def test_a_second_page_has_the_simulated_cohort(tried):
    _, model = tried
    again = app(Workspace(model.ws.folder), "cohort").neuroflow
    assert again.connect.join(PATIENCE)
    assert again.cohort.folder == str(model.connect.simulation.scans)


def test_the_service_goes_on_once_its_page_has_gone(tried, second_page):
    _, model = tried
    model.connect.simulation.close()
    second_page.keep_simulation()
    assert second_page.join(PATIENCE)
    assert second_page.simulation.service.port == second_page.port
    second_page.test()
    assert second_page.join(PATIENCE)
    assert second_page.tone == "good"


def test_the_service_moves_to_another_port_if_taken(tried):
    _, model = tried
    model.connect.simulation.close()
    with socket.create_server(("127.0.0.1", model.connect.port)):
        again = app(Workspace(model.ws.folder), "connect").neuroflow.connect
        assert again.join(PATIENCE)
        assert again.port == again.simulation.profile.port != model.connect.port
        again.test()
        assert again.join(PATIENCE)
        assert again.tone == "good"
    again.simulation.close()
