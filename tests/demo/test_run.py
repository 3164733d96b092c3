"""The main job from end to end, small."""

import dataclasses
import hashlib
import itertools
import zipfile
from pathlib import Path

import matplotlib.image
import pandas as pd
import pytest

from neuroflow.compare.groups import compare_groups
from neuroflow.demo.folder import DEFAULT_SEED
from neuroflow.demo.people import plan_others
from neuroflow.demo.run import KNOWN, DemoSummary, run_demo
from neuroflow.demo.service.course import YEARLY_CHANGE
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.demo.service.reference_stats import GROUPS
from neuroflow.errors import DemoError
from neuroflow.models import Event
from neuroflow.workspace.workspace import Workspace

pytestmark = pytest.mark.slow
STUDIES = 8


class Run:
    def __init__(self, folder: Path) -> None:
        self.events: list[Event] = []
        self.summary: DemoSummary = run_demo(
            folder,
            n_studies=STUDIES,
            n_people=24,
            delay=0.1,
            layout="wide",
            on_event=self.events.append,
        )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("demo"))


def test_every_study_comes_back(run: Run) -> None:
    assert (run.summary.n_studies, run.summary.n_results) == (STUDIES, STUDIES)
    assert run.summary.n_failed == 0


def test_the_cohort_table_holds_132_values_per_study(run: Run) -> None:
    for path in run.summary.tables[:2]:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        assert table.groupby("study_id").size().tolist() == [132] * run.summary.compared[0]
        assert table["value"].between(0, 1).all()
        assert set(table["group"]) == set(GROUPS)
        assert set(table["data"]) == {"SIMULATED"}


def test_the_values_are_those_of_the_participants_group(run: Run) -> None:
    table = pd.read_csv(run.summary.tables[0], dtype={"session_id": str})
    study = table[(table["participant_id"] == "D003") & (table["session_id"] == "ses-01")]
    person = study.iloc[0]
    subject = Subject("D003", person["group"], person["age"], person["sex"])
    expected = simulate(subject, DEFAULT_SEED).set_index(["region", "metric"])["value"]
    found = study[(study["region"] == "MCP") & (study["metric"] == "FW")]["value"].item()
    assert found == pytest.approx(expected["MCP", "FW"], abs=1e-6)


def test_the_comparison_says_that_it_is_simulated(run: Run) -> None:
    effects = pd.read_csv(run.summary.tables[2])
    assert set(effects["data"]) == {"SIMULATED"}
    assert effects["contrast"].nunique() == 3
    assert len(run.summary.differences) == len(KNOWN)


def test_figures_are_drawn_as_pixels_and_as_vectors(run: Run) -> None:
    kinds = [path.suffix for path in run.summary.figures]
    assert kinds.count(".png") == kinds.count(".svg") == 4
    for path in run.summary.figures:
        if path.suffix == ".png":
            assert 0.005 < (matplotlib.image.imread(path)[..., :3] < 0.9).mean() < 0.9
        else:
            assert "SIMULATED" in path.read_text(encoding="utf-8")


def test_progress_is_told_stage_by_stage(run: Run) -> None:
    stages = [stage for stage, _ in itertools.groupby(event.stage for event in run.events)]
    for stage in ("make scans", "find", "package", "upload", "wait", "collect"):
        assert stage in stages


def test_the_summary_is_for_people(run: Run) -> None:
    text = str(run.summary)
    assert text.startswith("SIMULATED")
    assert f"{STUDIES} results" in text
    for path in run.summary.tables:
        assert str(path) in text


def test_no_p_value_of_the_summary_is_zero(run: Run) -> None:
    differences = run.summary.differences.assign(p=1e-9, q=0.0316)
    text = str(dataclasses.replace(run.summary, differences=differences))
    assert text.count("p < 0.001  q = 0.032") == len(differences)


def test_the_workspace_can_be_used_further(run: Run) -> None:
    with Workspace(run.summary.folder / "project") as workspace:
        assert set(workspace.status(offline=True)["state"]) == {"collected"}


def test_no_identity_reaches_the_service(run: Run) -> None:
    scans = run.summary.folder / "scans"
    assert any(b"Simulated^" in path.read_bytes() for path in scans.rglob("*.dcm"))
    uploads = sorted(run.summary.folder.glob("service/home/input/*/input/*.zip"))
    assert len(uploads) == STUDIES
    for path in uploads:
        with zipfile.ZipFile(path) as upload:
            for name in upload.namelist():
                assert "D0" not in name
                for word in (b"Simulated^", b"SIM-73", b"Simulated Hospital"):
                    assert word not in upload.read(name)


@pytest.mark.filterwarnings("ignore:Study .* has failed:neuroflow.errors.ResultWarning")
def test_a_second_run_leaves_the_first_alone(run: Run) -> None:
    def content() -> dict[Path, str]:
        files = (path for path in run.summary.folder.rglob("*") if path.is_file())
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = content()
    with pytest.raises(DemoError, match="No study returned"):
        run_demo(
            run.summary.folder.parent,
            n_studies=2,
            n_people=2,
            delay=0.0,
            failure_rate=1.0,
            on_event=lambda event: None,
        )
    assert content() == before
    assert (run.summary.folder.parent / "run-2" / "project").is_dir()


@pytest.mark.parametrize("seed", [0, 4, 7])
def test_known_differences_come_out_with_any_seed(seed: int) -> None:
    rows = [
        simulate(Subject(v.participant_id, v.group, v.age, v.sex), seed).assign(
            study_id=v.participant_id, group=v.group, age=v.age, sex=v.sex
        )
        for v in plan_others(160, 0, seed)
        if v.years == 0
    ]
    effects = compare_groups(pd.concat(rows), covariates=["age", "sex"])
    effects = effects.set_index(["contrast", "region", "metric"])
    for group, region in KNOWN:
        row = effects.loc[(f"{group} - Control", region, "FW")]
        assert row["estimate"] > 0
        assert row["p"] < 0.05


def test_the_sent_people_are_among_those_compared(run: Run) -> None:
    table = pd.read_parquet(run.summary.tables[1])
    assert run.summary.n_people == 7
    assert run.summary.compared == (table["study_id"].nunique(), 24)
    assert table["participant_id"].nunique() == 24
    sent = table[table["cohort_id"] == "DEMO_COHORT"]
    assert sent["participant_id"].nunique() == 7
    assert "8 studies of 7 people sent" in str(run.summary)
    assert f"{run.summary.compared[0]} studies of 24 people" in str(run.summary)


def test_people_change_by_the_known_slopes() -> None:
    def change(group: str, region: str) -> float:
        found = []
        for number in range(60):
            first, last = (
                simulate(Subject(f"s{number}", group, 65.0, "M", years=years)).set_index(
                    ["region", "metric"]
                )["value"][region, "FW"]
                for years in (0.0, 4.0)
            )
            found.append((last - first) / 4)
        return sum(found) / len(found)

    assert change("PSP", "SCP") == pytest.approx(YEARLY_CHANGE["PSP"]["SCP"], rel=0.2)
    assert change("Control", "SCP") == 0
