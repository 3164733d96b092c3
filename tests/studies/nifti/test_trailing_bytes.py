"""Bytes after the image: they are named in a finding, and are in no package."""

import gzip
import zipfile
from dataclasses import replace

import pytest
from support.packages import SALT, only_study
from support.scans import SMALL, write_nifti
from support.studies import measured

from neuroflow.studies.deidentify.report import deidentification_report
from neuroflow.studies.package.build import make_package

NAME = b"MUSTERMANN^ERIKA"
LARGE = replace(SMALL, size=64)
"""More bytes than the proof compares."""


def packed(content, tail):
    return gzip.compress(content + tail, mtime=0)


def behind(content, tail):
    return gzip.compress(content, mtime=0) + tail


def behind_zeros(content, tail):
    return gzip.compress(content, mtime=0) + bytes(300_000) + tail


def part(content, tail):
    return gzip.compress(content, mtime=0) + gzip.compress(tail, mtime=0)


def with_tail(folder, how, tail, scan=SMALL):
    """Write a study whose image has a tail, and one that is the same without it."""
    for name, added in (("plain", b""), ("tail", tail)):
        path = write_nifti(folder / name, scan, suffix=".nii" if how is None else ".nii.gz")
        content = path.read_bytes()
        if how is None:
            path.write_bytes(content + added)
        else:
            path.write_bytes(how(gzip.decompress(content), added))
    return folder / "plain", folder / "tail"


def image_of(folder, out):
    package = make_package(only_study(folder), "C", out, salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        return archive.read("dwi.nii.gz")


@pytest.mark.parametrize("scan", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("how", [None, packed, behind, behind_zeros, part])
def test_bytes_after_the_image_are_in_no_package(tmp_path, how, scan):
    plain, tail = with_tail(tmp_path, how, NAME * 20, scan)
    made = image_of(tail, tmp_path / "out")
    assert made == image_of(plain, tmp_path / "other")
    assert NAME not in made + gzip.decompress(made)


@pytest.mark.parametrize(
    ("how", "tail", "said"),
    [(None, NAME, "16"), (packed, NAME, "16"), (behind, NAME, "16"), (part, NAME, "16"),
     (behind, b"x", "1"), (None, b"\0" * 700, "700"), (behind_zeros, NAME, "16")],
)  # fmt: skip
def test_bytes_after_the_image_are_named(tmp_path, how, tail, said):
    plain, folder = with_tail(tmp_path, how, tail)
    assert "trailing_bytes" not in measured(plain)
    found = measured(folder)
    assert found["trailing_bytes"] == f"{said} bytes"
    assert "unreadable_files" not in found
    report = deidentification_report(only_study(folder)).set_index("attribute")
    row = report.loc["after the image"]
    assert (row["before"], row["action"]) == (f"{said} bytes", "removed")


def test_an_image_of_several_parts_is_whole(tmp_path):
    path = write_nifti(tmp_path / "in", LARGE)
    expected = image_of(tmp_path / "in", tmp_path / "out")
    content = gzip.decompress(path.read_bytes())
    parts = [content[:400], b"", content[400:90_000], content[90_000:]]
    path.write_bytes(b"\0\0".join(gzip.compress(each, mtime=0) for each in parts))
    assert not {"trailing_bytes", "unreadable_files"} & set(measured(tmp_path / "in"))
    assert image_of(tmp_path / "in", tmp_path / "again") == expected


def test_a_tail_hides_no_damage(tmp_path):
    path = write_nifti(tmp_path, SMALL)
    data = bytearray(path.read_bytes())
    data[-8] ^= 1  # the checksum
    path.write_bytes(bytes(data) + NAME)
    assert "unreadable_files" in measured(tmp_path)
