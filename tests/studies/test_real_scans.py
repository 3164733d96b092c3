"""Files of real scanners, as nibabel and dipy ship them."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pytest
from support.packages import SALT, only_study, package_bytes

from neuroflow.studies.deidentify import Deidentifier
from neuroflow.studies.discovery.find import survey
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.acquisition_reader import read_acquisition

NIBABEL = Path(nibabel.__file__).parent / "nicom" / "tests" / "data"
SIEMENS = ("siemens_dwi_0.dcm.gz", "siemens_dwi_1000.dcm.gz")


@pytest.fixture
def siemens(tmp_path: Path) -> Path:
    folder = tmp_path / "siemens"
    folder.mkdir()
    for name in SIEMENS:
        shutil.copy(NIBABEL / name, folder)
    return folder


def test_real_siemens_mosaic_is_read(siemens):
    facts = read_acquisition(only_study(siemens))
    assert (facts.geometry.n_slices, facts.geometry.n_volumes, facts.gradients.shells) == (
        48,
        2,
        (0.0, 1000.0),
    )
    assert (facts.geometry.slice_thickness, facts.geometry.slice_gap) == (2.5, 0.5)
    assert facts.timing.interleaved is False
    assert facts.gradients.volumes[1].direction == (0.99997449, 0.00505012, -0.00505012)


def test_real_siemens_study_keeps_gradients_and_loses_names(siemens, tmp_path):
    study = only_study(siemens)
    package = make_package(study, "C", tmp_path / "out", salt=SALT)
    after = read_acquisition(only_study(tmp_path / "out"))
    assert after.gradients.volumes == read_acquisition(study).gradients.volumes
    data = package_bytes(package.path)
    # The scanner's serial number, the date, the site, and the root of every UID.
    for secret in (b"35119", b"20100114", b"CBU", b"1.3.12.2.1107", b"MRC35119"):
        assert secret not in data, secret


def test_philips_anatomical_scan_is_not_diffusion(tmp_path):
    shutil.copy(NIBABEL / "philips_mprage.dcm.gz", tmp_path)
    found = survey(tmp_path)
    assert found.studies == ()
    (reason,) = found.skipped["reason"]
    assert reason.startswith('DICOM study without diffusion: MR "')


@pytest.mark.parametrize(
    ("stem", "n_volumes", "shells"),
    [("small_25", 26, [0, 2000]), ("small_64D", 65, [0, 994]), ("small_101D", 102, None)],
)
def test_diffusion_images_of_dipy_are_read(stem, n_volumes, shells, tmp_path):
    dipy = pytest.importorskip("dipy.data")
    folder = Path(dipy.__file__).parent / "files"
    for path in folder.glob(f"{stem}.*"):
        if path.suffix != ".npy":
            shutil.copy(path, tmp_path)
    facts = read_acquisition(only_study(tmp_path))
    assert (
        facts.geometry.n_volumes == facts.gradients.n_bvals == facts.gradients.n_bvecs == n_volumes
    )
    assert shells is None or [round(shell) for shell in facts.gradients.shells] == shells
    assert facts.gradients.n_directions > 20
    package = make_package(only_study(tmp_path), "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        b_values = np.array(archive.read("dwi.bval").split(), dtype=float)
    assert len(b_values) == n_volumes


def test_files_that_are_not_studies_are_listed(tmp_path):
    dipy = pytest.importorskip("dipy.data")
    folder = Path(dipy.__file__).parent / "files"
    shutil.copy(folder / "S0_10slices.nii.gz", tmp_path)
    shutil.copy(folder / "55dir_grad.bvec", tmp_path)
    assert survey(tmp_path).skipped["reason"].tolist() == [
        "b-values or b-vectors without an image",
        "NIfTI without b-values: not diffusion",
    ]


@pytest.fixture
def examine_set():
    """The tool that compares scans before and after packaging."""
    path = Path(__file__).parents[2] / "tools" / "real_scans.py"
    spec = importlib.util.spec_from_file_location("real_scans", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["real_scans"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module.examine_set
    del sys.modules["real_scans"]


@pytest.mark.filterwarnings("ignore")
def test_real_siemens_study_converts_alike_before_and_after(siemens, examine_set):
    row = examine_set(siemens)
    assert (row.studies, row.images, row.differences, row.residue) == (1, 1, [], set())
    assert row.is_good


@pytest.mark.filterwarnings("ignore")
def test_residue_and_differences_are_reported(siemens, examine_set, monkeypatch):
    describe = Deidentifier._describe

    def careless(self, dataset):
        describe(self, dataset)
        dataset.StationName = "MRC35119"
        dataset.RescaleSlope, dataset.RescaleIntercept = 2, 1

    monkeypatch.setattr(Deidentifier, "_describe", careless)
    row = examine_set(siemens)
    assert "MRC35119" in row.residue
    assert not row.is_good
