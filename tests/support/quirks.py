"""What scanners, converters and people do to scans: each function adds one quirk to plain ones."""

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

from neuroflow.demo.scans.csa import csa_header

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


def without_direction(ds: FileDataset, _number: int) -> None:
    """Make a trace image of a weighted one: Philips and Siemens write it without direction."""
    for block, elements in ((0x2005, (0xB0, 0xB1, 0xB2)), (0x0019, (0x0E, 0x27))):
        for element in elements:
            tag = (block, 0x1000 | element)
            if tag in ds and block == 0x2005:
                ds[tag].value = 0.0
            elif tag in ds:
                del ds[tag]


def image_type(*words: str) -> Callable[[FileDataset, int], None]:
    """Return a change that gives images another Image Type."""

    def change(ds: FileDataset, _number: int) -> None:
        mosaic = ["MOSAIC"] if "MOSAIC" in ds.ImageType else []
        ds.ImageType = [*words, *mosaic]

    return change


def ge_mr29(ds: FileDataset, _number: int) -> None:
    """GE since DV25: the b-value is public as well, the direction private only."""
    ds.DiffusionBValue = float(ds[0x0043, 0x1039].value[0] % 1_000_000_000)


def philips_classic(ds: FileDataset, _number: int) -> None:
    """Philips, classic images: spin echo by name, echo-planar by the EPI factor alone."""
    ds.ScanningSequence = "SE"
    block = ds.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x13, "SL", 59)


def siemens_vb(ds: FileDataset, _number: int) -> None:
    """Siemens up to VB: weighting, slices and times stand in the CSA header alone."""
    ours = {element.tag.element & 0xFF: element.value for element in ds.group_dataset(0x0019)}
    fields: dict[str, tuple[str, list[object]]] = {"B_value": ("IS", [int(ours[0x0C])])}
    if 0x0E in ours:
        fields["DiffusionGradientDirection"] = ("FD", [f"{x:.8f}" for x in ours[0x0E]])
    if ours.get(0x0A):
        fields["NumberOfImagesInMosaic"] = ("US", [ours[0x0A]])
        fields["MosaicRefAcqTimes"] = ("FD", [f"{x:.3f}" for x in ours[0x29]])
    for element in list(ds.group_dataset(0x0019)):
        del ds[element.tag]
    block = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", csa_header(fields))


def _published(ds: FileDataset) -> tuple[float, list[float] | None]:
    """Take the weighting out of the private attributes of Siemens."""
    ours = {element.tag.element & 0xFF: element.value for element in ds.group_dataset(0x0019)}
    for element in [element for element in ds if element.tag.is_private]:
        del ds[element.tag]
    return float(ours[0x0C]), list(ours[0x0E]) if 0x0E in ours else None


def siemens_xa_classic(ds: FileDataset, _number: int) -> None:
    """Siemens XA, classic images: public weighting, no scanning sequence."""
    ds.DiffusionBValue, direction = _published(ds)
    ds.DiffusionDirectionality = "DIRECTIONAL" if direction else "NONE"
    if direction:
        ds.DiffusionGradientOrientation = direction
    del ds.ScanningSequence
    ds.EchoPlanarPulseSequence = "YES"


def canon(ds: FileDataset, _number: int) -> None:
    """Canon, classic images: the direction is a comment, which de-identification removes."""
    b_value, direction = _published(ds)
    ds.Manufacturer, ds.DiffusionBValue = "CANON_MEC", b_value
    x, y, z = direction or (0.0, 0.0, 0.0)
    ds.ImageComments = f"b={b_value:g}({x:.3f},{y:.3f},{z:.3f})"


def uih(ds: FileDataset, _number: int) -> None:
    """United Imaging: a grid of slices, and b-values in private attributes of its own."""
    b_value, direction = _published(ds)
    ds.Manufacturer = "UIH"
    block = ds.private_block(0x0065, "Image Private Header", create=True)
    block.add_new(0x09, "FD", b_value)
    block.add_new(0x37, "FD", direction or [0.0, 0.0, 0.0])


def private_blocks_from(first: int) -> Callable[[FileDataset, int], None]:
    """Return a change that moves private attributes to blocks from another number on."""

    def change(ds: FileDataset, _number: int) -> None:
        for element in [element for element in ds if element.tag.is_private]:
            del ds[element.tag]
            by = first - 0x10
            number = element.tag + (by if element.tag.is_private_creator else by << 8)
            ds.add_new(number, element.VR, element.value)

    return change


def without_b_values(ds: FileDataset, _number: int) -> None:
    """Write no b-value that the standard or a known maker has, as UIH and Toshiba do."""
    for tag in [tag for tag in ds if tag.tag.is_private]:
        del ds[tag.tag]


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
