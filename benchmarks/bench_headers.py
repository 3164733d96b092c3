"""Looking at the headers of many DICOM files, beside a plain loop of pydicom.dcmread.

Run with ``python benchmarks/bench_headers.py``; ``--files N`` for another number. Every number is
the best of three runs, with the files in the system's cache.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pydicom
from report import ratio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.scans import Scan, write_dicom

from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.protocol.check import check

PER_STUDY = 64 * 32
AIM, CHECK_AIM = 4.5, 3.0


def write_files(folder: Path, count: int) -> None:
    """Write GE, Siemens and Philips studies of 2048 files of 128 x 128 pixels."""
    vendors = ("ge", "siemens", "philips")
    for number in range(-(-count // PER_STUDY)):
        left = count - number * PER_STUDY
        scan = Scan(vendors[number % 3], number=number + 1, patient_id=f"P{number:03d}", size=128)
        paths = write_dicom(folder / f"study{number:03d}", scan)
        for path in paths[left:]:
            path.unlink()


def with_pydicom(paths: list[Path]) -> set[tuple[str, str]]:
    """Group files by study and series as a researcher would."""
    groups = set()
    for path in paths:
        dataset = pydicom.dcmread(path)
        groups.add((dataset.StudyInstanceUID, dataset.SeriesInstanceUID))
    return groups


def best(work: Callable[[], object], runs: int = 3) -> float:
    """Give the shortest time of several runs, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    count: int = parser.parse_args().files
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, count)
        paths = sorted(folder.rglob("*.dcm"))
        studies = find_studies(folder)
        assert sum(len(study.files) for study in studies) == len(paths)
        plain = best(lambda: with_pydicom(paths))
        found = best(lambda: find_studies(folder))
        checked = best(lambda: check(studies))
    print(f"{len(paths)} DICOM files, {len(studies)} studies")
    print(f"loop of pydicom.dcmread  {len(paths) / plain:8.0f} files/s")
    print(f"find_studies             {len(paths) / found:8.0f} files/s")
    print(f"check (every header)     {len(paths) / checked:8.0f} files/s")
    print(f"ratio find_studies / loop: {plain / found:.1f} (aim: at least {AIM:g})")
    ratio(f"`find_studies`, {len(paths)} files", "a loop of `pydicom.dcmread`", plain / found, AIM)
    ratio("`check`, every header", "the same loop", plain / checked, CHECK_AIM)


if __name__ == "__main__":
    main()
