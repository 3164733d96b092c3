"""The sample folder: small files that every page of the documentation works on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from neuroflow.demo.cohort import SIMULATED, make_cohort
from neuroflow.demo.people import SITES
from neuroflow.demo.service import GROUPS, Subject, aidp_text, predict, prediction_text, simulate
from neuroflow.errors import DemoError
from neuroflow.results import read_results, save_cohort_table

_PEOPLE = 48
_WHEN = datetime(2026, 1, 5, tzinfo=UTC)


def write_sample(folder: Path | str) -> Path:
    """Write the sample folder of the documentation: scans, results, participants and a table.

    ``scans`` and ``participants.tsv`` are a cohort of eight studies; ``results``, ``people.tsv``
    and ``cohort.parquet`` are those of 48 people; ``downloads`` has the result of one study.
    """
    folder = Path(folder)
    make_cohort(folder, n_studies=8, seed=1, only_nifti=True)
    try:
        people = [
            _result(number, visit, folder / "results")
            for number in range(_PEOPLE)
            for visit in (1, 2)
        ]
        pd.DataFrame(people).to_csv(folder / "people.tsv", sep="\t", index=False)
        _write(Subject("D001", "PD", 60.0, "F"), "D001", folder / "downloads")
    except OSError as error:
        raise DemoError(
            f"The sample cannot be written into {folder}.",
            why=f"{error.strerror}.",
            advice="Check the folder's permissions and the disk's free space.",
        ) from error
    table = read_results(folder / "results", participants=folder / "people.tsv")
    save_cohort_table(table, folder / "cohort.parquet")
    return folder


def _result(number: int, visit: int, results: Path) -> dict[str, object]:
    """Write the result of one visit; return the person's row of people.tsv."""
    person, group, sex = f"P{number:02d}", GROUPS[number % len(GROUPS)], "FM"[number % 3 % 2]
    subject = Subject(person, group, 58 + number % 17 + 1.5 * visit, sex, visit)
    study_id = f"{person}-{visit}"
    _write(subject, study_id, results)
    return {
        "participant_id": person,
        "session_id": visit,
        "study_id": study_id,
        "group": group,
        "age": subject.age,
        "sex": sex,
        "site": SITES[number // len(GROUPS) % len(SITES)].name,
        "data": SIMULATED,
    }


def _write(subject: Subject, study_id: str, results: Path) -> None:
    """Write one result folder, as the service delivers it."""
    result = results / f"{study_id}_out"
    result.mkdir(parents=True)
    values = simulate(subject)
    report = prediction_text(predict(values), study_id, _WHEN)
    (result / "aidp.csv").write_text(aidp_text(values, study_id), encoding="utf-8")
    (result / "prediction.txt").write_text(report, encoding="utf-8")
