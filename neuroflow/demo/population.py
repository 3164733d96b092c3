"""Results of simulated people beyond those who are sent, so that there are enough to compare."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, time

import pandas as pd

from neuroflow.demo.cohort import SIMULATED
from neuroflow.demo.folder import DemoFolder
from neuroflow.demo.people import Visit, plan_others
from neuroflow.demo.service import Subject, text_results
from neuroflow.errors import DemoError
from neuroflow.results import read_results

N_PEOPLE = 160
"""How many people the demo compares, with those who are sent."""


def write_population(made: DemoFolder, *, n_people: int, n_studies: int, seed: int) -> None:
    """Write the results of the other people, as neuropacs delivers them, without pictures."""
    rows = []
    try:
        made.population.mkdir()
        for visit in plan_others(n_people, n_studies, seed):
            study_id = _study_id(visit, seed)
            folder = made.population / f"{study_id}_out"
            folder.mkdir()
            subject = Subject(
                visit.participant_id, visit.group, visit.age, visit.sex,
                visit=visit.years + 1, years=visit.years,
            )  # fmt: skip
            at = datetime.combine(visit.day, time(12))
            for name, text in text_results(subject, study_id, at, seed).items():
                (folder / name).write_text(text, encoding="utf-8")
            columns = ("participant_id", "session_id", "group", "age", "sex")
            facts = {name: getattr(visit, name) for name in columns}
            rows.append(facts | {"site": visit.site.name, "study_id": study_id, "data": SIMULATED})
        people = pd.DataFrame(rows)
        people.to_csv(made.population / "participants.tsv", sep="\t", index=False)
    except OSError as error:
        raise DemoError(
            f"The results of further people cannot be written into {made.population}.",
            why=f"{error.strerror}.",
            advice="Check the folder's permissions and the disk's free space.",
        ) from error


def read_population(made: DemoFolder) -> pd.DataFrame:
    """Read them into a cohort table; empty where there are none."""
    if not list(made.population.glob("*_out")):
        return pd.DataFrame()
    return read_results(
        made.population, participants=made.population / "participants.tsv", cohort_id="POPULATION"
    )


def _study_id(visit: Visit, seed: int) -> str:
    words = f"{seed}/{visit.participant_id}/{visit.session_id}"
    return str(uuid.UUID(bytes=hashlib.sha256(words.encode()).digest()[:16], version=4))
