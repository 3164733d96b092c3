"""Enhanced multi-frame MR images: many slices in one file."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage

from neuroflow.demo.people import Visit
from neuroflow.demo.scans.dicom import ORIENTATION, add_pixels, header, item, slice_position, uid
from neuroflow.demo.scans.encoding import encoded, sequence, write_encoded
from neuroflow.demo.scans.phantom import SLICES, VOXEL_MM, gradients

_FRAMES = 0x52009230  # PerFrameFunctionalGroupsSequence
_CONTENT = 0x00209111  # FrameContentSequence


def enhanced(visit: Visit, image: NDArray[np.uint16]) -> Dataset:
    """Make one enhanced image of all slices and volumes.

    DICOM PS3.3, section A.36.2 (Enhanced MR Image) and C.8.13.5.9 (MR Diffusion Macro).
    """
    ds = header(visit, 1, EnhancedMRImageStorage)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
    ds.AcquisitionDateTime = f"{visit.day:%Y%m%d}101500"
    ds.AcquisitionDuration = visit.site.repetition_time * len(image) / 1000
    ds.AcquisitionContrast = "DIFFUSION"
    ds.ComplexImageComponent = "MAGNITUDE"
    ds.PixelPresentation, ds.VolumetricProperties = "MONOCHROME", "VOLUME"
    ds.VolumeBasedCalculationTechnique = "NONE"
    ds.ContentQualification = "RESEARCH"
    ds.EchoPulseSequence, ds.MultipleSpinEcho, ds.PulseSequenceName = "SPIN", "NO", "DwiSE"
    ds.EchoPlanarPulseSequence = "YES"
    _dimensions(ds, visit)
    ds.SharedFunctionalGroupsSequence = [_shared(visit)]
    add_pixels(ds, image.reshape(-1, *image.shape[-2:]))
    # These are in the functional groups of an enhanced image.
    for keyword in ("RepetitionTime", "EchoTime", "FlipAngle", "SliceThickness"):
        delattr(ds, keyword)
    del ds.SpacingBetweenSlices, ds.InPlanePhaseEncodingDirection
    return ds


def write_enhanced(ds: Dataset, path: Path) -> None:
    """Write an enhanced image, its frames described."""
    body = encoded(ds[:_FRAMES]) + _frames() + encoded(ds[_FRAMES:])
    write_encoded(path, body, storage=ds.SOPClassUID, instance=ds.SOPInstanceUID)


def _dimensions(ds: Dataset, visit: Visit) -> None:
    name = uid("dimensions", visit.participant_id, visit.session_id)
    ds.DimensionOrganizationSequence = [item(DimensionOrganizationUID=name)]
    ds.DimensionIndexSequence = [
        item(
            DimensionOrganizationUID=name,
            DimensionIndexPointer=pointer,
            FunctionalGroupPointer=0x00209111,
        )
        for pointer in (0x00209056, 0x00209128, 0x00209057)
    ]


def _shared(visit: Visit) -> Dataset:
    spacing = item(
        PixelSpacing=[VOXEL_MM, VOXEL_MM], SliceThickness=VOXEL_MM, SpacingBetweenSlices=VOXEL_MM
    )
    timing = item(RepetitionTime=visit.site.repetition_time, FlipAngle=90.0, EchoTrainLength=1)
    return item(
        PixelMeasuresSequence=[spacing],
        PlaneOrientationSequence=[item(ImageOrientationPatient=ORIENTATION)],
        MRTimingAndRelatedParametersSequence=[timing],
        MREchoSequence=[item(EffectiveEchoTime=visit.site.echo_time)],
        MRFOVGeometrySequence=[item(InPlanePhaseEncodingDirection="COLUMN")],
    )


@cache
def _frames() -> bytes:
    """Describe the frames; they are the same in every study, and there are 2048 of them."""
    positions = [
        encoded(item(PlanePositionSequence=[item(ImagePositionPatient=slice_position(index))]))
        for index in range(SLICES)
    ]
    content = _content()
    frames = [
        weighting + sequence(_CONTENT, [content(volume, index)]) + positions[index]
        for volume, weighting in enumerate(map(_weighting, range(len(gradients()[0]))))
        for index in range(SLICES)
    ]
    return sequence(_FRAMES, frames)


def _weighting(volume: int) -> bytes:
    b_value, direction = (values[volume] for values in gradients())
    diffusion = item(
        DiffusionBValue=float(b_value), DiffusionDirectionality="DIRECTIONAL" if b_value else "NONE"
    )
    if b_value:
        diffusion.DiffusionGradientDirectionSequence = [
            item(DiffusionGradientOrientation=direction.tolist())
        ]
    return encoded(item(MRDiffusionSequence=[diffusion]))


def _content() -> Callable[[int, int], bytes]:
    """Return a function that encodes the content of a frame; only integers differ."""
    start = encoded(item(StackID="1"))
    head = struct.Struct("<HH2sHL").pack  # an unsigned long
    indices = struct.Struct("<HH2sHLLL").pack

    def content(volume: int, index: int) -> bytes:
        return (
            start
            + head(0x0020, 0x9057, b"UL", 4, index + 1)  # InStackPositionNumber
            + head(0x0020, 0x9128, b"UL", 4, volume + 1)  # TemporalPositionIndex
            + indices(0x0020, 0x9157, b"UL", 12, 1, volume + 1, index + 1)  # DimensionIndexValues
        )

    return content
