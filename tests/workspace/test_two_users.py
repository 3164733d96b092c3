"""Two users of a group work in one workspace, whatever their umask."""

import json
import os
import shutil
import stat

import pytest
from support.users import GROUP, USERS, open_place, require_users, run_as

from neuroflow.demo.service.server import DemoService

OPEN = """
import json, os, shutil, sys, warnings
from pathlib import Path
import neuroflow as nf
from neuroflow.transfer import Profile
warnings.simplefilter("ignore")
place = Path(sys.argv[1])
silent = lambda event: None
facts = json.loads((place / "service.json").read_text())
ws = nf.Workspace(place / "project")
key = Path("key").resolve()
ws.service.save_profile(Profile(facts["host"], facts["user"], key, facts["port"]))
ws.service.trust(facts["fingerprint"])
studies = nf.find_studies(place / "cohort" / "scans")
people = place / "cohort" / "participants.tsv"
"""
SEND = (
    OPEN
    + """
ws.cohort("C", studies[:1], participants=people)
print(json.dumps(ws.submit("C", on_event=silent)["state"].tolist()))
"""
)
SEND_MORE = (
    OPEN
    + """
again = ws.submit("C", on_event=silent)["action"].tolist()
ws.cohort("D", studies, participants=people)
rows = ws.submit("D", on_event=silent)["state"].tolist()
ws.wait(interval_seconds=0.1, on_event=silent)
ws.collect(on_event=silent)
print(json.dumps([again, rows, ws.table()["study_id"].nunique()]))
"""
)
GO_ON = (
    OPEN
    + """
ws.collect(on_event=silent)
again = ws.repeat("D", studies[1].label, reason="asked for")
ws.exclude("D", again, "not yet")
states = ws.status()["state"].value_counts().to_dict()
print(json.dumps([states, ws.submit("D", on_event=silent)["action"].value_counts().to_dict()]))
"""
)


@pytest.fixture
def place(own_cohort_folder):
    """Return a folder with a workspace's folder of a group, scans, and keys for both users."""
    require_users()
    with open_place() as folder, DemoService(folder / "service", delay=0.0) as service:
        shutil.copytree(own_cohort_folder, folder / "cohort")
        for path in (folder / "cohort", *(folder / "cohort").rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        facts = {name: getattr(service, name) for name in ("host", "port", "user", "fingerprint")}
        (folder / "service.json").write_text(json.dumps(facts))
        for name, number in USERS.items():
            shutil.copy(service.key, folder / name / "key")
            os.chown(folder / name / "key", number, number)
        (folder / "project").mkdir()
        os.chown(folder / "project", USERS["ada"], GROUP)
        (folder / "project").chmod(0o2770)
        folder.joinpath("service").chmod(0o700)
        yield folder


def test_two_users_of_a_group_share_a_workspace(place):
    assert json.loads(run_as("ada", place, SEND, umask=0o077)) == ["submitted"]
    again, rows, count = json.loads(run_as("ben", place, SEND_MORE, umask=0o022))
    assert (again, rows, count) == (["skip"], ["submitted", "submitted"], 2)
    states, actions = json.loads(run_as("ada", place, GO_ON, umask=0o077))
    assert states == {"collected": 2}
    assert actions == {"skip": 2, "excluded": 1}
    modes = {
        str(path.relative_to(place / "project")): oct(stat.S_IMODE(path.stat().st_mode))
        for path in (place / "project").rglob("*")
    }
    assert {path: mode for path, mode in modes.items() if mode not in {"0o660", "0o2770"}} == {}
    assert {path.stat().st_gid for path in (place / "project").rglob("*")} == {GROUP}
