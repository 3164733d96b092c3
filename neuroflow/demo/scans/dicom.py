"""The parts that the simulated DICOM files of all manufacturers share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from neuroflow.contract import SERIES_DESCRIPTION, STUDY_DESCRIPTION
from neuroflow.demo.people import Visit
from neuroflow.demo.scans.phantom import SLICES, VOXEL_MM, WIDTH

ORIENTATION = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
"""Axial slices: columns run to the left, rows to the back."""


def uid(*words: object) -> str:
    """Make a UID that depends on these words alone."""
    return str(generate_uid(entropy_srcs=["neuroflow demo", *map(str, words)]))


def slice_position(index: int) -> list[float]:
    """Return the position of the first voxel of a slice, in mm.

    >>> slice_position(0)
    [-15.0, -15.0, -63.0]
    """
    edge = -(WIDTH - 1) * VOXEL_MM / 2
    return [edge, edge, (index - (SLICES - 1) / 2) * VOXEL_MM]


def header(visit: Visit, instance: int, storage: str = MRImageStorage) -> Dataset:
    """Make the header that all images of a study share, including the invented identity."""
    key = (visit.participant_id, visit.session_id, visit.day)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = storage
    ds.SOPInstanceUID = uid("image", *key, instance)
    ds.StudyInstanceUID = uid("study", *key)
    ds.SeriesInstanceUID = uid("series", *key)
    ds.FrameOfReferenceUID = uid("frame", *key)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.Modality = "MR"
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", 5, instance
    ds.AcquisitionNumber = instance
    ds.StudyDescription = STUDY_DESCRIPTION
    ds.SeriesDescription = ds.ProtocolName = SERIES_DESCRIPTION
    _identity(ds, visit)
    _acquisition(ds, visit)
    return ds


def _identity(ds: Dataset, visit: Visit) -> None:
    """Write what de-identification has to remove, and the age and sex it has to keep."""
    day = f"{visit.day:%Y%m%d}"
    ds.PatientName, ds.PatientID = visit.name, visit.hospital_id
    ds.PatientBirthDate = f"{visit.birth:%Y%m%d}"
    ds.PatientAge, ds.PatientSex = f"{int(visit.age):03d}Y", visit.sex
    ds.PatientAddress = f"{visit.number + 1} Simulated Street"
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "101500.000000"
    ds.AccessionNumber = f"A{visit.number:06d}{visit.session_id}"
    ds.InstitutionName = f"Simulated Hospital {visit.site.name}"
    ds.InstitutionAddress = "1 Simulated Square"
    ds.ReferringPhysicianName = "Simulated^Referrer"
    ds.OperatorsName = "Simulated^Operator"
    ds.StationName, ds.DeviceSerialNumber = f"SIM{visit.site.name.upper()}", "000042"


def _acquisition(ds: Dataset, visit: Visit) -> None:
    """Write an acquisition that the service accepts."""
    ds.MagneticFieldStrength = 3
    ds.MRAcquisitionType = "2D"
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = ["SE", "EP"], "SK", "PFP"
    ds.RepetitionTime, ds.EchoTime = visit.site.repetition_time, visit.site.echo_time
    ds.FlipAngle = 90
    ds.SliceThickness = ds.SpacingBetweenSlices = VOXEL_MM
    ds.InPlanePhaseEncodingDirection = "COL"
    ds.PatientPosition = "HFS"


def add_pixels(ds: Dataset, pixels: NDArray[np.uint16]) -> None:
    """Add the pixels of an image, or of all its frames, to a dataset."""
    ds.Rows, ds.Columns = pixels.shape[-2:]
    if pixels.ndim > 2:
        ds.NumberOfFrames = pixels.shape[0]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = pixels.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"


def item(**attributes: object) -> Dataset:
    """Make an item of a sequence."""
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def write(ds: Dataset, path: Path) -> None:
    """Write a DICOM file."""
    ds.save_as(path, enforce_file_format=True)
