"""The DICOM series of a study: which of them are diffusion-weighted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from neuroflow.studies.dicom.header import Header

DERIVED_MAPS = frozenset(
    {"ADC", "EADC", "EXP", "FA", "COLFA", "TRACE", "TRACEW", "TENSOR", "TENSOR_B0"}
    | {"AVERAGE_DC", "FRACTIONAL_ANISOTROPY", "ISOTROPIC", "AVERAGE DC", "FRACTIONAL ANISO"}
)
"""Values of Image Type of maps that scanners compute from the diffusion images."""


def is_diffusion(headers: Iterable[Header]) -> bool:
    """Check by its headers whether a series holds diffusion-weighted images."""
    weighted = False
    for header in headers:
        image_type = header.protocol.get("ImageType", ())
        if DERIVED_MAPS & set(image_type if isinstance(image_type, tuple) else (image_type,)):
            return False
        weighted |= any(
            frame.gradient.b_value is not None and not frame.gradient.is_b0
            for frame in header.frames
        )
    return weighted


def diffusion_series(headers: Sequence[Header]) -> set[str]:
    """Find the diffusion series among the headers of a study."""
    ordered = sorted(headers, key=lambda header: header.series_uid)
    by_series = groupby(ordered, key=lambda header: header.series_uid)
    return {uid for uid, group in by_series if is_diffusion(list(group))}
