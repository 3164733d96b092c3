"""NIfTI images, gradient files and sidecars that are damaged or incomplete."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from support.packages import SALT
from support.scans import SMALL, write_nifti
from support.studies import measured

from neuroflow.models import Cohort
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import package_studies
from neuroflow.studies.protocol.check import check_study


def test_three_dimensional_nifti_is_an_error(tmp_path):
    write_nifti(tmp_path, SMALL)
    nib.save(nib.Nifti1Image(np.zeros((4, 4, 3), np.int16), np.eye(4)), tmp_path / "dwi.nii.gz")
    findings = measured(tmp_path)
    assert findings["dimensions"] == "3"
    assert findings["gradient_count"] == "1 volumes, 4 b-values, 4 b-vectors"


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        ("bvec", "0 0 nan 1\n0 0 0 0\n0 0 0 0\n", "finite_gradients"),
        ("bvec", "0 0 2 0\n0 0 0 2\n0 0 0 0\n", "unit_vectors"),
        ("bval", "0 0 1000\n", "gradient_count"),
        ("bval", "zero one\n", "readable"),
        ("bval", "", "readable"),
        ("bvec", "1 2\n3 4\n", "readable"),
        ("json", "{not json", "readable"),
        ("json", "[1, 2]", "readable"),
    ],
)
def test_bad_companion_files_are_errors(tmp_path, kind, text, rule):
    write_nifti(tmp_path, SMALL)
    (tmp_path / f"dwi.{kind}").write_text(text)
    assert rule in measured(tmp_path)


def test_missing_gradients_are_an_error_if_the_name_mentions_diffusion(tmp_path):
    write_nifti(tmp_path, SMALL)
    (tmp_path / "dwi.bval").unlink()
    findings = measured(tmp_path)
    assert findings["gradient_count"] == "no b-values beside the image"
    assert {"b_values", "b0_images", "directions"}.isdisjoint(findings)  # the same cause


def test_a_weighted_volume_without_direction_is_no_matter_of_lengths(tmp_path):
    write_nifti(tmp_path, replace(SMALL, n_directions=4))
    vectors = np.loadtxt(tmp_path / "dwi.bvec")
    vectors[:, -1] = 0
    np.savetxt(tmp_path / "dwi.bvec", vectors)
    findings = measured(tmp_path)
    assert findings["undirected"] == "1"
    assert "unit_vectors" not in findings


@pytest.mark.parametrize("cut", [400, -20])
def test_truncated_nifti_is_an_error(tmp_path, cut):
    path = write_nifti(tmp_path, SMALL, suffix=".nii")
    path.write_bytes(path.read_bytes()[:cut])
    assert measured(tmp_path)["unreadable_files"].startswith("1: ")


def test_truncated_gzip_is_an_error(tmp_path):
    path = write_nifti(tmp_path, SMALL)
    path.write_bytes(path.read_bytes()[:-200])
    assert measured(tmp_path)["unreadable_files"].startswith("1: ")


@pytest.mark.parametrize("offset", [np.nan, np.inf, -np.inf])
def test_invalid_data_offset_is_a_finding(tmp_path, offset):
    path = write_nifti(tmp_path, SMALL, suffix=".nii")
    header = bytearray(path.read_bytes())
    header[108:112] = np.float32(offset).tobytes()  # vox_offset
    path.write_bytes(header)
    assert "readable" in measured(tmp_path)


@pytest.mark.parametrize(
    ("age", "finding"),
    [
        ("045Y", None),
        ("45", None),
        ("18M", "1.5 years"),
        ("abc", 'unknown: "abc" is not an age'),
        ("", "unknown: not in the headers"),
    ],
)
def test_ages_in_all_spellings(tmp_path, age, finding):
    write_nifti(tmp_path, SMALL)
    path = tmp_path / "dwi.json"
    path.write_text(path.read_text().replace("060Y", age))
    findings = measured(tmp_path)
    assert findings.get("age", findings.get("age_40")) == finding


@pytest.mark.parametrize("ending", ["bval", "bvec", "json"])
@pytest.mark.parametrize("kind", ["link", "pointer", "lfs"])
def test_companions_that_were_not_downloaded_are_named(tmp_path, ending, kind):
    write_nifti(tmp_path, SMALL)
    path = tmp_path / f"dwi.{ending}"
    path.unlink()
    if kind == "link":
        path.symlink_to("../.git/annex/objects/xx/MD5E-s123.txt")
    elif kind == "pointer":
        path.write_text("/annex/objects/MD5E-s1234--abc.txt\n")
    else:
        path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n")
    (study,) = find_studies(tmp_path)
    (one,) = check_study(study)
    assert (one.rule, one.severity) == ("readable", "error")
    assert one.measured.startswith(f"The content of dwi.{ending} is not on this computer.")
    assert ("git lfs pull" if kind == "lfs" else "datalad get") in one.advice


def test_a_file_that_is_gone_stops_no_other_study(tmp_path):
    for number in (1, 2):
        write_nifti(tmp_path / f"P{number}", replace(SMALL, number=number))
    studies = tuple(replace(s, study_id=s.label) for s in find_studies(tmp_path))
    (tmp_path / "P1" / "dwi.nii.gz").unlink()
    failed = []
    made = package_studies(
        Cohort("C", studies),
        tmp_path / "out",
        salt=SALT,
        on_event=lambda e: failed.append(e.status),
    )
    assert [package.study_id for package in made] == ["P2"]
    assert failed.count("failed") == 1
