"""The scans of the demo, read by libraries that did not write them."""

import json
import subprocess
import warnings
from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pydicom
import pytest

from neuroflow.demo.cohort import make_cohort
from neuroflow.demo.scans.phantom import gradients, image
from neuroflow.errors import DemoError

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # nibabel calls these readers experimental
    from nibabel.nicom import csareader, dicomwrappers

B_VALUES, DIRECTIONS = gradients()
in_voxel_axes = DIRECTIONS * [1, -1, 1]


@cache  # GE's thousands of files, for four tests; none changes them
def study(cohort: Path, manufacturer: str) -> list[pydicom.Dataset]:
    for folder in sorted(cohort.glob("scans/*/*/dicom")):
        files = sorted(folder.iterdir())
        if manufacturer in pydicom.dcmread(files[0], stop_before_pixels=True).Manufacturer:
            found = [pydicom.dcmread(path) for path in files]
            return sorted(found, key=lambda ds: int(ds.InstanceNumber))
    raise AssertionError(manufacturer)


def test_groups_sexes_and_sites_are_balanced(cohort: Path) -> None:
    table = pd.read_csv(cohort / "participants.tsv", sep="\t")
    assert set(table["data"]) == {"SIMULATED"}
    assert len(table) == 24
    assert set(table["group"].value_counts()) == {6}
    assert table.groupby("group")["sex"].nunique().eq(2).all()
    assert table.groupby("site")["group"].nunique().eq(4).all()
    assert table["participant_id"].duplicated().sum() == 4
    assert table["age"].between(40, 90).all()


def test_a_cohort_is_small(cohort: Path) -> None:
    assert sum(path.stat().st_size for path in cohort.rglob("*") if path.is_file()) < 60e6


def test_directions_are_30_up_to_sign() -> None:
    weighted = DIRECTIONS[B_VALUES > 0]
    assert np.linalg.norm(weighted, axis=1) == pytest.approx(np.ones(30))
    cosines = np.abs(weighted @ weighted.T)[~np.eye(30, dtype=bool)]
    assert cosines.max() < np.cos(np.radians(5))


@pytest.mark.parametrize("vendor", ["SIEMENS", "Philips", "GE"])
def test_dicom_headers_describe_the_accepted_acquisition(cohort: Path, vendor: str) -> None:
    ds = study(cohort, vendor)[0]
    shared = ds.get("SharedFunctionalGroupsSequence", [ds])[0]
    timing = shared.get("MRTimingAndRelatedParametersSequence", [ds])[0]
    echo = shared.get("MREchoSequence", [ds])[0]
    measures = shared.get("PixelMeasuresSequence", [ds])[0]
    assert ds.MagneticFieldStrength == 3
    assert 6000 <= timing.RepetitionTime <= 17000
    assert timing.FlipAngle == 90
    assert 55 <= float(echo.get("EffectiveEchoTime") or echo.get("EchoTime")) <= 104
    assert list(measures.PixelSpacing) == [2, 2]
    assert measures.SliceThickness == measures.SpacingBetweenSlices == 2
    assert ds.StudyDescription == "MRI Brain with DTI Non-Contrast"
    assert ds.SeriesDescription == "neuropacs DTI"
    assert ds.PatientSex in {"M", "F"}
    assert ds.PatientAge.endswith("Y")


@pytest.mark.parametrize("vendor", ["SIEMENS", "Philips", "GE"])
def test_dicom_headers_name_an_invented_person(cohort: Path, vendor: str) -> None:
    ds = study(cohort, vendor)[0]
    assert "Simulated" in str(ds.PatientName)
    assert ds.PatientID.startswith("SIM-")
    assert ds.PatientBirthDate
    assert ds.InstitutionName


