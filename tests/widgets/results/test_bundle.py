"""The results of a cohort as one zip."""

import stat
import sys
import zipfile
from threading import Event

import pytest
from support.collected import collect_into, people
from support.forms import button, control, finish, html_of, silent
from support.waits import PATIENCE

from neuroflow.errors import FolderError
from neuroflow.widgets.browser import DownloadButton
from neuroflow.widgets.results.bundle import bundle_panel, write_zip
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.widgets.results.view import results_form
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def model(tmp_path):
    with Workspace(tmp_path / "ws") as ws:
        collect_into(ws, people(8), reports=False)
        model = ResultsModel(ws)
        assert model.gallery.join(PATIENCE)
        yield model


@pytest.fixture
def panel(model):
    return bundle_panel(model)


@pytest.fixture
def folders(tmp_path):
    """Return two result folders of a file each."""
    made = [tmp_path / "results" / f"{name}_out" for name in "ab"]
    for folder in made:
        folder.mkdir(parents=True)
        (folder / "aidp.csv").write_text("region,FW\n", encoding="utf-8")
    return made


def test_nothing_is_counted_before_it_is_opened(model):
    view = results_form(model)
    assert "result folders" not in html_of(view)
    control(view, "History and download").value = True
    assert "result folders" in html_of(view)


def test_number_size_and_ids_are_stated_before_anything_is_made(model, panel):
    files = (path for path in model.ws.results_folder.rglob("*") if path.is_file())
    whole = sum(path.stat().st_size for path in files)
    shown = html_of(panel)
    assert f"{len(model.ids)} result folders, {whole / 1e6:,.1f} MB." in shown
    assert "named by study ids" in shown
    assert not (model.ws.folder / "exports").exists()


def test_the_zip_holds_every_file_of_the_chosen_cohort(model, panel):
    (cohort,) = model.ws.cohorts()
    control(panel, "Cohort").value = cohort
    finish(model, button(panel, "Make the zip").click)
    made = model.ws.folder / "exports" / f"results_{cohort}.zip"
    root = model.ws.results_folder
    expected = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
    with zipfile.ZipFile(made) as packed:
        assert set(packed.namelist()) == expected
        assert packed.testzip() is None
    assert f"Saved: {made}" in html_of(panel)


def test_a_folder_of_no_study_of_it_is_left_out(model, panel):
    (model.ws.results_folder / "foreign_out").mkdir()
    control(panel, "Cohort").value = model.ws.cohorts()[0]
    finish(model, button(panel, "Make the zip").click)
    (made,) = (model.ws.folder / "exports").iterdir()
    with zipfile.ZipFile(made) as packed:
        assert len({name.split("/")[0] for name in packed.namelist()}) == len(model.ids)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_others_cannot_read_the_zip(folders, tmp_path):
    target = tmp_path / "exports" / "results.zip"
    assert write_zip(folders, target, silent, Event()) == target
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_stop_leaves_no_file(folders, tmp_path):
    stop = Event()
    assert write_zip(folders, tmp_path / "x" / "r.zip", lambda _: stop.set(), stop) is None
    assert list((tmp_path / "x").iterdir()) == []


def test_links_are_left_out(folders, tmp_path):
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (folders[0] / "link").symlink_to(tmp_path / "secret")
    target = tmp_path / "r.zip"
    write_zip(folders, target, silent, Event())
    with zipfile.ZipFile(target) as packed:
        assert packed.namelist() == ["a_out/aidp.csv", "b_out/aidp.csv"]


def test_a_zip_that_cannot_be_written_is_an_error(folders, tmp_path):
    (tmp_path / "r.zip").mkdir()
    with pytest.raises(FolderError, match="cannot be written"):
        write_zip(folders, tmp_path / "r.zip", silent, Event())


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Return a button that downloads 2.5 MB, and what it sends."""
    take, sent = DownloadButton(), []
    take.path = tmp_path / "r.zip"
    take.path.write_bytes(bytes(2_500_000))
    monkeypatch.setattr(take, "send", lambda message, buffers=(): sent.append((message, buffers)))
    return take, sent


def test_a_file_comes_in_pieces_each_on_request(taken):
    take, sent = taken
    for begin in (0, 1_000_000, 2_000_000):
        take._handle_custom_msg({"ask": "piece", "from": begin}, [])
    assert [len(buffers[0]) for _, buffers in sent] == [1_000_000, 1_000_000, 500_000]
    assert sent[2][0] == {"piece": 2_000_000, "size": 2_500_000, "name": "r.zip"}


def test_a_file_that_is_gone_is_reported(taken):
    take, sent = taken
    take.path.unlink()
    take._handle_custom_msg({"ask": "piece", "from": 0}, [])
    assert "cannot be read" in sent[0][0]["failed"]
