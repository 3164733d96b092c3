"""Small zips to send to the embedded service."""

import io
import json
import zipfile
from collections.abc import Mapping

import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

SIDECAR = {"PatientAge": "064Y", "PatientSex": "F"}


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(
                zipfile.ZipInfo(name), data
            )  # which knows no time: tests are named by it
    return buffer.getvalue()


def nifti_files(**sidecar: object) -> dict[str, bytes]:
    """A NIfTI study, as far as the service looks into it."""
    return {
        "dwi.nii.gz": b"voxels",
        "dwi.bval": b"0 1000\n",
        "dwi.bvec": b"0 1\n0 0\n0 0\n",
        "dwi.json": json.dumps(SIDECAR | sidecar).encode(),
    }


def nifti_zip(**sidecar: object) -> bytes:
    return zipped(nifti_files(**sidecar))


def dicom_file(study_uid: str = "1.2.3", **tags: str) -> bytes:
    """One DICOM file without pixels."""
    ds = pydicom.Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, "1.2.3.4"
    ds.StudyInstanceUID = study_uid
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
