"""A folder of scans as people have it: what the tutorial on preparing a cohort sets right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np

from neuroflow.errors import DemoError

LONG_ECHO_TIME = 0.108
"""Seconds; longer than the service accepts."""


def make_untidy(scans: Path | str) -> None:
    """Spoil a cohort's folder in the ways that folders of real projects are spoilt.

    An anatomical image, a log and an empty file lie beside the studies. One study has another echo
    time, one only a hospital number as its name, one a second copy without its b-vectors.
    """
    scans = Path(scans)
    try:
        _copy_and_forget_vectors(_dwi(scans, "D005"), scans / "old_copy")
        _rename_by_hospital(scans / "sub-D003", scans / "export_23-02")
        _add_others(scans, _dwi(scans, "D002").parent)
        _set_echo_time(_dwi(scans, "D002") / "sub-D002_ses-01_dwi.json")
    except OSError as error:
        raise DemoError(
            f"{scans} cannot be made untidy.",
            why=f"{error.strerror}.",
            advice="Make a cohort of six studies at least, and do this once.",
        ) from error


def _dwi(scans: Path, participant: str) -> Path:
    return scans / f"sub-{participant}" / "ses-01" / "dwi"


def _copy_and_forget_vectors(study: Path, copy: Path) -> None:
    copy.mkdir()
    for path in study.iterdir():
        shutil.copy(path, copy / f"dwi{''.join(path.suffixes)}")
    for vectors in study.glob("*.bvec"):
        vectors.unlink()


def _rename_by_hospital(study: Path, export: Path) -> None:
    shutil.move(study / "ses-01" / "dicom", export)
    shutil.rmtree(study)


def _add_others(scans: Path, session: Path) -> None:
    anatomy = session / "anat"
    anatomy.mkdir()
    image = np.zeros((8, 8, 8), np.uint8)
    nib.save(nib.Nifti1Image(image, np.eye(4)), anatomy / "T1w.nii.gz")  # type: ignore[no-untyped-call]
    (scans / "scanner.log").write_text("10:15 simulated\n", encoding="utf-8")
    (scans / "IM0001.dcm").touch()


def _set_echo_time(sidecar: Path) -> None:
    content = json.loads(sidecar.read_text(encoding="utf-8"))
    content["EchoTime"] = LONG_ECHO_TIME
    sidecar.write_text(json.dumps(content, indent=2), encoding="utf-8")
