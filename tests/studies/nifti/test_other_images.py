"""Maps, masks, references and phase images beside a diffusion image are no studies."""

from __future__ import annotations

import shutil

import pytest
from support.quirks import flat_nifti
from support.scans import SMALL, write_nifti
from support.studies import measured

from neuroflow.studies.discovery.find import find_studies, survey
from neuroflow.studies.protocol.check import check_study

NAMES = (
    *("sub-01_sbref", "dwi_ADC", "dti_FA", "dti_MD", "nodif_brain_mask", "nodif_brain"),
    *("dti_L1", "dwi_ph", "S0", "anything at all"),
)


@pytest.mark.parametrize("name", NAMES)
def test_images_beside_a_diffusion_image_are_no_studies(tmp_path, name):
    write_nifti(tmp_path / "P01", SMALL, stem="data")
    for kind in ("bval", "bvec"):
        shutil.move(tmp_path / "P01" / f"data.{kind}", tmp_path / "P01" / f"{kind}s")
    flat_nifti(tmp_path / "P01" / f"{name}.nii.gz")
    found = survey(tmp_path)
    assert [study.label for study in found.studies] == ["P01"]
    assert len(found.skipped) == 1


def test_a_phase_image_with_gradients_is_no_study(tmp_path):
    folder = tmp_path / "sub-01" / "dwi"
    write_nifti(folder, SMALL, stem="sub-01_part-mag_dwi")
    write_nifti(folder, SMALL, stem="sub-01_part-phase_dwi")
    found = survey(tmp_path)
    assert len(found.studies) == 1
    assert found.skipped["reason"].tolist() == ["NIfTI, but not a diffusion image: phase image"]


@pytest.mark.parametrize(
    "stem", ["AX_DTI_AD_30dir", "sub-MD_dwi", "FA30_DTI", "P01_phantom_dwi", "mask01_dwi", "P01_FA"]
)
def test_a_diffusion_image_with_such_a_name_is_a_study(tmp_path, stem):
    write_nifti(tmp_path, SMALL, stem=stem)
    assert len(find_studies(tmp_path)) == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "inf", "-inf", "nan"])
def test_a_sidecar_with_numbers_that_are_none_is_read(tmp_path, value):
    write_nifti(tmp_path, SMALL)
    text = (tmp_path / "dwi.json").read_text(encoding="utf-8")
    text = text.replace('"FlipAngle": 90', f'"FlipAngle": 90, "TotalReadoutTime": {value}')
    (tmp_path / "dwi.json").write_text(text, encoding="utf-8")
    assert "readable" not in measured(tmp_path)


@pytest.mark.parametrize(
    ("content", "cure"),
    [
        (b"/annex/objects/MD5E-s1234--abc.nii.gz\n", "datalad get"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    ],
)
def test_a_placeholder_names_its_cure(tmp_path, content, cure):
    write_nifti(tmp_path, SMALL).write_bytes(content)
    (finding,) = check_study(find_studies(tmp_path)[0])
    assert cure in finding.advice
