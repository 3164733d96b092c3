"""Sidecars of a BIDS dataset complete each other, in folders and in archives."""

from __future__ import annotations

import json
import zipfile

import pytest
from support.packages import SALT, only_study
from support.quirks import pack, sidecar
from support.scans import SMALL, write_nifti
from support.studies import measured

from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.acquisition_reader import read_acquisition


@pytest.fixture(params=[False, True], ids=["folder", "zip"])
def dataset(tmp_path, request):
    """A dataset whose parameters are at the top, and whose age and sex are with the image."""
    folder = tmp_path / "dataset"
    image = write_nifti(folder / "sub-07" / "dwi", SMALL, stem="sub-07_dwi")
    path = image.with_name("sub-07_dwi.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    sidecar(path.parent, "066Y", "M", path.name)
    (folder / "dwi.json").write_text(json.dumps(content | {"FlipAngle": 91}), encoding="utf-8")
    (folder / "T1w.json").write_text(json.dumps({"FlipAngle": 9}), encoding="utf-8")
    (folder / "sub-07" / "sub-07_dwi.json").write_text('{"FlipAngle": 90}', encoding="utf-8")
    return pack(folder, tmp_path / "in" / "all.zip").parent if request.param else folder


def test_a_value_comes_from_the_nearest_sidecar_with_it(dataset):
    found = measured(dataset)
    assert not {"echo_time", "repetition_time", "flip_angle", "age", "sex"} & set(found)
    facts = read_acquisition(find_studies(dataset)[0])
    assert (facts.demographics.age, facts.demographics.sex) == (66.0, "M")
    assert facts.timing.flip_angle == 90.0


def test_the_package_holds_the_merged_sidecar(dataset, tmp_path):
    package = make_package(only_study(dataset), "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        content = json.loads(archive.read("dwi.json"))
    assert content["EchoTime"] == 0.088
    assert (content["FlipAngle"], content["PatientAge"]) == (90, "066Y")


def test_an_age_above_several_people_is_nobodys(dataset, tmp_path):
    if dataset.name == "in":
        pytest.skip("the same rule")
    (dataset / "sub-07" / "dwi" / "sub-07_dwi.json").unlink()
    write_nifti(dataset / "sub-08" / "dwi", SMALL, stem="sub-08_dwi")
    facts = read_acquisition(find_studies(dataset)[0])
    assert facts.demographics.age is None
    sidecar(dataset / "sub-07", "066Y", "M", "sub-07_dwi.json")
    assert read_acquisition(find_studies(dataset)[0]).demographics.age == 66.0
