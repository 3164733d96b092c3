"""Find, check, package and convert real scans, and compare them before and after.

Run with ``python tools/real_scans.py FOLDER``: each folder or archive in it is a set. dcm2niix
converts the images of each study before and after packaging; voxels, orientation, gradients and
the encoding have to be the same. Then every text of the source that was to be removed is searched
in the package. Prints a table, and exits with 1 where anything differs. ``--page`` also writes
the table into docs/validation.md; it names the sets, and no path.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import dcm2niix
import nibabel as nib
import numpy as np
import pydicom
from page_block import write_block
from pydicom.datadict import keyword_for_tag

from neuroflow.errors import NeuroflowError
from neuroflow.models import Study, StudyKind
from neuroflow.studies import check, survey
from neuroflow.studies.archive import shared_archives
from neuroflow.studies.deidentify.values import is_code
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol import read_acquisition

ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.(gz|bz2|xz))$", re.I)
PAGE = Path(__file__).parent.parent / "docs" / "validation.md"
START, END = "<!-- real scans: made by tools/real_scans.py -->", "<!-- end of real scans -->"
_KEYS = (
    "PhaseEncodingDirection PhaseEncodingAxis TotalReadoutTime EffectiveEchoSpacing SliceTiming"
    " MultibandAccelerationFactor EchoTime RepetitionTime FlipAngle PartialFourier"
)
ENCODING = _KEYS.split()
SHORTEST = 5
"""Characters; shorter texts occur everywhere by chance."""
IDENTIFYING = frozenset({"PN", "DA", "DT", "UI", "LO", "SH", "LT", "ST", "UT", "UC", "AE"})
KEPT = (
    "Manufacturer",
    "ManufacturerModelName",
    "SoftwareVersions",
    "SequenceName",
    "PulseSequenceName",
    "BodyPartExamined",
    "StackID",
    "RescaleType",
    "ImagedNucleus",
    "ImageComments",
)
"""Attributes whose texts are kept unless they name somebody."""
HARMLESS = re.compile(r"[-+\d.eE\\ ]{1,7}|1\.2\.840\.10008\..*")
Images = dict[str, tuple[nib.Nifti1Image, dict[str, np.ndarray], dict[str, object]]]


@dataclass
class Row:
    """What became of one set."""

    name: str
    makers: set[str] = field(default_factory=set)
    studies: int = 0
    rules: set[str] = field(default_factory=set)
    images: int = 0
    differences: list[str] = field(default_factory=list)
    residue: set[str] = field(default_factory=set)

    @property
    def is_good(self) -> bool:
        """True where a study was packaged, and nothing differs."""
        return bool(self.studies and not self.differences and not self.residue)


def converted(folder: Path, target: Path) -> Images:
    """Convert the DICOM files of a folder with dcm2niix."""
    target.mkdir()
    command = [
        str(dcm2niix.bin),
        "-b",
        "y",
        "-z",
        "n",
        "-f",
        "%s_%z",
        "-o",
        str(target),
        str(folder),
    ]
    subprocess.run(command, capture_output=True, check=False)  # noqa: S603  our own
    found: Images = {}
    for path in sorted(target.glob("*.nii")):
        tables = {
            kind: np.loadtxt(path.with_suffix(f".{kind}"), ndmin=2)
            for kind in ("bval", "bvec")
            if path.with_suffix(f".{kind}").exists()
        }
        beside = path.with_suffix(".json")
        sidecar = json.loads(beside.read_text(errors="replace")) if beside.exists() else {}
        found[path.name] = nib.load(path), tables, sidecar
    return found


def differences(before: Images, after: Images) -> Iterator[str]:
    """Name what dcm2niix reads differently."""
    if len(before) != len(after):
        yield f"{len(before)} images before, {len(after)} after"
        return
    for (name, one), other in zip(before.items(), after.values(), strict=True):
        if one[0].shape != other[0].shape:
            yield f"{name}: shape"
        elif not np.array_equal(np.asanyarray(one[0].dataobj), np.asanyarray(other[0].dataobj)):
            yield f"{name}: voxels"
        if not np.array_equal(one[0].affine, other[0].affine):
            yield f"{name}: orientation"
        for kind in ("bval", "bvec"):
            if not np.array_equal(one[1].get(kind), other[1].get(kind)):
                yield f"{name}: {kind}"
        for key in ENCODING:
            if one[2].get(key) != other[2].get(key):
                yield f"{name}: {key}"


def walk(dataset: pydicom.Dataset) -> Iterator[pydicom.DataElement]:
    """Yield the elements of a header at every depth."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value or ():
                yield from walk(item)
        else:
            yield element


