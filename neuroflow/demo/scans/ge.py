"""A study as a GE scanner writes it: a file per slice, private diffusion tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from neuroflow.demo.people import Visit
from neuroflow.demo.scans.dicom import ORIENTATION, add_pixels, header, slice_position, uid
from neuroflow.demo.scans.encoding import DicomTemplate, write_encoded
from neuroflow.demo.scans.phantom import N_B0, N_DIRECTIONS, SLICES, VOXEL_MM, gradients, image

_TO_GE = np.array([-1.0, -1.0, 1.0])  # patient axes to the scanner's frequency, phase and slice
_OF_A_SLICE = (
    "SOPInstanceUID",
    "InstanceNumber",
    "ImagePositionPatient",
    "SliceLocation",
    "PixelData",
)


def write_ge(visit: Visit, folder: Path) -> None:
    """Write one study as 2048 files of one slice each.

    References
    ----------
    Tags (0019,10BB) to (0019,10E0) and (0043,1039): GE DICOM conformance statements for MR. Their
    axes, for phase encoding along columns, as dcm2niix understands them.
    """
    for volume, pixels in enumerate(image(visit.day.toordinal())):
        ds = header(visit, 1)
        ds.Manufacturer, ds.ManufacturerModelName = "GE MEDICAL SYSTEMS", "DISCOVERY MR750"
        ds.SoftwareVersions = "DV26.0"
        ds.AcquisitionNumber = 1
        ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        ds.ImageOrientationPatient = ORIENTATION
        ds.PixelSpacing = [VOXEL_MM, VOXEL_MM]
        ds.TemporalPositionIdentifier = volume + 1
        ds.ImagesInAcquisition = SLICES * (N_B0 + N_DIRECTIONS)
        _private(ds, volume)
        template: DicomTemplate | None = None
        for index in range(SLICES):
            instance = volume * SLICES + index + 1
            _describe_slice(ds, visit, instance, pixels[index])
            template = template or DicomTemplate(ds, *_OF_A_SLICE)
            path = folder / f"E1S5I{instance}.MRDC"
            body = template.filled(ds)
            write_encoded(path, body, storage=ds.SOPClassUID, instance=ds.SOPInstanceUID)


def _describe_slice(ds: Dataset, visit: Visit, instance: int, pixels: NDArray[np.uint16]) -> None:
    position = slice_position((instance - 1) % SLICES)
    ds.InstanceNumber = instance
    ds.SOPInstanceUID = uid("image", visit.participant_id, visit.day, instance)
    ds.ImagePositionPatient, ds.SliceLocation = position, position[2]
    add_pixels(ds, pixels)


def _private(ds: Dataset, volume: int) -> None:
    b_value, direction = (values[volume] for values in gradients())
    acquisition = ds.private_block(0x0019, "GEMS_ACQU_01", create=True)
    for element, value in zip((0xBB, 0xBC, 0xBD), direction * _TO_GE, strict=True):
        acquisition.add_new(element, "DS", f"{value + 0.0:.6f}")
    acquisition.add_new(0xE0, "DS", str(N_DIRECTIONS))
    parameters = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
    parameters.add_new(0x39, "IS", [int(b_value), 8, 0, 0])
