"""Damaged, dangerous and unreadable files in a folder of scans."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest
from support.scans import SMALL, write_dicom
from support.studies import skip_reasons
from support.users import open_place, require_users, run_as

from neuroflow.studies.discovery.find import survey


def test_zip_bomb_is_not_unpacked(tmp_path):
    with (
        zipfile.ZipFile(
            tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive,
        archive.open("zeros.dcm", "w", force_zip64=True) as stream,
    ):
        for _ in range(30):
            stream.write(bytes(10 << 20))
    assert "would unpack to 0.3 GiB" in skip_reasons(tmp_path)[0]


@pytest.mark.parametrize("name", ["../out.dcm", "/etc/out.dcm", "C:\\out.dcm", "a/../../b.dcm"])
def test_zip_with_names_that_point_outside_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, b"x" * 200)
    assert "points outside" in skip_reasons(tmp_path)[0]


def test_zip_with_a_link_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert "a link" in skip_reasons(tmp_path)[0]


def test_damaged_zip_is_skipped_and_other_studies_are_found(tmp_path):
    write_dicom(tmp_path / "good", SMALL)
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04" + b"rubbish" * 20)
    (tmp_path / "bad.dcm").write_bytes(bytes(128) + b"DICM" + b"rubbish" * 20)
    result = survey(tmp_path)
    assert len(result.studies) == 1
    assert [Path(path).name for path in result.skipped["path"]] == ["bad.dcm", "bad.zip"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_circular_links_are_followed_once(tmp_path):
    write_dicom(tmp_path / "a", SMALL)
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nothing")
    result = survey(tmp_path)
    assert len(result.studies[0].files) == 12
    assert len(result.skipped) == 3


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission_is_skipped_with_a_reason(tmp_path):
    write_dicom(tmp_path / "a", SMALL)[0].chmod(0)
    assert "Permission denied" in skip_reasons(tmp_path)[0]


def test_dicomdir_is_skipped_and_its_files_are_found(tmp_path):
    tests = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    shutil.copytree(tests, tmp_path / "disc")
    result = survey(tmp_path)
    assert result.studies == ()
    # One line for each of the three studies with MR images.
    reasons = result.skipped["reason"].str.startswith("DICOM study without diffusion: MR")
    assert reasons.sum() == 3
    assert "DICOM, but not an MR image: CT Image Storage" in set(result.skipped["reason"])
    assert any("DICOMDIR" in reason for reason in result.skipped["reason"])


READ_BELOW = """
import sys
from pathlib import Path
import neuroflow as nf
from neuroflow.transfer import Profile
inside = Path(sys.argv[1]) / "locked" / "inside"
ws = nf.Workspace("project")
ws.service.save_profile(Profile("127.0.0.1", "site", inside, 9))
for read in (nf.find_studies, nf.survey, nf.read_results, lambda _: ws.service.connect()):
    try:
        read(inside)
    except nf.errors.NeuroflowError as error:
        print(error)
"""


def test_a_path_below_an_unreadable_folder_says_why():
    require_users()
    with open_place() as place:
        (place / "locked").mkdir(mode=0o700)
        said = run_as("ada", place, READ_BELOW, umask=0o022).splitlines()
    assert len(said) == 4
    assert all("Permission denied" in each for each in said)
