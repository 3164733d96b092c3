"""Uploads with equal Study Instance UIDs within five minutes: the last one stands."""

import os

import pytest
from support.demo_zips import dicom_file, zipped

from neuroflow.demo.service.pipeline import Pipeline


@pytest.fixture
def upload(tmp_path):
    """Return a function that uploads a study at a time in seconds, and the pipeline's output."""
    (tmp_path / "staging").mkdir()
    pipeline = Pipeline(output=lambda _: tmp_path, staging=tmp_path / "staging")

    def process(name, uid, at):
        path = tmp_path / f"{name}.zip"
        path.write_bytes(zipped({"1": dicom_file(uid, PatientAge="071Y", PatientSex="M")}))
        os.utime(path, (at, at))
        pipeline.process(path)
        return sorted(each.name for each in tmp_path.glob("*_out"))

    return process


def test_the_later_of_two_equal_uids_overwrites_the_first(upload):
    assert upload("a", "1.2", 1000.0) == ["a_out"]
    assert upload("b", "1.2", 1299.0) == ["b_out"]


@pytest.mark.parametrize(("uid", "at"), [("1.2", 1301.0), ("1.3", 1001.0)])
def test_other_uids_and_later_uploads_stand_beside_it(upload, uid, at):
    upload("a", "1.2", 1000.0)
    assert upload("b", uid, at) == ["a_out", "b_out"]


def test_the_same_id_again_overwrites_nothing_else(upload):
    upload("a", "1.2", 1000.0)
    assert upload("a", "1.2", 1001.0) == ["a_out"]