def test_siemens_mosaics_read_by_nibabel(cohort: Path) -> None:
    files = study(cohort, "SIEMENS")
    assert len(files) == 32
    for index, ds in enumerate(files):
        assert ds[0x0019, 0x100C].value == B_VALUES[index]
        assert ds[0x0019, 0x100A].value == 64
        csa = csareader.get_csa_header(ds, "image")
        assert csareader.get_scalar(csa, "B_value") == B_VALUES[index]
        if B_VALUES[index]:
            assert list(ds[0x0019, 0x100E].value) == pytest.approx(list(DIRECTIONS[index]))
            wrapped = dicomwrappers.wrapper_from_data(ds)
            assert wrapped.image_shape == (16, 16, 64)
            assert wrapped.b_value == pytest.approx(1000, rel=1e-4)
    expected = image(0).astype(float).mean(axis=(0, 1))
    found = np.mean([dicomwrappers.wrapper_from_data(ds).get_data() for ds in files], axis=(0, 3))
    assert np.corrcoef(found.T.ravel(), expected.ravel())[0, 1] > 0.99


def test_philips_frames_carry_standard_diffusion(cohort: Path) -> None:
    (ds,) = study(cohort, "Philips")
    frames = ds.PerFrameFunctionalGroupsSequence
    assert len(frames) == ds.NumberOfFrames == 32 * 64
    b_values = [frame.MRDiffusionSequence[0].DiffusionBValue for frame in frames[::64]]
    assert b_values == B_VALUES.tolist()
    assert ds[0x2005, 0x1415].value == 30
    assert (0x2005, 0x1599) in ds


def test_ge_slices_carry_private_diffusion(cohort: Path) -> None:
    files = study(cohort, "GE")
    assert len(files) == 2048
    for index, ds in enumerate(files[::64]):
        assert ds[0x0043, 0x1039].value[0] == B_VALUES[index]
        found = [float(ds[0x0019, element].value) for element in (0x10BB, 0x10BC, 0x10BD)]
        assert found == pytest.approx(list(DIRECTIONS[index] * [-1, -1, 1]), abs=1e-5)
        assert (0x0019, 0x10E0) in ds


@pytest.mark.parametrize("vendor", ["SIEMENS", "Philips", "GE"])
def test_dcm2niix_finds_the_gradients(cohort: Path, tmp_path: Path, vendor: str) -> None:
    dcm2niix = pytest.importorskip("dcm2niix")
    folder = Path(str(study(cohort, vendor)[0].filename)).parent
    subprocess.run(
        [dcm2niix.bin, "-f", "x", "-z", "n", "-o", str(tmp_path), str(folder)],
        check=True,
        capture_output=True,
    )
    assert nib.load(tmp_path / "x.nii").shape == (16, 16, 64, 32)
    assert np.loadtxt(tmp_path / "x.bval").tolist() == B_VALUES.tolist()
    found = np.loadtxt(tmp_path / "x.bvec").T
    assert found == pytest.approx(in_voxel_axes, abs=1e-4)


def test_nifti_studies_have_gradients_and_a_sidecar(cohort: Path) -> None:
    paths = sorted(cohort.glob("scans/*/*/dwi/*.nii.gz"))
    assert len(paths) > 6
    stem = str(paths[0]).removesuffix(".nii.gz")
    volume = nib.load(paths[0])
    assert volume.shape == (16, 16, 64, 32)
    assert volume.header.get_zooms()[:3] == (2, 2, 2)
    assert np.linalg.det(volume.affine) < 0
    assert np.loadtxt(stem + ".bval").tolist() == B_VALUES.tolist()
    found = np.loadtxt(stem + ".bvec").T
    assert found == pytest.approx(in_voxel_axes, abs=1e-5)
    sidecar = json.loads(Path(stem + ".json").read_text(encoding="utf-8"))
    assert sidecar["PatientAge"].endswith("Y")
    assert sidecar["EchoTime"] < 1


def test_every_study_has_its_own_uid(cohort: Path) -> None:
    folders = sorted(cohort.glob("scans/*/*/dicom"))
    uids = {
        pydicom.dcmread(min(folder.iterdir()), stop_before_pixels=True).StudyInstanceUID
        for folder in folders
    }
    assert len(uids) == len(folders)


def test_a_folder_with_scans_is_left_alone(tmp_path: Path) -> None:
    make_cohort(tmp_path, n_studies=1)
    with pytest.raises(DemoError, match="holds scans already"):
        make_cohort(tmp_path, n_studies=1)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError, match="cannot be written"):
        make_cohort(tmp_path / "file", n_studies=1)


def test_an_empty_cohort_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="0 studies"):
        make_cohort(tmp_path, n_studies=0)
