"""The same scan has the same id in every workspace of an account."""

import gzip
import io
import shutil
import zipfile
from dataclasses import replace

import pydicom
import pytest
from support.scans import SMALL, write_dicom

import neuroflow as nf
from neuroflow.errors import AccountKeyError, ConfigError
from neuroflow.identity import Account, JournalEntry, origin
from neuroflow.studies.package.build import make_package
from neuroflow.workspace.folder import ProjectFolder


@pytest.fixture
def other(tmp_path):
    """Open a second workspace of the same user."""
    with nf.Workspace(tmp_path / "other") as workspace:
        yield workspace


def ids_of(cohort):
    return {study.label: study.study_id for study in cohort.studies}


def test_two_workspaces_give_a_scan_the_same_id(ws, other, studies):
    one, two = ws.cohort("C", studies), other.cohort("OTHER", reversed(studies))
    assert ids_of(one) == ids_of(two)
    assert {origin(study.study_id) for study in one.studies} == {ws.account.key.tag}


def test_a_copy_elsewhere_under_other_names_has_the_same_id(ws, other, studies, tmp_path):
    before = sorted(ids_of(ws.cohort("C", studies)).values())
    for number, study in enumerate(studies):
        for path in study.files:
            name = f"scan{number}{''.join(path.suffixes)}"
            target = tmp_path / "elsewhere" / f"{number}" / name.removesuffix(".gz")
            target.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes()
            target.write_bytes(gzip.decompress(data) if name.endswith(".gz") else data)
    found = nf.find_studies(tmp_path / "elsewhere")
    assert sorted(ids_of(other.cohort("D", found)).values()) == before


def test_the_same_study_gives_the_same_bytes_everywhere(ws, other, tmp_path):
    write_dicom(tmp_path / "dicom", SMALL)
    found = nf.find_studies(tmp_path / "dicom")
    packages = [w.package(w.cohort("C", found), on_event=print) for w in (ws, other)]
    assert packages[0][0].sha256 == packages[1][0].sha256


def test_other_users_of_the_service_have_other_ids(ws, other, studies, service):
    profile = service.profile
    ws.service.save_profile(profile)
    other.service.save_profile(replace(profile, user="SOMEBODY_ELSE"))
    one, two = ids_of(ws.cohort("C", studies)), ids_of(other.cohort("C", studies))
    assert set(one.values()).isdisjoint(two.values())


def test_a_cohort_older_than_its_profile_gets_new_ids(ws, studies, service):
    before = ids_of(ws.cohort("C", studies))
    ws.service.save_profile(service.profile)
    assert ids_of(ws.cohort("C", studies)) == before
    assert len(ws.package("C", on_event=print)) == 2
    ws._enrolment.renew_ids("C")
    assert {each[:4] for each in ids_of(ws.cohort("C")).values()} == {ws.account.key.tag}


def test_the_digest_is_kept_and_never_computed_again(ws, studies, monkeypatch):
    cohort = ws.cohort("C", studies)
    assert all(study.image_digest.startswith("1:") for study in cohort.studies)

    def refuse(new, **_options):
        assert new == []
        return []

    monkeypatch.setattr("neuroflow.studies.image_digests", refuse)
    assert ids_of(ws.cohort("C", studies)) == ids_of(cohort)
    assert ws.cohort("C").studies == cohort.studies


