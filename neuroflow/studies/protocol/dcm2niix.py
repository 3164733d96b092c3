"""The deep check: convert a DICOM study with dcm2niix and compare the result with the headers."""

from __future__ import annotations

import shutil
import subprocess
from operator import attrgetter
from pathlib import Path

from neuroflow.errors import MissingExtraError, StudyError
from neuroflow.io import child_environ, scratch_folder
from neuroflow.models import Finding, Study, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.archive import Member, shared_archives
from neuroflow.studies.members import nifti_members
from neuroflow.studies.nifti import read_nifti
from neuroflow.studies.protocol.criteria import describe_value
from neuroflow.studies.protocol.further_rules import CONVERSION

TIMEOUT_SECONDS = 1800.0
COMPARED = {
    "geometry.n_volumes": "volumes",
    "geometry.n_slices": "slices",
    "gradients.shells": "b-values",
    "gradients.n_b0": "images with b = 0",
    "gradients.n_directions": "directions",
}
"""Facts in which headers and converted image have to agree."""


def conversion_findings(study: Study, facts: Acquisition) -> list[Finding]:
    """Convert a study and compare it with its headers.

    Li et al., J Neurosci Methods 264 (2016) 47-56.
    """
    if facts.kind is not StudyKind.DICOM:
        return []
    program = _program()
    with scratch_folder() as folder:
        source, target = folder / "in", folder / "out"
        source.mkdir()
        target.mkdir()
        _copy_images(facts.images, source)
        message = _convert(program, source, target)
        found = nifti_members([Member(path) for path in sorted(target.iterdir())])
        if found is None or found.bval is None:
            return [_finding(study, f"no diffusion image was converted ({message})")]
        try:
            converted = read_nifti(found)
        except StudyError as error:
            return [_finding(study, error.message)]
        images = len(list(target.glob("*.nii")))
    findings = [_finding(study, f"{images} images were converted")] if images > 1 else []
    for fact, words in COMPARED.items():
        header, image = attrgetter(fact)(facts), attrgetter(fact)(converted)
        if header is not None and header != image:
            measured = f"{describe_value(header, '')} {words} in the headers, "
            measured += f"{describe_value(image, '') if image is not None else 'none'} converted"
            findings.append(_finding(study, measured))
    return findings


def _program() -> str:
    try:
        import dcm2niix  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(
            "The deep check needs dcm2niix.", advice="Install it: pip install dcm2niix"
        ) from error
    return str(dcm2niix.bin)


def _copy_images(images: tuple[Member, ...], folder: Path) -> None:
    with shared_archives():
        for number, member in enumerate(images, 1):
            with member.open() as stream, (folder / f"{number:06d}.dcm").open("wb") as copy:
                shutil.copyfileobj(stream, copy)


def _convert(program: str, source: Path, target: Path) -> str:
    command = [program, "-b", "y", "-z", "n", "-f", "dwi", "-o", str(target), str(source)]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            errors="replace",
            env=child_environ(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return f"dcm2niix: exit code {done.returncode}"


def _finding(study: Study, measured: str) -> Finding:
    rule = CONVERSION
    accepted = rule.criterion.describe(rule.unit)
    return Finding(study.label, rule.id, rule.severity, measured, accepted, rule.advice)
