"""The folders of an account are a setting; the whole path works in each layout."""

import pytest

import neuroflow as nf
from neuroflow.demo.service import DemoService
from neuroflow.errors import ConfigError, ResultWarning
from neuroflow.transfer import FolderLayout

LAYOUTS = {
    "outgoing": FolderLayout("incoming/{cohort}", "outgoing"),
    "a folder per cohort": FolderLayout("{cohort}/input", "{cohort}/output"),
    "results by cohort": FolderLayout("data/{cohort}/in/zips", "data/out/{cohort}"),
}


def silent(_event):
    pass


def settings(layout):
    return f'[settings]\ninput_folder = "{layout.input}"\noutput_folder = "{layout.output}"\n'


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_whole_path_in_another_layout(tmp_path, own_cohort_folder, name):
    layout = LAYOUTS[name]
    project = tmp_path / "project"
    with (
        DemoService(tmp_path / "service", delay=0.0, folders=layout) as service,
        nf.Workspace(project) as ws,
    ):
        (project / "neuroflow.toml").write_text(settings(layout))
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        assert all(step.ok for step in ws.service.probe())
        people = own_cohort_folder / "participants.tsv"
        studies = nf.find_studies(own_cohort_folder / "scans")
        cohort = ws.cohort("C_1", studies, participants=people)
        ws.submit(cohort, on_event=silent)
        assert service.wait_until_idle()
        home = service.home
        assert {p.parent for p in home.rglob("*.zip")} == {
            home / layout.input.replace("{cohort}", "C_1")
        }
        assert {p.parent.parent for p in home.rglob("aidp.csv")} == {
            home / layout.output.replace("{cohort}", "C_1")
        }
        assert set(ws.status()["state"]) == {"delivered"}
        assert set(ws.collect(on_event=silent)["state"]) == {"collected"}
        with pytest.warns(ResultWarning, match="Participants without results"):
            assert len(ws.table()) == 2 * 132
        ws.submit(cohort, on_event=silent)
        assert service.wait_until_idle()
        assert len(service.processed) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('input_folder = "input"', "name {cohort} once"),
        ('input_folder = "{cohort}/{cohort}"', "name {cohort} once"),
        ('input_folder = "x_{cohort}"', "whole name of a folder"),
        ('output_folder = "../output"', "not a folder below the home"),
        ('output_folder = "/output"', "not a folder below the home"),
        ('output_folder = ""', "not a folder below the home"),
        ("output_folder = 3", "must be the path of a folder"),
    ],
)
def test_folders_that_cannot_be_are_refused_by_name(tmp_path, text, why):
    with nf.Workspace(tmp_path / "p") as ws:
        (ws.folder / "neuroflow.toml").write_text(f"[settings]\n{text}\n")
        with pytest.raises(ConfigError) as caught:
            ws.service.settings  # noqa: B018
    assert why in caught.value.why


def test_what_the_service_logs_stands_in_the_status_beside_ours(tmp_path, own_cohort_folder):
    with (
        DemoService(tmp_path / "service", delay=0.0, log="logs/status.log") as service,
        nf.Workspace(tmp_path / "project") as ws,
    ):
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        people = own_cohort_folder / "participants.tsv"
        studies = nf.find_studies(own_cohort_folder / "scans")
        cohort = ws.cohort("C", studies, participants=people)
        ws.submit(cohort, on_event=silent)
        assert service.wait_until_idle()
        table = ws.status()
        for row in table.itertuples():
            said = f"{row.study_id} completed"
            assert row.state == "delivered"
            assert "results are ready on the server; the service says: " in row.message
            assert row.message.endswith(said)
            assert table.attrs["service_messages"][row.study_id].endswith(said)
        assert ws.status(offline=True)["message"].tolist() == table["message"].tolist()
