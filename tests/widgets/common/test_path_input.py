from pathlib import Path

import ipywidgets as widgets
import pytest
from support.forms import all_of, button, control, html_of, shown_buttons

from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.common import path_completion
from neuroflow.widgets.common.path_completion import read_folder
from neuroflow.widgets.common.path_input import PARENT_FOLDER, THIS_FOLDER, PathInput


def test_a_picker_walks_through_folders(empty, tmp_path):
    (tmp_path / "scans" / "inner").mkdir(parents=True)
    model = CohortModel(empty)
    field = PathInput(model, "folder", "Folder", "Which", folders_only=True)
    model.folder = str(tmp_path / "scans")
    button(field, "Browse").click()
    (names,) = all_of(field, widgets.Select)
    names.value = next(value for name, value in names.options if name == "inner/")
    button(field, "Open").click()
    names.value = next(value for name, value in names.options if name == THIS_FOLDER)
    button(field, "Open").click()
    assert model.folder == str(tmp_path / "scans" / "inner")


@pytest.fixture
def field(empty):
    return PathInput(CohortModel(empty), "folder", "Folder", "Which", folders_only=True)


def opened(field, folder):
    """Open the picker on a folder; return what it lists and what it says of it."""
    field.typed.value = str(folder)
    button(field, "Browse").click()
    (names,) = all_of(field, widgets.Select)
    return [name for name, _ in names.options], html_of(field)


def test_the_picker_is_made_when_it_is_opened(field, tmp_path):
    before = len(all_of(field, widgets.Widget))
    opened(field, tmp_path)
    assert len(all_of(field, widgets.Widget)) > before + 5
    button(field, "Cancel").click()
    assert "Use this folder" not in shown_buttons(field)


def test_all_of_several_hundred_folders_are_listed(field, tmp_path):
    for number in range(261):
        (tmp_path / "scans" / f"sub-{number:03d}").mkdir(parents=True)
    names, _ = opened(field, tmp_path / "scans")
    assert names[:3] == [THIS_FOLDER, PARENT_FOLDER, "sub-000/"]
    assert len(names) == 263


def test_names_that_are_not_listed_are_counted(field, tmp_path, monkeypatch):
    monkeypatch.setattr(path_completion, "MAX_SHOWN", 3)
    for number in range(10):
        (tmp_path / "scans" / f"s{number}").mkdir(parents=True)
    names, said = opened(field, tmp_path / "scans")
    assert len(names) == 5
    assert "7 more names are not listed" in said


def test_a_folder_read_in_part_says_so(field, tmp_path, monkeypatch):
    monkeypatch.setattr(path_completion, "MAX_READ", 3)
    for number in range(10):
        (tmp_path / f"s{number}").mkdir()
    _, said = opened(field, tmp_path)
    assert "some of its names are not listed" in said


def test_an_unreadable_folder_says_why(tmp_path):
    remark = read_folder(tmp_path / "gone").remark
    assert remark == "This folder cannot be read: No such file or directory."


def test_the_picker_goes_home(field, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    (tmp_path / "home" / "mine").mkdir(parents=True)
    opened(field, tmp_path)
    places = control(field, "Go to")
    places.value = tmp_path / "home"
    (names,) = all_of(field, widgets.Select)
    assert "mine/" in [name for name, _ in names.options]
    assert places.value == ""
    button(field, "Use this folder").click()
    assert field.typed.value == str(tmp_path / "home")


def test_a_pasted_path_loses_its_quotes(field, tmp_path):
    field.typed.value = f'"{tmp_path}"'
    assert field.typed.value == str(tmp_path)
