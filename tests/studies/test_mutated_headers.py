"""Mutated headers of every make: a finding or a study, and never another study's trouble.

``NEUROFLOW_MUTATIONS=20000`` (``make mutations``) tries as many; the suite tries a seeded sample.
"""

from __future__ import annotations

import os
import random
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import FileDataset
from support import quirks
from support.packages import SALT, leaks, package_bytes
from support.scans import SMALL, write_dicom, write_enhanced, write_mosaic

from neuroflow.demo.scans import maker_quirks
from neuroflow.models import Cohort
from neuroflow.studies import check, find_studies, limit_processes
from neuroflow.studies.package.build import PackageWarning, package_studies

MUTATIONS = int(os.environ.get("NEUROFLOW_MUTATIONS", "40"))
BATCH = 20
ROOT = b"1.2.840.99999"
TINY = replace(SMALL, n_slices=2, n_b0=1, n_directions=1)
"""Two volumes: the least that is a diffusion study, so that many can be tried."""
WRITERS: dict[str, Callable[[Path], object]] = {
    "siemens": lambda folder: write_mosaic(folder, TINY),
    "siemens slices": lambda folder: write_dicom(folder, replace(TINY, vendor="siemens")),
    "ge": lambda folder: write_dicom(folder, replace(TINY, vendor="ge")),
    "philips": lambda folder: write_dicom(folder, replace(TINY, vendor="philips")),
    "enhanced": lambda folder: write_enhanced(folder, TINY),
    "siemens vb": lambda folder: quirks.edit(write_mosaic(folder, TINY), maker_quirks.siemens_vb),
    "siemens xa": lambda folder: _changed(folder, "siemens", maker_quirks.siemens_xa_classic),
    "ge mr29": lambda folder: _changed(folder, "ge", maker_quirks.ge_mr29),
    "philips classic": lambda folder: _changed(folder, "philips", maker_quirks.philips_classic),
    "other blocks": lambda folder: _changed(
        folder, "philips", maker_quirks.private_blocks_from(0x14)
    ),
    "canon": lambda folder: _changed(folder, "siemens", maker_quirks.canon),
    "uih": lambda folder: _changed(folder, "siemens", maker_quirks.uih),
}


def _changed(folder: Path, vendor: str, quirk: Callable[[FileDataset, int], object]) -> None:
    quirks.edit(write_dicom(folder, replace(TINY, vendor=vendor)), quirk)


TEXTS = (
    b"",
    b"Data anonymised^^",
    b"NaN",
    b"1,5",
    b"\xff\xfe",
    b"1e999",
    b"-1",
    b"\\\\",
    b"0" * 40,
)


@pytest.fixture(autouse=True)
def one_process():
    """Work in this process: a few small files are no work to share."""
    limit_processes(1)
    yield
    limit_processes(None)


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("originals")
    for name, write in WRITERS.items():
        write(folder / name)
    return {name: folder / name for name in WRITERS}


def elements(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the start, the start of the value and the end of explicit elements, roughly."""
    at = 132
    while at + 8 <= len(data) and data[at : at + 4] != b"\xe0\x7f\x10\x00":
        vr = data[at + 4 : at + 6]
        is_long = vr in (b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF", b"UC", b"UR")
        head = 12 if is_long else 8
        size = 4 if is_long else 2
        length = int.from_bytes(data[at + head - size : at + head], "little")
        if length == 0xFFFFFFFF:
            length = 0
        yield at, at + head, min(at + head + length, len(data))
        at += head + length


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Change a header in one or two of the ways in which anonymisers and disks do."""
    for _ in range(rng.choice((1, 1, 2))):
        found = list(elements(data))
        if not found:  # it ended early already
            break
        start, value, end = rng.choice(found)
        kind = rng.randrange(7)
        if kind == 0:  # another value of the same length
            text = rng.choice(TEXTS)[: end - value].ljust(end - value, rng.choice((b" ", b"\0")))
            data = data[:value] + text + data[end:]
        elif kind == 1:  # bytes of chance
            at = rng.randrange(start, max(end, start + 1))
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 2:  # an attribute that is gone
            data = data[:start] + data[end:]
        elif kind == 3:  # an attribute that is empty
            size = value - start
            count = 4 if size == 12 else 2
            data = data[: value - count] + bytes(count) + data[end:]
        elif kind == 4:  # an attribute that is there twice
            data = data[:end] + data[start:end] + data[end:]
        elif kind == 5:  # another type
            vr = rng.choice((b"US", b"DS", b"FL", b"LO", b"UI", b"PN", b"IS", b"FD", b"CS"))
            data = data[: start + 4] + vr + data[start + 6 :]
        else:  # the file ends early
            data = data[: rng.randrange(100, len(data))]
    return data


def test_mutated_headers_give_findings_and_stop_no_other_study(originals, tmp_path):
    seed = int(os.environ.get("NEUROFLOW_SEED", "20240315"))
    packaged, mutations = try_mutations(originals, tmp_path, MUTATIONS, seed)
    assert mutations >= MUTATIONS
    assert packaged > MUTATIONS // 10, "most mutations leave a study that can be packaged"


def try_mutations(
    originals: dict[str, Path], folder: Path, count: int, seed: int
) -> tuple[int, int]:
    """Try so many studies; return how many were packaged, and how many headers were mutated."""
    rng = random.Random(seed)
    packaged = mutations = 0
    for batch in range(-(-count // BATCH)):
        scans = folder / str(batch)
        for number in range(BATCH):
            case = scans / f"case{number:02d}"
            shutil.copytree(originals[rng.choice(sorted(originals))], case)
            mutations += mutate_study(case, number, rng)
        write_dicom(scans / "good", replace(TINY, number=99, patient_id="GOOD"))
        packaged += examine(scans, folder / "out")
        shutil.rmtree(scans)
    return packaged, mutations


def mutate_study(case: Path, number: int, rng: random.Random) -> int:
    """Make a study of its own, and change one header of it, or all; return how many."""
    paths = sorted(case.iterdir())
    for path in paths:
        path.write_bytes(path.read_bytes().replace(ROOT, b"1.2.840.9%04d" % number))
    chosen = rng.sample(paths, rng.choice((1, 1, len(paths))))
    for path in chosen:
        state = rng.getstate()
        path.write_bytes(mutated(path.read_bytes(), rng))
        if len(paths) > 1 and rng.random() < 0.5:
            rng.setstate(state)  # the same change in every file
    return len(chosen)


def examine(folder: Path, out: Path) -> int:
    """Find, check and package what is there; return how many studies were packaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PackageWarning)
        studies = list(find_studies(folder))
        good = [study for study in studies if study.participant_id == "GOOD"]
        assert len(good) == 1, "the good study is found among the others"
        findings = check(studies)
        assert set(findings["study"]) <= {study.label for study in studies}
        unexpected = findings["measured"].str.contains("unexpectedly")
        assert not unexpected.any(), findings.loc[unexpected, "measured"].tolist()
        cohort = Cohort(
            "C",
            tuple(
                replace(study, study_id=f"00000000-0000-4000-8000-{number:012d}")
                for number, study in enumerate(studies)
            ),
        )
        messages: list[str] = []
        packages = package_studies(
            cohort, out, salt=SALT, on_event=lambda event: messages.append(event.message)
        )
    assert not [text for text in messages if "unexpectedly" in text]
    ids = {package.study_id for package in packages}
    assert next(s.study_id for s in cohort.studies if s.participant_id == "GOOD") in ids
    for package in packages:
        assert leaks(package_bytes(package.path)) == [], package.study_id
        package.path.unlink()
    return len(packages) - 1
