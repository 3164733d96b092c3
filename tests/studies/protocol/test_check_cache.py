"""Findings of a check are cached until a study changes."""

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
def reads(monkeypatch):
    """Count how often a study is read, which here always fails."""
    seen = []

    def read(study):
        seen.append(study.label)
        raise StudyError("No image.")

    monkeypatch.setattr(module, "read_acquisition", read)
    return seen


def checked(study, path, **options):
    return check([study], cache=CheckCache(path), **options)


def test_unchanged_study_is_read_once(study, tmp_path, reads):
    first = checked(study, tmp_path / "checks.json")
    second = checked(replace(study, label="new label"), tmp_path / "checks.json")
    assert reads == ["P1"]
    assert first["study"].unique().tolist() == ["P1"]
    assert second["study"].unique().tolist() == ["new label"]
    assert second.drop(columns="study").equals(first.drop(columns="study"))


def test_changed_study_is_read_again(study, tmp_path, reads):
    checked(study, tmp_path / "checks.json")
    os.utime(study.files[0], ns=(1, 1))
    checked(study, tmp_path / "checks.json")
    checked(replace(study, age=61.0), tmp_path / "checks.json")
    assert len(reads) == 3


def test_cached_only_opens_no_file(study, tmp_path, reads):
    unknown = checked(study, tmp_path / "checks.json", cached_only=True)
    assert unknown["measured"].tolist() == ["not checked yet"]
    assert unknown["severity"].tolist() == ["error"]
    assert reads == []
    found = checked(study, tmp_path / "checks.json")
    study.files[0].unlink()
    assert checked(study, tmp_path / "checks.json", cached_only=True).equals(found)


@pytest.mark.parametrize(
    "content", [[1, 2], {"a": {}}, {"a": {"stamp": "", "fingerprint": "", "findings": [["x"]]}}]
)
def test_damaged_cache_is_ignored(study, tmp_path, reads, content):
    (tmp_path / "checks.json").write_text(json.dumps(content), encoding="utf-8")
    checked(study, tmp_path / "checks.json")
    assert reads == ["P1"]


def test_file_replaced_while_it_is_read_is_read_again(study, tmp_path, monkeypatch):
    def read(_study):
        os.utime(study.files[0], ns=(1, 1))
        raise StudyError("No image.")

    monkeypatch.setattr(module, "read_acquisition", read)
    checked(study, tmp_path / "checks.json")
    assert CheckCache(tmp_path / "checks.json").get(study) is None


def test_cache_that_cannot_be_written_is_ignored(study, tmp_path, reads):
    (tmp_path / "checks.json").mkdir()
    checked(study, tmp_path / "checks.json")
    assert len(checked(study, tmp_path / "checks.json")) == 1
    assert len(reads) == 2
