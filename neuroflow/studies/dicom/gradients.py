"""The b-value and gradient direction of one image, from standard and private DICOM tags."""

from __future__ import annotations

import math
from typing import Any

from pydicom.multival import MultiValue

from neuroflow.studies.dicom.csa import read_csa
from neuroflow.studies.dicom.fast_reader import Lookup, lookup
from neuroflow.studies.dicom.private_blocks import first_value, private_value
from neuroflow.studies.diffusion import B0_MAX, Gradient, Vector

DIFFUSION_SEQUENCE, B_VALUE = 0x00189117, 0x00189087
DIRECTION_SEQUENCE, ORIENTATION = 0x00189076, 0x00189089
DECLARED = (0x20051415, 0x001910E0)
"""Number of directions of Philips and GE; the service reads these tags (its SFTP guide)."""
_SHORTEST, _LONGEST = 0.03, 0.97
"""Lengths of GE's vectors between which they scale the b-value (dcm2niix, issues 163 and 245)."""


def read_gradient(look: Lookup) -> Gradient:
    """Read the diffusion weighting of one image.

    DICOM PS3.3, C.8.13.5.9; conformance statements of the vendors; Li et al., J Neurosci Methods
    264 (2016) 47-56 (dcm2niix), and its issues 163 and 542 (split tags and custom tables of GE).
    """
    b_value = None
    for reader in (_standard, _siemens, _philips, _ge, _siemens_csa):
        found = reader(look)
        b_value = found.b_value if b_value is None else b_value
        if b_value is None:
            continue
        # Some makers write the b-value into the public tag and the direction into private ones.
        if b_value <= B0_MAX or found.direction is not None:
            if reader is _ge:
                b_value = _unscaled(look, b_value, found.direction)
            return Gradient(b_value, found.direction)
    if b_value is not None and _is_unweighted_ge(look):
        return Gradient(0.0)
    return Gradient(b_value)


def _standard(look: Lookup) -> Gradient:
    item = _item(look, DIFFUSION_SEQUENCE)
    holder = _item(item, DIRECTION_SEQUENCE)
    return Gradient(_number(item(B_VALUE)), _vector(holder(ORIENTATION)))


def _item(look: Lookup, tag: int) -> Lookup:
    """Use the first item of a sequence where there is one."""
    sequence = look(tag)
    return lookup(sequence[0]) if sequence else look


def _siemens(look: Lookup) -> Gradient:
    b_value = _number(private_value(look, 0x0019, 0x0C, "SIEMENS"))
    return Gradient(b_value, _vector(private_value(look, 0x0019, 0x0E, "SIEMENS")))


def _philips(look: Lookup) -> Gradient:
    b_value = _number(private_value(look, 0x2001, 0x03, "PHILIPS"))
    parts = [private_value(look, 0x2005, element, "PHILIPS") for element in (0xB0, 0xB1, 0xB2)]
    return Gradient(b_value, _vector(parts))


def _ge(look: Lookup) -> Gradient:
    b_value = _number(first_value(private_value(look, 0x0043, 0x39, "GEMS")))
    if b_value is not None:
        b_value %= 1e9  # later releases add 1e9
    return Gradient(b_value, _vector(_ge_parts(look)))


def _unscaled(look: Lookup, b_value: float, direction: Vector | None) -> float:
    """Return the b-value of one shell of several: GE writes the largest, and shorter vectors."""
    nominal = _ge(look).b_value
    # A public b-value that differs from the private one is that of the shell itself.
    if direction is None or (nominal is not None and abs(nominal - b_value) > 1):
        return b_value
    squared = sum(part * part for part in direction)
    if not _SHORTEST**2 < squared < _LONGEST**2:
        return b_value
    return float(round(b_value * squared / 5) * 5)


def _ge_parts(look: Lookup) -> list[Any]:
    return [private_value(look, 0x0019, element, "GEMS") for element in (0xBB, 0xBC, 0xBD)]


def _is_unweighted_ge(look: Lookup) -> bool:
    """Check for an image of a custom table: the nominal b-value beside a direction of zeros."""
    return [_number(part) for part in _ge_parts(look)] == [0.0, 0.0, 0.0]


def _siemens_csa(look: Lookup) -> Gradient:
    tags = read_csa(look)
    b_value = _number(next(iter(tags.get("B_value", ())), None))
    return Gradient(b_value, _vector(tags.get("DiffusionGradientDirection")))


def declared_directions(look: Lookup) -> int | None:
    """Return how many directions a private attribute of Philips or GE declares."""
    for tag in DECLARED:
        number = _number(first_value(look(tag)))
        if number is not None and number >= 1:
            return int(number)
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, list | tuple | MultiValue):
        value = value[0] if len(value) == 1 else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _vector(value: Any) -> Vector | None:
    if not isinstance(value, list | tuple | MultiValue) or len(value) != 3:
        return None
    parts = [_number(part) for part in value]
    if any(part is None for part in parts):
        return None
    x, y, z = (part for part in parts if part is not None)
    return None if x == y == z == 0 else (x, y, z)
