"""A study as a GE scanner writes it: a file per slice, private diffusion tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from neuroflow.demo.people import Visit
from neuroflow.demo.scans.dicom import ORIENTATION, add_pixels, header, slice_position, uid
from neuroflow.demo.scans.encoding import DicomTemplate, element, write_encoded
from neuroflow.demo.scans.phantom import N_B0, N_DIRECTIONS, SLICES, VOXEL_MM, gradients, image

_TO_GE = np.array([-1.0, -1.0, 1.0])  # patient axes to the scanner's frequency, phase and slice
_INSTANCE_UID, _NUMBER, _POSITION, _LOCATION, _PIXELS = (
    0x00080018, 0x00200013, 0x00200032, 0x00201041, 0x7FE00010
)  # fmt: skip
_OF_A_SLICE = (_INSTANCE_UID, _NUMBER, _POSITION, _LOCATION, _PIXELS)


def write_ge(visit: Visit, folder: Path) -> None:
    """Write one study as 2048 files of one slice each."""
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
        # Tags (0019,10BB) to (0019,10E0) and (0043,1039): GE DICOM conformance statements for MR.
        # Their axes, for phase encoding along columns, as dcm2niix understands them.
        _private(ds, volume)
        add_pixels(ds, pixels[0])
        template = DicomTemplate(ds, *_OF_A_SLICE)
        for index in range(SLICES):
            instance = volume * SLICES + index + 1
            name = uid("image", visit.participant_id, visit.day, instance)
            body = template.filled(_slice(name, instance, pixels[index]))
            path = folder / f"E1S5I{instance}.MRDC"
            write_encoded(path, body, storage=ds.SOPClassUID, instance=name)


def _slice(name: str, instance: int, pixels: NDArray[np.uint16]) -> dict[int, bytes]:
    position = slice_position((instance - 1) % SLICES)
    return {
        _INSTANCE_UID: element(_INSTANCE_UID, "UI", name),
        _NUMBER: element(_NUMBER, "IS", str(instance)),
        _POSITION: element(_POSITION, "DS", "\\".join(map(str, position))),
        _LOCATION: element(_LOCATION, "DS", str(position[2])),
        _PIXELS: element(_PIXELS, "OW", pixels.astype("<u2").tobytes()),
    }


def _private(ds: Dataset, volume: int) -> None:
    b_value, direction = (values[volume] for values in gradients())
    add_weighting(ds, int(b_value), direction * _TO_GE + 0.0)


def add_weighting(
    ds: Dataset, b_value: int, direction: NDArray[np.float64], n_directions: int = N_DIRECTIONS
) -> None:
    """Add the private attributes of the diffusion weighting, the direction in GE's axes."""
    acquisition = ds.private_block(0x0019, "GEMS_ACQU_01", create=True)
    for low, value in zip((0xBB, 0xBC, 0xBD), direction, strict=True):
        acquisition.add_new(low, "DS", f"{value:.8f}")
    acquisition.add_new(0xE0, "DS", str(n_directions))
    parameters = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
    parameters.add_new(0x39, "IS", [b_value, 8, 0, 0])
