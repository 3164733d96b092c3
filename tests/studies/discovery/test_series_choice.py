"""Which series of a DICOM study is diffusion, and what becomes of studies without one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.quirks import add_images, edit, volume_fastest
from support.scans import SMALL, write_dicom, write_enhanced, write_mosaic

from neuroflow.demo.scans.maker_quirks import image_type, without_b_values
from neuroflow.studies.discovery.find import find_studies, survey
from neuroflow.studies.protocol.check import check, check_study


def other_series(number, description, **words):
    """A header that makes the same study's images another series."""
    header = {"SeriesInstanceUID": f"1.2.3.{number}", "SeriesNumber": number}
    return header | {"SeriesDescription": description} | words


def plain(ds, number):
    """Make an anatomical image of a weighted one."""
    without_b_values(ds, number)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M"]


def write_anatomy(folder, *, number=2, description="T1 MPRAGE", modality="MR", **scan):
    header = other_series(number, description, Modality=modality)
    paths = write_dicom(folder, replace(SMALL, n_directions=0, n_b0=1, header=header, **scan))
    edit(paths, plain)
    return paths


@pytest.mark.parametrize("n_volumes", [5, 9, 17])
def test_a_series_numbered_volume_fastest_is_diffusion(tmp_path, n_volumes):
    # One b = 0 per slice: an even sample of the numbers can fall on these alone.
    scan = replace(SMALL, n_slices=4, n_b0=1, n_directions=n_volumes - 1)
    volume_fastest(write_dicom(tmp_path, scan), scan.n_slices, n_volumes)
    (study,) = find_studies(tmp_path)
    assert len(study.files) == 4 * n_volumes


def test_the_only_weighted_volume_of_many_is_found(tmp_path):
    write_mosaic(tmp_path, replace(SMALL, n_b0=40, n_directions=1))
    assert len(find_studies(tmp_path)[0].files) == 41


@pytest.mark.parametrize(
    ("description", "modality"),
    [("T1 MPRAGE", "MR"), ("Head", "CT"), ("dose report", "SR"), ("plan", "RTPLAN")],
)
def test_a_study_without_diffusion_is_skipped_in_one_line(tmp_path, description, modality):
    write_dicom(tmp_path / "good", SMALL)
    scan = {"number": 2, "description": description, "modality": modality}
    paths = write_anatomy(tmp_path / "other", patient_id="P2", **scan)
    edit(paths, lambda ds, _: setattr(ds, "StudyInstanceUID", "1.2.3"))
    found = survey(tmp_path)
    assert len(found.studies) == 1
    assert found.skipped[["path", "files", "reason"]].to_numpy().tolist() == [
        ["other", 3, f'DICOM study without diffusion: {modality} "{description}"']
    ]
    assert "readable" not in set(check(list(found.studies))["rule"])


def test_a_study_without_diffusion_lists_all_its_series(tmp_path):
    write_anatomy(tmp_path / "t1")
    write_anatomy(tmp_path / "t2", number=3, description="T2 TSE")
    (reason,) = survey(tmp_path).skipped["reason"]
    assert reason == 'DICOM study without diffusion: MR "T1 MPRAGE", MR "T2 TSE"'


def test_maps_and_trace_images_alone_are_no_study(tmp_path):
    edit(write_mosaic(tmp_path, SMALL), image_type("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"))
    assert survey(tmp_path).studies == ()


@pytest.mark.parametrize("name", ["DTI 30 dir", "ep2d_diff_mddw", "Ax DWI"])
def test_an_unknown_manufacturers_diffusion_series_is_referred_to_dcm2niix(tmp_path, name):
    paths = write_dicom(tmp_path / "dti", SMALL)
    edit(paths, without_b_values)
    edit(paths, lambda ds, _: setattr(ds, "SeriesDescription", name))
    write_anatomy(tmp_path / "t1")
    (study,) = find_studies(tmp_path)
    assert len(study.files) == len(paths)  # judged without the T1
    advice = {finding.rule: finding.advice for finding in check_study(study)}
    assert "dcm2niix" in advice["diffusion_series"]
    assert ".bval" in advice["diffusion_series"]
    assert {"directions", "b_values"}.isdisjoint(advice)  # the same cause


def test_a_series_of_b0_images_alone_is_no_study(tmp_path):
    write_mosaic(tmp_path, replace(SMALL, n_directions=0, n_b0=4))
    assert survey(tmp_path).studies == ()


def test_a_series_can_be_chosen_in_a_study_without_diffusion(tmp_path):
    write_anatomy(tmp_path / "t1")
    table = f"study_uid\tseries\n{SMALL.study_uid}\t2\n"
    (tmp_path / "studies.tsv").write_text(table, encoding="utf-8")
    assert len(find_studies(tmp_path)[0].files) == 3


def test_a_leading_map_does_not_hide_its_series(tmp_path):
    paths = write_mosaic(tmp_path, SMALL)
    change = image_type("DERIVED", "PRIMARY", "DIFFUSION", "ADC")
    add_images(paths[-1:], change, "AAA first by name ")
    assert len(find_studies(tmp_path)[0].files) == len(paths) + 1


def test_an_enhanced_image_is_diffusion(tmp_path):
    write_enhanced(tmp_path, SMALL)
    assert len(find_studies(tmp_path)) == 1
