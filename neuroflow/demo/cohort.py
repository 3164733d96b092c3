"""A cohort to try everything on: small, valid, simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from neuroflow.demo.people import Visit, plan_visits
from neuroflow.demo.scans import write_ge, write_nifti, write_philips, write_siemens
from neuroflow.demo.service import GROUPS
from neuroflow.errors import DemoError
from neuroflow.models import Event, OnEvent

SIMULATED = "SIMULATED"
"""Marks every row of a table that holds simulated values."""

_WRITERS = {"Siemens": write_siemens, "Philips": write_philips, "GE": write_ge}


def make_cohort(
    folder: Path | str,
    *,
    n_studies: int = 24,
    seed: int = 0,
    only_nifti: bool = False,
    groups: Sequence[str] = GROUPS,
    on_event: OnEvent | None = None,
) -> Path:
    """Write a cohort of simulated scans that the service would accept.

    The people are invented and the images a phantom: the files are valid, the anatomy is not.
    Headers carry invented names, dates and numbers, so that de-identification has work to do.
    """
    if n_studies < 1:
        raise DemoError(
            f"A cohort of {n_studies} studies cannot be made.", advice="Use a larger number."
        )
    folder = Path(folder)
    scans = folder / "scans"
    # Acquisition as the service's instructions ask for: 3 T, spin-echo EPI, TR 6000-17000 ms, TE
    # 55-104 ms, 2 mm, 64-86 slices, b = 0 (twice at least) and 1000 s/mm² (30 directions at least).
    visits = plan_visits(n_studies, seed, groups)
    try:
        scans.mkdir(parents=True)
        for done, visit in enumerate(visits, start=1):
            converted = only_nifti or (visit.site.converts and not _is_raw(visit, visits))
            _write_study(visit, scans, converted=converted)
            if on_event is not None:
                now = datetime.now(UTC)
                on_event(Event("make scans", None, done, len(visits), "progress", "", now))
        return _write_participants(visits, folder)
    except FileExistsError as error:
        raise DemoError(
            f"{folder} holds scans already.", advice="Choose another folder for the demo's cohort."
        ) from error
    except OSError as error:
        raise DemoError(
            f"The cohort cannot be written into {folder}.",
            why=f"{error.strerror}.",
            advice="Check the folder's permissions and the disk's free space.",
        ) from error


def _is_raw(visit: Visit, visits: Sequence[Visit]) -> bool:
    """Pick one study each for GE's thousands of slices and Philips' thousands of frames."""
    # The others of their sites are converted, as those of sites with converters are.
    vendor = visit.site.vendor
    return vendor != "Siemens" and visit is next(v for v in visits if v.site.vendor == vendor)


def _write_study(visit: Visit, scans: Path, *, converted: bool) -> None:
    session = scans / f"sub-{visit.participant_id}" / f"ses-{visit.session_id}"
    target = session / ("dwi" if converted else "dicom")
    target.mkdir(parents=True)
    write: Callable[[Visit, Path], None]
    write = write_nifti if converted else _WRITERS[visit.site.vendor]
    write(visit, target)


def _write_participants(visits: Sequence[Visit], folder: Path) -> Path:
    columns = ("participant_id", "session_id", "group", "age", "sex")
    rows = [{name: getattr(visit, name) for name in columns} for visit in visits]
    table = pd.DataFrame(rows).assign(site=[visit.site.name for visit in visits], data=SIMULATED)
    path = folder / "participants.tsv"
    table.to_csv(path, sep="\t", index=False)
    return path
