import os

import pytest

from neuroflow.widgets.common import path_completion
from neuroflow.widgets.common.path_completion import clean_path, complete_path, list_folder


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ('"/data/my scans"', "/data/my scans"),
        ("'/data/my scans'", "/data/my scans"),
        ("/data/it's", "/data/it's"),
        ('"/data', '"/data'),
        ("file:///", "file:///"),
    ],
)
def test_quotes_around_a_pasted_path_are_removed(typed, meant):
    assert clean_path(typed) == meant


def test_a_dragged_file_is_a_path(tmp_path):
    path = tmp_path / "my scans"
    assert clean_path(path.as_uri()) == str(path)


def test_what_is_typed_is_completed_folders_first(tmp_path):
    (tmp_path / "scan.zip").touch()
    (tmp_path / "scans").mkdir()
    (tmp_path / "other").mkdir()
    typed = str(tmp_path / "SC")
    assert complete_path(typed) == [str(tmp_path / "scans"), str(tmp_path / "scan.zip")]
    assert complete_path(typed, folders_only=True) == [str(tmp_path / "scans")]


def test_hidden_names_are_offered_when_a_dot_is_typed(tmp_path):
    (tmp_path / ".ssh").mkdir()
    assert complete_path(str(tmp_path) + os.sep) == []
    assert complete_path(str(tmp_path / ".s")) == [str(tmp_path / ".ssh")]


def test_a_huge_folder_offers_only_some(tmp_path, monkeypatch):
    monkeypatch.setattr(path_completion, "MAX_NAMES", 3)
    for number in range(10):
        (tmp_path / f"s{number}").touch()
    assert len(list_folder(tmp_path)) == 3


def test_a_relative_beginning_and_a_missing_folder_offer_nothing(tmp_path):
    assert complete_path("") == []
    assert complete_path("scans") == []
    assert list_folder(tmp_path / "missing") == []


def test_a_home_that_does_not_exist_holds_nothing():
    assert complete_path("~nobody-of-this-name/") == []
