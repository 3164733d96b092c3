"""What an image shows: the diffusion-weighted signal, or something made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

DERIVED_MAPS = frozenset(
    {"ADC", "EADC", "EXP", "FA", "COLFA", "TRACE", "TRACEW", "TENSOR", "TENSOR_B0"}
    | {"AVERAGE_DC", "FRACTIONAL_ANISOTROPY", "ISOTROPIC", "AVERAGE DC", "FRACTIONAL ANISO"}
)
"""Values of Image Type of maps that scanners compute from the diffusion images."""
_MAP_BEGINNINGS = ("ADC_", "EADC_", "TRACE_", "FA_")  # ADC_UNSPECIFIED of Philips
_COMPONENTS = {
    "P": "phase",
    "PHASE": "phase",
    "PHASE MAP": "phase",
    "R": "real part",
    "REAL": "real part",
    "I": "imaginary part",
    "IMAGINARY": "imaginary part",
}
_GE_COMPONENTS = {1: "phase", 2: "real part", 3: "imaginary part"}
_CAPTURES = frozenset({"SCREEN SAVE", "SCREENSHOT", "CSA REPORT", "CSA 3D EDITOR", "MPR", "MIP"})
_SINGLE_BAND = ("single-band reference", "single band reference")


def is_derived(image_type: Iterable[str]) -> bool:
    """Check whether Image Type names a map, a capture or a reformatted image."""
    return any(_is_derived_word(word) for word in image_type)


@lru_cache(maxsize=512)
def _is_derived_word(word: str) -> bool:
    upper = word.strip().upper()
    return upper in DERIVED_MAPS or upper in _CAPTURES or upper.startswith(_MAP_BEGINNINGS)


def image_sort(
    image_type: Sequence[str], component: str = "", comments: str = "", ge_component: int | None = 0
) -> str:
    """Return what an image shows where it is not the signal's magnitude; empty for a raw image.

    DICOM PS3.3, C.8.3.1.1.1 (Image Type) and C.8.13.3.1 (Complex Image Component); the values of
    makers after dcm2niix (Li et al. 2016).
    """
    for word in image_type:
        if _is_derived_word(word):
            return "capture" if word.strip().upper() in _CAPTURES else f"{word.strip()} map"
    words = [component, *image_type[2:]]
    named = next((_COMPONENTS[word.upper()] for word in words if word.upper() in _COMPONENTS), "")
    if named:
        return named
    if any(mark in comments.casefold() for mark in _SINGLE_BAND):
        return "single-band reference"
    return _GE_COMPONENTS.get(ge_component or 0, "")
