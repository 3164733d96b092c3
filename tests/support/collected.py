"""A workspace as it stands after collecting, made without a service."""

from datetime import datetime
from pathlib import Path

import pandas as pd

from neuroflow.demo.service.aidp import aidp_text
from neuroflow.demo.service.drawing import draw_prediction
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.demo.service.report import predict, prediction_text
from neuroflow.ledger.states import State
from neuroflow.models import Package, Study, StudyKind

GROUPS = ("Control", "PD", "MSA", "PSP")
AT = datetime(2026, 1, 2, 3, 4)


def people(n, visits=1):
    """Return participants.tsv of n people in turn of four groups, each seen some times."""
    rows = [
        {
            "participant_id": f"sub-{number:03d}",
            "session_id": f"ses-{visit}",
            "group": GROUPS[number % 4],
            "age": 60 + number % 7 + 2 * visit,
            "sex": "FM"[number // 4 % 2],
            "site": "AB"[number // 8 % 2],
        }
        for number in range(n)
        for visit in range(1, visits + 1)
    ]
    return pd.DataFrame(rows)


def collect_into(ws, participants, cohort_id="C1", reports=True):
    """Enrol, note as sent and collected, and put results of simulated values in their place."""
    ws.folder.joinpath("participants.tsv").write_text(participants.to_csv(sep="\t", index=False))
    studies = [
        Study(
            label=f"{row.participant_id}_{row.session_id}",
            kind=StudyKind.NIFTI,
            root=Path("/scans") / row.participant_id / row.session_id,
            files=(),
            participant_id=row.participant_id,
            session_id=row.session_id,
        )
        for row in participants.itertuples()
    ]
    cohort = ws.cohort(cohort_id, studies, participants=ws.folder / "participants.tsv")
    for study, row in zip(cohort.studies, participants.itertuples(), strict=True):
        visit = int(row.session_id.removeprefix("ses-"))
        subject = Subject(row.participant_id, row.group, float(row.age), row.sex, visit)
        write_result(ws.results_folder, study.study_id, simulate(subject), reports)
        package = Package(cohort_id, study.study_id, Path("x.zip"), 9, "a", study.study_id, "")
        ws.ledger.add_package(package)
        for state in (State.UPLOADING, State.SUBMITTED, State.COLLECTED):
            ws.ledger.record(cohort_id, study.study_id, state)
    return cohort


def write_result(folder, study_id, values, reports):
    place = folder / f"{study_id}_out"
    place.mkdir(parents=True)
    place.joinpath("aidp.csv").write_text(aidp_text(values, study_id, "long"))
    if reports:
        prediction = predict(values)
        place.joinpath("prediction.png").write_bytes(draw_prediction(prediction, study_id, AT))
        place.joinpath("prediction.txt").write_text(prediction_text(prediction, study_id, AT))
