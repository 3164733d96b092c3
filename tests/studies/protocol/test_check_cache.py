"""What a check found is remembered as long as a study looks the same."""

import json
import os
from dataclasses import replace

import pytest

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.protocol import check as module
from neuroflow.studies.protocol.check import check
from neuroflow.studies.protocol.check_cache import CheckCache


@pytest.fixture
def study(tmp_path):
    file = tmp_path / "broken.nii"
    file.write_bytes(b"no image")
    return Study("P1", StudyKind.NIFTI, tmp_path, (file,), study_id="one")


@pytest.fixture
def looks(monkeypatch):
    """Count how often a study is read, which here always fails."""
    seen = []

    def read(study):
        seen.append(study.label)
        raise StudyError("No image.")

    monkeypatch.setattr(module, "read_acquisition", read)
    return seen


def checked(study, path, **options):
    return check([study], cache=CheckCache(path), **options)


def test_a_study_that_did_not_change_is_read_once(study, tmp_path, looks):
    first = checked(study, tmp_path / "checks.json")
    second = checked(replace(study, label="new label"), tmp_path / "checks.json")
    assert looks == ["P1"]
    assert first["study"].unique().tolist() == ["P1"]
    assert second["study"].unique().tolist() == ["new label"]
    assert second.drop(columns="study").equals(first.drop(columns="study"))


def test_a_study_is_read_anew_when_its_files_or_facts_change(study, tmp_path, looks):
    checked(study, tmp_path / "checks.json")
    os.utime(study.files[0], ns=(1, 1))
    checked(study, tmp_path / "checks.json")
    checked(replace(study, age=61.0), tmp_path / "checks.json")
    assert len(looks) == 3


def test_without_a_look_only_what_is_known_is_told(study, tmp_path, looks):
    unknown = checked(study, tmp_path / "checks.json", cached_only=True)
    assert unknown["measured"].tolist() == ["not checked yet"]
    assert unknown["severity"].tolist() == ["error"]
    assert looks == []
    found = checked(study, tmp_path / "checks.json")
    study.files[0].unlink()
    assert checked(study, tmp_path / "checks.json", cached_only=True).equals(found)


@pytest.mark.parametrize(
    "content", [[1, 2], {"a": {}}, {"a": {"stamp": "", "fingerprint": "", "findings": [["x"]]}}]
)
def test_a_damaged_memory_costs_another_look_and_nothing_else(study, tmp_path, looks, content):
    (tmp_path / "checks.json").write_text(json.dumps(content), encoding="utf-8")
    checked(study, tmp_path / "checks.json")
    assert looks == ["P1"]


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(study, tmp_path, monkeypatch):
    def read(_study):
        os.utime(study.files[0], ns=(1, 1))
        raise StudyError("No image.")

    monkeypatch.setattr(module, "read_acquisition", read)
    checked(study, tmp_path / "checks.json")
    assert CheckCache(tmp_path / "checks.json").get(study) is None


def test_a_memory_that_cannot_be_written_costs_another_look_and_nothing_else(
    study, tmp_path, looks
):
    (tmp_path / "checks.json").mkdir()
    checked(study, tmp_path / "checks.json")
    assert len(checked(study, tmp_path / "checks.json")) == 1
    assert len(looks) == 2
