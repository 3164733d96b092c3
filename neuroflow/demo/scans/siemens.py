"""Studies as a Siemens scanner writes them: one mosaic per volume, private diffusion tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from neuroflow.demo.people import Visit
from neuroflow.demo.scans.csa import csa_header
from neuroflow.demo.scans.dicom import ORIENTATION, add_pixels, header, slice_position, write
from neuroflow.demo.scans.phantom import SLICES, VOXEL_MM, WIDTH, gradients, image, slice_times

_TILES = int(np.ceil(np.sqrt(SLICES)))


def write_siemens(visit: Visit, folder: Path) -> None:
    """Write one study.

    Tags (0019,100A) to (0019,1029): Siemens DICOM conformance statements of the MAGNETOM family.
    """
    b_values, directions = gradients()
    for index, volume in enumerate(image(visit.day.toordinal())):
        ds = header(visit, index + 1)
        ds.Manufacturer, ds.ManufacturerModelName = "SIEMENS", "Prisma"
        ds.SoftwareVersions = "syngo MR E11"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND", "MOSAIC"]
        ds.PixelSpacing = [VOXEL_MM, VOXEL_MM]
        ds.ImageOrientationPatient = ORIENTATION
        # The position of a mosaic is that of its first slice, were it as large as the mosaic.
        margin = (_TILES - 1) * WIDTH * VOXEL_MM / 2
        x, y, z = slice_position(0)
        ds.ImagePositionPatient = [x - margin, y - margin, z]
        _diffusion(ds, visit, float(b_values[index]), directions[index])
        add_pixels(ds, _mosaic(volume))
        write(ds, folder / f"MR{index + 1:04d}.dcm")


def _mosaic(volume: NDArray[np.uint16]) -> NDArray[np.uint16]:
    tiles = np.zeros((_TILES * _TILES, WIDTH, WIDTH), dtype=np.uint16)
    tiles[:SLICES] = volume
    grid = tiles.reshape(_TILES, _TILES, WIDTH, WIDTH).swapaxes(1, 2)
    return grid.reshape(_TILES * WIDTH, _TILES * WIDTH)


def add_weighting(ds: Dataset, b_value: float, direction: NDArray[np.float64]) -> None:
    """Add the private attributes of the diffusion weighting."""
    block = ds.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", int(b_value))
    block.add_new(0x0D, "CS", "DIRECTIONAL" if b_value else "NONE")
    if b_value:
        block.add_new(0x0E, "FD", direction.tolist())
        block.add_new(0x27, "FD", _b_matrix(b_value, direction))


def add_mosaic(ds: Dataset, times: NDArray[np.float64]) -> None:
    """Add the private attributes of a mosaic: the number of slices, and their times in ms."""
    block = ds.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0A, "US", len(times))
    block.add_new(0x29, "FD", times.tolist())


def _b_matrix(b_value: float, direction: NDArray[np.float64]) -> list[float]:
    matrix: list[float] = (b_value * np.outer(direction, direction))[np.triu_indices(3)].tolist()
    return matrix


def _diffusion(ds: Dataset, visit: Visit, b_value: float, direction: NDArray[np.float64]) -> None:
    add_weighting(ds, b_value, direction)
    add_mosaic(ds, slice_times(visit.site.repetition_time))
    fields: dict[str, tuple[str, list[object]]] = {
        "AcquisitionMatrixText": ("SH", [f"{WIDTH}p*{WIDTH}"]),
        "NumberOfImagesInMosaic": ("US", [SLICES]),
        "B_value": ("IS", [int(b_value)]),
        "SliceNormalVector": ("FD", ["0.00000000", "0.00000000", "1.00000000"]),
        "PhaseEncodingDirectionPositive": ("IS", [1]),
    }
    if b_value:
        fields["DiffusionGradientDirection"] = ("FD", [f"{value:.8f}" for value in direction])
        fields["B_matrix"] = ("FD", [f"{value:.8f}" for value in _b_matrix(b_value, direction)])
    csa = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    csa.add_new(0x08, "CS", "IMAGE NUM 4")
    csa.add_new(0x10, "OB", csa_header(fields))