def test_two_copies_in_one_cohort_have_two_ids(ws, studies, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(studies[0].root, tmp_path / "copies" / name / "dwi")
    found = nf.find_studies(tmp_path / "copies")
    if len(found) < 2:
        pytest.skip("the copies were found as one study")
    first, second = (study.study_id for study in ws.cohort("C", found).studies)
    assert {origin(first), origin(second)} == {ws.account.key.tag, "random"}


def test_a_study_that_cannot_be_read_gets_its_id_later(ws, studies):
    damaged = next(path for path in studies[0].files if path.name.endswith(".nii.gz"))
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    label = studies[0].label
    before = next(s for s in ws.cohort("C", studies).studies if s.label == label)
    assert (origin(before.study_id), before.image_digest) == ("random", None)
    damaged.write_bytes(whole)
    after = next(s for s in ws.cohort("C", studies).studies if s.label == label)
    assert after.study_id == before.study_id  # what was decided of it stays with it
    assert after.image_digest  # and the scan is recognised all the same


def test_random_ids_are_a_setting(ws, studies):
    (ws.folder / "neuroflow.toml").write_text('[settings]\nstudy_ids = "random"\n')
    cohort = ws.cohort("C", studies)
    assert {origin(study.study_id) for study in cohort.studies} == {"random"}
    assert all(study.image_digest for study in cohort.studies)


def test_an_unknown_kind_of_ids_is_refused(ws, studies):
    (ws.folder / "neuroflow.toml").write_text("[settings]\nstudy_ids = 4\n")
    with pytest.raises(ConfigError, match="it must be derived or random"):
        ws.cohort("C", studies)


def test_a_scan_sent_under_a_random_id_keeps_it(ws, other, studies):
    cohort = ws.cohort("C", studies)
    first = cohort.studies[0]
    sent = "123e4567-e89b-42d3-a456-426614174000"
    scan = ws.account.id_of(first.image_digest)
    ws.account.journal.add(JournalEntry(sent, "submitted", "2026-11-28", scan=scan))
    assert ids_of(other.cohort("D", studies))[first.label] == sent


def test_a_map_without_digests_opens_and_is_completed(ws, studies):
    before = ws.cohort("C", studies)
    path = ws.folder / "cohorts" / "C" / "studies.tsv"
    rows = [line.split("\t")[:-2] for line in path.read_text().splitlines()]
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    assert [s.image_digest for s in ws.cohort("C").studies] == [None, None]
    assert ws.cohort("C", studies).studies == before.studies


# ------------------------------------------------------------------ keys from another computer


@pytest.fixture
def exported(tmp_path):
    """Return the account key of another computer, in a file."""
    elsewhere = Account(tmp_path / "elsewhere-account", "")
    elsewhere.export_key(tmp_path / "key.txt")
    return tmp_path / "key.txt"


def test_an_imported_key_renews_the_ids_of_unsent_studies(ws, studies, exported):
    before = ids_of(ws.cohort("C", studies))
    ws.exclude("C", studies[0].label, "moved")
    ws.package("C", on_event=print)
    key = ws.account.import_key(exported)
    ws._enrolment.renew_ids("C")
    after = ids_of(ws.cohort("C"))
    assert {study_id[:4] for study_id in after.values()} == {key.tag}
    assert set(after.values()).isdisjoint(before.values())
    assert ws.excluded("C") == {after[studies[0].label]: "moved"}


def test_a_workspace_without_its_key_asks_for_it(ws, studies, tmp_path):
    cohort = ws.cohort("C", studies)
    ws.account.export_key(tmp_path / "mine.txt")
    shutil.rmtree(ws.account.folder)
    with pytest.raises(AccountKeyError, match="is not on this computer"):
        ws.package(cohort, on_event=print)
    ws.account.import_key(tmp_path / "mine.txt")
    assert len(ws.package(cohort, on_event=print)) == 2


def test_a_workspace_may_have_an_account_key_of_its_own(tmp_path, studies):
    (tmp_path / "group" / "account").mkdir(parents=True)
    with nf.Workspace(tmp_path / "group") as ws:
        cohort = ws.cohort("C", studies)
        assert ws.account.key_file == tmp_path / "group" / "account" / "keys"
        assert {s.study_id[:4] for s in cohort.studies} == {ws.account.key.tag}
    assert ProjectFolder(tmp_path / "plain").account().key_file.parent.name == "no-account"


def test_a_scan_has_one_id_in_all_cohorts(ws, studies):
    one, two = ws.cohort("C1", studies), ws.cohort("C2", studies[:1])
    assert ids_of(two).items() <= ids_of(one).items()
    assert len(ws.package("C1", on_event=print)) == 2
    assert len(ws.package("C2", on_event=print)) == 1
    assert len(ws.status(offline=True)) == 2


def test_a_repetition_has_a_new_id_and_new_uids(ws, tmp_path):
    write_dicom(tmp_path / "dicom", SMALL)
    (study,) = ws.cohort("C", nf.find_studies(tmp_path / "dicom")).studies
    account, uids = ws.account, []
    for repetition in (0, 0, 1):  # the service overwrites equal Study Instance UIDs
        again = replace(study, study_id=account.id_of(study.image_digest, repetition))
        folder = tmp_path / f"made{len(uids)}"
        made = make_package(again, "C", folder, salt=account.key.salt)
        with zipfile.ZipFile(made.path) as archive:
            images = [name for name in archive.namelist() if name.endswith(".dcm")]
            header = pydicom.dcmread(io.BytesIO(archive.read(images[0])), stop_before_pixels=True)
        uids.append((header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID))
    assert uids[0] == uids[1]
    assert set(uids[0]).isdisjoint(uids[2])
