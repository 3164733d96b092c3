"""What people do to scans; what scanners do is in `neuroflow.demo.scans.maker_quirks`."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
from pydicom.dataset import FileDataset

DEMOGRAPHICS = ("PatientAge", "PatientSex", "PatientBirthDate")
NO_DEMOGRAPHICS = dict.fromkeys(DEMOGRAPHICS)
"""A header that leaves age and sex to a sidecar."""


def edit(paths: Sequence[Path], change: Callable[[FileDataset, int], object]) -> None:
    """Change each file of a series in place; the change gets its number, too."""
    for number, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        change(ds, number)
        ds.save_as(path, enforce_file_format=True)


def add_images(
    paths: Sequence[Path], change: Callable[[FileDataset, int], object], name: str
) -> list[Path]:
    """Write more images into the series of some, numbered after them."""
    added = []
    for number, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        ds.SOPInstanceUID = f"{ds.SOPInstanceUID}.{len(name)}.9"
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.InstanceNumber = 10_000 + number
        change(ds, number)
        added.append(path.with_name(f"{name}{number:04d}{path.suffix}"))
        ds.save_as(added[-1], enforce_file_format=True)
    return added


def volume_fastest(paths: Sequence[Path], n_slices: int, n_volumes: int) -> None:
    """Number the images as Philips does: all volumes of one slice after another."""

    def change(ds: FileDataset, number: int) -> None:
        volume, level = divmod(number, n_slices)
        ds.InstanceNumber = level * n_volumes + volume + 1

    edit(paths, change)


def sidecar(folder: Path, age: str, sex: str, name: str = "sidecar.json", **more: str) -> Path:
    """Write a sidecar with age and sex."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps({"PatientAge": age, "PatientSex": sex, **more}), encoding="utf-8")
    return path


def pack(folder: Path, target: Path) -> Path:
    """Pack a folder into a zip or tar, by the name of the target."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if target.suffix.lower() == ".zip":
        with zipfile.ZipFile(target, "w") as archive:
            for path in files:
                archive.write(path, path.relative_to(folder).as_posix())
    else:
        packing = {".tar": "w", ".tgz": "w:gz", ".gz": "w:gz", ".xz": "w:xz"}[target.suffix]
        with tarfile.open(target, packing) as archive:  # type: ignore[call-overload]
            for path in files:
                archive.add(path, path.relative_to(folder).as_posix())
    return target


def flat_nifti(path: Path) -> Path:
    """Write an image of three axes: a map, a mask or an anatomical scan."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(np.zeros((4, 4, 3), np.int16), np.diag([2.0, 2.0, 2.0, 1.0]))
    nib.save(image, path)
    return path
