import base64
import io
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from PIL import Image
from support.collected import collect_into, people
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.widgets.results.gallery_model import SMALL, GalleryModel
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.workspace.workspace import Workspace


def silent(_event):
    pass


def done(model, action):
    action()
    assert model.join(PATIENCE)
    assert model.gallery.join(PATIENCE)
    return model


@pytest.fixture
def sent(workspace, cohort_folder):
    studies = nf.find_studies(cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=cohort_folder / "participants.tsv")
    workspace.submit(cohort, on_event=silent)
    return workspace


def test_a_fresh_workspace_has_nothing_to_show(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        model = ResultsModel(ws)
        assert model.status.empty
        assert model.problems == ()
        assert model.gallery.reports == ()


def test_a_look_at_the_server_shows_what_is_there(sent, service):
    model = ResultsModel(sent)
    assert dict(model.counts) == {"submitted": 2}
    assert service.wait_until_idle()
    done(model, model.refresh)
    assert dict(model.counts) == {"delivered": 2}
    again = ResultsModel(sent)  # after a restart of the kernel, or in another notebook
    for form in (model, again):
        assert dict(form.counts) == {"delivered": 2}
        assert form.age_text(model.listed_at + timedelta(minutes=3)) == "server checked 3 min ago"


def seen(model, condition, seconds=PATIENCE):
    """Wait until the watcher has brought something about."""
    happened = Event()
    model.observe(lambda _: happened.set() if condition() else None)
    if condition():
        happened.set()
    assert happened.wait(seconds)


def test_while_the_switch_is_on_results_are_seen_unasked_and_can_be_collected(sent, service):
    model = ResultsModel(sent)
    sent.watch = partial(Workspace.watch, sent, interval=0.1)
    model.auto_refresh.on = True
    seen(model, lambda: dict(model.counts) == {"delivered": 2})
    assert "; next check in " in model.age_text(model.listed_at)
    assert not model.busy
    done(model, model.collect)
    assert dict(model.counts) == {"collected": 2}
    model.auto_refresh.on = False
    assert model.auto_refresh.join(PATIENCE)
    assert not model.auto_refresh.busy


def test_a_server_that_was_never_there_switches_the_watching_off_and_says_why(sent, service):
    service.stop()
    model = ResultsModel(sent)
    model.auto_refresh.on = True
    seen(model.auto_refresh, lambda: bool(model.auto_refresh.problems))
    assert not model.auto_refresh.on


def test_a_lost_connection_is_told_and_tried_again(sent, service):
    model = ResultsModel(sent)
    sent.watch = partial(Workspace.watch, sent, interval=0.1)
    model.auto_refresh.on = True
    seen(model, lambda: model.listed_at is not None)
    service.stop()
    seen(model.auto_refresh, lambda: model.auto_refresh.last_update.error is not None)
    assert "no connection, trying again in " in model.age_text(model.listed_at)
    assert model.auto_refresh.on
    model.auto_refresh.on = False
    assert model.auto_refresh.join(PATIENCE)


def test_a_study_chosen_in_the_table_opens_its_report_with_what_it_says_in_short(tmp_path):
    with Workspace(tmp_path / "project") as ws:
        cohort = collect_into(ws, people(2))
        model = done(ResultsModel(ws), lambda: None)
        model.study_id = cohort.studies[1].study_id
        assert model.gallery.join(PATIENCE)
        assert model.gallery.name == "sub-001_ses-1"
        facts = dict(model.gallery.facts)
        assert facts["PD v Atypical"] in ("PD", "Atypical")
        assert float(facts["Free water, pSN"]) > 0
        model.study_id = "of another workspace"
        assert model.gallery.name == ""


def test_collecting_brings_reports_under_the_names_of_this_disk(sent, service, cohort_folder):
    assert service.wait_until_idle()
    model = done(ResultsModel(sent), lambda: None)
    done(model, model.collect)
    assert dict(model.counts) == {"collected": 2}
    assert model.tone == "good"
    labels = {study.label for study in nf.find_studies(cohort_folder / "scans")}
    assert {report.name for report in model.gallery.reports} == labels
    assert all(small for _, small in model.gallery.thumbnails)
    again = ResultsModel(sent)
    assert again.gallery.join(PATIENCE)
    assert len(again.gallery.thumbnails) == 2


def test_a_failed_study_is_shown_as_failed_with_its_report(tmp_path, cohort_folder):
    from neuroflow.demo.service.server import DemoService

    with (
        DemoService(tmp_path / "failing", delay=0.0, failure_rate=1.0) as service,
        Workspace(tmp_path / "project") as ws,
    ):
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        studies = nf.find_studies(cohort_folder / "scans")[:1]
        table = cohort_folder / "participants.tsv"
        ws.submit(ws.cohort("C", studies, participants=table), on_event=silent)
        assert service.wait_until_idle()
        model = ResultsModel(ws)
        done(model, model.collect)
        assert dict(model.counts) == {"failed": 1}
        assert model.tone == "bad"
        report = model.gallery.reports[0]
        assert report.is_failure
        done(model, lambda: model.gallery.open(report))
        assert model.gallery.text


def test_a_server_that_is_away_is_a_problem_and_the_table_stays(sent, service):
    model = ResultsModel(sent)
    service.stop()
    done(model, model.refresh)
    assert model.problems
    assert len(model.status) == 2


@pytest.fixture
def gallery(tmp_path):
    """Return a gallery of ten reports; one picture is no picture."""
    for number in range(10):
        folder = tmp_path / f"s{number}_out"
        folder.mkdir()
        Image.new("RGBA", (900, 600), (0, 0, 0, 0)).save(folder / "prediction.png")
        (folder / "prediction.txt").write_text("<b>PD</b>", encoding="utf-8")
        (folder / "aidp.csv").touch()
    (tmp_path / "s9_out" / "prediction.png").write_bytes(b"no picture")
    model = GalleryModel(tmp_path)
    model.reload({})
    assert model.join(PATIENCE)
    return model


def test_small_pictures_are_drawn_page_by_page_on_white(gallery):
    assert (gallery.pages, len(gallery.thumbnails)) == (2, 8)
    image = Image.open(io.BytesIO(base64.b64decode(gallery.thumbnails[0][1])))
    assert image.width <= SMALL[0]
    assert image.getpixel((0, 0)) == (255, 255, 255)
    gallery.go_to(1)
    assert gallery.join(PATIENCE)
    assert len(gallery.thumbnails) == 2


def test_a_page_turned_while_a_report_is_opened_is_shown_and_so_is_the_report(gallery):
    gallery.open(gallery.reports[0])
    gallery.go_to(1)
    assert gallery.join(PATIENCE)
    assert [report for report, _ in gallery.thumbnails] == list(gallery.reports[8:])
    assert gallery.name == gallery.reports[0].name


def test_a_report_closed_while_it_is_opened_stays_closed(gallery):
    gallery.open(gallery.reports[0])
    gallery.close()
    assert gallery.join(PATIENCE)
    assert gallery.name == ""


def test_a_picture_that_is_none_does_not_hide_the_others_and_opening_it_says_why(gallery):
    gallery.go_to(1)
    assert gallery.join(PATIENCE)
    assert [bool(small) for _, small in gallery.thumbnails] == [True, False]
    gallery.open(gallery.reports[9])
    assert gallery.join(PATIENCE)
    assert "cannot be shown" in gallery.problems[0].what


def test_a_report_is_opened_with_its_text_and_closed(gallery):
    gallery.open(gallery.reports[0])
    assert gallery.join(PATIENCE)
    assert (gallery.name, gallery.text) == ("s0", "<b>PD</b>")
    assert gallery.large
    gallery.close()
    assert gallery.large == ""
