"""Studies as a Philips scanner writes them: one enhanced image of all slices and volumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from neuroflow.demo.people import Visit
from neuroflow.demo.scans.enhanced import enhanced, write_enhanced
from neuroflow.demo.scans.phantom import N_DIRECTIONS, image

_FAMILY = "Philips MR Imaging DD 00"


def write_philips(visit: Visit, folder: Path) -> None:
    """Write one study."""
    ds = enhanced(visit, image(visit.day.toordinal()))
    ds.Manufacturer, ds.ManufacturerModelName = "Philips Medical Systems", "Ingenia Elition X"
    ds.SoftwareVersions = "5.7.1"
    # Blocks are handed out in order: the fifth is (2005,14xx), the sixth (2005,15xx).
    blocks = [ds.private_block(0x2005, f"{_FAMILY}{n}", create=True) for n in range(1, 7)]
    # Private creators: pydicom's dictionary of private tags. What (2005,1415) and (2005,1599) mean
    # is not published; the service names them among the tags it reads.
    blocks[4].add_new(0x13, "IS", 1)
    blocks[4].add_new(0x14, "SL", 2)
    blocks[4].add_new(0x15, "SL", N_DIRECTIONS)
    blocks[5].add_new(0x99, "UL", N_DIRECTIONS)
    write_enhanced(ds, folder / "IM_0001.dcm")


def add_weighting(ds: Dataset, b_value: float, direction: NDArray[np.float64]) -> None:
    """Add the private attributes of the diffusion weighting of a classic image."""
    block = ds.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x03, "FL", b_value)
    block.add_new(0x04, "CS", "O" if b_value else "I")
    mr = ds.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    for low, value in zip((0xB0, 0xB1, 0xB2), direction.tolist(), strict=True):
        mr.add_new(low, "FL", value)
