import ipywidgets as widgets
from support.forms import all_of, button

from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.common.path_input import THIS_FOLDER, PathInput


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