def texts(header: pydicom.Dataset) -> Iterator[tuple[int, str]]:
    """Yield the texts of a header that may identify somebody, with their attributes."""
    for element in walk(header):
        if element.VR in IDENTIFYING and element.value:
            for value in element.value if element.VM > 1 else [element.value]:
                text = str(value).strip()
                if len(text) >= SHORTEST and not HARMLESS.fullmatch(text) and not is_code(text):
                    yield int(element.tag), text


def residue(sources: list[bytes], package: Path) -> set[str]:
    """Find texts of the source in a package, apart from those of attributes that are kept."""
    with zipfile.ZipFile(package) as archive:
        files = [archive.read(name) for name in archive.namelist()]
    headers = [read_header(data) for data in files if data[128:132] == b"DICM"]
    private = {pair for header in headers for pair in texts(header) if pair[0] >> 16 & 1}
    kept = [str(header.get(word, "")).upper() for header in headers[:1] for word in KEPT]
    left = b"\n".join(data[: data.rfind(b"\xe0\x7f\x10\x00")] for data in files).upper()
    found = set()
    for tag, text in {pair for data in sources for pair in texts(read_header(data))} - private:
        is_kept = keyword_for_tag(tag) in KEPT or any(text.upper() in longer for longer in kept)
        if not is_kept and text.upper().encode("utf-8", "replace") in left:
            found.add(text)
    return found


def read_header(data: bytes) -> pydicom.Dataset:
    """Read a header without its pixels."""
    return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)


def examine(study: Study, row: Row, folder: Path) -> None:
    """Package a study, and compare it before and after."""
    acquisition = read_acquisition(study)
    row.makers.add(acquisition.series.manufacturer or "unknown")
    package = make_package(study, "REAL", folder, salt=b"real")
    source, copy = folder / "source", folder / "copy"
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(copy)
    if acquisition.kind is StudyKind.NIFTI:
        (member,) = acquisition.images
        with member.open_raw() as stream:
            data = stream.read()
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        one, other = nib.Nifti1Image.from_bytes(plain), nib.load(copy / "dwi.nii.gz")
        row.images += 1
        row.differences += differences({"dwi": (one, {}, {})}, {"dwi": (other, {}, {})})
        return
    source.mkdir()
    contents = []
    with shared_archives():
        for number, member in enumerate(acquisition.images, 1):
            with member.open() as stream:
                contents.append(stream.read())
            (source / f"IM{number:06d}.dcm").write_bytes(contents[-1])
    for path in copy.glob("*.json"):
        path.unlink()
    before, after = converted(source, folder / "before"), converted(copy, folder / "after")
    row.images += len(before)
    row.differences += differences(before, after)
    row.residue |= residue(contents, package.path)


def examine_set(folder: Path) -> Row:
    """Examine every study of one set."""
    row = Row(folder.name)
    found = survey(folder)
    studies = [
        replace(
            study, study_id=str(UUID(int=n, version=4)), age=study.age or 60, sex=study.sex or "F"
        )
        for n, study in enumerate(found.studies, 1)
    ]
    row.studies = len(studies)
    findings = check(studies)
    row.rules = set(findings.loc[findings["severity"] == "error", "rule"])
    for study in studies:
        with tempfile.TemporaryDirectory() as name:
            try:
                examine(study, row, Path(name))
            except NeuroflowError as error:
                row.differences.append(str(error))
    return row


def is_set(path: Path) -> bool:
    """Check for a folder, or an archive, which is read as if it were one."""
    return path.is_dir() or ARCHIVE.search(path.name) is not None


def examine_path(path: Path) -> Row:
    """Examine a folder or an archive."""
    if path.is_dir():
        return examine_set(path)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / ARCHIVE.sub("", path.name)
        folder.mkdir()
        (folder / path.name).symlink_to(path.resolve())
        return examine_set(folder)


def table(rows: list[Row]) -> str:
    """Write the table in Markdown."""
    lines = [
        "| Set | Scanner | Studies | Rules broken | Converted | Same before and after | Residue |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        same = "no: " + "; ".join(row.differences) if row.differences else "yes"
        lines.append(
            f"| {row.name} | {', '.join(sorted(row.makers))} | {row.studies} "
            f"| {', '.join(sorted(row.rules)) or 'none'} | {row.images} | {same} "
            f"| {len(row.residue)} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Examine the sets, print the table, and exit with 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", type=Path)
    parser.add_argument("--page", action="store_true", help="write the table into the page")
    parser.add_argument("--show", action="store_true", help="show the texts that were found")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = [examine_path(path) for path in sorted(options.scans.iterdir()) if is_set(path)]
    sys.stdout.write(table(rows) + "\n")
    for row in rows if options.show else ():
        for text in sorted(row.residue):
            sys.stdout.write(f"{row.name}: {text!r}\n")
    if options.page:
        write_block(PAGE, START, END, [table(rows)])
    sys.exit(0 if rows and all(row.is_good for row in rows) else 1)


if __name__ == "__main__":
    main()
