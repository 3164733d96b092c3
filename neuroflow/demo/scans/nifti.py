"""Studies as a converter writes them: NIfTI, gradients and a sidecar, named as in BIDS."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np

from neuroflow.contract import SERIES_DESCRIPTION, STUDY_DESCRIPTION
from neuroflow.demo.people import Visit
from neuroflow.demo.scans.dicom import slice_position
from neuroflow.demo.scans.phantom import VOXEL_MM, gradients, image, slice_times

_MODELS = {"Siemens": "Prisma", "GE": "SIGNA Premier", "Philips": "Ingenia Elition X"}


def write_nifti(visit: Visit, folder: Path) -> None:
    """Write one study into a folder that exists.

    BIDS 1.10, "Diffusion imaging data"; FSL's convention for b-vectors: voxel axes, where the
    affine's determinant is negative.
    """
    stem = f"sub-{visit.participant_id}_ses-{visit.session_id}_dwi"
    b_values, directions = gradients()
    # x to the left and y to the back in DICOM; columns keep x, rows are turned to run forward.
    voxels = image(visit.day.toordinal())[:, :, ::-1, :].transpose(3, 2, 1, 0)
    corner = slice_position(0)
    affine = np.diag([-VOXEL_MM, VOXEL_MM, VOXEL_MM, 1.0])
    affine[:3, 3] = -corner[0], corner[1], corner[2]
    volume = nib.Nifti1Image(voxels, affine)  # type: ignore[no-untyped-call]
    spacing = (*(VOXEL_MM,) * 3, visit.site.repetition_time / 1000)
    volume.header.set_xyzt_units("mm", "sec")  # type: ignore[no-untyped-call]
    volume.header.set_zooms(spacing)  # type: ignore[no-untyped-call]
    nib.save(volume, folder / f"{stem}.nii.gz")
    np.savetxt(folder / f"{stem}.bval", b_values[None], fmt="%d")
    np.savetxt(folder / f"{stem}.bvec", (directions * [1, -1, 1]).T + 0.0, fmt="%.6f")
    text = json.dumps(_sidecar(visit), indent=2)
    (folder / f"{stem}.json").write_text(text, encoding="utf-8")


def _sidecar(visit: Visit) -> dict[str, object]:
    """Make the sidecar that a converter writes, including the invented identity."""
    times = slice_times(visit.site.repetition_time) / 1000
    return {
        "Modality": "MR",
        "Manufacturer": visit.site.vendor,
        "ManufacturersModelName": _MODELS[visit.site.vendor],
        "MagneticFieldStrength": 3,
        "InstitutionName": f"Simulated Hospital {visit.site.name}",
        "PatientName": visit.name,
        "PatientID": visit.hospital_id,
        "PatientBirthDate": f"{visit.birth:%Y-%m-%d}",
        "PatientAge": f"{int(visit.age):03d}Y",
        "PatientSex": visit.sex,
        "AcquisitionDateTime": f"{visit.day:%Y-%m-%d}T10:15:00.000000",
        "AccessionNumber": f"A{visit.number:06d}{visit.session_id}",
        "StudyDescription": STUDY_DESCRIPTION,
        "SeriesDescription": SERIES_DESCRIPTION,
        "MRAcquisitionType": "2D",
        "ScanningSequence": r"SE\EP",
        "PulseSequenceType": "Spin Echo EPI",
        "RepetitionTime": visit.site.repetition_time / 1000,
        "EchoTime": visit.site.echo_time / 1000,
        "FlipAngle": 90,
        "SliceThickness": VOXEL_MM,
        "SpacingBetweenSlices": VOXEL_MM,
        "PhaseEncodingDirection": "j-",
        "SliceTiming": [round(float(value), 6) for value in times],
    }
