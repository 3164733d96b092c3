"""Packaging studies (read, de-identify, zip, read back), beside ``zip -1 -r``.

Both work on as many processes. Run with ``python benchmarks/bench_packaging.py``;
``--gigabytes N`` for another size. The pixels are smooth tissue with noise, as scanners make them.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np
from report import amount, ratio
from scipy.ndimage import gaussian_filter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.scans import Scan, header, weight

from neuroflow.models import Cohort, Study
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import package_studies
from neuroflow.studies.package.zip_writer import LEVEL
from neuroflow.studies.parallel import local_executor, processes

SIDE, SLICES, VOLUMES = 256, 64, 16
STUDY_BYTES = SIDE * SIDE * 2 * SLICES * VOLUMES
AIM_MEMORY = 200


def slices_of_tissue(seed: int) -> list[bytes]:
    """Make the slices of one volume: smooth tissue, noise in it and in the air around it."""
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(SLICES, SIDE, SIDE)), 6)
    tissue = smooth / smooth.std() * 600 + rng.normal(scale=25, size=smooth.shape)
    air = np.abs(rng.normal(scale=6, size=smooth.shape))
    volume = np.where(smooth > 0, tissue, air).clip(0, 4095).astype("<u2")
    return [plane.tobytes() for plane in volume]


def write_study(folder: Path, number: int) -> None:
    """Write one classic study."""
    folder.mkdir(parents=True)
    scan = Scan("ge", number=number, patient_id=f"P{number}", size=SIDE, n_slices=SLICES)
    planes = slices_of_tissue(number)
    image = header(scan, 0)
    for volume in range(VOLUMES):
        weight(image, "ge", scan.b_values[volume], scan.vectors[volume])
        for level in range(SLICES):
            instance = volume * SLICES + level + 1
            image.InstanceNumber = instance
            image.SOPInstanceUID = f"{scan.study_uid}.1.{instance}"
            image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
            image.ImagePositionPatient = [0, 0, 2 * level]
            image.PixelData = planes[(level + volume) % SLICES]
            image.save_as(folder / f"{instance:05d}.dcm", enforce_file_format=True)


def with_zip(folder: Path, target: Path) -> float:
    """Zip one folder per study, as many at a time as neuroflow packages; give the seconds."""
    start = time.perf_counter()
    with ThreadPoolExecutor(processes()) as threads:
        list(threads.map(partial(zip_study, target), sorted(folder.iterdir())))
    return time.perf_counter() - start


def zip_study(target: Path, study: Path) -> None:
    """Zip the folder of one study at the level that neuroflow uses."""
    command = ["zip", f"-{LEVEL}", "-q", "-r", str(target / f"{study.name}.zip"), study.name]
    subprocess.run(command, check=True, cwd=study.parent)


def with_neuroflow(studies: list[Study], target: Path) -> tuple[float, float]:
    """Package the studies on the local cores; give the seconds and the largest worker's MB."""
    cohort = Cohort("BENCH", tuple(studies))
    start = time.perf_counter()
    packages = package_studies(cohort, target, salt=b"bench")
    seconds = time.perf_counter() - start
    assert len(packages) == len(studies)
    pool = local_executor()
    peaks = [pool.submit(peak_megabytes) for _ in range(4 * (os.cpu_count() or 1))]
    return seconds, max(peak.result() for peak in peaks)


def peak_megabytes() -> float:
    """Tell the most memory that this process ever held."""
    time.sleep(0.05)  # so that every worker gets one to answer
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    options = parser.parse_args()
    if shutil.which("zip") is None:
        print("bench_packaging: left out, as there is no zip program to compare with")
        return
    with tempfile.TemporaryDirectory() as name:
        scans, ours, theirs = (Path(name) / part for part in ("scans", "ours", "theirs"))
        ours.mkdir()
        theirs.mkdir()
        for number in range(max(round(options.gigabytes * 1e9 / STUDY_BYTES), 2)):
            write_study(scans / f"study{number:03d}", number + 1)
        size = sum(path.stat().st_size for path in scans.rglob("*.dcm")) / 1e6
        found = enumerate(find_studies(scans))
        studies = [replace(s, study_id=str(UUID(int=n, version=4))) for n, s in found]
        zipped = with_zip(scans, theirs)
        packaged, memory = with_neuroflow(studies, ours)
        bytes_ours = sum(path.stat().st_size for path in ours.glob("*.zip")) / 1e6
        bytes_theirs = sum(path.stat().st_size for path in theirs.glob("*.zip")) / 1e6
    print(f"{size:.0f} MB of DICOM, {len(studies)} studies, {os.cpu_count()} cores")
    peer = f"`zip -{LEVEL}` on as many processes ({processes()})"
    print(f"zip -{LEVEL} -r        {size / zipped:6.1f} MB/s, {bytes_theirs:.0f} MB zipped")
    print(f"package_studies  {size / packaged:6.1f} MB/s, {bytes_ours:.0f} MB zipped")
    print(f"peak memory of one process: {memory:.0f} MB (aim: under {AIM_MEMORY})")
    print(f"ratio package_studies / zip: {zipped / packaged:.1f} (aim: at least 1)")
    ratio("de-identify, zip and read back", f"{peer}, which only zips", zipped / packaged, 1)
    amount("peak memory of one process", memory, "MB", AIM_MEMORY)


if __name__ == "__main__":
    main()
