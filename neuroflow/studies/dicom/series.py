"""The DICOM series of a study: which of them are diffusion-weighted."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from neuroflow.studies.dicom.header import Header


class Weighting(Enum):
    """Whether an image is diffusion-weighted."""

    WEIGHTED = "weighted"
    NONE = "none"  # b = 0
    UNKNOWN = "unknown"  # no b-value, or no image of the signal


def weighting_of(header: Header) -> Weighting:
    """Say whether a file holds diffusion-weighted images, apart from maps and phase images."""
    gradients = [frame.gradient for frame in header.frames if not frame.sort]
    if any(gradient.b_value is not None and not gradient.is_b0 for gradient in gradients):
        return Weighting.WEIGHTED
    if not gradients or any(gradient.b_value is None for gradient in gradients):
        return Weighting.UNKNOWN
    return Weighting.NONE


def diffusion_series(headers: Sequence[Header]) -> set[str]:
    """Find the diffusion series among the headers of a study: those with a weighted image."""
    return {header.series_uid for header in headers if weighting_of(header) is Weighting.WEIGHTED}
